"""What a statement does to which table, read from its text alone.

A tolerant reader: it knows the words of the SQL standard that matter here and skips everything else, so
that it never fails on a dialect. Values appear as *slots*: a placeholder of any style, or a hole where
the program put a value into the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      (?P<text>'(?:[^']|'')*')
    | (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<hole>\x00\d+\x00)
    | (?P<cast>::)
    | (?P<slot>\$\d+|\?\d*|%\(\w+\)s|%s|:[A-Za-z_]\w*|@[A-Za-z_]\w*)
    | (?P<name>(?:[A-Za-z_][\w$]*|"[^"]+"|`[^`]+`|\[[A-Za-z_][^\]]*\])
               (?:\s*\.\s*(?:[A-Za-z_][\w$]*|"[^"]+"|`[^`]+`|\[[A-Za-z_][^\]]*\]|\*))*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<sign><=>|<>|!=|<=|>=|\|\||[-+*/%=<>(),;])
    """,
    re.VERBOSE | re.DOTALL,
)
_OPERATIONS = {
    "select": "read",
    "insert": "create",
    "update": "update",
    "delete": "delete",
    "replace": "create",
}
_ENDS = frozenset(
    {"order", "group", "limit", "returning", "having", "union", "offset", "fetch", "on", "window"}
)
_COMPARES = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "<=>", "in", "like", "ilike", "is", "between"})
_AFTER_TABLE = frozenset(
    [
        "where",
        "set",
        "values",
        "on",
        "using",
        "join",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "natural",
        "order",
        "group",
        "limit",
        "select",
        "returning",
        "as",
        "having",
        "union",
        "offset",
        "default",
    ]
)
_WORDS = (
    _ENDS
    | _AFTER_TABLE
    | set(_OPERATIONS)
    | {"from", "into", "and", "or", "not", "in", "is", "null", "like", "ilike", "between", "by", "asc"}
    | {"desc", "distinct", "case", "when", "then", "else", "end", "count", "sum", "min", "max", "avg"}
    | {"coalesce", "lower", "upper", "now"}
)
"""Words of the language, and functions, that are no columns."""


MAX_SLOTS = 200
_FIXED = ("true", "false", "null", "select", "exists")
BY_SECRET = re.compile(r"token|secret|code|hash|signature|slug|share|invit|public|api_?key", re.IGNORECASE)
"""Words of a condition by which whoever knows something gets what is not theirs."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value: `index` of a positional one, `name` of a named one, `hole` of one in the text."""

    index: int = -1
    name: str = ""
    hole: int = -1


@dataclass(slots=True)
class Statement:
    """One statement's effect."""

    operation: str = ""
    """read, create, update, delete; "" when it is none of these."""
    tables: list[str] = field(default_factory=list)
    """The first is the one that is changed, or read first."""
    keys: list[tuple[str, Slot]] = field(default_factory=list)
    """Column compared in a condition -> slot."""
    flags: list[str] = field(default_factory=list)
    """Columns compared with constants, or used as conditions themselves."""
    written: list[tuple[str, Slot]] = field(default_factory=list)
    """Column -> slot stored in it."""
    fixed: list[str] = field(default_factory=list)
    """Columns that are set to what the statement itself says: `admin = true`, `visits = visits + 1`."""
    columns: list[str] = field(default_factory=list)
    """All columns named."""
    shown: list[str] = field(default_factory=list)
    """Columns that it gives back, with their table: `members.pin`, `members.*`."""
    sides: list[list[list[Slot]]] = field(default_factory=list)
    """For each `or` of its conditions: the slots of every side on which nothing but slots is compared."""
    places: int = 0
    """Positional slots of the whole text, those behind `LIMIT` and of expressions among them."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    slot: Slot | None = None

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "name" else self.text if self.kind == "sign" else ""


def parse(text: str) -> Statement:
    """The first statement in `text`; an empty one when nothing is recognised."""
    tokens = list(_tokens(text))
    for position, token in enumerate(tokens):
        if token.word in _OPERATIONS:
            found = _statement(tokens[position:], _OPERATIONS[token.word])
            found.places = 1 + max((t.slot.index for t in tokens if t.slot is not None), default=-1)
            return found
    return Statement()


def _numbered(text: str) -> str:
    """`status = $${values.length}`: slots that are counted as values are put in, those with numbers apart."""
    taken = {int(number) for number in re.findall(r"\$(\d+)", text)}
    free = (number for number in range(1, MAX_SLOTS) if number not in taken)
    return re.sub("\\$\0\\d+\0", lambda _: f"${next(free, MAX_SLOTS)}", text)


def _tokens(text: str) -> Iterator[_Token]:
    counted = 0
    for match in _TOKEN.finditer(_numbered(text)):
        kind = match.lastgroup or ""
        found = match.group()
        if kind in ("comment", "cast"):
            continue
        hole = re.search("\0(\\d+)\0", found)
        if hole is not None:
            yield _Token("slot", found, Slot(hole=int(hole.group(1))))
        elif kind == "slot":
            slot = _slot(found, counted)
            if found in ("?", "%s"):
                counted += 1
            yield _Token("slot", found, slot)
        else:
            yield _Token(kind, found)


def _slot(text: str, counted: int) -> Slot:
    if text in ("?", "%s"):
        return Slot(index=counted)
    if text[0] in "$?":
        return Slot(index=int(text[1:]) - 1)
    return Slot(name=text.strip("%()s") if text.startswith("%(") else text[1:])


def _column(token: _Token) -> str:
    return token.text.rpartition(".")[2].strip(' "`[]').lower()


def _statement(tokens: Sequence[_Token], operation: str) -> Statement:
    found = Statement(operation)
    found.tables = list(_tables(tokens, operation))
    found.columns = [_column(t) for t in tokens if t.kind == "name" and t.word not in _WORDS]
    found.shown = list(_shown(tokens, operation, found.tables))
    if operation == "create":
        found.written = list(_inserted(tokens))
        return found
    for position, token in enumerate(tokens):
        if token.word in ("where", "and", "or", "on", "not") or (token.word == "(" and position):
            _condition(tokens, position + 1, found)
    found.sides = [[_slots(side) for side in sides] for sides in _disjunctions(tokens)]
    found.keys = list(dict.fromkeys(found.keys))
    found.flags = list(dict.fromkeys(found.flags))
    if operation == "update":
        found.written = list(_assigned(tokens))
        found.fixed = [c for c in _set(tokens) if all(c != column for column, _ in found.written)]
    return found


def _disjunctions(tokens: Sequence[_Token]) -> Iterator[list[list[_Token]]]:
    """The sides of every `or` that is joined by words of its own level: of `a AND b OR c` the two."""
    start = next((i for i, t in enumerate(tokens) if t.word == "where"), len(tokens))
    groups: list[list[list[_Token]]] = [[[]]]
    for token in tokens[start + 1 :]:
        if token.word == "(":
            groups.append([[]])
        elif token.word == ")":
            closed = groups.pop()
            if not groups:
                break
            groups[-1][-1].extend(t for side in closed for t in side)
            if len(closed) > 1:
                yield closed
        elif token.word == "or":
            groups[-1].append([])
        elif len(groups) == 1 and token.word in _ENDS:
            break
        else:
            groups[-1][-1].append(token)
    if groups and len(groups[0]) > 1:
        yield groups[0]


def _slots(side: Sequence[_Token]) -> list[Slot]:
    """The slots of one side of an `or`; none where it asks for something fixed or for a secret."""
    fixed = any(t.kind in ("text", "number") and t.text != "'%'" for t in side)
    words = any(t.kind == "name" and (t.word in _FIXED or BY_SECRET.search(t.word)) for t in side)
    return [t.slot for t in side if t.slot is not None] if not (fixed or words) else []


def _tables(tokens: Sequence[_Token], operation: str) -> Iterator[str]:
    starts = {"from", "join", "into"} | ({"update"} if operation == "update" else set())
    for position, token in enumerate(tokens[:-1]):
        if token.word in starts:
            following = tokens[position + 1]
            skipped = position + 1
            while following.word in ("only", "lateral", "ignore", "low_priority") and skipped + 1 < len(
                tokens
            ):
                skipped += 1
                following = tokens[skipped]
            if following.kind == "name" and following.word not in _AFTER_TABLE:
                yield _column(following)
            elif following.slot is not None and following.slot.hole >= 0:
                yield following.text


def _shown(tokens: Sequence[_Token], operation: str, tables: Sequence[str]) -> Iterator[str]:
    """The columns of a SELECT list, or behind RETURNING; computed ones are left out."""
    start = next((i for i, t in enumerate(tokens) if t.word == "returning"), -1)
    begun = 1 if operation == "read" else start + 1 if start >= 0 else 0
    if not begun or not tables:
        return
    known = dict(_aliases(tokens))
    for item in _items(tokens[begun:]):
        named = [t for t in item if t.word not in ("distinct", "all")]
        if not named or any(t.word == "(" for t in named):
            continue
        if named[0].word == "*":
            yield from (f"{table}.*" for table in (tables if operation == "read" else tables[:1]))
        elif named[0].kind == "name":
            of, _, column = named[0].text.replace('"', "").replace("`", "").lower().rpartition(".")
            of = of.strip().rpartition(".")[2]
            yield f"{known.get(of, of or tables[0])}.{column.strip(' []')}"


def _aliases(tokens: Sequence[_Token]) -> Iterator[tuple[str, str]]:
    """`m` and `members` of `JOIN members AS m`."""
    for position, token in enumerate(tokens[:-1]):
        following = tokens[position + 1]
        if token.word in ("from", "join", "into", "update") and following.kind == "name":
            behind = [t for t in tokens[position + 2 : position + 4] if t.word != "as"]
            if behind and behind[0].kind == "name" and behind[0].word not in _WORDS:
                yield behind[0].word, _column(following)


def _condition(tokens: Sequence[_Token], start: int, found: Statement) -> None:
    """`column = slot`, `slot = column`, `column IN (slot)`, `column`, from `start` on."""
    while start < len(tokens) and tokens[start].word in ("(", "not", "lower", "upper", "coalesce", "cast"):
        start += 1
    if start >= len(tokens):
        return
    first = tokens[start]
    sign = tokens[start + 1] if start + 1 < len(tokens) else None
    if sign is not None and sign.word == "as":
        # `CAST(id AS text) = ...`
        start = min(start + 2, len(tokens) - 1)
        sign = tokens[start + 1] if start + 1 < len(tokens) else None
    while sign is not None and sign.word == ")" and start + 2 < len(tokens):
        start += 1
        sign = tokens[start + 1]
    if first.kind == "name" and first.word not in _OPERATIONS:
        if sign is None or sign.word in ("and", "or", ")", ";") or sign.word in _ENDS:
            found.flags.append(_column(first))
        elif sign.word in _COMPARES or sign.word == "not":
            _compared(tokens, start + 2, _column(first), found)
    elif first.slot is not None and sign is not None and sign.word in _COMPARES:
        # `:id = ANY(members)`
        other = next((t for t in tokens[start + 2 : start + 5] if t.word not in ("any", "all", "(")), None)
        if other is not None and other.kind == "name":
            found.keys.append((_column(other), first.slot))


def _compared(tokens: Sequence[_Token], start: int, column: str, found: Statement) -> None:
    any_slot = False
    for token in tokens[start : start + 8]:
        if token.word in ("and", "or", "where", ";") or token.word in _ENDS:
            break
        if token.slot is not None:
            found.keys.append((column, token.slot))
            any_slot = True
        elif token.kind == "name" and token.word not in (
            "in",
            "like",
            "any",
            "lower",
            "upper",
            "null",
            "not",
            "cast",
        ):
            if token.word in ("true", "false"):
                found.flags.append(column)
            return
    if not any_slot:
        found.flags.append(column)


def _inserted(tokens: Sequence[_Token]) -> Iterator[tuple[str, Slot]]:
    columns: list[str] = []
    position = next((i for i, t in enumerate(tokens) if t.word == "("), -1)
    values = next((i for i, t in enumerate(tokens) if t.word in ("values", "select")), -1)
    if 0 <= position < values:
        columns = [_column(t) for t in tokens[position:values] if t.kind == "name"]
    for column, item in zip(columns, _items(tokens[values + 1 :]), strict=False):
        for token in item:
            if token.slot is not None:
                yield column, token.slot
    if not columns:
        yield from (("", t.slot) for t in tokens if t.slot is not None)


def _items(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """Comma-separated expressions of a list in brackets, or of a SELECT list."""
    opening = bool(tokens) and tokens[0].word == "("
    depth, item = 0, list[_Token]()
    for token in tokens[1:] if opening else tokens:
        if token.word == "(":
            depth += 1
        elif token.word == ")":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and token.word == ",":
            yield item
            item = []
            continue
        elif depth == 0 and not opening and token.word == "from":
            break
        item.append(token)
    yield item


def _named_before(tokens: Sequence[_Token], start: int, position: int) -> bool:
    return any(token.word != "," for token in tokens[start + 1 : position])


def _set(tokens: Sequence[_Token]) -> Iterator[str]:
    """The columns behind SET."""
    start, depth = next((i for i, t in enumerate(tokens) if t.word == "set"), len(tokens)), 0
    for token, following in zip(tokens[start + 1 :], tokens[start + 2 :], strict=False):
        if depth == 0 and (token.word in ("where", "from") or token.word in _ENDS):
            return
        depth += (token.word == "(") - (token.word == ")")
        if depth == 0 and token.kind == "name" and following.word == "=":
            yield _column(token)


def _assigned(tokens: Sequence[_Token]) -> Iterator[tuple[str, Slot]]:
    start = next((i for i, t in enumerate(tokens) if t.word == "set"), -1)
    if start < 0:
        return
    column, depth = "", 0
    for position in range(start + 1, len(tokens)):
        token = tokens[position]
        if depth == 0 and (token.word in ("where", "from") or token.word in _ENDS):
            return
        depth += (token.word == "(") - (token.word == ")")
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        if depth == 0 and token.kind == "name" and following is not None and following.word == "=":
            column = _column(token)
        elif token.slot is not None and (
            column or (depth == 0 and not _named_before(tokens, start, position))
        ):
            # Without a column it is a map of all that is set: `SET ?`; or a list of columns that was joined.
            yield column, token.slot
