"""The vocabulary of settings: what protects, what is exposed, and how bytes travel; see `concepts` for the
rest.

Selectors name options of the call at `path`; a model says where an option is and what holds without it, a
check what is wrong with it.
"""

from dataclasses import dataclass

from rearguard.models.concepts import Concept

__all__ = [
    "AccessLogFormat",
    "AnswerHook",
    "Application",
    "BodyLimit",
    "Connection",
    "Console",
    "CookieFlag",
    "CookieWrite",
    "CorsPolicy",
    "DebugTool",
    "DirectoryListing",
    "ErrorTrace",
    "FetchedHosts",
    "HeaderPolicy",
    "HeaderText",
    "HostCheck",
    "Introspection",
    "Printed",
    "ProtectiveHeaders",
    "SessionUse",
    "SourcesShown",
    "StatementTrace",
    "StaticFolder",
    "TimedCall",
    "TlsSwitch",
    "TrustedProxies",
    "UploadFolder",
    "UploadParser",
]


@dataclass(frozen=True, slots=True)
class Application(Concept):
    """The application is made here, or its first setting stands here."""

    sessions: str = ""
    """`setting` when the framework keeps a session in a cookie whose flags are settings (`CookieFlag`)."""


@dataclass(frozen=True, slots=True)
class CookieWrite(Concept):
    """The call sets a cookie, or makes what sets one at each answer."""

    name: str = ""
    """Selector of the cookie's name; "" when it is the library's own."""
    value: str = ""
    """Selector of what is kept in it."""
    secure: str = ""
    http_only: str = ""
    same_site: str = ""
    """Selectors of the options; "" when there is none, and the default holds."""
    same_site_default: bool = False
    """Whether browsers keep the cookie at home where nothing is said."""
    secure_default: bool = False
    http_only_default: bool = False
    session: bool = False
    """Whether the cookie carries the session or a login by what it is for."""
    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""


@dataclass(frozen=True, slots=True)
class SessionUse(Concept):
    """A login is kept in the framework's session cookie."""


@dataclass(frozen=True, slots=True)
class CookieFlag(Concept):
    """A setting that says one flag of a framework's cookie."""

    flag: str
    """secure, http-only, same-site."""
    cookie: str = "session"
    """session, remember, csrf."""
    default: bool = False


@dataclass(frozen=True, slots=True)
class ProtectiveHeaders(Concept):
    """The call, or the entry of a list of settings, makes every answer carry protective headers."""

    headers: tuple[str, ...] = ()
    """Their names in lower case."""
    says: tuple[tuple[str, str], ...] = ()
    """What a header says where no option says otherwise, as far as every version of the library agrees."""
    entry: str = ""
    """For a list of settings: the entry that makes it so."""
    only: tuple[str, ...] = ()
    """Selector of an argument and API paths, one of which it must have; or empty."""


@dataclass(frozen=True, slots=True)
class HeaderPolicy(Concept):
    """The option says a protective header, or switches it off with false."""

    header: str
    """Its name in lower case."""


@dataclass(frozen=True, slots=True)
class HeaderText(Concept):
    """The option at the path says what a header says, or switches it off."""

    header: str
    form: str = "{}"
    """How the header is made of a constant that is given: `max-age={}`; without `{}`, what a switch adds."""
    adds: bool = False
    """Whether directives that are given replace those of their names alone, and the rest stays."""


@dataclass(frozen=True, slots=True)
class AnswerHook(Concept):
    """The function at the path is handed every answer of the application before it is sent."""

    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""


@dataclass(frozen=True, slots=True)
class HostCheck(Concept):
    """The call or setting lists the host names that requests may carry."""

    names: str = ""
    """Selector of the list; "" when the setting itself is it."""


@dataclass(frozen=True, slots=True)
class CorsPolicy(Concept):
    """The call, or the setting, says which other origins may read answers."""

    origins: str = ""
    """Selector of the origins; "" when the setting itself lists them."""
    pattern: str = ""
    """Selector of a pattern that origins must match."""
    whole: bool = False
    """Whether the library compares the pattern with the whole origin, even where that is not said."""
    credentials: str = ""
    """Selector of whether cookies are sent along."""
    any_by_default: bool = False
    """Whether every origin may without the option."""
    reflects: tuple[str, ...] = ()
    """Origins, as text, with which the library echoes whatever origin asks: `True`, and `*` where credentials
    make it do so."""
    setting: str = ""
    """For a setting: origins, all, credentials, patterns."""
    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""


@dataclass(frozen=True, slots=True)
class TlsSwitch(Concept):
    """The argument or setting at the path says whether the other side's certificate or key is verified."""

    off: tuple[str, ...] = ("False",)
    """Constants as text, or last names of what is given, with which it is not."""
    what: str = "certificate"
    """certificate, host name, host key."""


@dataclass(frozen=True, slots=True)
class Connection(Concept):
    """The call opens a connection; the argument is its address, or the host."""

    what: str
    """mail server, directory, file server, database, cache, queue, terminal, service."""
    clear: tuple[str, ...] = ()
    """Starts of addresses that travel in clear."""
    always_clear: bool = False
    """Whether the protocol never encrypts, unless upgraded."""
    upgrade: tuple[str, ...] = ()
    """Members of the connection that turn encryption on (`starttls`)."""
    secure_when: str = ""
    """Selector of an option that turns it on."""


@dataclass(frozen=True, slots=True)
class Console(Concept):
    """The call makes something for operators or developers reachable: documentation, metrics, a console."""

    what: str
    severity: str = "medium"
    """high: it changes or runs things; medium: it shows inner state; low: it describes the interface."""
    guard: str = ""
    """Selector of an option that restricts who may."""
    guard_method: str = ""
    """Method by which classes of the project restrict it."""
    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""
    switch: str = ""
    """Selector of the option that turns it on or off."""
    default: bool = True
    """Whether it is on without that option."""


@dataclass(frozen=True, slots=True)
class DebugTool(Concept):
    """The call adds something for developers that shows errors or runs code, with no switch of its own."""

    what: str
    shows: bool = True
    """Whether it only shows things; else it runs code."""


@dataclass(frozen=True, slots=True)
class SourcesShown(Concept):
    """The option publishes the sources of the scripts that browsers run."""


@dataclass(frozen=True, slots=True)
class FetchedHosts(Concept):
    """The option lists the hosts whose pictures the server fetches for whoever asks."""

    host: str
    """Key of an entry under which the host stands."""
    unless: str = ""
    """Key beside the option with which nothing is fetched, or ""."""


@dataclass(frozen=True, slots=True)
class StaticFolder(Concept):
    """The files of the folder at the path are sent to whoever asks, and no list of them."""

    hidden: str = ""
    """Selector of the option by which files are sent whose names begin with a dot; "": they always are."""
    allows: str = ""
    """The option's value for that."""
    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""


@dataclass(frozen=True, slots=True)
class UploadFolder(Concept):
    """The folder into which uploads go whose names a function gives."""


@dataclass(frozen=True, slots=True)
class ErrorTrace(Concept):
    """The option puts the stack traces of errors into answers."""


@dataclass(frozen=True, slots=True)
class DirectoryListing(Concept):
    """The call shows the files of a folder, or the option at the path makes it do so."""

    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""
    likely: bool = False
    """Whether what is built on the call may leave the listing out."""


@dataclass(frozen=True, slots=True)
class BodyLimit(Concept):
    """The option or setting bounds the size of bodies or uploads, in bytes."""

    what: str = "body"
    """body or upload."""


@dataclass(frozen=True, slots=True)
class UploadParser(Concept):
    """The call takes uploads in; without the option at `limit` they may have any size."""

    limit: str = ""
    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""


@dataclass(frozen=True, slots=True)
class Printed(Concept):
    """The arguments are written to the process's own output, which somebody keeps."""


@dataclass(frozen=True, slots=True)
class AccessLogFormat(Concept):
    """The argument is the format of the line that is logged for every request."""

    header: str
    """Pattern that finds the names of the request's headers in it."""


@dataclass(frozen=True, slots=True)
class StatementTrace(Concept):
    """The argument is called, or the option logs, with every SQL statement and its values."""

    callback: bool = False
    """Whether the argument is what is called."""


@dataclass(frozen=True, slots=True)
class Introspection(Concept):
    """The option says whether clients may ask for the whole schema."""


@dataclass(frozen=True, slots=True)
class TimedCall(Concept):
    """A call that waits for another machine; without the option at `limit` it may wait for ever."""

    limit: str = ""
    owner: str = ""
    """Selector of the same option where the client was made."""


@dataclass(frozen=True, slots=True)
class TrustedProxies(Concept):
    """The argument says how many proxies, or which, are believed about who asks."""

    only: tuple[str, ...] = ()
    """As for `ProtectiveHeaders`."""
    fallback: int = 0
    """How many there are where nothing is said."""
