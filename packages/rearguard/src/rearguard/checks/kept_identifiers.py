"""Logins of a session store of the project's own that keep the identifier which the browser brought along."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.logins import before, logins
from rearguard.program import Instr, Op, Span

__all__ = ["kept_identifier"]

_WHO = re.compile(
    r"^(?:\$set_)?(?:user|uid|account|member|customer|admin|logged|email|login|person|owner|principal)|_id$"
)
_STORE = re.compile(r"^(?!.*(?:attempt|event|history|audit|_logs?$)).*(?:sess|login|visit|(?:^|_)sid)")
_GETS = ("get", "find", "load", "read", "fetch")
_OTHERWISE = re.compile(
    r"csrf|xsrf|state|nonce|device|visitor|cart|basket|trust|remember|locale|theme|lang|flash|consent|gdpr|notice|banner|"
    r"currency|country|time_?zone|campaign|utm|experiment|variant|analytics|track|pref|next|return|redirect|"
    r"(?:^|_)(?:tz|ga|ref|referr?er)(?:_|$)"
)
"""Cookies that a login does not depend on."""
MAX_DEPTH = 2


def kept_identifier(context: Context, row: Row) -> Span | None:
    """Where a login goes on with an identifier that a cookie brought; `None` where it makes a new one, or none."""
    for fid in logins(context).reached(row):
        for instr in context.view.linker.code(fid):
            value = _given_to_cookie(context, fid, instr)
            if value is not None and _is_brought(context, row, fid, *value):
                return _chosen(context, row, fid, *value) or context.view.span(fid, instr.start, instr.end)
            if instr.op in (Op.SETATTR, Op.SETITEM) and _fills_entry(context, fid, instr):
                return context.view.span(fid, instr.start, instr.end)
    surface = row.surface
    for fact in surface.facts[surface.handler_start :] if surface is not None else ():
        touch = fact.touch
        if (
            touch is None
            or touch.operation not in ("create", "update")
            or not _STORE.search(words(touch.resource))
        ):
            continue
        written = [name for name, _ in touch.written]
        keyed = any(_is_cookie(atom) for _, atoms in (*touch.keys, *touch.written) for atom in atoms)
        if keyed and any(_WHO.search(words(name)) for name in (*written, *touch.fields)):
            return touch.span if touch.span.path else fact.span
    return None


def _is_cookie(atom: Atom, name: str = "") -> bool:
    """Whether a value is, as it was sent, the one of a cookie that the browser brought."""
    held = atom.kind in ("credential", "input") and atom.name in ("cookie", "cookies") and atom.exact
    if held and not atom.path:
        # By a function that is told the name in a place of its own: `getCookie(c, "sid")`.
        return bool(name) and not _OTHERWISE.search(words(name))
    return (
        held
        and bool(atom.path)
        and (not name or atom.path[-1] == name)
        and not _OTHERWISE.search(words(atom.path[-1]))
    )


def _is_sent_as(row: Row, atom: Atom, name: str) -> bool:
    """Whether a parameter of a handler is the cookie: `sid: Annotated[str | None, Cookie()]`."""
    return (
        atom.kind == "parameter"
        and atom.path == (name,)
        and any(use.channel.startswith("cookie") and use.name == name for use in row.used)
    )


def _is_left_by(context: Context, row: Row, field: str, name: str) -> bool:
    """Whether what runs before the handler leaves the cookie there: `req.sid = req.cookies.sid`."""
    return any(
        instr.op in (Op.SETATTR, Op.SETITEM)
        and field == (instr.name if instr.op == Op.SETATTR else instr.value)
        and any(_is_cookie(atom, name) for atom in context.matrix.origins.of(fid, instr.args[-1]))
        for fid in before(row)
        for instr in context.view.linker.code(fid)
    )


def _given_to_cookie(context: Context, fid: str, instr: Instr) -> tuple[str, int] | None:
    """Name and value of a cookie that is set: `response.set_cookie("sid", sid)`, `setCookie(c, "sid", sid)`."""
    if instr.op != Op.CALL or len(instr.args) < 3:
        return None
    definitions = context.view.definitions(fid)
    callee = definitions.get(instr.args[0])
    held = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
    # `ctx.cookies.set("sid", sid)`
    sets = callee is not None and held is not None and callee.name == "set" and "cookie" in held.name.lower()
    if callee is None or not (sets or "cookie" in callee.name.lower()):
        return None
    for place in (1, 2):
        name = context.matrix.origins.constant(fid, instr.args[place])
        if name is not None:
            return (name, instr.args[place + 1]) if place + 1 < len(instr.args) else None
    return None


def _is_brought(context: Context, row: Row, fid: str, name: str, value: int, depth: int = 0) -> bool:
    """Whether the value of a cookie is, or may be, the one that came with it."""
    for atom in context.matrix.origins.of(fid, value):
        if _is_cookie(atom, name) or (fid in row.endpoint.handler.functions and _is_sent_as(row, atom, name)):
            return True
        if atom.kind == "parameter" and atom.name == fid and len(atom.path) == 1 and depth < MAX_DEPTH:
            given = context.naming.given(fid, atom.path[0])
            if any(_is_brought(context, row, home, name, inner, depth + 1) for home, inner in given):
                return True
    return any(_is_left_by(context, row, field, name) for field in _fields(context, fid, value))


def _fields(context: Context, fid: str, value: int, depth: int = 0) -> Iterator[str]:
    """Fields that a value is, or may be: `g.sid`, `request["sid"]`."""
    made = context.view.definitions(fid).get(value)
    if made is None or depth > MAX_DEPTH:
        return
    if made.op == Op.ATTR:
        yield made.name
    elif made.op == Op.ITEM and isinstance(made.value, str):
        yield made.value
    elif made.op == Op.LOAD:
        for number in context.matrix.origins.stores(fid, made):
            yield from _fields(context, fid, number, depth + 1)


def _chosen(context: Context, row: Row, fid: str, name: str, value: int) -> Span | None:
    """`sid = cookies.get("sid") or new_id()`: where the identifier is chosen, if in this function."""
    definitions = context.view.definitions(fid)
    load = definitions.get(value)
    if load is None or load.op != Op.LOAD:
        return None
    for number in sorted(context.matrix.origins.stores(fid, load)):
        made = definitions.get(number)
        if made is not None and _is_brought(context, row, fid, name, number):
            return context.view.span(fid, made.start, made.end)
    return None


def _fills_entry(context: Context, fid: str, instr: Instr) -> bool:
    """`SESSIONS[sid]["user"] = person.id`, of the entry that a cookie names."""
    name = instr.name if instr.op == Op.SETATTR else str(instr.value or "")
    if not _WHO.search(words(name)):
        return False
    found = context.matrix.origins.resolved(fid, instr.args[0])
    return any(_is_cookie(atom) for key in _keys(context, found) for atom in context.matrix.origins.of(*key))


def _keys(context: Context, found: tuple[str, Instr] | None) -> Iterator[tuple[str, int]]:
    if found is None:
        return
    fid, instr = found
    if instr.op == Op.ITEM and len(instr.args) > 1:
        yield fid, instr.args[1]
    elif instr.op == Op.CALL and len(instr.args) > 1:
        callee = context.view.definitions(fid).get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name in _GETS:
            yield fid, instr.args[1]
