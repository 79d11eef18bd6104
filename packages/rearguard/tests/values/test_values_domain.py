"""The value domain: labels by origin and context, fields, texts, joins."""

import itertools

import pytest
from rearguard.analysis.values.domain import (
    ANY_KEY,
    HARMFUL,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_PARTS,
    WIDTH,
    Hole,
    Maybe,
    Origins,
    Port,
    Value,
    concatenate,
    constant,
    join,
    labelled,
    with_field,
)
from rearguard.models.concepts import Context

ONE, TWO = 1 << Context.SQL, 1 << (WIDTH + Context.HTML)
SAMPLES: tuple[Maybe, ...] = (
    None,
    Value(),
    constant("a"),
    constant(1),
    labelled(ONE),
    labelled(TWO),
    Value(ONE, None, ("x", Hole(ONE, 0, 3))),
    Value(0, {"a": Value(ONE), "b": constant("c")}, container="dict"),
    Value(TWO, {ANY_KEY: Value(ONE)}, container="list"),
    Value(ONE, origin=0),
)


def deep(value: Maybe) -> int:
    return value.deep() if value is not None else 0


@pytest.mark.parametrize(("left", "right"), list(itertools.product(SAMPLES, repeat=2)))
def test_a_join_loses_no_label_and_takes_no_side(left: Maybe, right: Maybe) -> None:
    joined = join(left, right)
    assert deep(joined) == deep(left) | deep(right)
    assert join(right, left) == joined
    if joined is not None and joined.constant is not None:
        assert left is not None
        assert right is not None
        assert left.constant == right.constant == joined.constant


def test_joining_a_value_with_itself_changes_nothing() -> None:
    for value in SAMPLES:
        assert join(value, value) is value


def test_a_field_not_written_on_one_side_may_be_the_whole() -> None:
    joined = join(Value(ONE), Value(0, {"a": constant("x")}))
    assert joined is not None
    assert joined.fields is not None
    assert joined.fields["a"].labels == ONE


def test_a_strong_write_replaces_and_a_weak_one_adds() -> None:
    held = Value(0, {"a": Value(ONE)})
    strong, weak = with_field(held, ("a",), constant("x")), with_field(held, ("a",), Value(TWO), weak=True)
    assert deep(strong) == 0
    assert deep(weak) == ONE | TWO


def test_a_clean_field_hides_the_label_of_the_whole() -> None:
    written = with_field(Value(ONE), ("a",), constant("x"))
    assert written is not None
    assert written.fields is not None
    assert written.fields["a"].labels == 0
    assert written.labels == ONE


def test_deep_and_wide_containers_run_together() -> None:
    keys = tuple("abcdef")
    nested = with_field(None, keys, Value(ONE))
    assert deep(nested) == ONE
    for _ in range(MAX_DEPTH - 1):
        assert nested is not None
        assert nested.fields is not None
        nested = next(iter(nested.fields.values()))
    wide: Maybe = None
    for number in range(3 * MAX_FIELDS):
        wide = with_field(wide, (str(number),), Value(ONE if number == 40 else 0))
    assert wide is not None
    assert wide.fields is not None
    assert len(wide.fields) <= MAX_FIELDS + 1
    assert wide.deep() == ONE


def test_texts_merge_constant_parts_and_keep_holes() -> None:
    text = concatenate([(constant("a"), 1), (constant("b"), 2), (Value(ONE, origin=0), 3), (None, 4)])
    assert text.text == ("ab", Hole(ONE, 0, 3), Hole(0, -1, 4))
    assert text.labels == ONE
    assert text.constant is None
    assert concatenate([(constant("a"), 1), (constant(2), 2)]).constant == ("a2",)
    assert concatenate([]).constant == ("",)


def test_long_texts_end_in_one_hole_with_all_labels() -> None:
    parts: list[tuple[Maybe, int]] = []
    for number in range(MAX_PARTS):
        parts += [(constant("x"), number), (Value(ONE), number)]
    text = concatenate([*parts, (Value(TWO), 99)])
    assert text.text is not None
    assert len(text.text) == MAX_PARTS
    assert text.text[-1] == Hole(ONE | TWO, -1, -1)


def test_origins_number_once_and_read_back() -> None:
    origins = Origins()
    first, second = Port("param", "a"), Port("param", "a").child("b")
    assert (origins.number(first), origins.number(second), origins.number(first)) == (0, 1, 0)
    labels = ONE | (HARMFUL << WIDTH)
    assert list(origins.fields(labels)) == [(0, ONE), (1, HARMFUL)]
    assert origins.repeated(1) == 1 | 1 << WIDTH
    assert labels & ~origins.repeated(HARMFUL) == 0
