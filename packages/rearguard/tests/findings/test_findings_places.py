"""Places of one text: which of them hold another."""

from hypothesis import given
from hypothesis import strategies as st
from rearguard.program import Places


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=12), st.integers(0, 20))
def test_those_around_a_place_are_found_in_the_order_given(places: list[tuple[int, int]], at: int) -> None:
    found = [(start, start + length, number) for number, (start, length) in enumerate(places)]
    wanted = [number for start, end, number in found if start <= at and at + 2 <= end]
    assert Places(found).around(at, at + 2) == wanted
