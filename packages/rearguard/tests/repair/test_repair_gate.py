"""The gate turns wrong repairs down, each for its own reason; trials stay within their work."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from rearguard.findings import Confidence, Edit, Finding, Fix, Rule, Severity
from rearguard.frontends import read
from rearguard.program import Evidence, Module, Source, Span
from rearguard.repair import CUT, RECIPES, Proposal, Reading, RepairContext, Shift, Trial, examine
from rearguard.repair.context import Recipe
from rearguard.repair.gate import compare
from rearguard.repair.trial import ROUNDS

RULE = Rule("bad-word", "A bad word", 1, Severity.HIGH)


def finding(path: str, start: int, end: int, subject: str = "") -> Finding:
    place = Span(path, start, end)
    return Finding(RULE, place, "", "", RULE.severity, Confidence.CERTAIN, "", Evidence(()), subject=subject)


def words(sources: Mapping[str, Source]) -> tuple[Finding, ...]:
    """A check that finds the words `bad` and `worse`."""
    found: list[Finding] = []
    for path, source in sources.items():
        for word in (b"bad", b"worse"):
            start = source.text.find(word)
            while start >= 0:
                found.append(finding(path, start, start + len(word), word.decode()))
                start = source.text.find(word, start + 1)
    return tuple(found)


class Program:
    """Sources, and a review of them that counts how often it runs."""

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self.sources = {path: Source(path, text, "python") for path, text in texts.items()}
        self.modules = {path: read(s.text, s.language) for path, s in self.sources.items()}
        self.runs = 0

    def reading(self, sources: Mapping[str, Source]) -> Reading:
        found = words(sources)
        paths = tuple(f"GET /{path}" for path, s in sources.items() if b"route" in s.text)
        return Reading(found, tuple(None for _ in found), paths)

    def reanalyse(self, changed: Mapping[str, Source], modules: Mapping[str, Module]) -> Reading:
        assert set(changed) == set(modules)
        self.runs += 1
        return self.reading({**self.sources, **changed})

    def verdict(self, *edits: Edit) -> str:
        before = self.reading(self.sources)
        proposal = Proposal(edits, before.findings[:1])
        return examine([proposal], before, self.sources, self.modules, self.reanalyse).reason


TEXT = b"route = 1\nx = bad\n"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit(Span("a.py", 14, 17), "good"), ""),
        (Edit(Span("a.py", 0, 0), "# a comment\n"), "still be there"),
        (Edit(Span("a.py", 14, 17), "worse"), "new finding, bad-word at a.py:2"),
        (Edit(Span("a.py", 14, 17), "(good"), "syntax error"),
        (Edit(Span("a.py", 14, 17), "1\nreturn 2"), "syntax error"),
        (Edit(Span("a.py", 14, 99), "good"), "cannot be applied"),
        (Edit(Span("a.py", 14, 17), "bad"), "change nothing"),
        (Edit(Span("a.py", 0, 17), "x = 1"), "other endpoints"),
        (Edit(Span("b.py", 0, 1), "x"), "not read"),
    ],
)
def test_a_repair_is_accepted_only_if_nothing_is_worse(edit: Edit, reason: str) -> None:
    verdict = Program({"a.py": TEXT}).verdict(edit)
    assert reason in verdict
    assert bool(reason) == bool(verdict)


def test_a_new_finding_in_another_file_counts() -> None:
    program = Program({"a.py": TEXT, "b.py": b"y = 1\n"})
    edits = (Edit(Span("a.py", 14, 17), "good"), Edit(Span("b.py", 4, 5), "bad"))
    assert "new finding, bad-word at b.py:1" in program.verdict(*edits)


def test_errors_that_were_there_before_do_not_count() -> None:
    program = Program({"a.py": b"route = 1\nx = bad\ndef (:\n"})
    assert program.verdict(Edit(Span("a.py", 14, 17), "good")) == ""


def test_findings_are_followed_over_edits() -> None:
    first, second = finding("a", 10, 13, "x"), finding("a", 20, 23, "x")
    shift = Shift([Edit(Span("a", 10, 13), "longer text")])
    remaining, new = compare((first, second), (finding("a", 28, 31, "x"),), shift, (first,))
    assert (remaining, new) == ((), ())
    remaining, new = compare((first, second), (finding("a", 12, 15, "x"),), shift, (first,))
    assert (remaining, new) == ((first,), ())
    moved = finding("a", 40, 43, "x")
    assert compare((first, second), (moved,), shift, (first,)) == ((), (moved,))
    other = finding("a", 10, 13, "y")
    assert compare((first,), (other,), shift, (first,)) == ((), (other,))


def many(count: int, lines: int, texts: Sequence[bytes]) -> tuple[Program, list[Proposal]]:
    filler = b"pass\n" * lines
    program = Program({f"f{i}.py": texts[i % len(texts)] + filler for i in range(count)})
    before = program.reading(program.sources)
    proposals = [
        Proposal((Edit(Span(f.location.path, f.location.start, f.location.end), "good"),), (f,))
        for f in before.findings
        if f.subject == "bad"
    ]
    return program, proposals


def trial(program: Program, work: int) -> Trial:
    before = program.reading(program.sources)
    return Trial(before, program.sources, program.modules, program.reanalyse, work)


def test_a_small_program_is_read_once_for_each_repair() -> None:
    program, proposals = many(5, 1, [TEXT])
    assert [v.reason for v in trial(program, 1000).run(proposals)] == [""] * 5
    assert program.runs == 5


def test_a_large_program_is_read_with_all_repairs_and_the_bad_ones_leave() -> None:
    program, proposals = many(8, 5, [TEXT])
    wrong = Edit(proposals[3].edits[0].span, "worse")
    useless = Edit(Span(proposals[5].edits[0].span.path, 0, 0), "# why\n")
    proposals[3] = Proposal((wrong,), proposals[3].cures)
    proposals[5] = Proposal((useless,), proposals[5].cures)
    reasons = [v.reason for v in trial(program, 20).run(proposals)]
    assert program.runs == 2
    assert [bool(reason) for reason in reasons] == [i in (3, 5) for i in range(8)]


def test_repairs_of_the_same_place_are_tried_apart_and_the_work_is_bounded() -> None:
    program, proposals = many(1, 20, [TEXT])
    reasons = [v.reason for v in trial(program, 20).run(proposals * 6)]
    assert program.runs == ROUNDS
    assert reasons == [""] * ROUNDS + [CUT] * (6 - ROUNDS)


def test_how_a_program_is_broken_into_lines_makes_no_bound_wider() -> None:
    body = "return x + 1 + 2 + 3 + 4 + 5 + 6 + 7"
    tall = "".join(f"def f{n}(x):\n\n\n    {body}\n\n\n" for n in range(200)).encode()
    wide = "".join(f"f{n} = lambda x: {body[7:]}; " for n in range(200)).encode()
    assert trial(Program({"a.py": wide}), 30_000).rounds <= trial(Program({"a.py": tall}), 30_000).rounds + 6


@pytest.mark.parametrize("slip", [IndexError, NameError, AssertionError, NotImplementedError, RuntimeError])
def test_a_recipe_that_fails_leaves_the_finding_and_says_so(
    python: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, slip: type[Exception]
) -> None:
    def broken(context: RepairContext) -> Fix:
        raise slip(context.target.recipe)

    monkeypatch.setitem(dict_of(RECIPES), "debug-off", broken)
    repaired = python("from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n")
    assert repaired.refusal("debug-mode") == f"the recipe debug-off failed on this code ({slip.__name__})"
    (note,) = [note for note in repaired.reviewed.result.notes if "debug-off" in note]
    assert re.match(
        rf"A fault of Rearguard: the recipe debug-off at test_repair_gate\.py:\d+ \({slip.__name__}\) failed, "
        r"so that 1 repair is missing; please report it\.$",
        note,
    )


def test_a_repair_that_cannot_be_judged_is_refused() -> None:
    program, proposals = many(1, 1, [TEXT])
    sound = program.reanalyse

    def faulty(changed: Mapping[str, Source], modules: Mapping[str, Module]) -> Reading:
        raise RuntimeError

    before = sound({}, {})
    verdict = examine(proposals, before, program.sources, program.modules, faulty)
    assert verdict.reason == "the program cannot be read again with it (RuntimeError)"


def dict_of(table: Mapping[str, Recipe]) -> dict[str, Recipe]:
    assert isinstance(table, dict)
    return table
