"""What makes data safe: conversions, proofs, patterns, schemas."""

from dataclasses import dataclass

from rearguard.models.concepts.base import Concept, Context


@dataclass(frozen=True, slots=True)
class Sanitizer(Concept):
    """The call's result is safe in `contexts`, whatever its argument was."""

    contexts: tuple[Context, ...]
    when: str = ""
    """Selector of an argument that must be one of `values` for this to hold (`(type)` of
    `request.args.get("page", type=int)`), or ""."""
    values: tuple[str, ...] = ()
    """API paths that the argument at `when` must have, one of them; or constants as text (`""`, `True`)."""
    lets: tuple[tuple[str, str], ...] = ()
    """Selectors of options, each with a pattern of what it must not list, or be, for this to hold (`script`
    among the tags that are kept)."""


@dataclass(frozen=True, slots=True)
class Decoding(Concept):
    """The call takes an encoding off a text: what a test or cleaner before it looked for may come out
    (`%2e%2e`, `%0a`)."""


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
    open_if: tuple[str, bool] | None = None
    """Selector of an argument, and the constant with which unnamed fields come through."""
    closed_if: tuple[str, bool] | None = None
    """Likewise, of one that lets them through otherwise: the constant with which they do not."""
    refuses: bool = True
    """Whether a value with fields that it does not name is refused: otherwise what it gives lacks them."""


@dataclass(frozen=True, slots=True)
class Outcome(Concept):
    """The call gives what checks that stand before the handler found wrong with the fields that they name."""


@dataclass(frozen=True, slots=True)
class ClosedSchema(Concept):
    """The value is a schema that refuses unnamed fields, or leaves them out (`z.object({}).strict()`)."""


@dataclass(frozen=True, slots=True)
class OpenSchema(Concept):
    """The value is a schema that lets unnamed fields through (`z.object({}).passthrough()`)."""


@dataclass(frozen=True, slots=True)
class Register(Concept):
    """A map or set of exact keys: a key that is found in it is one that was put in."""


@dataclass(frozen=True, slots=True)
class CheckedFields(Concept):
    """A class: instances of what extends it hold only values that fit their fields' annotations."""


@dataclass(frozen=True, slots=True)
class FieldCheck(Concept):
    """A decorator's call: the method under it lets pass what the fields named by the arguments may hold.

    In an annotation: the function given at `path` does.
    """


@dataclass(frozen=True, slots=True)
class FieldKind(Concept):
    """The call with which a form, a serializer or a model declares a field."""

    harmless: bool = False
    """Whether it lets through numbers, dates, identifiers or one of a list alone."""
    choices: str = ""
    """The keyword that makes it let through one of a list alone."""
    pattern: str = ""
    """Selector of the pattern that its values have to match."""
    upload: bool = False
    """Whether it lets through files, whose names have no folders."""


@dataclass(frozen=True, slots=True)
class FieldPredicate(Concept):
    """A call in an annotation: values fit of which the function given at `path` says true."""


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
