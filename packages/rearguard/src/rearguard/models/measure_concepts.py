"""The vocabulary of measures: what a program does to be safe that no finding is about; for assurance."""

from dataclasses import dataclass

from rearguard.models.concepts import Concept

__all__ = [
    "EntryForm",
    "EntryMaker",
    "IdleRenewal",
    "ErrorsPassOn",
    "LastResort",
    "LogTime",
    "OpenRoutes",
    "OriginGate",
    "PushSent",
    "QueryLimit",
    "ScopeGate",
    "SessionEnd",
    "SessionId",
    "TiedLogin",
]


@dataclass(frozen=True, slots=True)
class SessionEnd(Concept):
    """The call ends the caller's session on the server."""


@dataclass(frozen=True, slots=True)
class SessionId(Concept):
    """The call, or the entry of a list of settings, keeps sessions under identifiers that nobody guesses."""

    bits: int
    given: str = ""
    """Selector of a function that makes them instead."""
    entry: str = ""
    """As for `ProtectiveHeaders`."""
    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""


@dataclass(frozen=True, slots=True)
class IdleRenewal(Concept):
    """The option says whether each request makes the session last longer: without any, it ends."""


@dataclass(frozen=True, slots=True)
class LastResort(Concept):
    """The call registers what handles errors that nobody foresaw."""

    handler: str = ""
    """Selector of the function; "" where the call makes a decorator of it."""
    errors: str = ""
    """Selector of the class or status that it handles; "" when it handles every error."""
    every: tuple[str, ...] = ()
    """Names and statuses that stand for every error."""
    takes: int = 0
    """How many parameters the function has that handles errors, where others are registered likewise."""


@dataclass(frozen=True, slots=True)
class ErrorsPassOn(Concept):
    """The setting says whether errors pass by whatever the application handles them with."""


@dataclass(frozen=True, slots=True)
class LogTime(Concept):
    """The option, or the call without it, says how the times of a log's entries are written."""

    utc: tuple[str, ...] = ()
    """Values as written with which it is UTC, or says the offset."""
    local: tuple[str, ...] = ()
    """Values as written with which it is local time, without saying so."""
    default: bool = False
    """Whether it is UTC without the option."""


@dataclass(frozen=True, slots=True)
class QueryLimit(Concept):
    """The argument bounds the depth or cost of a query of GraphQL; or a server's option lists such bounds."""

    server: bool = False
    """Whether the path is a server's list of bounds, which must not be empty."""


@dataclass(frozen=True, slots=True)
class OriginGate(Concept):
    """Connections for messages are opened only for pages that the call, or the function given, knows."""


@dataclass(frozen=True, slots=True)
class TiedLogin(Concept):
    """The call sends a person to a server of identities, and keeps what the answer must bring along."""


@dataclass(frozen=True, slots=True)
class OpenRoutes(Concept):
    """The value is routes of a library's own, which answer to any method."""


@dataclass(frozen=True, slots=True)
class ScopeGate(Concept):
    """The call lets those pass whose token has scopes."""

    scopes: str = ""
    """Selector of the scopes; without one, or with none, it lets every token pass."""


@dataclass(frozen=True, slots=True)
class PushSent(Concept):
    """The call asks for a login to be confirmed on somebody's phone."""

    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""


@dataclass(frozen=True, slots=True)
class EntryForm(Concept):
    """The text at the path is the form in which every entry of a log is written."""


@dataclass(frozen=True, slots=True)
class EntryMaker(Concept):
    """The call makes a log, whose entries say what its options leave on or add."""

    when: bool
    """Whether they say when, if nothing else is said."""
    time: str = ""
    """Selector of the option that switches that off."""
    place: str = ""
    """Selector of the option that switches off that they say where, or with `form`, adds it."""
    form: str = ""
    """Selector of how entries are put together, by calls that say what each adds."""
