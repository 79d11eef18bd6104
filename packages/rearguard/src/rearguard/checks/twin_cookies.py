"""A cookie that pages read and send back in a header, which other sites cannot do: and where both may be missing."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.facts import Condition, Fact
from rearguard.checks.base import Context
from rearguard.program import Op, Span

__all__ = ["Twin", "both_missing", "twins"]


_READS = frozenset(("get", "header", "getCookie", "cookie"))
"""Methods that give back nothing where there is no such header or cookie."""


@dataclass(frozen=True, slots=True)
class Twin:
    """One refusal where a header is not the same as a cookie."""

    cookie: str
    header: str
    fact: Fact
    condition: Condition
    row: Row

    @property
    def place(self) -> Span:
        """The comparison."""
        return self.condition.span


def twins(context: Context) -> tuple[Twin, ...]:
    """The comparisons of a program, each once."""
    held = context.notes.get("twin cookies")
    if not isinstance(held, tuple):
        found: dict[Span, Twin] = {}
        for twin in _compared(context):
            found.setdefault(twin.place, twin)
        held = context.notes["twin cookies"] = tuple(found.values())
    return held


def _compared(context: Context) -> Iterator[Twin]:
    for row in context.matrix:
        for fact in row.surface.facts if row.surface is not None else ():
            last = fact.conditions[-1] if fact.kind == "denial" and fact.conditions else None
            if last is None or last.presence or last.value < 0 or len(last.atoms) != 2:
                continue
            cookie = next((a for a in last.atoms if _is_cookie(a)), None)
            header = next((a for a in last.atoms if a.kind == "input" and a.name.startswith("header")), None)
            if cookie is not None and header is not None and cookie.path and header.path:
                yield Twin(str(cookie.path[0]), str(header.path[0]), fact, last, row)


def _is_cookie(atom: Atom) -> bool:
    return atom.kind in ("credential", "input") and atom.name.startswith("cookie")


def both_missing(context: Context) -> Iterator[Twin]:
    """Those that compare a cookie and a header as they come, neither of which must be there: `undefined` equals
    `undefined`, `None` equals `None`."""
    for twin in twins(context):
        if not _is_plain(context, twin) or _asks_for_one(twin):
            continue
        yield twin


def _is_plain(context: Context, twin: Twin) -> bool:
    """Whether the two are compared with `!==`, and what is missing reads as nothing."""
    origins = context.matrix.origins
    found = origins.resolved(twin.condition.fid, twin.condition.value)
    if found is None or found[1].op != Op.COMPARE or found[1].name not in ("!=", "!==", "==", "==="):
        return False
    if twin.condition.holds != found[1].name.startswith("!"):
        return False
    sides = [origins.resolved(found[0], value) for value in found[1].args]
    if twin.place.path.endswith(".py"):
        # What is missing raises an error, unless it is asked for by `get` without anything in its place.
        return all(
            side is not None
            and side[1].op == Op.CALL
            and len(side[1].args) == 2
            and context.view.definitions(side[0])[side[1].args[0]].name == "get"
            for side in sides
        )
    return all(
        side is not None
        and (
            side[1].op in (Op.ATTR, Op.ITEM)
            or (side[1].op == Op.CALL and context.view.definitions(side[0])[side[1].args[0]].name in _READS)
        )
        for side in sides
    )


def _asks_for_one(twin: Twin) -> bool:
    """Whether requests without the cookie, or without the header, are refused as well."""
    facts = twin.row.surface.facts if twin.row.surface is not None else ()
    compared = {(a.name, a.path) for a in twin.condition.atoms}
    return any(
        c.presence and any((a.name, a.path) in compared for a in c.atoms)
        for fact in facts
        if fact.kind == "denial"
        for c in fact.conditions
    )
