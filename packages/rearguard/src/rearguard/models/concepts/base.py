"""What a concept is, and the contexts that a text may be read in."""

from dataclasses import dataclass
from enum import IntEnum

from rearguard.program import direct


@direct
class Context(IntEnum):
    """What a text is read as where it ends up. A sanitizer makes values safe for some of these."""

    SQL = 0
    NOSQL = 1
    SHELL = 2
    PATH = 3
    HTML = 4
    URL = 5
    REDIRECT = 6
    OBJECT = 7
    CODE = 8
    TEMPLATE = 9
    LDAP = 10
    XPATH = 11
    HEADER = 12
    LOG = 13
    REGEX = 14
    XML = 15
    ARGUMENT = 16
    """An element of an argument list given to a program without a shell."""
    RESPONSE = 17
    """Anything sent to the client (error details)."""
    KEY = 18
    """An object key that is assigned."""
    SEGMENTS = 19
    """A path whose `..` segments were not resolved yet: a prefix test proves nothing of it. Functions that
    resolve (`realpath`, `path.resolve`) sanitize this alone."""
    NAME = 20
    """The name of an attribute, function, class or module that is looked up."""
    FORMAT = 21
    """A format whose fields can reach into what it is given."""
    CELL = 22
    """A cell of a sheet, which `=` and the like turn into a formula."""
    SUBJECT = 23
    """Text on which a pattern is tried: its length decides how long that takes."""
    FILE_TYPE = 24
    """The name under which an upload is stored: its ending decides what a server makes of it."""
    TRUST = 25
    """Kept where the server keeps what it knows of the caller."""
    CACHE = 26
    """Kept or sent for others to see."""
    CLIMB = 27
    """A part of a path that may hold `..`: without it, what is put behind a folder stays below the folder."""


TEXT = tuple(c for c in Context if c not in (Context.OBJECT, Context.TRUST))
"""Contexts in which a number, boolean, UUID or date can do no harm."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A row of a model."""

    path: str
