"""Edits of bytes: all or none, nothing else touched, places followed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rearguard.findings import Edit
from rearguard.program import Source, Span
from rearguard.repair.edits import EditError, Shift, Taken, apply, apply_all, edit


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """A text and edits of it that do not overlap."""
    text = draw(st.text(alphabet="ab é\r\n{}'", max_size=60)).encode()
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    news = draw(st.lists(st.text(alphabet="xyé\n", max_size=5), min_size=len(pairs), max_size=len(pairs)))
    return text, [Edit(Span("a", s, e), new) for (s, e), new in zip(pairs, news, strict=True)]


def valid(text: bytes, edits: list[Edit]) -> bool:
    try:
        text.decode()
        for each in edits:
            text[: each.span.start].decode()
            text[: each.span.end].decode()
    except UnicodeDecodeError:
        return False
    return True


@given(edited())
def test_what_lies_between_edits_is_kept_and_the_inverse_restores(case: tuple[bytes, list[Edit]]) -> None:
    text, edits = case
    result = apply(text, edits)
    shift = Shift(edits)
    position = 0
    inverse: list[Edit] = []
    for each in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        written = shift.written(each)
        kept = text[position : each.span.start]
        assert result[written.start - len(kept) : written.start] == kept
        assert result[written.start : written.end] == each.text.encode()
        if valid(text, edits):
            inverse.append(Edit(written, text[each.span.start : each.span.end].decode()))
        position = each.span.end
    assert result.endswith(text[position:])
    if valid(text, edits):
        assert apply(result, inverse) == text


@given(edited(), st.data())
def test_a_place_that_no_edit_touches_keeps_its_text(
    case: tuple[bytes, list[Edit]], data: st.DataObject
) -> None:
    text, edits = case
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    free = all(e.span.end <= start or e.span.start >= end for e in edits)
    place = Shift(edits).span(Span("a", start, end))
    if free and start < end:
        assert apply(text, edits)[place.start : place.end] == text[start:end]
    assert place.start <= place.end


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(Span("a", 0, 3), "x"), Edit(Span("a", 2, 4), "y")],
        [Edit(Span("a", 3, 9), "x")],
        [Edit(Span("a", 2, 1), "x")],
    ],
)
def test_edits_that_overlap_or_leave_the_text_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(EditError):
        apply(b"abcdef", edits)


def test_line_endings_of_the_file_are_used_and_kept() -> None:
    source = Source("a.py", b"one\r\ntwo\r\n", "python")
    changed = apply(source.text, [edit(source, 5, 5, "new\n")])
    assert changed == b"one\r\nnew\r\ntwo\r\n"


def test_text_that_is_not_utf8_takes_ascii_only() -> None:
    text = b"name = '\xe9'\n"
    assert apply(text, [Edit(Span("a", 0, 4), "word")]) == b"word = '\xe9'\n"
    with pytest.raises(EditError, match="UTF-8"):
        apply(text, [Edit(Span("a", 0, 4), "wört")])


def test_one_bad_file_leaves_all_unchanged() -> None:
    sources = {"a": Source("a", b"abc", "python"), "b": Source("b", b"abc", "python")}
    with pytest.raises(EditError):
        apply_all(sources, [Edit(Span("a", 0, 1), "x"), Edit(Span("b", 0, 9), "x")])
    with pytest.raises(EditError, match="not read"):
        apply_all(sources, [Edit(Span("c", 0, 1), "x")])


def test_a_partly_replaced_place_grows_to_the_replacement() -> None:
    edits = [Edit(Span("a", 2, 6), "LONGER")]
    assert Shift(edits).span(Span("a", 4, 8)) == Span("a", 2, 10)
    assert Shift(edits).span(Span("a", 0, 4)) == Span("a", 0, 8)
    inserted = [Edit(Span("a", 4, 4), "xx")]
    assert Shift(inserted).span(Span("a", 4, 8)) == Span("a", 6, 10)
    assert Shift(inserted).span(Span("a", 0, 4)) == Span("a", 0, 4)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), max_size=12), st.integers(0, 30))
def test_places_that_are_taken_are_those_that_an_edit_overlaps_or_touches(
    places: list[tuple[int, int]], start: int
) -> None:
    edits = [Edit(Span("a", low, low + length), "") for low, length in places]
    taken = Taken()
    for each in edits:
        taken.add([each])
    asked = Span("a", start, start + 2)
    touched = any(e.span.start <= asked.end and asked.start <= e.span.end for e in edits)
    assert taken.leaves([Edit(asked, "")]) is not touched
    assert taken.leaves([Edit(Span("b", *asked[1:]), "")])
