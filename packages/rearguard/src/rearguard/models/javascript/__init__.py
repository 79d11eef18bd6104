"""Models of JavaScript libraries."""

from rearguard.models.dsl import Library

__all__ = ["LIBRARIES"]

LIBRARIES: tuple[Library, ...] = ()
