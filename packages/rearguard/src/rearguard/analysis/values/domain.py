"""What the engine knows of a value while it follows it.

*Labels* say where a value comes from and, for each origin, in which contexts it is still harmful: one
field of `WIDTH` bits per origin, one bit per `Context`. Joining is `|`; sanitising clears the bits of
some contexts in every field at once, so a value cleaned on one path only stays harmful on the other.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from rearguard.models.concepts import Context
from rearguard.program import Const, Span

WIDTH = 32
"""Bits per origin: contexts from bit 0, `UNCERTAIN` on top."""
UNCERTAIN = 1 << (WIDTH - 1)
"""Set when the value passed through a call whose effect is not known."""
HARMFUL = (1 << len(Context)) - 1
INPUT_BITS = HARMFUL & ~(1 << Context.RESPONSE)
"""A client may see its own input again; as markup it is another matter."""
OWN_ADDRESS_BITS = INPUT_BITS & ~(1 << Context.REDIRECT | 1 << Context.URL)
"""The address that the request was sent to is the site's own."""
PAGE_BITS = 1 << Context.HTML | 1 << Context.CODE | 1 << Context.REDIRECT
"""What a script in the browser reads: it harms the page that it runs in."""
OWN_PAGE_BITS = PAGE_BITS & ~(1 << Context.REDIRECT)
STORED_BITS = (
    1 << Context.HTML
    | 1 << Context.CELL
    | 1 << Context.SQL
    | 1 << Context.SHELL
    | 1 << Context.CODE
    | 1 << Context.URL
    | 1 << Context.PATH
    | 1 << Context.SEGMENTS
    | 1 << Context.CLIMB
    | 1 << Context.TEMPLATE
    | 1 << Context.OBJECT
)
"""Other people's input, as it comes back from a store; see `keeping` for where it is no markup."""
ARCHIVE_BITS = 1 << Context.PATH | 1 << Context.SEGMENTS | 1 << Context.CLIMB
"""A name that stands in an archive."""
ERROR_BITS = 1 << Context.RESPONSE
FIELD = (1 << WIDTH) - 1
MAX_DEPTH = 3
"""Length of key paths that are told apart."""
MAX_WIDTH = 32
"""Keys of one value that survive joining."""
MAX_FIELDS = 16
"""Keys of one container that are told apart; further ones share `*`."""
MAX_PARTS = 24
MAX_NODES = 64
"""Values within one value that is carried into another function or out of one."""
ANY_KEY = "*"
SAME_KEY = "\0same"
"""In the path of what a caller gives: the entry under whatever key is read, of a map that was spread."""
ITERATED = "\0iterated"
"""In the path of what a caller gives: what a loop over it yields, a key of a map or an entry of a list."""
DEVELOPMENT = "\0development"
"""Present in an environment where the code runs outside production alone."""
OPENED = "\0opened"
"""The field that stands for what a text is once it was parsed: it may be an object then."""
KEYS = "\0keys"
"""The field that stands for the keys of a map that are not constant."""

MARKUP = "markup"
"""Container of a value that a filter marked as safe markup."""
PARSED = "parsed"
"""Container of what came out of a text that was parsed: a map or list, as a rule."""
OBJECT = "object"
"""Container of an object of a class, as far as its constructor names what it holds."""
TEMPLATE = "template"
"""Container of a template, and of a page, whose text is input."""


def plain(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path with `*` for every key that its caller alone knows."""
    return tuple(ANY_KEY if key in (SAME_KEY, ITERATED) else key for key in path)


class Port(NamedTuple):
    """Something a function is given: a parameter, its receiver, or a captured variable.

    Made and looked up by the million, as `SourceRead` is: hence no dataclasses.
    """

    kind: str
    """param, receiver, capture; `result`: what calling the one called `name` (`param done`) gives back."""
    name: str
    path: tuple[str, ...] = ()

    def child(self, key: str) -> "Port":
        """The value under `key`."""
        return Port(self.kind, self.name, (*self.path, key))

    @property
    def names(self) -> tuple[str, ...]:
        """Its name, and the keys read from it, as a path of names."""
        return (self.name, *plain(self.path))


class SourceRead(NamedTuple):
    """Input that enters the program at a place."""

    kind: str
    """request, error, stored, archive, browser."""
    channel: str
    """query, body, path ... for requests."""
    span: Span
    fid: str
    path: tuple[str, ...] = ()

    def child(self, key: str) -> "SourceRead":
        """The value under `key`."""
        return SourceRead(self.kind, self.channel, self.span, self.fid, (*self.path, *plain((key,))))

    @property
    def label(self) -> str:
        """`query id`, as inventories and messages name it."""
        return " ".join((self.channel, ".".join(self.path))).strip()


Origin: TypeAlias = Port | SourceRead


class Origins:
    """Numbers the origins of one function."""

    __slots__ = ("_numbers", "_ones", "items")

    def __init__(self) -> None:
        self.items: list[Origin] = []
        self._numbers: dict[Origin, int] = {}
        self._ones = 0
        """The lowest bit of every field in use."""

    def number(self, origin: Origin) -> int:
        """The index of an origin, new if need be."""
        index = self._numbers.get(origin)
        if index is None:
            index = self._numbers[origin] = len(self.items)
            self.items.append(origin)
            self._ones |= 1 << (WIDTH * index)
        return index

    def find(self, origin: Origin) -> int:
        """The index of an origin that has one, else -1."""
        return self._numbers.get(origin, -1)

    def fields(self, labels: int) -> Iterable[tuple[int, int]]:
        """`(index, bits)` of every origin present in `labels`; most have one."""
        if not labels:
            return ()
        index = ((labels & -labels).bit_length() - 1) // WIDTH
        rest = labels >> (index * WIDTH)
        if rest <= FIELD:
            return ((index, rest),)
        found = [(index, rest & FIELD)]
        while rest := rest >> WIDTH:
            index += 1
            skipped = ((rest & -rest).bit_length() - 1) // WIDTH
            index, rest = index + skipped, rest >> (skipped * WIDTH)
            found.append((index, rest & FIELD))
        return found

    def repeated(self, bits: int) -> int:
        """`bits` in the field of every origin so far."""
        return bits * self._ones


class Hole(NamedTuple):
    """A part of a text that is not constant."""

    labels: int
    origin: int
    """The origin that it is exactly, or -1."""
    value: int
    """The value id in the function that joined it, or -1."""


Text: TypeAlias = tuple[str | Hole, ...]


class Value:
    """An abstract value; never changed once made. `None` stands for one of which nothing is known."""

    __slots__ = ("_deep", "constant", "container", "fields", "labels", "origin", "text")

    def __init__(
        self,
        labels: int = 0,
        fields: "dict[str, Value] | None" = None,
        text: Text | None = None,
        origin: int = -1,
        container: str = "",
        constant: "tuple[Const] | None" = None,
    ) -> None:
        self.labels = labels
        """Of the value as a whole; those of `fields` come on top."""
        self.fields = fields
        self.text = text
        """Its text, as constant parts and holes."""
        self.origin = origin
        """The origin that it is exactly, or -1."""
        self.container = container
        """list, tuple, set, dict when written out, else ""."""
        self.constant = constant
        """The one constant it is, wrapped, or `None`."""
        self._deep = -1

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Value)
            and self.labels == other.labels
            and self.deep() == other.deep()
            and self.fields == other.fields
            and self.text == other.text
            and self.origin == other.origin
            and self.constant == other.constant
        )

    __hash__ = None  # type: ignore[assignment]

    def deep(self) -> int:
        """Labels of the value and of everything in it."""
        if not self.fields:
            return self.labels
        if self._deep < 0:
            labels = self.labels
            for child in self.fields.values():
                labels |= child.deep()
            self._deep = labels
        return self._deep


Maybe: TypeAlias = Value | None


def is_written_out(value: Value) -> bool:
    """Whether all members of a map are known."""
    return value.container == "dict" and not value.labels and ANY_KEY not in (value.fields or {})


def sources_in(origins: Origins, value: Maybe) -> dict[SourceRead, int]:
    """The input in a value, with the contexts in which it is harmful."""
    found: dict[SourceRead, int] = {}
    for number, field in origins.fields(value.deep()) if value is not None else ():
        origin = origins.items[number]
        if isinstance(origin, SourceRead):
            found[origin] = field
    return found


def constant(value: Const) -> Value:
    """A known constant."""
    text: Text | None = None
    if isinstance(value, str):
        text = (value,)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        text = (str(value),)
    return Value(text=text, constant=(value,))


def labelled(labels: int) -> Maybe:
    """A value of which only its labels are known."""
    return Value(labels) if labels else None


def join(left: Maybe, right: Maybe, depth: int = 0) -> Maybe:
    """What is true of a value that is one or the other; keys below `MAX_DEPTH` run together."""
    if left is right or right is None:
        return _blurred(left) if right is None and left is not right else left
    if left is None:
        return _blurred(right)
    if left == right:
        return left
    labels = left.labels | right.labels
    fields: dict[str, Value] | None = None
    if left.fields or right.fields:
        if depth >= MAX_DEPTH:
            return labelled(left.deep() | right.deep())
        fields = _join_fields(left, right, labels, depth)
    return Value(
        labels,
        fields or None,
        left.text if left.text == right.text else _common_start(_as_text(left), _as_text(right)),
        left.origin if left.origin == right.origin else -1,
        left.container if left.container == right.container else "",
        left.constant if left.constant == right.constant else None,
    )


def _as_text(value: Value) -> Text | None:
    """The text of a value; of one that is exactly what was given, that: `url` of `url + "?" + query`."""
    if value.text is None and value.origin >= 0 and not value.fields and not value.container:
        return (Hole(value.labels, value.origin, -1),)
    return value.text


def _is_same(one: str | Hole, other: str | Hole) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return one == other or (one.origin >= 0 and one[:2] == other[:2])


def _common_start(left: Text | None, right: Text | None) -> Text | None:
    """What both texts start with, and a hole for whatever follows; `None` if that is nothing."""
    if left is None or right is None:
        return None
    same: list[str | Hole] = []
    for one, other in zip(left, right, strict=False):
        if _is_same(one, other):
            same.append(one)
            continue
        if isinstance(one, str) and isinstance(other, str):
            size = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
            shared = one[: min(len(one), len(other)) if size < 0 else size]
            if shared:
                same.append(shared)
        break
    if not same:
        return None
    shorter, longer = sorted((left, right), key=len)
    if len(same) == len(shorter) < len(longer) and isinstance(longer[len(same)], str):
        # `url`, or `url + "?" + query`: what may follow begins with what is written there.
        return longer
    rest = 0
    for part in (*left[len(same) - 1 :], *right[len(same) - 1 :]):
        rest |= 0 if isinstance(part, str) else part.labels
    return (*same, Hole(rest, -1, -1))


def _join_fields(left: Value, right: Value, labels: int, depth: int) -> dict[str, Value]:
    ours, theirs = left.fields or {}, right.fields or {}
    rest_of_left, rest_of_right = _rest(left), _rest(right)
    keeps_plain = labels or ANY_KEY in ours or ANY_KEY in theirs
    fields: dict[str, Value] = {}
    for key in dict.fromkeys((*ours, *theirs)):
        if key == KEYS:
            # What stands under the keys is none of them.
            child = join(
                ours.get(key, labelled(left.labels)), theirs.get(key, labelled(right.labels)), depth + 1
            )
        else:
            child = join(ours.get(key, rest_of_left), theirs.get(key, rest_of_right), depth + 1)
        if child is None:
            continue
        if len(fields) >= MAX_WIDTH and key not in fields:
            merged = join(fields.get(ANY_KEY), labelled(child.deep()), depth + 1)
            if merged is not None:
                fields[ANY_KEY] = merged
        elif keeps_plain or child.labels or child.fields or child.constant or child.text:
            # A field of which nothing is known is the same as none, unless it hides labels of the whole.
            fields[key] = child
    return fields


def _rest(value: Value) -> Maybe:
    """What a key not listed in `fields` may be."""
    if value.fields and ANY_KEY in value.fields:
        return value.fields[ANY_KEY]
    return labelled(value.labels)


def _blurred(value: Maybe) -> Maybe:
    """The value, when on another path nothing is known of it: labels stay, constants go."""
    if value is None:
        return None
    if not value.labels and not value.fields:
        return None
    return Value(value.labels, value.fields, None, -1, "", None)


def with_field(value: Maybe, keys: tuple[str, ...], new: Maybe, weak: bool = False) -> Maybe:
    """`value` after `new` was written under a key path; `weak` keeps the old possibility too."""
    if not keys:
        return join(value, new) if weak else new
    base = value or Value()
    if len(keys) > MAX_DEPTH:
        keys = keys[:MAX_DEPTH]
        new, weak = labelled(new.deep() if new is not None else 0), True
    key = keys[0]
    fields = dict(base.fields or {})
    if key not in fields and len(fields) >= MAX_FIELDS:
        key, weak = ANY_KEY, True
    inner = fields.get(key)
    if inner is None and len(keys) > 1:
        inner = labelled(base.labels)
    child = with_field(inner, keys[1:], new, weak)
    if child is None and not base.labels and ANY_KEY not in fields:
        fields.pop(key, None)
        return Value(0, fields or None, None, base.origin, base.container, None)
    if child is None:
        # An unlabelled field must still hide the whole value's labels.
        child = Value()
    fields[key] = child
    return Value(base.labels, fields, None, base.origin, base.container, None)


def bounded(value: Maybe, room: int = MAX_NODES) -> Maybe:
    """The value, its keys run together where they are too many to be carried from call to call."""
    if value is None or not value.fields or _nodes(value, room) <= room:
        return value
    if len(value.fields) * 2 > room:
        return labelled(value.deep())
    fields = {key: _flat(child) for key, child in value.fields.items()}
    return Value(value.labels, fields, value.text, value.origin, value.container, value.constant)


def _nodes(value: Value, room: int) -> int:
    """How many values it is made of; more than `room` need not be counted."""
    count = 1
    for child in (value.fields or {}).values():
        if count > room:
            break
        count += _nodes(child, room - count)
    return count


def _flat(value: Value) -> Value:
    if not value.fields:
        return value
    return Value(value.deep(), None, value.text, value.origin, value.container, value.constant)


def concatenate(parts: Iterable[tuple[Maybe, int]]) -> Value:
    """The text made of `(value, value id)` parts in order."""
    pieces: list[str | Hole] = []
    labels = 0
    for value, number in parts:
        if value is None:
            pieces.append(Hole(0, -1, number))
            continue
        deep = value.deep()
        labels |= deep
        if value.text is not None:
            pieces.extend(value.text)
        else:
            pieces.append(Hole(deep, value.origin, number))
    merged: list[str | Hole] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    if len(merged) > MAX_PARTS:
        merged = [*merged[: MAX_PARTS - 1], Hole(labels, -1, -1)]
    single: tuple[Const] | None = None
    if not merged:
        merged, single = [""], ("",)
    elif len(merged) == 1 and isinstance(merged[0], str):
        single = (merged[0],)
    return Value(labels, None, tuple(merged), -1, "", single)
