"""Which of many places of one text hold a given one, without asking each."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Places(Generic[T]):
    """Things with the places `(start, end, thing)` that they cover."""

    __slots__ = ("_found", "_order", "_reach", "_starts")

    def __init__(self, found: Iterable[tuple[int, int, T]]) -> None:
        self._found = tuple(found)
        self._order = sorted(range(len(self._found)), key=lambda i: self._found[i][0])
        self._starts = [self._found[i][0] for i in self._order]
        # How far any of the first ones reaches: where that is too short, none before is looked at.
        self._reach = list(accumulate((self._found[i][1] for i in self._order), max))

    def around(self, start: int, end: int) -> list[T]:
        """Those that hold `start` to `end`, in the order in which they were given."""
        numbers: list[int] = []
        at = bisect_right(self._starts, start) - 1
        while at >= 0 and self._reach[at] >= end:
            if self._found[self._order[at]][1] >= end:
                numbers.append(self._order[at])
            at -= 1
        return [self._found[i][2] for i in sorted(numbers)]
