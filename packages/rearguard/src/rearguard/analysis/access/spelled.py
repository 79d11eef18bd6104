"""What a call writes out and its callee takes whole: `tickets.update({ id }, { title })`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rearguard.analysis.access.atoms import Atoms, Key
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.resources import columns_of, conditions
from rearguard.analysis.access.written import fields_of
from rearguard.program import Instr, Op


def spelled_out(
    origins: Origins, fid: str, call: Instr, target: str, facts: Iterable[Fact]
) -> Iterator[Fact]:
    """Facts of a callee that stores or asks by what it is given, with the fields that the call writes out."""
    bound = origins.arguments(call, target)
    for fact in facts:
        touch = fact.touch
        if touch is not None and any(_given(name, atoms, target) for name, atoms in touch.written):
            written: list[Key] = []
            for name, atoms in touch.written:
                value = bound.get(_given(name, atoms, target), -1)
                fields = tuple(fields_of(origins, fid, value)) if value >= 0 else ()
                written.extend(fields or ((name, atoms),))
            touch = replace(touch, written=tuple(written))
            fact = fact._replace(touch=touch)
        if touch is not None and any(_asked(name, atoms, target) for name, atoms in touch.keys):
            keys: list[Key] = []
            for name, atoms in touch.keys:
                asked = _asked(name, atoms, target)
                keys.extend(
                    (_condition(origins, fid, target, asked, bound) if asked else ()) or ((name, atoms),)
                )
            fact = fact._replace(touch=replace(touch, keys=tuple(keys)))
        yield fact


def _condition(
    origins: Origins, fid: str, target: str, asked: str, bound: Mapping[str, int]
) -> tuple[Key, ...]:
    """The fields of a condition that the call writes out: a map, or keywords; nothing where it does not."""
    params = origins.linker.functions[target].params
    if any(param.name == asked and param.kind == "rest-map" for param in params):
        others = {"*", "**", *(param.name for param in params)}
        named = tuple(
            pair
            for key, value in bound.items()
            if key not in others
            for pair in columns_of(key, origins.of(fid, value))
        )
        return (*named, *_map(origins, fid, bound.get("**", -1)))
    return _map(origins, fid, bound.get(asked, -1))


def _map(origins: Origins, fid: str, value: int) -> tuple[Key, ...]:
    found = origins.resolved(fid, value) if value >= 0 else None
    if found is None or found[1].op != Op.COLLECT or not any(found[1].keys):
        return ()
    return tuple(conditions(origins, fid, value))


def _asked(name: str, atoms: Atoms, target: str) -> str:
    """The parameter that is the whole condition of a query: `findFirst({ where: clause })`."""
    return _given("*", atoms, target) if name in ("", "*") else ""


def _given(name: str, atoms: Atoms, target: str) -> str:
    """The parameter that is stored whole; "" where it is something else."""
    if name != "*" or len(atoms) != 1:
        return ""
    (atom,) = atoms
    whole = atom.kind == "parameter" and atom.name == target and atom.exact and len(atom.path) == 1
    return atom.path[0] if whole else ""


__all__ = ["spelled_out"]
