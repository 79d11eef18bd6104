"""Which fields of a stored object are written, with what they come from."""

from collections.abc import Iterator

from rearguard.analysis.access.atoms import NOTHING, Atoms, Key, union
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.taken_out import copied
from rearguard.models.view import ValueView
from rearguard.program import Block, If, Instr, Loop, Op, Try, instructions

_ENTRIES = frozenset({"entries", "items", "keys"})
_DUMPS = frozenset({"model_dump", "dict"})
"""Methods by which a checked body becomes a map."""


def fields_of(origins: Origins, fid: str, value: int, depth: int = 0) -> Iterator[Key]:
    """The fields of an object that is made here, with what they come from; `*` for one not made here."""
    found = origins.resolved(fid, value)
    if found is None or depth > 4:
        return
    home, instr = found
    copy = copied(origins, home, instr)
    if copy is not None:
        yield from fields_of(origins, home, copy.source, depth + 1)
        yield from ((name, NOTHING) for name in copy.names)
        return
    if instr.op == Op.COLLECT:
        for index, inner in enumerate(instr.args):
            key = instr.keys[index] if instr.keys else None
            if key in ("**", "*", None) or (key or "").startswith("$"):
                yield from fields_of(origins, home, inner, depth + 1)
                if key == "**":
                    yield from ((name, NOTHING) for name in taken(origins, home, instr, inner))
            else:
                yield str(key), origins.of(home, inner)
        yield from _put_later(origins, home, instr)
        return
    if instr.op == Op.CALL and origins.is_merge(home, instr):
        for inner in instr.args[1:]:
            yield from fields_of(origins, home, inner, depth + 1)
        return
    if _is_dump(origins, home, instr):
        yield from _dumped(origins, home, instr)
        return
    made_of = origins.record_made_of(home, instr) if instr.op == Op.CALL else ()
    if instr.op == Op.NEW or made_of:
        yield from _set_later(origins, home, instr)
    if made_of:
        for inner in made_of:
            yield from fields_of(origins, home, inner, depth + 1)
        return
    if instr.op in (Op.CALL, Op.NEW):
        named = [(k, instr.args[1 + i]) for i, k in enumerate(instr.keys) if k]
        if instr.op == Op.NEW or named:
            if instr.op == Op.CALL and not made_of:
                # `note = Note(title=title)`, `note.folder = folder`
                yield from _set_later(origins, home, instr)
            for key, inner in named:
                if key in ("**", "*"):
                    yield from fields_of(origins, home, inner, depth + 1)
                else:
                    yield key, origins.of(home, inner)
            for index, inner in enumerate(instr.args[1:]):
                if not instr.keys or instr.keys[index] is None:
                    yield from fields_of(origins, home, inner, depth + 1)
            return
    atoms = origins.of(home, instr.dst)
    if atoms:
        yield "*", atoms


def _is_dump(origins: Origins, fid: str, instr: Instr) -> bool:
    """`body.model_dump(exclude_unset=True)`: the names are options of the call, and no fields."""
    callee = origins.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
    return callee is not None and callee.op == Op.ATTR and callee.name in _DUMPS


def _dumped(origins: Origins, fid: str, instr: Instr) -> Iterator[Key]:
    options = {key: value for key, value in zip(instr.keys, instr.args[1:], strict=False) if key}
    named = {
        key: [one.text for one in ValueView(origins.view, fid, options[key]).elements() if one.text]
        for key in ("include", "exclude")
        if key in options
    }
    atoms = origins.of(fid, instr.dst)
    if "include" in named:
        yield from ((name, atoms) for name in named["include"])
        return
    if atoms:
        yield "*", atoms
    yield from ((name, NOTHING) for name in named.get("exclude", ()))


def _set_later(origins: Origins, fid: str, made: Instr) -> Iterator[Key]:
    """Members that are set one by one on an object after it was made: `note = new Note(); note.id = 1`."""
    for write in origins.linker.contents(fid).writes:
        if write.op == Op.SETATTR:
            found = origins.resolved(fid, write.args[0])
            if found is not None and found[0] == fid and found[1].dst == made.dst:
                yield write.name, origins.of(fid, write.args[-1])


def _put_later(origins: Origins, fid: str, made: Instr) -> Iterator[Key]:
    """Entries put into a map after it was made: `changes.title = body.title`, or all of another one."""
    if made.args and not made.keys:
        return
    for write in origins.linker.contents(fid).writes:
        found = origins.resolved(fid, write.args[0])
        if found is None or found[0] != fid or found[1].dst != made.dst:
            continue
        if _is_for_some(origins, fid, write, origins.linker.functions[fid].body):
            continue
        if write.op == Op.SETATTR:
            yield write.name, origins.of(fid, write.args[-1])
        elif isinstance(write.value, str):
            yield write.value, origins.of(fid, write.args[-1])
        elif len(write.args) > 2:
            source = _gone_through(origins, fid, write)
            atoms = origins.of(fid, source) if source >= 0 else NOTHING
            if atoms:
                yield "*", atoms


def narrowed_later(origins: Origins, fid: str, made: Instr) -> Iterator[Key]:
    """Conditions put into a filter after it was made: `where.tenantId = me.tenantId`.

    Behind a test they count where what was sent decides nothing: `if (!me.isAdmin) where.ownerId = me.id`.
    """
    if made.args and not made.keys:
        return
    for write in origins.linker.contents(fid).writes:
        name = write.name if write.op == Op.SETATTR else write.value
        found = origins.resolved(fid, write.args[0]) if isinstance(name, str) else None
        if not isinstance(name, str) or found is None or found[0] != fid or found[1].dst != made.dst:
            continue
        atoms = origins.of(fid, write.args[-1])
        tested = _tested(origins, fid, write, origins.linker.functions[fid].body, ())
        if not tested or not any(atom.kind == "input" for atom in union((atoms, *tested))):
            yield name, atoms


def _tested(
    origins: Origins, fid: str, write: Instr, block: Block, before: tuple[Atoms, ...]
) -> tuple[Atoms, ...] | None:
    """What is asked before an instruction is reached; `None` where it is not in the block."""
    for part in block:
        inner: tuple[tuple[Block, tuple[Atoms, ...]], ...] = ()
        if isinstance(part, If):
            asked = (*before, origins.of(fid, part.cond))
            inner = ((part.then, asked), (part.orelse, asked))
        elif isinstance(part, Loop | Try):
            inner = ((part.body, before),)
        elif part is write:
            return before
        for body, asked in inner:
            found = _tested(origins, fid, write, body, asked)
            if found is not None:
                return found
    return None


def _is_for_some(origins: Origins, fid: str, write: Instr, block: Block, asked: bool = False) -> bool:
    """Whether it happens behind a test of anything but what was sent: `if (me.isAdmin) map.role = role`."""
    for part in block:
        if isinstance(part, If):
            atoms = origins.of(fid, part.cond)
            tests = asked or any(atom.kind not in ("input", "parameter") for atom in atoms)
            if _is_for_some(origins, fid, write, part.then, tests):
                return True
            if _is_for_some(origins, fid, write, part.orelse, tests):
                return True
        elif isinstance(part, Loop | Try):
            if _is_for_some(origins, fid, write, part.body, asked):
                return True
        elif part is write:
            return asked
    return False


def _gone_through(origins: Origins, fid: str, write: Instr) -> int:
    """The map whose entries a loop puts into another one, all of them; -1 where it asks something first."""
    definitions = origins.view.definitions(fid)
    for loop in _loops(origins.linker.functions[fid].body):
        inside = [part for part in loop.body if isinstance(part, Instr)]
        if write not in inside:
            continue
        through = next((part for part in inside if part.op == Op.ITER), None)
        if through is None or any(isinstance(part, If) for part in loop.body):
            return -1
        called = definitions.get(through.args[0])
        callee = definitions.get(called.args[0]) if called is not None and called.op == Op.CALL else None
        if called is None or callee is None:
            return through.args[0]
        if callee.op != Op.ATTR or callee.name not in _ENTRIES:
            return -1
        return called.args[1] if len(called.args) > 1 else callee.args[0]
    return -1


def _loops(block: Block) -> Iterator[Loop]:
    for part in block:
        if isinstance(part, Loop):
            yield part
            yield from _loops(part.body)
        elif isinstance(part, If):
            yield from _loops(part.then)
            yield from _loops(part.orelse)
        elif isinstance(part, Try):
            yield from _loops(part.body)


def entry_of(origins: Origins, fid: str, value: int, name: str) -> tuple[str, int] | None:
    """The entry of a map made here."""
    found = origins.resolved(fid, value)
    if found is None or found[1].op != Op.COLLECT:
        return None
    home, instr = found
    for index, key in enumerate(instr.keys):
        if key == name:
            return home, instr.args[index]
    return None


def taken(origins: Origins, fid: str, rest: Instr, value: int) -> Iterator[str]:
    """Members that a destructuring takes out before it gathers the rest."""
    for instr in instructions(origins.linker.functions[fid].body):
        if instr.dst == rest.dst:
            return
        if instr.op == Op.ATTR and instr.args[0] == value:
            yield instr.name


__all__ = ["entry_of", "fields_of", "narrowed_later", "taken"]
