"""Options of a call: what was given, what was left out, and what cannot be told."""

from dataclasses import dataclass
from enum import Enum

from rearguard.analysis.settings.uses import Use
from rearguard.link import Kind, split_selector
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Const, Instr, Op

MAX_DEPTH = 8
"""Spreads of one map into another that are followed."""


class Given(Enum):
    """Whether an option was given."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """Its container is not written out here: a parameter, a result, a spread of one."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it stands."""

    given: Given
    value: ValueView | None = None
    """What was given, where it was written; `None` unless `given` is YES."""

    @property
    def is_absent(self) -> bool:
        """Whether it is certain that the option was left out."""
        return self.given is Given.NO

    @property
    def const(self) -> Const:
        """The constant that was given, or `None`."""
        return self.value.const if self.value is not None else None

    def is_const(self, *wanted: Const) -> bool:
        """Whether a constant was given that is one of `wanted` (`False` is not `0`)."""
        if self.value is None:
            return False
        held = [ref.step for ref in self.value.refs if ref.kind is Kind.CONST]
        return len(held) == 1 and any(type(held[0]) is type(one) and held[0] == one for one in wanted)

    @property
    def is_dynamic(self) -> bool:
        """Whether it was given as something that is no constant (an environment variable, a parameter)."""
        return self.value is not None and not any(ref.kind is Kind.CONST for ref in self.value.refs)


def option(view: ModelView, fid: str, instr: Instr, selector: str) -> Option:
    """The option that a selector means: `(httponly)`, `(2).httpOnly`, `(0|options).cookie.secure`.

    Containers are followed through variables, imports and spreads. Raises ValueError on a malformed selector.
    """
    _, parsed, keys = split_selector(selector)
    if parsed is None:
        raise ValueError(f"not a selector: {selector}")
    picked = parsed.pick(len(instr.args) - 1, instr.keys)
    if not picked:
        spread = any(key in ("*", "**") for key in instr.keys)
        return Option(Given.UNKNOWN if spread else Given.NO)
    found = Option(Given.YES, ValueView(view, fid, instr.args[1 + picked[-1]]))
    for key in keys:
        found = entry(found, key)
    return found


def option_of(use: Use, selector: str) -> Option:  # type: ignore[type-arg]
    """As `option`, of the call of a use."""
    return option(use.view, use.fid, use.instr, selector)


def entry(container: Option, key: str, depth: int = 0) -> Option:
    """The entry `key` of a map: absent where the map is written out without it."""
    if container.value is None:
        return container
    maps = written_out(container.value)
    if len(maps) != 1:
        # `undefined`, `None` and such hold nothing; of several maps it is not known which.
        return Option(Given.NO) if container.is_const(None, False) else Option(Given.UNKNOWN)
    found = Option(Given.NO)
    written = maps[0]
    instr = written.instr
    if instr is None:
        return Option(Given.UNKNOWN)
    for index, held in enumerate(instr.keys):
        value = ValueView(written.view, written.fid, instr.args[index])
        if held == key:
            found = Option(Given.YES, value)
        elif held in ("**", "*"):
            inner = (
                entry(Option(Given.YES, value), key, depth + 1)
                if depth < MAX_DEPTH
                else Option(Given.UNKNOWN)
            )
            if inner.given is not Given.NO:
                found = inner
        elif held == "?":
            found = found if found.given is Given.YES else Option(Given.UNKNOWN)
    for name, fid, number in written.view.changes.get((written.fid, written.value), ()):
        if name == key:
            found = Option(Given.YES, ValueView(written.view, fid, number))
    return found


def listed_texts(value: ValueView, depth: int = 0) -> tuple[str, ...]:
    """Constants that stand in a list or map, its keys among them, as texts; or in what it is made of."""
    texts = [str(ref.step) for ref in value.refs if ref.kind is Kind.CONST]
    instr = value.instr
    if texts or depth > MAX_DEPTH or instr is None:
        return tuple(texts)
    found: list[str] = []
    if instr.op == Op.COLLECT:
        found += [key for key in instr.keys if key and key not in ("*", "**", "?")]
    if instr.op in (Op.COLLECT, Op.BINARY, Op.CALL, Op.NEW, Op.ATTR):
        for number in instr.args:
            found += listed_texts(ValueView(value.view, value.fid, number), depth + 1)
        return tuple(found)
    for held in written_out(value):
        found += listed_texts(held, depth + 1)
    return tuple(found)


def written_out(value: ValueView) -> tuple[ValueView, ...]:
    """The containers that a value may be, where they are written out; also through variables and imports."""
    instr = value.instr
    if instr is not None and instr.op == Op.COLLECT:
        return (value,)
    found: list[ValueView] = []
    for ref in value.refs:
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
            found.append(ValueView(value.view, *ref.step))
        elif ref.kind is not Kind.CONST:
            # It may be something else as well, which is not written out here.
            return ()
    return tuple(found)
