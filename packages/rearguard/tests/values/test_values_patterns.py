"""What a regular expression lets through."""

import pytest
from rearguard.analysis.values.patterns import MAX_PATTERN, safe_contexts
from rearguard.models.concepts import Context

CASES = [
    ("^[a-z]+$", Context.SQL, True),
    ("^[a-z]+$", Context.SHELL, True),
    ("^[a-z ]+$", Context.SHELL, False),
    (r"^\w+$", Context.SQL, True),
    (r"^\w+$", Context.PATH, True),
    (r"^[\w./-]+$", Context.PATH, False),
    (r"^\d{4}-\d{2}$", Context.HTML, True),
    ("[a-z]+", Context.SQL, False),
    ("^[a-z]+", Context.SQL, False),
    ("[a-z]+$", Context.SQL, False),
    ("^a|b$", Context.SQL, False),
    ("^(?:a|b)$", Context.SQL, True),
    ("^[^<>]+$", Context.HTML, False),
    ("^[^<>\"'&`]+$", Context.HTML, True),
    ("^.*$", Context.SQL, False),
    (r"^[a-z]+\$", Context.SQL, False),
    (r"\A[0-9]+\Z", Context.SQL, True),
    ("^(unclosed$", Context.SQL, False),
    (r"^/(?![/\\])", Context.REDIRECT, True),
    (r"^/(?!/)", Context.REDIRECT, False),
    (r"^/[^/\\].*$", Context.REDIRECT, True),
    ("^/", Context.REDIRECT, False),
    ("^/.*$", Context.REDIRECT, False),
    ("^/[a-z]*$", Context.REDIRECT, True),
    ("^https://example.com", Context.REDIRECT, False),
    ("^" + "a" * MAX_PATTERN + "$", Context.SQL, False),
    ("^[[a-z]+$", Context.SQL, True),  # Python warns of a set in a set
]


@pytest.mark.parametrize(
    ("pattern", "context", "safe"), CASES, ids=[f"{c[0][:24]} {c[1].name}" for c in CASES]
)
def test_anchored_pattern(pattern: str, context: Context, safe: bool) -> None:
    assert (context in safe_contexts(pattern, whole=False)) is safe


def test_a_call_that_matches_the_whole_text_needs_no_anchors() -> None:
    assert Context.SQL in safe_contexts("[a-z]+", whole=True)
    assert Context.SQL in safe_contexts("a|b", whole=True)
    assert Context.SQL not in safe_contexts(".+", whole=True)
