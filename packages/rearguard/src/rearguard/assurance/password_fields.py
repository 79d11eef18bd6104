"""What schemas say of passwords: the bounds of fields that are called so, as they are declared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.identity import is_password
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Instr, Op, Span

__all__ = ["PasswordField", "password_fields"]

_LOWER = frozenset(("min_length", "minlength", "minLength", "min", "Min", "MinLength"))
_UPPER = frozenset(("max_length", "maxlength", "maxLength", "max", "Max", "MaxLength"))
_LENGTH = frozenset(("length", "Length", "isLength", "IsLength"))
_PLAIN = frozenset(
    (
        *(
            "string",
            "String",
            "str",
            "Field",
            "CharField",
            "PasswordField",
            "StringField",
            "required",
            "nonempty",
        ),
        *("notEmpty", "not", "exists", "isString", "IsString", "IsNotEmpty", "DataRequired", "InputRequired"),
        *("constr", "SecretStr", "Annotated", "body", "check", "describe", "example", "openapi", "Str"),
    )
)
"""Calls that say nothing of what a text is made of."""
_NEUTRAL_KEYS = frozenset(
    ("required", "type", "description", "title", "write_only", "help_text", "label", "example")
)
_PATTERNS = frozenset(
    ("pattern", "regex", "matches", "Matches", "match", "Regexp", "RegexValidator", "regexp")
)
_KINDS = re.compile(r"\(\?=[^)]*(?:\[A-Z|\[a-z|\\d|\[0-9|\[\^|\\W|[!@#$%])")
"""A pattern that asks for kinds of characters, in whatever order."""
MAX_CHAIN = 12


@dataclass(frozen=True, slots=True)
class PasswordField:
    """One field of a schema."""

    span: Span
    owner: str
    """The class, or the variable, that holds the schema; "" where it stands in place."""
    lower: int | None = None
    upper: int | None = None
    only_length: bool = False
    """Whether all that is asked of it is known, and is its length."""
    asks_kinds: bool = False
    """Whether it asks for kinds of characters."""


class _Reading:
    """What one declaration says."""

    def __init__(self, view: ModelView, fid: str) -> None:
        self.view, self.fid = view, fid
        self.lower: int | None = None
        self.upper: int | None = None
        self.other = self.kinds = False
        self.names: set[str] = set()

    def value(self, number: int, depth: int = 0) -> None:
        """A default, an annotation, a decorator, or the value under a key."""
        instr = self.view.definitions(self.fid).get(number)
        if instr is None or depth > MAX_CHAIN:
            return
        if instr.op in (Op.CALL, Op.NEW):
            self._call(instr, depth)
        elif instr.op == Op.COLLECT:
            for key, inner in zip(instr.keys or (None,) * len(instr.args), instr.args, strict=False):
                self._named(key or "", inner, depth)
        elif instr.op == Op.ITEM:
            for inner in instr.args:
                self.value(inner, depth + 1)

    def _call(self, instr: Instr, depth: int) -> None:
        callee = self.view.definitions(self.fid).get(instr.args[0])
        name = callee.name if callee is not None else ""
        self.names.add(name)
        plain = [
            n for k, n in zip(instr.keys or (None,) * len(instr.args), instr.args[1:], strict=False) if not k
        ]
        if name in _LOWER or name in _UPPER or name in _LENGTH:
            self._bounds(name, plain, depth)
        elif name in _PATTERNS:
            self._pattern(plain)
        else:
            self.other = self.other or name not in _PLAIN
            for number in plain:
                self.value(number, depth + 1)
        for key, number in zip(instr.keys, instr.args[1:], strict=False):
            if key:
                self._named(key, number, depth)
        if callee is not None and callee.op == Op.ATTR:
            self.value(callee.args[0], depth + 1)

    def _bounds(self, name: str, plain: list[int], depth: int) -> None:
        numbers = [self._number(number) for number in plain]
        if name in _LENGTH:
            self._set(*[*numbers, None, None][:2])
        elif name in _LOWER:
            self._set(numbers[0] if numbers else None, None)
        else:
            self._set(None, numbers[0] if numbers else None)
        for number in plain:
            self.value(number, depth + 1)

    def _named(self, key: str, number: int, depth: int) -> None:
        if key in _LOWER:
            self._set(self._number(number), None)
        elif key in _UPPER:
            self._set(None, self._number(number))
        elif key in _PATTERNS:
            self._pattern([number])
        else:
            self.other = self.other or bool(key and key not in _NEUTRAL_KEYS and key != "validators")
            self.value(number, depth + 1)

    def _set(self, lower: int | None, upper: int | None) -> None:
        self.lower = lower if lower is not None else self.lower
        self.upper = upper if upper is not None else self.upper

    def _pattern(self, values: list[int]) -> None:
        self.other = True
        for number in values:
            text = ValueView(self.view, self.fid, number).source_text
            self.kinds = self.kinds or _KINDS.search(text) is not None

    def _number(self, number: int) -> int | None:
        held = ValueView(self.view, self.fid, number).const
        return held if isinstance(held, int) and not isinstance(held, bool) else None

    def field(self, span: Span, owner: str) -> Iterator[PasswordField]:
        """The field, if anything was said of its length or its characters."""
        bounded = self.lower is not None or self.upper is not None
        if bounded or self.kinds:
            yield PasswordField(span, owner, self.lower, self.upper, bounded and not self.other, self.kinds)


def password_fields(view: ModelView) -> Iterator[PasswordField]:
    """Fields of schemas that are called passwords and have bounds."""
    for path, module in view.linker.modules.items():
        for name, cls in module.classes.items():
            fid = f"{path}::{name}"
            if fid not in view.linker.functions:
                continue
            for declared in cls.fields:
                if is_password(declared.name):
                    reading = _Reading(view, fid)
                    for number in (declared.annotation, declared.default, *declared.decorators):
                        reading.value(number)
                    span = Span(path, declared.start, declared.end)
                    yield from reading.field(span, name.rpartition(".")[2])
    for fid in view.linker.functions:
        yield from _written(view, fid)


def _written(view: ModelView, fid: str) -> Iterator[PasswordField]:
    """Maps with a key that is called so, and chains of calls that begin with such a name."""
    stored = [instr for instr in view.linker.code(fid) if instr.op == Op.STORE]
    for instr in view.linker.code(fid):
        if instr.op == Op.COLLECT:
            for key, number in zip(instr.keys, instr.args, strict=False):
                if key and is_password(key):
                    reading = _Reading(view, fid)
                    reading.value(number)
                    yield from reading.field(ValueView(view, fid, number).span, _owner(stored, instr))
        elif instr.op == Op.CALL and _begins_with_password(view, fid, instr):
            reading = _Reading(view, fid)
            reading.value(instr.dst)
            span = view.span(fid, instr.start, instr.end)
            yield from reading.field(span, _owner(stored, instr))


def _owner(stored: list[Instr], inner: Instr) -> str:
    """The variable whose value the place is part of."""
    held = (one for one in stored if one.start <= inner.start and inner.end <= one.end)
    return next((one.name for one in held), "")


def _begins_with_password(view: ModelView, fid: str, instr: Instr) -> bool:
    """`body("password").isLength({ min: 8 })`, at the outermost call that says a length."""
    callee = view.definitions(fid).get(instr.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name not in (*_LENGTH, "matches"):
        return False
    current: Instr | None = instr
    for _ in range(MAX_CHAIN):
        if current is None or current.op != Op.CALL:
            return False
        inner = view.definitions(fid).get(current.args[0])
        if inner is None or inner.op != Op.ATTR:
            text = ValueView(view, fid, current.args[1]).text if len(current.args) > 1 else None
            return text is not None and is_password(text)
        current = view.definitions(fid).get(inner.args[0])
    return False
