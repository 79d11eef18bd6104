"""Where data comes from, and what a program keeps."""

from dataclasses import dataclass

from rearguard.models.concepts.base import Concept, Context

PARTS = {
    "json": "body",
    "form": "form",
    "query": "query",
    "param": "path",
    "params": "path",
    "header": "headers",
    "cookie": "cookies",
}
"""What calls name the parts of a request by, and the channels that these are."""


@dataclass(frozen=True, slots=True)
class RequestInput(Concept):
    """A value that the client chooses."""

    channel: str
    """body, query, path, headers, cookies, form, files, address (the request's own address: a redirect to it
    stays on the site), or `$member`: the last member of the path."""
    key: str = ""
    """Selector of the argument that names the value (`(0)` in `req.get(0)`), or ""."""
    by: str = ""
    """Selector of the argument that names the channel, as `PARTS` has it (`c.req.valid("param")`), or ""."""
    member: str = ""
    """What of the channel the call reads, where its name alone says it."""
    listed: bool = False
    """Whether the framework has compared it with the host names that a `HostCheck` lists."""
    safe: tuple[Context, ...] = ()
    """Contexts in which it can do no harm, whatever the client sends."""
    looped: bool = False
    """Whether the row speaks of what a loop takes from the value, not of a member that a name chooses."""
    declared: bool = False
    """Whether it was checked by what the class of the form or serializer that it is read from declares."""


@dataclass(frozen=True, slots=True)
class PageInput(Concept):
    """A value that a script in the browser reads, and that whoever made a link or sent a message chose."""

    channel: str
    """address, message, or storage."""


@dataclass(frozen=True, slots=True)
class StoredInput(Concept):
    """A value read back from a store that clients write to."""

    read: bool = False
    """Whether the row names what a class declares a column with; the value is that member of an object."""


@dataclass(frozen=True, slots=True)
class StoredObject(Concept):
    """An object of a mapper: what the call that makes it is given, or its members are assigned, is stored."""


@dataclass(frozen=True, slots=True)
class ErrorDetail(Concept):
    """Text about an error that is for developers: a traceback, the current exception."""


@dataclass(frozen=True, slots=True)
class Principal(Concept):
    """A value that stands for the authenticated caller (`req.user`, `current_user`, verified claims)."""

    carrier: str = ""
    """What of the request says it: `cookie`, which browsers send unasked, `header`, or "" when it is open."""
    named: str = ""
    """What the variable that holds it must be called, as a pattern; "" where the value says enough."""


@dataclass(frozen=True, slots=True)
class PrincipalGiven(Concept):
    """The argument becomes what stands for the caller (`done(null, user)` in `passport.deserializeUser`)."""

    member: str = "user"
    """The member of the request that holds it from then on."""


@dataclass(frozen=True, slots=True)
class CallerLoader(Concept):
    """The function at the path is asked at every request who calls, by what a session or a header holds."""

    asks: tuple[str, ...] = ()
    """Members of what it gives that the library asks as well, before it lets anybody in."""


@dataclass(frozen=True, slots=True)
class StateWrite(Concept):
    """The argument is kept for code that runs later and asks for it (`AsyncLocalStorage.run`)."""

    store: str
    """What a `StateRead` of the same name gives back."""


@dataclass(frozen=True, slots=True)
class StateRead(Concept):
    """The value is what a `StateWrite` of the same store kept."""

    store: str
    request: bool = False
    """Whether there is one for each request, where middleware keeps who calls."""


@dataclass(frozen=True, slots=True)
class EventBus(Concept):
    """An object within the process: what is emitted under a name reaches the listeners of that name."""
