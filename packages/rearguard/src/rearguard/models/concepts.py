"""The vocabulary between models and checks: one class per security-relevant thing that code does.

A model says *where* a library does it (an API path, see `link.aliases`), never whether it is wrong; a
check speaks of these classes alone. `path` ends with a selector when an argument is meant:
`Cursor.execute(0)` is the first argument, `(0|sql)` that or the keyword, `(1).root` a key inside it.
Without a selector the value at the path itself is meant. `{a,b}` expands.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from rearguard.program import Const, direct


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


# -- where data comes from ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestInput(Concept):
    """A value that the client chooses."""

    channel: str
    """body, query, path, headers, cookies, form, files, address (the request's own address: a redirect to it
    stays on the site), or `$member`: the last member of the path."""
    key: str = ""
    """Selector of the argument that names the value (`(0)` in `req.get(0)`), or ""."""
    safe: tuple[Context, ...] = ()
    """Contexts in which it can do no harm, whatever the client sends."""


@dataclass(frozen=True, slots=True)
class PageInput(Concept):
    """A value that a script in the browser reads, and that whoever made a link or sent a message chose."""

    channel: str
    """address, message, or storage."""


@dataclass(frozen=True, slots=True)
class StoredInput(Concept):
    """A value read back from a store that clients write to."""


@dataclass(frozen=True, slots=True)
class ErrorDetail(Concept):
    """Text about an error that is for developers: a traceback, the current exception."""


@dataclass(frozen=True, slots=True)
class Principal(Concept):
    """A value that stands for the authenticated caller (`req.user`, `current_user`, verified claims)."""

    carrier: str = ""
    """What of the request says it: `cookie`, which browsers send unasked, `header`, or "" when it is open."""


@dataclass(frozen=True, slots=True)
class StateWrite(Concept):
    """The argument is kept for code that runs later and asks for it (`AsyncLocalStorage.run`)."""

    store: str
    """What a `StateRead` of the same name gives back."""


@dataclass(frozen=True, slots=True)
class StateRead(Concept):
    """The value is what a `StateWrite` of the same store kept."""

    store: str


@dataclass(frozen=True, slots=True)
class EventBus(Concept):
    """An object within the process: what is emitted under a name reaches the listeners of that name."""


# -- where data ends up ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sink(Concept):
    """A concept whose argument at `path` is read as code or address of some kind."""

    context: ClassVar[Context]
    gives_back: ClassVar[bool] = False
    """Whether the call's result still holds what the sink was given."""


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
    by_text: bool = False
    """Whether only its text tells that the call runs SQL: the receiver is not known."""


@dataclass(frozen=True, slots=True)
class NoSqlQuery(Sink):
    """An object read as a filter, update or pipeline: whoever chooses its keys chooses operators."""

    context: ClassVar[Context] = Context.NOSQL
    part: str = "filter"
    """filter, or update: what is written, where operators change fields and select nothing."""


@dataclass(frozen=True, slots=True)
class OperatorsRefused(Concept):
    """The call takes operators out of all that is received, or has queries refuse them."""

    setting: str = ""
    """The constant that the argument must be, when the call sets several things; or ""."""


@dataclass(frozen=True, slots=True)
class NoSqlCode(Sink):
    """Text that a document database runs as code (`$where`)."""

    context: ClassVar[Context] = Context.CODE


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
class OptionArgument(Sink):
    """An element of an argument list, where a program that can be told to run others reads options.

    The analysis finds these in what `CommandExecution` selects; models have no rows of it.
    """

    context: ClassVar[Context] = Context.ARGUMENT
    program: str = ""
    """The program's name."""


@dataclass(frozen=True, slots=True)
class CodeExecution(Sink):
    """Text run as a program of the same language."""

    context: ClassVar[Context] = Context.CODE
    gives_back: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Reflection(Sink):
    """The name of an attribute, function, class or module that is looked up."""

    context: ClassVar[Context] = Context.NAME
    gives_back: ClassVar[bool] = True
    what: str = "attribute"
    """attribute (of one object), function (called by its name), global, or module (code is loaded)."""


@dataclass(frozen=True, slots=True)
class NameTable(Concept):
    """A map from names to everything that a module or the process knows (`globals()`, `globalThis`)."""


@dataclass(frozen=True, slots=True)
class KeyWrite(Sink):
    """A chain of keys under which something is assigned, or one key on the way of an assignment."""

    context: ClassVar[Context] = Context.KEY
    refused: str = ""
    """Version from which on the library refuses `__proto__` and its like, or ""."""


@dataclass(frozen=True, slots=True)
class DeepMerge(Sink):
    """An object whose keys, at every depth, are assigned to another object."""

    context: ClassVar[Context] = Context.NOSQL
    gives_back: ClassVar[bool] = True
    refused: str = ""
    """As for `KeyWrite`."""


@dataclass(frozen=True, slots=True)
class FormatString(Sink):
    """A format, filled with values of the program."""

    context: ClassVar[Context] = Context.FORMAT
    gives_back: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RegexCompile(Sink):
    """Text read as a regular expression."""

    context: ClassVar[Context] = Context.REGEX
    gives_back: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RegexMatch(Sink):
    """Text on which a backtracking regular expression is tried."""

    context: ClassVar[Context] = Context.SUBJECT
    gives_back: ClassVar[bool] = True
    pattern: str = "(self)"
    """Selector of the pattern, or `(self)`."""
    whole: bool = False
    """True when the call itself anchors at both ends."""


@dataclass(frozen=True, slots=True)
class LdapQuery(Sink):
    """Text read as an LDAP filter or name."""

    context: ClassVar[Context] = Context.LDAP
    part: str = "filter"
    """filter or name: their special characters differ."""


@dataclass(frozen=True, slots=True)
class XPathQuery(Sink):
    """Text read as an XPath or XQuery."""

    context: ClassVar[Context] = Context.XPATH


@dataclass(frozen=True, slots=True)
class XmlParse(Sink):
    """XML read by a parser that resolves entities: external ones, or nested ones without bound."""

    context: ClassVar[Context] = Context.XML
    gives_back: ClassVar[bool] = True
    unless: str = ""
    """Selector of an option that makes it safe when it is given with one of `safe`: of the call itself
    (`(1).noent`), or, behind `parser`, of the call that made the parser."""
    safe: tuple[str, ...] = ()
    """Constants as text (`False`, `internal`)."""
    parser: str = ""
    """Selector of the parser that is used, or `(self)`; "" when the call makes its own."""
    default: bool = True
    """Whether it is unsafe when nothing is said."""
    since: str = ""
    """Version from which on it is safe when nothing is said, or ""."""
    feature: str = ""
    """API path of a feature that must be switched on (`parser.setFeature(feature, True)`) to be unsafe."""
    risk: str = "files"
    """files: external entities are read; memory: entities grow without bound."""


@dataclass(frozen=True, slots=True)
class EntitiesOn(Concept):
    """The argument names a feature of a parser that reads external entities once it is switched on."""

    feature: str
    """Last part of the feature's name."""
    value: str
    """Selector of the argument that switches it."""


@dataclass(frozen=True, slots=True)
class HeaderWrite(Sink):
    """A header of a response or request, where the library lets line breaks through."""

    context: ClassVar[Context] = Context.HEADER
    part: str = "value"
    """value, or name: who names a header may set any."""


@dataclass(frozen=True, slots=True)
class MailHeader(Sink):
    """A header of a mail, or a whole mail as text, where the library lets line breaks through."""

    context: ClassVar[Context] = Context.HEADER
    whole: bool = False
    """Whether the argument is a whole mail: headers, a blank line, the text."""


@dataclass(frozen=True, slots=True)
class SheetWrite(Sink):
    """Cells of a sheet (CSV) that a person opens in a spreadsheet."""

    context: ClassVar[Context] = Context.CELL
    unless: str = ""
    """Selector of an option of the call that escapes formulas when true."""


@dataclass(frozen=True, slots=True)
class SharedContent(Sink):
    """Content kept or sent for others: a cache's value, the text of a mail."""

    context: ClassVar[Context] = Context.CACHE
    where: str = "cache"
    """cache or mail."""


@dataclass(frozen=True, slots=True)
class SessionStore(Concept):
    """The object that holds what the server knows of the caller; its members are assigned."""


@dataclass(frozen=True, slots=True)
class SessionWrite(Sink):
    """A member of the session is assigned. The analysis makes these of `SessionStore`."""

    context: ClassVar[Context] = Context.TRUST
    key: str = ""


@dataclass(frozen=True, slots=True)
class StoredUpload(Sink):
    """The name under which an upload is stored. The analysis makes these of `FileAccess` that writes."""

    context: ClassVar[Context] = Context.FILE_TYPE


@dataclass(frozen=True, slots=True)
class UploadFilter(Concept):
    """A function that looks at each upload of a form before it is stored, and may refuse it."""


@dataclass(frozen=True, slots=True)
class ArchiveMember(Concept):
    """The name of a member of an archive, as whoever made the archive wrote it."""


@dataclass(frozen=True, slots=True)
class ArchiveExtraction(Concept):
    """All members of an archive (or one) are written under their own names; the receiver is the archive."""

    unless: str = ""
    """Selector of an argument that refuses names outside the folder, e.g. `(filter)`; "" if there is none."""
    unsafe: tuple[str, ...] = ()
    """Constants with which that argument refuses nothing."""
    when: str = ""
    """Selector of an argument that must be true for the names to be trusted, or ""."""


@dataclass(frozen=True, slots=True)
class FileAccess(Sink):
    """A file named by the argument is opened, sent, written or removed."""

    context: ClassVar[Context] = Context.PATH
    action: str = "read"
    """read, write, delete, send, list."""
    root: str = ""
    """Selector of an argument that confines the path to a folder when given, e.g. `(1).root`."""


@dataclass(frozen=True, slots=True)
class FileContent(Concept):
    """The argument is written into a file."""

    file: str = ""
    """Selector of the argument that names the file, `(self)` for the receiver; "" when the call that made
    the receiver named it."""


@dataclass(frozen=True, slots=True)
class ProgramFile(Sink):
    """Text written into a file that is a program or a template. The analysis makes these of `FileContent`."""

    context: ClassVar[Context] = Context.CODE


@dataclass(frozen=True, slots=True)
class OutboundRequest(Sink):
    """A request sent to the address in the argument."""

    context: ClassVar[Context] = Context.URL
    guards: tuple[str, ...] = ()
    """Selectors of options that refuse private addresses when they hold a `GuardedAgent`."""
    sender: str = ""
    """Keyword of the receiver's maker for a part that sends the requests (`transport`), or ""."""


@dataclass(frozen=True, slots=True)
class GuardedAgent(Concept):
    """The value connects to no private address, whatever a name resolves to."""


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
    told: bool = False
    """True when it is markup only where the same function names an HTML type (`reply.type("text/html")`)."""


@dataclass(frozen=True, slots=True)
class HtmlMarkup(Sink):
    """Text marked as trusted markup: no escaping follows (`Markup`, `|safe`, `<%-`)."""

    context: ClassVar[Context] = Context.HTML
    gives_back: ClassVar[bool] = True
    begins_tag: bool = False
    """True when text is markup only if it begins with a tag (jQuery's `$`, which also takes selectors)."""


@dataclass(frozen=True, slots=True)
class PageMarkup(HtmlMarkup):
    """Markup that a script puts into the page which the browser shows (`innerHTML`)."""

    gives_back: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class UnescapedPage(HtmlMarkup):
    """A value that a page prints as it is because escaping is switched off for the whole page."""


@dataclass(frozen=True, slots=True)
class TemplateRender(Concept):
    """A template file, named by the argument, is filled with values."""

    values: str = ""
    """`**` when keyword arguments are the variables, or the selector of the object that holds them; `return`
    when the call decorates a function, and what that returns holds them."""
    shared: str = ""
    """Member of the receiver whose members every page sees as well (`locals`)."""
    escapes: str = "always"
    """Whether the engine escapes what the template prints: `always`, `never`, `html` (only in files named as
    HTML or XML), `setting` (by an `AutoEscape` of the same library), `made` (by the call that made the engine
    at hand, which an `AutoEscape` describes), `engine` (by whichever engine is installed: the `AutoEscape` of
    any library, where the file is written for an engine that can be told)."""


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
    gives_back: ClassVar[bool] = True
    safe_when: str = ""
    """Selector of an argument that makes it safe when it names one of `safe_values` (`(1|Loader)`)."""
    safe_values: tuple[str, ...] = ()
    instead: str = ""
    """What the library or language offers instead (`yaml.safe_load`, `json.loads`)."""
    before: str = ""
    """First version of the library that builds plain data alone; only a program that asks for an older one is
    told. "" when every version builds what the bytes name."""


@dataclass(frozen=True, slots=True)
class ResponseBody(Sink):
    """Anything sent to the client as a body."""

    context: ClassVar[Context] = Context.RESPONSE


@dataclass(frozen=True, slots=True)
class LogWrite(Sink):
    """Text written to a log."""

    context: ClassVar[Context] = Context.LOG
    gives_back: ClassVar[bool] = True
    structured: bool = False
    """Whether every entry is one line of JSON, whatever it holds."""


@dataclass(frozen=True, slots=True)
class StructuredLog(Concept):
    """A formatter that writes every entry as one line of JSON: the project's text logs are none."""


@dataclass(frozen=True, slots=True)
class TextLog(Concept):
    """A format of a structured logger that writes text after all."""


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
class PatternRemoval(Concept):
    """Every match of a regular expression in the text is replaced; the call gives the text without them."""

    pattern: str
    """Selector of the pattern, or `(self)`."""
    replacement: str
    """Selector of what is put instead."""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Parsed(Concept):
    """The call turns text into lists and maps."""


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
class Invocation(Concept):
    """The call runs the function given at `path`, now or later (`Thread(target=f, args=(x,))`)."""

    arguments: str = ""
    """Selector of what the function is called with."""
    listed: bool = False
    """Whether these are held in one list (`args=(x,)`)."""
    each: bool = False
    """Whether the function is called with the elements of each of them (`map`)."""


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
    """required, optional, presence (a credential must be sent, but nothing here verifies it), or identifies
    (it says who the caller is, and refuses nobody)."""
    optional_if: tuple[str, bool] | None = None
    """Selector of an argument, and the constant with which it makes the guard optional
    (`("(optional)", True)` of `jwt_required(optional=True)`). The call is what `Link.value` names."""
    carrier: str = ""
    """As for `Principal`, of a guard that knows callers."""


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
class SameSite(Concept):
    """The argument, or the setting at the path, says whether browsers send the session's cookie along with
    requests that other sites cause (`strict`, `lax`, `none`)."""


@dataclass(frozen=True, slots=True)
class FormBodies(Concept):
    """The call lets the application read bodies that a plain HTML form can send."""

    words: str = ""
    """Words of the argument without which the call registers something else."""


@dataclass(frozen=True, slots=True)
class Verification(Concept):
    """Tokens are verified by the call, or by what it makes; with options that weaken it."""

    key: str = ""
    """Selector of the key that the signature is verified with."""
    algorithms: str = ""
    """Selector of the algorithms that are accepted."""
    needs_algorithms: bool = False
    """Whether the token chooses the algorithm when `algorithms` is left out."""
    off: tuple[tuple[str, Const], ...] = ()
    """Selectors of options, with the constant that switches the verification off."""
    endless: tuple[tuple[str, Const], ...] = ()
    """Likewise, for the test whether the token has expired."""
    lifetime: str = ""
    """Selector of the greatest age accepted, for tokens that carry only the time they were made."""


@dataclass(frozen=True, slots=True)
class TokenVerify(Verification):
    """A token or password is verified; what it gives stands for the caller."""


@dataclass(frozen=True, slots=True)
class PasswordVerify(TokenVerify):
    """A password is compared with its stored hash, in constant time."""


@dataclass(frozen=True, slots=True)
class OtpVerify(TokenVerify):
    """A one-time code is verified."""

    window: str = ""
    """Selector of the number of neighbouring codes that are accepted too."""


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


# -- passwords, tokens, cryptography --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hashing(Concept):
    """A fast hash function at work: the call at the path hashes data, or makes an object that does."""

    algorithm: str = ""
    """md5, sha1, sha256 ...; "" when `chosen` says it."""
    chosen: str = ""
    """Selector of the argument that names the algorithm."""
    data: str = ""
    """Selector of data that is hashed at once."""
    exempt: str = ""
    """Selector of an argument that says, when it is `False`, that the hash protects nothing."""


@dataclass(frozen=True, slots=True)
class Mac(Concept):
    """A keyed hash: without its key the result cannot be computed."""


@dataclass(frozen=True, slots=True)
class PasswordHash(Concept):
    """The password at the path gets a slow, salted hash."""

    cost: str = ""
    """Selector of the cost, when it can be given here."""
    least: int = 0
    """The lowest cost that is adequate."""
    salt: str = ""
    """Selector of a salt that is given rather than made by the library."""


@dataclass(frozen=True, slots=True)
class PasswordScheme(Concept):
    """The text, or the first of a list of texts, at the path names how new passwords are hashed."""


@dataclass(frozen=True, slots=True)
class PasswordPolicy(Concept):
    """A call that judges the strength of a password."""


@dataclass(frozen=True, slots=True)
class KeyDerivation(Concept):
    """A key, or a stored hash, is derived from the password at the path."""

    cost: str = ""
    """Selector of the number of rounds, or of the memory cost."""
    least: int = 0
    """The lowest cost that is adequate."""
    fallback: int = 0
    """What the cost is when it is left out; 0 when that is adequate."""
    salt: str = ""


@dataclass(frozen=True, slots=True)
class Encryption(Concept):
    """A cipher, its mode, or both are chosen by the call at the path."""

    algorithm: str = ""
    """des, rc4, aes-ecb ... as far as the call alone says it."""
    chosen: str = ""
    """Selector of the argument that names algorithm or mode."""
    key: str = ""
    iv: str = ""
    """Selector of the initialisation vector or nonce."""
    passphrase: str = ""
    """Selector of a text from which the key is derived by a weak function of the library's own."""
    data: str = ""
    """Selector of what is encrypted, when the call does it at once."""


@dataclass(frozen=True, slots=True)
class KeyGeneration(Concept):
    """A key is made; the size in bits is at the path."""

    least: int
    """The lowest size that is adequate."""


@dataclass(frozen=True, slots=True)
class TlsVersion(Concept):
    """The argument, or the setting that is assigned, names the versions of TLS that are spoken."""


@dataclass(frozen=True, slots=True)
class RandomSource(Concept):
    """What the call gives is chosen by chance, or only looks so."""

    kind: str
    """secure; statistical (the next value follows from earlier ones); clock (who knows the time knows it)."""
    bits: bool = False
    """Whether it gives bits or bytes, as keys are made of, rather than numbers and elements."""


@dataclass(frozen=True, slots=True)
class TokenIssue(Concept):
    """A signed token is made."""

    payload: str = ""
    """Selector of the claims, when they are a map written by the caller."""
    expiry: tuple[str, ...] = ()
    """Selectors of options that limit its life."""
    chain: str = ""
    """Method on the way to the call that limits its life."""
    key: str = ""
    endless: tuple[tuple[str, Const], ...] = ()
    """Selectors of options, with the constant that makes it live for ever."""


@dataclass(frozen=True, slots=True)
class TokenDecode(Concept):
    """A token is read without its signature being verified."""

    token: str = "(0)"


@dataclass(frozen=True, slots=True)
class ServerSession(Concept):
    """A session that the server keeps under an identifier, which stays what it was until it is renewed."""


@dataclass(frozen=True, slots=True)
class ClientSession(Concept):
    """Sessions are kept in a signed cookie, which changes with what is in it."""


@dataclass(frozen=True, slots=True)
class SessionRenewal(Concept):
    """The session gets a new identifier, or the call logs in and does so."""


@dataclass(frozen=True, slots=True)
class AccountCreation(Concept):
    """An account is made with the password at the path."""

    name: str = ""
    """Selector of the account's name."""


@dataclass(frozen=True, slots=True)
class RateLimit(Concept):
    """A setting, or a call, that limits how often anything may be asked, all through the application."""

    words: str = ""
    """Pattern of the words of which the setting must hold one for that; "": it always does."""


@dataclass(frozen=True, slots=True)
class TokenFromUrl(Concept):
    """The call or setting at the path takes the caller's token from the address."""

    values: tuple[str, ...] = ()
    """Texts of which the setting must hold one for that; none: it always does."""


@dataclass(frozen=True, slots=True)
class Lifetime(Concept):
    """How long a session or token lives: a number, a text such as `90d`, or a duration, at the path."""

    per_second: int = 1
    """How many of the numbers make one second."""


@dataclass(frozen=True, slots=True)
class OAuthRedirect(Concept):
    """The call sends a person to a server of identities, or makes the address for that."""

    state: str = ""
    """Selector of the value that ties the answer to the browser; "" when the library does it."""
    redirect: str = ""
    """Selector of the address to come back to."""


@dataclass(frozen=True, slots=True)
class UserVerification(Concept):
    """The setting at the path says whether an authenticator must verify its user."""
