"""The same weaknesses, and their sound twins, in every documented style: a table that may only get better."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
from rearguard.models import Models

KNOWN_GAPS = {"MISSED": 29, "FALSE": 5}
"""How many there are of each. Fewer is the aim; a mark that becomes one of them again has to be written down here."""


def test_known_gaps_do_not_grow_unseen(sweep: ModuleType) -> None:
    programs = sweep.programs(Path(__file__).with_name("programs"))
    kinds = Counter(mark.kind for files in programs.values() for mark in sweep.marks(files))
    assert {kind: kinds[kind] for kind in KNOWN_GAPS} == KNOWN_GAPS


def test_program_of_the_sweep(
    swept: Mapping[str, str], sweep: ModuleType, tagged: ModuleType, all_models: Models
) -> None:
    cells = sweep.review(swept, lambda files, judges: tagged.found(files, all_models, judges))
    assert sweep.disagreements(cells) == []


def test_a_report_counts_at_the_nearest_mark(sweep: ModuleType) -> None:
    text = "# BAD: sql-injection query\na\nb\n# OK: query\nc\n\n\n\nd\n"
    marks = sweep.marks({"a.py": text})
    right = sweep.judge(marks, [("a.py", 2, "sql-injection")])
    assert right["query"].right
    twin = sweep.judge(marks, [("a.py", 2, "sql-injection"), ("a.py", 4, "sql-injection")])
    assert twin["query"].sign == "f"
    far = sweep.judge(marks, [("a.py", 9, "sql-injection")])
    assert far["query"].sign == "mf"
    other = sweep.judge(marks, [("b.py", 2, "sql-injection")])
    assert (other["query"].sign, other[sweep.ELSEWHERE].sign) == ("m", "f")


def test_known_gaps_must_be_turned_back_when_they_are_closed(sweep: ModuleType) -> None:
    marks = sweep.marks({"a.py": "# MISSED: sql-injection query\n\n\n\n\n\n\n# FALSE: other\n"})
    gaps = sweep.judge(marks, [("a.py", 8, "open-redirect")])
    assert sweep.disagreements(gaps) == []
    closed = sweep.judge(marks, [("a.py", 1, "sql-injection")])
    assert [line.partition(": a.py")[0] for line in sweep.disagreements(closed)] == [
        "other: silent now, make it OK",
        "query: found now, make it BAD",
    ]


def test_a_known_false_report_excuses_no_other_of_its_row(sweep: ModuleType) -> None:
    marks = sweep.marks({"a.py": "# FALSE: query\n\n\n\n\n\n\n# OK: query\n\n\n\n\n\n\n# FALSE: query\n"})
    found = [("a.py", 1, "sql-injection"), ("a.py", 8, "sql-injection")]
    assert sweep.disagreements(sweep.judge(marks, found)) == [
        "query: false report: a.py:8:sql-injection",
        "query: silent now, make it OK: a.py:15",
    ]


@pytest.mark.parametrize("text", ["# BAD: query", "# OK: sql-injection query", "# BAD: sql-injection Query"])
def test_marks_of_wrong_form_are_refused(text: str, sweep: ModuleType) -> None:
    with pytest.raises(ValueError, match="not a mark"):
        sweep.marks({"a.py": text})
