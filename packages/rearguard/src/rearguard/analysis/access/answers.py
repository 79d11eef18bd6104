"""What an endpoint answers with: whole stored records, or fields of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rearguard.analysis.access.atoms import Atom, order
from rearguard.analysis.access.events import Fact
from rearguard.analysis.access.methods import OVER
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import USER_WORDS
from rearguard.analysis.access.resources import normal
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.access.written import taken
from rearguard.link import Kind, function_id
from rearguard.program import Instr, Op, Span, instructions

MAX_DEPTH = 7
WHOLE = frozenset({"__dict__", "dataValues", "_doc", "_mapping", "rows"})
"""Members that are the record again, under another name, or all records."""
_COPIES = frozenset(
    (
        *(
            "dict",
            "list",
            "tuple",
            "vars",
            "asdict",
            "model_to_dict",
            "jsonable_encoder",
            "sorted",
            "reversed",
        ),
        *(
            "structuredClone",
            "assign",
            "values",
            "dumps",
            "stringify",
            "cloneDeep",
            "row2dict",
            "row_to_dict",
        ),
    )
)
"""Functions whose result shows all that they are given."""
_SHOWS = frozenset(
    (
        *("to_dict", "as_dict", "asdict", "_asdict", "to_json", "toJSON", "toObject", "serialize", "dict"),
        *("model_dump", "get", "dump", "copy", "mappings", "lean", "plain"),
    )
)
"""Methods of a record whose result is the record in another form."""
_CHOICES = frozenset(("include", "exclude", "only", "fields"))
"""Options of such a method that name fields."""
_COLUMNS = (b"__table__", b"__dict__", b"vars(self)", b"_meta.fields", b"inspect(")
"""How a method of a record names all of its columns at once."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One part of an answer that comes from a stored object."""

    atom: Atom
    """The stored object; its path is empty when the whole record is sent."""
    name: str
    """Key under which it is sent, or ""."""
    span: Span
    """The answer."""
    without: frozenset[str] = frozenset()
    """Fields that are taken out of a record before it is sent."""

    @property
    def whole(self) -> bool:
        """Whether the record is sent as it was loaded."""
        # Rows of Python's drivers are columns by number; those of others are lists of records.
        numbered = not self.span.path.endswith(".py")
        return all(key in WHOLE or key == "*" or (numbered and key.isdigit()) for key in self.atom.path)


@dataclass(frozen=True, slots=True)
class _Leaf:
    name: str
    atom: Atom
    without: frozenset[str] = frozenset()


def answers(surface: Surface, origins: Origins) -> tuple[Answered, ...]:
    """The stored objects, and fields of them, that are sent back."""
    found: dict[tuple[object, ...], Answered] = {}
    handlers = surface.endpoint.handler.functions[:1]
    removed = frozenset(name for fid in handlers for name in _removed(origins, fid))

    def keep(leaf: _Leaf, span: Span) -> None:
        key = (leaf.name, leaf.atom.name, leaf.atom.path)
        found.setdefault(key, Answered(leaf.atom, leaf.name, span, leaf.without | removed))

    for fact in surface.facts[surface.handler_start :]:
        if fact.kind == "answer":
            for leaf in _parts(origins, fact, handlers):
                keep(leaf, fact.span)
    for fid in handlers:
        for leaf, call in _to_browsers(origins, fid):
            keep(leaf, origins.span(fid, call))
    for fid in handlers if surface.endpoint.returns else ():
        for value in origins.returned(fid):
            made = origins.view.definitions(fid).get(value)
            if made is None:
                continue
            for leaf in _leaves(origins, fid, value):
                keep(leaf, origins.span(fid, made))
    return tuple(found.values())


def _to_browsers(origins: Origins, fid: str) -> Iterator[tuple[_Leaf, Instr]]:
    """What a page hands to a component that runs in browsers: it is sent along with the page."""
    for call in origins.linker.contents(fid).calls:
        refs = origins.linker.refs[fid][call.args[0]]
        if any(ref.kind is Kind.FUNCTION and origins.is_for_browsers(ref.id) for ref in refs):
            for value in call.args[1:]:
                for leaf in _leaves(origins, fid, value):
                    yield leaf, call


def _parts(origins: Origins, fact: Fact, handlers: tuple[str, ...]) -> Iterator[_Leaf]:
    if fact.fid in handlers:
        yield from _leaves(origins, fact.fid, fact.value)
    else:
        yield from (
            _Leaf("", atom) for atom in sorted(fact.atoms, key=order) if atom.kind == "stored" and atom.exact
        )


def _leaves(origins: Origins, fid: str, value: int, name: str = "", depth: int = 0) -> Iterator[_Leaf]:
    """The values that an answer is put together of, where it is written out."""
    made = origins.resolved(fid, value)
    if made is None or depth > MAX_DEPTH:
        return
    home, instr = made
    if instr.op == Op.COLLECT:
        yield from _collected(origins, home, instr, name, depth)
        return
    if instr.op in (Op.CALL, Op.NEW):
        inner = list(_called(origins, home, instr, name, depth))
        if inner:
            yield from inner
            return
        if _picks(origins, home, instr):
            return
        made_here = _constructed(origins, home, instr)
        if made_here:
            yield _Leaf(name, Atom("stored", made_here, (), origins.span(home, instr), home, instr.dst))
            return
    if instr.op == Op.ITEM and _is_column(origins, home, instr):
        return
    for atom in sorted(origins.of(home, instr.dst), key=order):
        if atom.exact and atom.kind in ("stored", "parameter", "principal"):
            yield _Leaf(name, atom)


def _picks(origins: Origins, fid: str, instr: Instr) -> bool:
    """Whether a method of a record shows some of its fields alone: `user.model_dump(include={...})`."""
    callee = origins.view.definitions(fid).get(instr.args[0])
    return (
        callee is not None
        and callee.name in _SHOWS
        and not _CHOICES.isdisjoint(key for key in instr.keys if key)
    )


def _constructed(origins: Origins, fid: str, instr: Instr) -> str:
    """The class of the project that a call makes an object of."""
    found = (ref.id for ref in origins.linker.refs[fid][instr.args[0]] if ref.kind is Kind.CLASS)
    return next((cid.rpartition("::")[2].rpartition(".")[2] for cid in found), "")


def _is_column(origins: Origins, fid: str, instr: Instr) -> bool:
    """`row[0]` of a row that a loop or `fetchone()` gives, where rows are columns by number."""
    if not origins.linker.module_of[fid].endswith(".py") or type(instr.value) is not int:
        return False
    found = origins.resolved(fid, instr.args[0])
    if found is None:
        return False
    if found[1].op == Op.CALL:
        callee = origins.view.definitions(found[0]).get(found[1].args[0])
        return callee is not None and callee.name in ("fetchone", "first", "one")
    return found[1].op == Op.ITER


def _collected(origins: Origins, fid: str, instr: Instr, name: str, depth: int) -> Iterator[_Leaf]:
    """The entries of a container that is written out, and what is put into it afterwards."""
    named = frozenset(key for key in instr.keys if key and key not in ("*", "**", "?"))
    for index, inner in enumerate(instr.args):
        key = instr.keys[index] if instr.keys else None
        if key == "**":
            # `{...user, password: undefined}`, and what `const {password, ...rest} = user` leaves.
            apart = frozenset(taken(origins, fid, instr, inner)) | named
            for leaf in _leaves(origins, fid, inner, name, depth + 1):
                yield replace(leaf, without=leaf.without | apart)
            continue
        yield from _leaves(origins, fid, inner, key if key not in (None, "*", "?") else name, depth + 1)
    for value in _put(origins, fid, instr):
        yield from _leaves(origins, fid, value, name, depth + 1)
    yield from _by_columns(origins, fid, instr, name, depth)


def _by_columns(origins: Origins, fid: str, made: Instr, name: str, depth: int) -> Iterator[_Leaf]:
    """A record shown column by column: `{c.key: getattr(x, c.key) for c in X.__table__.columns}`."""
    span = origins.span(fid, made)
    text = origins.view.texts.get(span.path, b"")[span.start : span.end]
    if made.args or b"getattr" not in text or not any(word in text for word in _COLUMNS):
        return
    code = [i for i in origins.linker.code(fid) if made.start <= i.start and i.end <= made.end]
    apart = frozenset(str(i.value) for i in code if i.op == Op.CONST and isinstance(i.value, str))
    for call in code:
        callee = origins.view.definitions(fid).get(call.args[0]) if call.op == Op.CALL else None
        if callee is not None and callee.name == "getattr" and len(call.args) > 1:
            for leaf in _leaves(origins, fid, call.args[1], name, depth + 1):
                yield replace(leaf, without=leaf.without | apart)
            return


def _put(origins: Origins, fid: str, made: Instr) -> Iterator[int]:
    """What comprehensions and loops add to a list that is made here."""
    if made.args:
        return
    for instr in instructions(origins.linker.functions[fid].body):
        if instr.op == Op.PUSH and instr.args[0] == made.dst:
            yield instr.args[1]
        elif instr.op == Op.CALL and len(instr.args) == 2:
            callee = origins.view.definitions(fid).get(instr.args[0])
            if callee is None or callee.op != Op.ATTR or callee.name not in ("append", "push"):
                continue
            held = origins.resolved(fid, callee.args[0])
            if held is not None and held[0] == fid and held[1].dst == made.dst:
                yield instr.args[1]


def _called(origins: Origins, fid: str, instr: Instr, name: str, depth: int) -> Iterator[_Leaf]:
    callee = origins.view.definitions(fid).get(instr.args[0])
    targets = list(origins.targets(fid, instr)) or list(_of_record(origins, fid, callee))
    for target in targets:
        yield from _of_target(origins, fid, instr, target, name, depth)
    if targets or callee is None:
        return
    if callee.name in _COPIES:
        for value in instr.args[1:]:
            yield from _leaves(origins, fid, value, name, depth + 1)
    elif callee.op == Op.ATTR and callee.name in OVER:
        for value in instr.args[1:2]:
            handed = origins.view.definitions(fid).get(value)
            if handed is not None and handed.op == Op.FUNC:
                inner = function_id(origins.linker.module_of[fid], handed.name)
                for returned in origins.returned(inner):
                    yield from _leaves(origins, inner, returned, name, depth + 1)
    elif callee.op == Op.ATTR and callee.name in _SHOWS and len(instr.args) == 1:
        yield from _leaves(origins, fid, callee.args[0], name, depth + 1)


def _of_record(origins: Origins, fid: str, callee: Instr | None) -> Iterator[str]:
    """A method of the class that a stored record is kept by, where only the record's name is known."""
    if callee is None or callee.op != Op.ATTR:
        return
    kept = {atom.name for atom in origins.of(fid, callee.args[0]) if atom.kind == "stored" and not atom.path}
    wanted = {normal(resource) for resource in kept}
    if any(atom.kind == "principal" and not atom.path for atom in origins.of(fid, callee.args[0])):
        wanted.update(USER_WORDS)
    for owner, target in origins.methods_named(callee.name) if wanted else ():
        if normal(owner) in wanted:
            yield target


def _of_target(
    origins: Origins, fid: str, instr: Instr, target: str, name: str, depth: int
) -> Iterator[_Leaf]:
    """What a function of the project makes of what it is given."""
    function = origins.linker.functions[target]
    receiver = origins.receiver(fid, instr)
    source = origins.view.texts.get(origins.linker.module_of[target], b"")
    if receiver >= 0 and function.owner and any(w in source[function.start : function.end] for w in _COLUMNS):
        # All columns by name: those that the method mentions are treated apart.
        apart = frozenset(
            str(i.value) for i in instructions(function.body) if i.op == Op.CONST and isinstance(i.value, str)
        )
        for leaf in _leaves(origins, fid, receiver, name, depth + 1):
            yield replace(leaf, without=leaf.without | apart)
        return
    for returned in origins.returned(target):
        for leaf in _leaves(origins, target, returned, name, depth + 1):
            for given in origins.at_call(fid, instr, target, frozenset((leaf.atom,))):
                yield replace(leaf, atom=given)


def _removed(origins: Origins, fid: str) -> Iterator[str]:
    """Fields that a handler takes out of, or blanks in, what it is about to send."""
    definitions = origins.view.definitions(fid)
    for instr in instructions(origins.linker.functions[fid].body):
        if instr.op == Op.DELETE and instr.args and instr.name:
            yield instr.name
        elif instr.op in (Op.SETATTR, Op.SETITEM):
            held = definitions.get(instr.args[-1])
            blank = held is not None and (
                held.op == Op.CONST or (held.op == Op.LOAD and held.name == "undefined")
            )
            if blank:
                yield instr.name if instr.op == Op.SETATTR else str(instr.value)
        elif instr.op == Op.CALL and len(instr.args) > 1:
            callee = definitions.get(instr.args[0])
            key = definitions.get(instr.args[1])
            if callee is not None and callee.name == "pop" and key is not None and key.op == Op.CONST:
                yield str(key.value)


__all__ = ["WHOLE", "Answered", "answers"]
