"""What an endpoint answers with: whole stored records, or fields of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.events import Fact
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.surface import Surface
from rearguard.program import Op, Span

MAX_DEPTH = 5
_WHOLE = frozenset({"__dict__", "dataValues", "_doc"})
"""Members that are the record again, under another name."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One part of an answer that comes from a stored object."""

    atom: Atom
    """The stored object; its path is empty when the whole record is sent."""
    name: str
    """Key under which it is sent, or ""."""
    span: Span
    """The answer."""

    @property
    def whole(self) -> bool:
        """Whether the record is sent as it was loaded."""
        return all(key in _WHOLE or key == "*" for key in self.atom.path)


def answers(surface: Surface, origins: Origins) -> tuple[Answered, ...]:
    """The stored objects, and fields of them, that are sent back."""
    found: dict[tuple[object, ...], Answered] = {}
    handlers = surface.endpoint.handler.functions[:1]
    for fact in surface.facts[surface.handler_start :]:
        if fact.kind == "answer":
            parts = _parts(origins, fact, handlers)
            for name, atom in parts:
                found.setdefault((name, atom.name, atom.path), Answered(atom, name, fact.span))
    for fid in handlers if surface.endpoint.returns else ():
        for value in origins.returned(fid):
            made = origins.view.definitions(fid).get(value)
            if made is None:
                continue
            for name, atom in _leaves(origins, fid, value):
                found.setdefault((name, atom.name, atom.path), Answered(atom, name, origins.span(fid, made)))
    return tuple(found.values())


def _parts(origins: Origins, fact: Fact, handlers: tuple[str, ...]) -> Iterator[tuple[str, Atom]]:
    if fact.fid in handlers:
        yield from _leaves(origins, fact.fid, fact.value)
    else:
        yield from (("", atom) for atom in fact.atoms if atom.kind == "stored" and atom.exact)


def _leaves(
    origins: Origins, fid: str, value: int, name: str = "", depth: int = 0
) -> Iterator[tuple[str, Atom]]:
    """The values that an answer is put together of, where it is written out."""
    made = origins.resolved(fid, value)
    if made is None or depth > MAX_DEPTH:
        return
    home, instr = made
    if instr.op == Op.COLLECT:
        for index, inner in enumerate(instr.args):
            key = instr.keys[index] if instr.keys else None
            yield from _leaves(
                origins, home, inner, key if key not in (None, "*", "**", "?") else name, depth + 1
            )
        return
    for target in origins.targets(home, instr) if instr.op == Op.CALL else ():
        for returned in origins.returned(target):
            for key, atom in _leaves(origins, target, returned, name, depth + 1):
                for given in origins.at_call(home, instr, target, frozenset((atom,))):
                    yield key, given
        return
    for atom in sorted(origins.of(home, instr.dst), key=lambda a: (a.kind, a.name, a.path)):
        if atom.exact and atom.kind in ("stored", "parameter", "principal"):
            yield name, atom


__all__ = ["Answered", "answers"]
