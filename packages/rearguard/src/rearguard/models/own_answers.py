"""What a server without a framework makes of what its handlers give back: `return [res.body]`,
`self.wfile.write(page)`, `status, headers, body = handler(request)`."""

from collections.abc import Iterator

from rearguard.link import Kind
from rearguard.models.routing import OWN_ANSWER
from rearguard.models.view import ModelView
from rearguard.program import Function, Instr, Op

__all__ = ["answers_with", "pages_beside"]

_MAX_STEPS = 8
_HTML = ("text/html", "application/xhtml")
_MEMBER = "."
"""Between the members that lead to a body."""


def answers_with(view: ModelView) -> str:
    """How handlers' results are sent: `RouteNode.returns` of each route; "" where that cannot be told."""
    members: dict[str, None] = {}
    is_html = False
    for fid, function in view.linker.functions.items():
        if view.family(fid) != "python":
            continue
        found = [member for value in _sent(view, fid, function) if (member := _member(view, fid, value))]
        members.update(dict.fromkeys(found))
        is_html = is_html or (bool(found) and _names_html(view, fid))
    if not members:
        return ""
    names = tuple(member.removeprefix(_MEMBER) for member in members)
    is_html = is_html or any(_is_made_as_html(view, name) for name in names)
    return f"{OWN_ANSWER}{','.join(names)}:{'html' if is_html else ''}"


def pages_beside(view: ModelView) -> Iterator[tuple[str, str]]:
    """Functions that make an answer of their own, where what serves requests calls them: `missing(req)`."""
    kind = answers_with(view)
    for fid, function in view.linker.functions.items() if kind else ():
        if view.family(fid) != "python" or not any(_member(view, fid, v) for v in _sent(view, fid, function)):
            continue
        for instr in view.linker.contents(fid).calls:
            for ref in view.linker.refs[fid][instr.args[0]]:
                if ref.kind is Kind.FUNCTION and _makes(view, ref.id):
                    yield ref.id, kind


def _makes(view: ModelView, fid: str) -> bool:
    """Whether a function, and no method, gives back an object that it makes."""
    if view.function(fid).receiver:
        return False
    for instr in view.linker.code(fid):
        given = view.definitions(fid).get(instr.args[0]) if instr.op == Op.RETURN and instr.args else None
        if given is not None and given.op == Op.CALL:
            made = view.linker.refs[fid][given.args[0]]
            if any(ref.kind is Kind.CLASS for ref in made):
                return True
    return False


def _sent(view: ModelView, fid: str, function: Function) -> Iterator[int]:
    """Values that a function gives to the server as a body."""
    definitions = view.definitions(fid)
    answers = any(param.name == "start_response" for param in function.params)
    for instr in view.linker.code(fid):
        if instr.op == Op.CALL and len(instr.args) > 1:
            callee = definitions.get(instr.args[0])
            held = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
            if callee is not None and callee.name == "write" and held is not None and held.name == "wfile":
                yield instr.args[1]
        elif instr.op in (Op.RETURN, Op.YIELD) and answers and instr.args:
            given = definitions.get(instr.args[0])
            if given is not None and given.op == Op.COLLECT and len(given.args) == 1:
                yield given.args[0]
            elif given is not None and given.op in (Op.ATTR, Op.LOAD):
                yield given.dst


def _member(view: ModelView, fid: str, value: int) -> str:
    """Which member of what a call gave is sent, after a `.`, or `.` for all of it; "" for another value."""
    definitions, names = view.definitions(fid), list[str]()
    for _ in range(_MAX_STEPS):
        instr = definitions.get(value)
        if instr is None:
            return ""
        if instr.op == Op.LOAD:
            stores = view.linker.contents(fid).stores.get(instr.name, ())
            given = any(param.name == instr.name for param in view.function(fid).params)
            if len(stores) != 1 or given:
                # `res = dispatch(request)`, or an error's page in its place.
                called = any(_is_call(definitions.get(store.args[0])) for store in stores)
                return _MEMBER + _MEMBER.join(reversed(names)) if names or called else ""
            value = stores[0].args[0]
        elif instr.op == Op.ATTR or (instr.op == Op.ITEM and isinstance(instr.value, int | str)):
            names.append(instr.name if instr.op == Op.ATTR else str(instr.value))
            value = instr.args[0]
        elif instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name == "encode":
                value = callee.args[0]
                continue
            return _MEMBER + _MEMBER.join(reversed(names))
        else:
            return ""
    return ""


def _is_call(instr: Instr | None) -> bool:
    return instr is not None and instr.op == Op.CALL


def _names_html(view: ModelView, fid: str) -> bool:
    return any(
        instr.op == Op.CONST and isinstance(instr.value, str) and instr.value.startswith(_HTML)
        for instr in view.linker.code(fid)
    )


def _is_made_as_html(view: ModelView, name: str) -> bool:
    """Whether the class whose objects have such a body says of itself that it is HTML."""
    for fid, function in view.linker.functions.items():
        if not name or not function.receiver or view.family(fid) != "python":
            continue
        sets = any(i.op == Op.SETATTR and i.name == name for i in view.linker.contents(fid).writes)
        body = f"{view.linker.module_of[fid]}::{function.owner}"
        if sets and (_names_html(view, fid) or (body in view.linker.functions and _names_html(view, body))):
            return True
    return False
