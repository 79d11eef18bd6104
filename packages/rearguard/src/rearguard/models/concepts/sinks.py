"""Where data ends up: what a text is read as there."""

from dataclasses import dataclass
from typing import ClassVar

from rearguard.models.concepts.base import Concept, Context
from rearguard.program import Span


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
class LookupNames(Sink):
    """Names of fields and operators in conditions (`filter(**conditions)`). The analysis makes these."""

    context: ClassVar[Context] = Context.KEY


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
    takes_functions: bool = False
    """Whether it runs functions as well, as timers do: what an unknown call gives is one."""


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
    by_hand: bool = False
    """Whether the lines are put together by the program itself, and this sends them."""


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
class KeptField(Sink):
    """A field of a stored object is written. The analysis makes these."""

    context: ClassVar[Context] = Context.SQL
    name: str = ""


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
class MemoryFile(Concept):
    """What the call gives is written to like a file, and is none: a buffer in memory, an answer."""


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
    before: tuple[str, ...] = ()
    """Methods of the answering class that run before and may name the type (`set_default_headers`)."""


@dataclass(frozen=True, slots=True)
class ServedType(Sink):
    """The type under which an answer is sent: a browser makes a page of it where that says so."""

    context: ClassVar[Context] = Context.HTML
    header: str = ""
    """Selector of the argument that names the header when the call writes one: only `Content-Type` counts."""
    unless: str = ""
    """Selector of an option with which the answer is saved rather than shown; "" if there is none."""


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
class MailMarkup(Sink):
    """The HTML of a mail."""

    context: ClassVar[Context] = Context.HTML
    when: str = ""
    """Selector of the argument that says what the text is: markup if that is `html` or `text/html`."""


@dataclass(frozen=True, slots=True)
class PageLink(HtmlMarkup):
    """The beginning of an address that a page has the browser open (`href`). The analysis makes these.

    What keeps a redirect on the site keeps a link from being code; escaping for HTML does not.
    """

    context: ClassVar[Context] = Context.REDIRECT


@dataclass(frozen=True, slots=True)
class PageHandler(HtmlMarkup):
    """A value in the code of an event's attribute (`onclick`). The analysis makes these."""


@dataclass(frozen=True, slots=True)
class UnescapedPage(HtmlMarkup):
    """A value that a page prints as it is because escaping is switched off for the whole page."""

    engine: Span | None = None
    """Where the engine that fills the page was made, if that alone decides."""


@dataclass(frozen=True, slots=True)
class MarkupMade(Concept):
    """The call makes markup of the text in the argument, and lets the tags through that the text holds."""

    unless: str = ""
    """Selector of an option that keeps them out when it is given, or ""."""
    lets: tuple[tuple[str, str], ...] = ()
    """Selectors of options, each with a pattern of what lets them through; where there are any, nothing else
    does."""
    keeps: tuple[tuple[str, str], ...] = ()
    """Likewise of what keeps them out, where they come through otherwise."""
    maker: bool = False
    """Whether these are options of the call that made the receiver, or what is called."""


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
    by_class: tuple[str, str] = ("", "")
    """Attribute of a class that names a template, and the method of that class whose answer fills it."""


@dataclass(frozen=True, slots=True)
class PageFunction(Concept):
    """Every page may call the function at the path, under its own name or the one that it is put under."""

    gathered: bool = False
    """Whether the function at the path gives a map of such functions instead."""


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
