"""The vocabulary of small slips that only a requirement is about, and no finding; for assurance."""

from dataclasses import dataclass

from rearguard.models.concepts import Concept

__all__ = ["CodeTime", "KeyAddress", "MixedSources", "PixelLimit", "Unpacking"]


@dataclass(frozen=True, slots=True)
class CodeTime(Concept):
    """The argument is the time for which a one-time code must be right."""


@dataclass(frozen=True, slots=True)
class KeyAddress(Concept):
    """The call gives the header of a token before its signature is verified."""


@dataclass(frozen=True, slots=True)
class MixedSources(Concept):
    """The value, or the call, gives what the address holds or what the body does, whichever there is."""


@dataclass(frozen=True, slots=True)
class PixelLimit(Concept):
    """The option bounds how many pixels an image may have; without it the library has a bound of its own."""


@dataclass(frozen=True, slots=True)
class Unpacking(Concept):
    """The call writes out what an archive holds, however much that is."""
