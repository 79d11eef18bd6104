"""The vocabulary between models and checks: one class per security-relevant thing that code does.

A model says *where* a library does it (an API path, see `link.aliases`), never whether it is wrong; a
check speaks of these classes alone. `path` ends with a selector when an argument is meant:
`Cursor.execute(0)` is the first argument, `(0|sql)` that or the keyword, `(1).root` a key inside it.
Without a selector the value at the path itself is meant. `{a,b}` expands.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


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


TEXT = tuple(c for c in Context if c is not Context.OBJECT)
"""Contexts in which a number, boolean, UUID or date can do no harm."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A row of a model."""

    path: str


# -- where data comes from ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestInput(Concept):
    """A value that the client chooses."""

    channel: str
    """body, query, path, headers, cookies, form, files, address (the request's own address: a redirect to it
    stays on the site), or `$member`: the last member of the path."""
    key: str = ""
    """Selector of the argument that names the value (`(0)` in `req.get(0)`), or ""."""


@dataclass(frozen=True, slots=True)
class StoredInput(Concept):
    """A value read back from a store that clients write to."""


@dataclass(frozen=True, slots=True)
class ErrorDetail(Concept):
    """Text about an error that is for developers: a traceback, the current exception."""


@dataclass(frozen=True, slots=True)
class Principal(Concept):
    """A value that stands for the authenticated caller (`req.user`, `current_user`, verified claims)."""


# -- where data ends up ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sink(Concept):
    """A concept whose argument at `path` is read as code or address of some kind."""

    context: ClassVar[Context]


@dataclass(frozen=True, slots=True)
class SqlExecution(Sink):
    """Text run as SQL."""

    context: ClassVar[Context] = Context.SQL
    parameters: str = ""
    """Selector of the argument that binds values, e.g. `(1)` or `(1).replacements`; "" if there is none."""
    style: str = ""
    """How placeholders are written: qmark `?`, format `%s`, named `:x`, dollar `$1`, none."""
    wraps: str = ""
    """Call that must wrap the text for binding, e.g. `sqlalchemy.text`."""


@dataclass(frozen=True, slots=True)
class NoSqlQuery(Sink):
    """An object read as a filter, update or pipeline: whoever chooses its keys chooses operators."""

    context: ClassVar[Context] = Context.NOSQL


@dataclass(frozen=True, slots=True)
class CommandExecution(Sink):
    """A program started; the argument is a shell's text when `shell` holds, else an argument vector."""

    context: ClassVar[Context] = Context.SHELL
    shell: str = "always"
    """always, never, or a selector of the argument that decides, e.g. `(shell)`."""
    program: str = ""
    """Selector of the argument that names the program when what else the row selects is only given to it;
    "" when one argument holds all: a name, or a list that starts with it."""


@dataclass(frozen=True, slots=True)
class CodeExecution(Sink):
    """Text run as a program of the same language."""

    context: ClassVar[Context] = Context.CODE


@dataclass(frozen=True, slots=True)
class FileAccess(Sink):
    """A file named by the argument is opened, sent, written or removed."""

    context: ClassVar[Context] = Context.PATH
    action: str = "read"
    """read, write, delete, send, list."""
    root: str = ""
    """Selector of an argument that confines the path to a folder when given, e.g. `(1).root`."""


@dataclass(frozen=True, slots=True)
class OutboundRequest(Sink):
    """A request sent to the address in the argument."""

    context: ClassVar[Context] = Context.URL
    sender: str = ""
    """Keyword of the receiver's maker for a part that sends the requests (`transport`), or ""."""


@dataclass(frozen=True, slots=True)
class Redirect(Sink):
    """The client is sent to the address in the argument."""

    context: ClassVar[Context] = Context.REDIRECT
    header: str = ""
    """Selector of the argument that names the header when the call writes one: only `Location` redirects."""


@dataclass(frozen=True, slots=True)
class HtmlResponse(Sink):
    """Text sent as HTML."""

    context: ClassVar[Context] = Context.HTML
    unless_json: bool = False
    """True when objects given here become JSON (Express `res.send`)."""
    content_type: tuple[str, ...] = ()
    """Selectors of arguments that say the content type when given (`(mimetype)`, `(headers).Content-Type`);
    then it is markup only if that is an HTML type."""
    plain: bool = False
    """True when what is sent is no markup unless a content type says so (aiohttp sends `text/plain`)."""


@dataclass(frozen=True, slots=True)
class HtmlMarkup(Sink):
    """Text marked as trusted markup: no escaping follows (`Markup`, `|safe`, `<%-`)."""

    context: ClassVar[Context] = Context.HTML


@dataclass(frozen=True, slots=True)
class UnescapedPage(HtmlMarkup):
    """A value that a page prints as it is because escaping is switched off for the whole page."""


@dataclass(frozen=True, slots=True)
class TemplateRender(Concept):
    """A template file, named by the argument, is filled with values."""

    values: str = ""
    """`**` when keyword arguments are the variables, or the selector of the object that holds them; `return`
    when the call decorates a function, and what that returns holds them."""
    escapes: str = "always"
    """Whether the engine escapes what the template prints: `always`, `never`, `html` (only in files named as
    HTML or XML), `setting` (by an `AutoEscape` of the same library), `made` (by the call that made the engine
    at hand, which an `AutoEscape` describes)."""


@dataclass(frozen=True, slots=True)
class AutoEscape(Concept):
    """The argument, or the setting at the path when it is assigned, says whether templates escape values."""

    default: bool = True
    """What holds when the argument is not given."""


@dataclass(frozen=True, slots=True)
class TemplateSource(Sink):
    """Text compiled as a template."""

    context: ClassVar[Context] = Context.TEMPLATE


@dataclass(frozen=True, slots=True)
class Deserialisation(Sink):
    """Bytes turned into objects whose types the bytes choose."""

    context: ClassVar[Context] = Context.OBJECT
    safe_when: str = ""
    """Selector of an argument that makes it safe when it names one of `safe_values` (`(1|Loader)`)."""
    safe_values: tuple[str, ...] = ()
    instead: str = ""
    """What the library or language offers instead (`yaml.safe_load`, `json.loads`)."""


@dataclass(frozen=True, slots=True)
class ResponseBody(Sink):
    """Anything sent to the client as a body."""

    context: ClassVar[Context] = Context.RESPONSE


@dataclass(frozen=True, slots=True)
class LogWrite(Sink):
    """Text written to a log."""

    context: ClassVar[Context] = Context.LOG


# -- what makes data safe -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sanitizer(Concept):
    """The call's result is safe in `contexts`, whatever its argument was."""

    contexts: tuple[Context, ...]
    when: str = ""
    """Selector of an argument that must be one of `values` for this to hold (`(type)` of
    `request.args.get("page", type=int)`), or ""."""
    values: tuple[str, ...] = ()
    """API paths that the argument at `when` must have, one of them; or constants as text (`""`, `True`)."""


@dataclass(frozen=True, slots=True)
class Proof(Concept):
    """A test of its argument (`(self)`: receiver): with outcome `when`, that is safe in `contexts`."""

    contexts: tuple[Context, ...]
    when: bool = True


@dataclass(frozen=True, slots=True)
class PatternTest(Concept):
    """A match against a regular expression: the value at `path` is tested, and safe where the pattern lets
    no harmful character through. `re.fullmatch(1)` with pattern `(0)`; `(self)` for the receiver."""

    pattern: str
    """Selector of the pattern, or `(self)`."""
    whole: bool = False
    """True when the call itself anchors at both ends."""


@dataclass(frozen=True, slots=True)
class Schema(Concept):
    """A call that checks its argument against a schema and gives the checked value (zod, joi)."""

    result: str = ""
    """Member of the result that holds the checked value (`value`), or "" for the result itself."""


@dataclass(frozen=True, slots=True)
class Register(Concept):
    """A map or set of exact keys: a key that is found in it is one that was put in."""


@dataclass(frozen=True, slots=True)
class CheckedFields(Concept):
    """A class: instances of what extends it hold only values that fit their fields' annotations."""


@dataclass(frozen=True, slots=True)
class FieldCheck(Concept):
    """A decorator's call: the method under it lets pass what the fields named by the arguments may hold."""


@dataclass(frozen=True, slots=True)
class TextJoin(Concept):
    """The call's result is its arguments (at `path`), joined in order by `separator`."""

    separator: str = ""


@dataclass(frozen=True, slots=True)
class Exit(Concept):
    """The call never returns: it raises or ends the process (`flask.abort()`, `process.exit()`)."""


# -- who may do what ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Guard(Concept):
    """A library's middleware, decorator, dependency or base class that restricts callers."""

    kind: str
    """authentication, authorization, csrf, rate-limit, validation."""
    strength: str = "required"
    """required, optional, or presence: a credential must be sent, but nothing here verifies it."""
    optional_if: tuple[str, bool] | None = None
    """Selector of an argument, and the constant with which it makes the guard optional
    (`("(optional)", True)` of `jwt_required(optional=True)`). The call is what `Link.value` names."""


@dataclass(frozen=True, slots=True)
class Exemption(Concept):
    """A decorator or marker that lifts a guard of an outer level for what it is put on (`csrf.exempt`)."""

    kind: str
    """As for `Guard`."""


@dataclass(frozen=True, slots=True)
class Denial(Concept):
    """An answer or error that turns the caller away; the argument at `path` is the status, unless fixed."""

    status: int = 0
    """The fixed status, or 0 when the argument says it."""


@dataclass(frozen=True, slots=True)
class CredentialRead(Concept):
    """The request's credential: an Authorization header, a session, a login cookie."""


@dataclass(frozen=True, slots=True)
class TokenVerify(Concept):
    """A token or password is verified; what it gives stands for the caller."""


@dataclass(frozen=True, slots=True)
class ResourceAccess(Concept):
    """Stored objects are read or changed. The resource is the receiver's class, table or model."""

    op: str
    """read, list, create, update, delete."""
    key: str = ""
    """Selector of what identifies the object: a value (`(0)`), a filter (`(0).where`), or `**`."""
    resource: str = "self"
    """`self`: the receiver names the resource; a selector otherwise (`session.get(Model, id)`)."""


# -- settings and the rest ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DebugSwitch(Concept):
    """The argument, or the setting at the path when it is assigned, turns a debugger or verbose errors on."""


@dataclass(frozen=True, slots=True)
class SecretUse(Concept):
    """The argument is a password, key or token."""

    what: str
    """`signing key`, `password`, `API key` ..."""


@dataclass(frozen=True, slots=True)
class ErrorHandler(Concept):
    """The argument handles the application's errors."""

    returns: str = ""
    """What text that it returns is sent as: `html`, or "" when nothing that it returns is sent."""
