"""Members of an enumeration at the cost of an attribute."""

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

E = TypeVar("E", bound=Enum)


class _Members(Generic[E]):
    def __init__(self, enum: type[E]) -> None:
        self.__doc__ = enum.__doc__
        self._enum = enum
        for member in enum:
            setattr(self, member.name, member)

    def __call__(self, value: object) -> E:
        return self._enum(value)

    def __len__(self) -> int:
        return len(self._enum)

    def __iter__(self) -> Iterator[E]:
        return iter(self._enum)


if TYPE_CHECKING:

    def direct(enum: type[E]) -> type[E]:
        """The enumeration itself, as far as types go."""
else:
    # In Python 3.11 the metaclass of enumerations has a `__getattr__`, which makes every `Op.CALL` ten times
    # as slow as need be; and a large review asks for members of `Op` and `Kind` a hundred million times.
    direct = _Members

__all__ = ["direct"]
