"""What is shown of repairs: enough to read them, and no file is read again for each."""

import pytest
from rearguard.findings import Edit
from rearguard.program import Source, Span
from rearguard.repair import Revisions, Tree, revised


def python(count: int) -> Source:
    text = "".join(f"def f{n}(a):\n    run(a)\n    return a\n\n\n" for n in range(count))
    return Source("a.py", text.encode(), "python")


def repair(source: Source, number: int) -> tuple[Edit, ...]:
    """An import, and a change in one function."""
    place = source.text.index(b"run(a)", source.text.index(f"def f{number}(".encode()))
    return Edit(Span(source.path, 0, 0), "import x\n"), Edit(Span(source.path, place, place + 3), "x.run")


def test_the_statement_is_shown_with_a_line_around() -> None:
    source = python(3)
    shown = Revisions({"a.py": source}, {}).of(repair(source, 1))
    assert shown == "import x\ndef f0(a):\n\ndef f1(a):\n    x.run(a)\n    return a"


def test_a_function_that_several_edits_touch_is_shown_whole() -> None:
    source = python(3)
    start = source.text.index(b"def f2")
    edits = tuple(Edit(Span("a.py", at, at + 1), "b") for at in (start + 7, start + 19))
    assert Revisions({"a.py": source}, {}).of(edits) == "def f2(b):\n    run(b)\n    return a"


def test_a_file_that_cannot_be_read_is_shown_too() -> None:
    source = Source("a.py", b"def f(:\n    run(a)\n    return a\n", "python")
    place = source.text.index(b"run(a)")
    edits = (Edit(Span("a.py", place, place + 3), "x.run"),)
    assert "    x.run(a)\n" in Revisions({"a.py": source}, {}).of(edits)


def test_repairs_of_a_long_file_are_shown_without_reading_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0
    make = Tree.__init__

    def count(self: Tree, source: Source) -> None:
        nonlocal read
        read += len(source.text)
        make(self, source)

    monkeypatch.setattr(revised.Tree, "__init__", count)
    source = python(200)
    revisions = Revisions({"a.py": source}, {})
    for number in range(200):
        assert f"def f{number}(a):\n    x.run(a)" in revisions.of(repair(source, number))
    # Once for its syntax, then each function, and what the import stands before.
    assert read < 4 * len(source.text)


def test_what_lies_in_one_long_statement_is_read_again_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revised, "MAX_READ", 100)
    source = python(3)
    revisions = Revisions({"a.py": source}, {})
    shown = [revisions.of(repair(source, 1)) for _ in range(4)]
    assert all("    x.run(a)" in one for one in shown)
