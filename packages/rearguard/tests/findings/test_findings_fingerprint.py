"""Fingerprints survive what an editor and a formatter do, and tell apart what differs."""

from hypothesis import given
from hypothesis import strategies as st
from rearguard.findings import Confidence, Finding, Rule, Severity, fingerprinted, line_hashes
from rearguard.findings.fingerprint import enclosing_function, functions_of, normalised
from rearguard.program import MODULE_BODY, Evidence, Function, Module, Source, Span

RULE = Rule("sql-injection", "SQL injection", 89, Severity.HIGH)


def finding(source: Source, text: str, *, nth: int = 0, rule: Rule = RULE, subject: str = "") -> Finding:
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text.encode(), start + 1)
    return Finding(
        rule=rule,
        location=Span(source.path, start, start + len(text.encode())),
        message="",
        why="",
        severity=rule.severity,
        confidence=Confidence.CERTAIN,
        confidence_reason="",
        evidence=Evidence(()),
        subject=subject,
    )


def names(
    code: str, *statements: str, path: str = "a.py", function: str = "view", subject: str = ""
) -> list[str]:
    source = Source(path, code.encode(), "python")
    counts: dict[str, int] = {}
    made = []
    for statement in statements:
        made.append(finding(source, statement, nth=counts.get(statement, 0), subject=subject))
        counts[statement] = counts.get(statement, 0) + 1
    return [one.fingerprint for one in fingerprinted(made, {path: source}, lambda span: function)]


CALL = "db.execute('SELECT ' + name)"


def test_versioned_form() -> None:
    (name,) = names(CALL, CALL)
    version, digest = name.split(":")
    assert version == "rg1"
    assert len(digest) == 32
    assert int(digest, 16) >= 0


def test_survives_moved_lines_renamed_file_and_reformatting() -> None:
    before = names(CALL, CALL)
    assert names(f"# new\n\n\n{CALL}", CALL) == before
    assert names(CALL, CALL, path="b/c.py") == before
    reformatted = 'db.execute(\n    "SELECT "\n    + name,\n)'
    assert names(reformatted, reformatted) == before
    assert names(CALL + ";", CALL + ";") == before


def test_survives_other_anonymous_functions() -> None:
    assert names(CALL, CALL, function="routes.<3>") == names(CALL, CALL, function="routes.<4>")


def test_differs_by_statement_function_subject_and_check() -> None:
    other = "db.execute('SELECT ' + email)"
    seen = {
        names(CALL, CALL)[0],
        names(other, other)[0],
        names(CALL, CALL, function="other")[0],
        names(CALL, CALL, subject="email")[0],
    }
    assert len(seen) == 4


def test_repeats_are_counted_in_order_of_place() -> None:
    once = names(CALL, CALL)
    twice = names(f"{CALL}\n{CALL}", CALL, CALL)
    assert twice[0] == once[0]
    assert twice[1] != twice[0]
    source = Source("a.py", f"{CALL}\n{CALL}".encode(), "python")
    made = [finding(source, CALL, nth=1), finding(source, CALL)]
    backwards = fingerprinted(made, {"a.py": source}, lambda span: "view")
    assert [one.fingerprint for one in backwards] == twice[::-1]


def test_an_edit_deep_in_a_large_place_does_not_rename_it() -> None:
    head = "def handler(request):\n    account = request.args['account']\n    return load(account)\n"
    body = "".join(f"    step_{n}()\n" for n in range(60))
    assert names(head + body, head + body) == names(
        head + body + "    extra()\n", head + body + "    extra()\n"
    )


def test_missing_source_is_named_by_path() -> None:
    source = Source("a.py", CALL.encode(), "python")
    one, two = (
        fingerprinted([finding(Source(path, source.text, "python"), CALL)], {}, lambda span: "")[0]
        for path in ("a.py", "b.py")
    )
    assert one.fingerprint != two.fingerprint


def function(name: str, start: int, end: int) -> Function:
    return Function(
        name=name, kind="function", params=(), body=[], parent=MODULE_BODY, owner="", receiver="",
        locals=frozenset(), values=0, decorators=(), returns="", is_async=False, is_generator=False,
        start=start, end=end, name_start=start, name_end=start, doc="",
    )  # fmt: skip


def test_enclosing_function_is_the_innermost() -> None:
    functions = {
        entry.name: entry
        for entry in (function(MODULE_BODY, 0, 100), function("A", 10, 60), function("A.m", 20, 40))
    }
    module = Module("python", functions, {}, [], {}, [])
    assert [enclosing_function(functions_of(module), at) for at in (5, 15, 25, 40, 60)] == [
        MODULE_BODY,
        "A",
        "A.m",
        "A",
        MODULE_BODY,
    ]


# Known answers: what GitHub's own implementation gives for these texts (tests of github/codeql-action).
def test_line_hashes_agree_with_github() -> None:
    assert line_hashes(b"") == ("c129715d7a2bc9a3:1",)
    assert line_hashes(b" a\nb\n  \t\tc\n d") == (
        "271789c17abda88f:1",
        "54703d4cd895b18:1",
        "180aee12dab6264:1",
        "a23a3dc5e078b07b:1",
    )
    repeated = line_hashes(b"Lorem ipsum dolor sit amet.\n" * 10)
    assert repeated[5:8] == ("a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1")


def test_line_hashes_do_not_depend_on_line_endings() -> None:
    assert line_hashes(b"a\r\nb\r\n") == line_hashes(b"a\nb\n") == line_hashes(b"a\rb\r")


@given(st.text(alphabet="ab \t\n\r😀é", max_size=300))
def test_one_hash_for_each_line(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert len(line_hashes(text.encode())) == lines


@given(st.text(alphabet="f(a, b'\"\n)", max_size=60))
def test_normalisation_is_idempotent(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
