"""Connections for messages that anyone may open: who is sent away, and what is passed on to the others."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.principals import is_open
from rearguard.checks.base import Context, within
from rearguard.findings import Request
from rearguard.program import MODULE_BODY, Instr, Op, Step

SOCKET = "WEBSOCKET"
_OPENS = re.compile(rb"\.accept\s*\(|\.prepare\(\s*(?:self\.)?request\b|connect\(\s*(?:\w*ws|\w*socket)\b")
"""A handler that opens the connection itself: nothing else sees it before."""
_CLOSES = re.compile(
    rb"\b(?:close|reject|deny|abort)\s*\(|ConnectionRefused|(?:WebSocket|WS|Ws|HTTP|Http)Exception|HTTP[UF]"
)
_REFUSES = re.compile(_CLOSES.pattern + rb"|\b(?:disconnect|terminate|destroy)\s*\(|return False\b|\braise\b")
"""Ways to send a connection away, whatever it is that is asked for."""
_BEFORE = re.compile(
    rb"verifyClient|handleUpgrade|allowRequest|BaseMiddleware|\b(?:handle_?|on_?)connect(?:ion)?\b|def connect\b"
    rb"|\bon\(\s*[\"'](?:connect|upgrade)[\"']",
    re.IGNORECASE,
)
"""Places outside a handler of messages that see the connection before it is opened."""
_TO_ALL = re.compile(r"broadcast\w*|group_send", re.IGNORECASE)
_SENDS = re.compile(r"send(?:_?(?:json|text|bytes|str|message))?|emit", re.IGNORECASE)
_JOINS = ("join_room", "enter_room", "group_add")
_SOCKETS = re.compile(r"(?:\w*_)?(?:socket|client|conn(?:ection)?)|\w*(?:Socket|Client)")
_TO_ROOMS = re.compile(rb"\.(?:to|in|except)\([^;]{0,200}?\)\s*\.\s*emit\(|\broom\s*=|\bto\s*=|group_send\(")
"""Messages for those in a room."""
_MAX_DEPTH = 8
ADVICE = "Verify a session or token when the connection opens, and close it unless that says who comes."
VERIFICATION = Request("Open the connection without a session or token.", "", "Refused, or closed at once.")


def may_refuse(context: Context, row: Row) -> bool:
    """Whether what sees the connection sends some away: by what it goes was not read, or it would be a login."""
    functions, texts = context.view.linker.functions, context.view.texts
    opens = False
    for fid in row.endpoint.handler.functions:
        if fid not in functions:
            return True
        start, end = _around(context, fid)
        text = texts.get(context.view.linker.module_of[fid], b"")[start:end]
        opens = opens or _OPENS.search(text) is not None
        if (_CLOSES if opens else _REFUSES).search(text):
            return True
    if not opens:
        return refused_before(context, row)
    # `await manager.connect(socket)`
    managed = (fid for fid, function in functions.items() if function.name.rpartition(".")[2] == "connect")
    return any(
        _CLOSES.search(
            texts.get(context.view.linker.module_of[fid], b""), functions[fid].start, functions[fid].end
        )
        for fid in managed
    )


def refused_before(context: Context, row: Row) -> bool:
    """Whether code outside the handler sees connections before they are opened, and may send them away."""
    python = row.endpoint.span.path.endswith(".py")
    key = f"sockets refused before: {python}"
    if key not in context.notes:
        # Every event of a connection asks.
        context.notes[key] = any(
            _BEFORE.search(text) and _REFUSES.search(text)
            for path, text in context.view.texts.items()
            if path.endswith(".py") == python
        )
    return bool(context.notes[key])


def connection(context: Context, row: Row) -> str:
    """What the events of one connection have in common: who opens it is asked once for all; "" for a handler
    that opens its own."""
    linker = context.view.linker
    for fid in row.endpoint.handler.functions:
        start, end = _around(context, fid)
        if _OPENS.search(context.view.texts.get(linker.module_of[fid], b""), start, end):
            return ""
    return f"{row.endpoint.span.path} {row.endpoint.router}"


def _around(context: Context, fid: str) -> tuple[int, int]:
    """The outermost function or class around one: what stands there sees the same connection."""
    linker = context.view.linker
    current = linker.functions[fid]
    for _ in range(_MAX_DEPTH):
        outer = linker.functions.get(f"{linker.module_of[fid]}::{current.parent}")
        if outer is None or outer.name == MODULE_BODY:
            break
        current = outer
    return current.start, current.end


def passed_on(context: Context, row: Row) -> Step | None:
    """Where what a client says is sent to the other connections."""
    functions, origins = context.view.linker.functions, context.matrix.origins
    for fid in row.endpoint.handler.functions:
        own = {param.name for param in functions[fid].params} if fid in functions else set()
        for inner in _inside(context, fid):
            for instr in context.view.linker.code(inner):
                if _is_to_others(context, inner, instr, own) and any(
                    _is_said(row, inner, atom)
                    for value in instr.args[1:]
                    for atom in origins.of(inner, value)
                ):
                    return Step(origins.span(inner, instr), "sends it to the other connections", "sink")
    return None


def joined(context: Context, row: Row) -> Step | None:
    """Where a connection is put into the room that its client names, and what rooms are told is sent to it."""
    functions, origins = context.view.linker.functions, context.matrix.origins
    for fid in row.endpoint.handler.functions:
        for inner in _inside(context, fid) if fid in functions else ():
            for instr in context.view.linker.code(inner):
                if _puts_into_room(context, inner, instr) and any(
                    _is_said(row, inner, atom)
                    for value in instr.args[1:]
                    for atom in origins.of(inner, value)
                ):
                    return Step(origins.span(inner, instr), "joins the room that the client names", "sink")
    return None


def _puts_into_room(context: Context, fid: str, instr: Instr) -> bool:
    """`socket.join(room)`, `join_room(room)`, `channel_layer.group_add(room, name)`"""
    definitions = context.view.definitions(fid)
    callee = definitions.get(instr.args[0]) if instr.op == Op.CALL and len(instr.args) > 1 else None
    if callee is None or callee.op not in (Op.ATTR, Op.LOAD):
        return False
    if callee.name in _JOINS:
        return True
    base = definitions.get(callee.args[0]) if callee.op == Op.ATTR and callee.name == "join" else None
    return base is not None and base.op == Op.LOAD and _SOCKETS.fullmatch(base.name) is not None


def tells_rooms(context: Context, row: Row) -> bool:
    """Whether anything is sent to those in a room."""
    python = row.endpoint.span.path.endswith(".py")
    key = f"sockets tell rooms: {python}"
    if key not in context.notes:
        context.notes[key] = any(
            _TO_ROOMS.search(text)
            for path, text in context.view.texts.items()
            if path.endswith(".py") == python
        )
    return bool(context.notes[key])


def _is_said(row: Row, fid: str, atom: Atom) -> bool:
    """Whether the client says it, in a message that was read or in what the handler is given of one."""
    given = atom.kind == "parameter" and fid in row.endpoint.handler.functions and bool(atom.path)
    return is_open(atom) or (given and row.endpoint.inputs.get(atom.path[0], "").partition(":")[0] == "body")


def _inside(context: Context, fid: str) -> Iterator[str]:
    return (inner for inner in context.view.linker.functions if within(inner, fid))


def _is_to_others(context: Context, fid: str, instr: Instr, own: set[str]) -> bool:
    """`peer.send_json(said)`, `manager.broadcast(said)`, `socket.to(room).emit("said", said)`."""
    definitions = context.view.definitions(fid)
    callee = definitions.get(instr.args[0]) if instr.op == Op.CALL and len(instr.args) > 1 else None
    if callee is None or callee.op not in (Op.ATTR, Op.LOAD):
        return False
    if _TO_ALL.fullmatch(callee.name):
        return True
    if not _SENDS.fullmatch(callee.name):
        return False
    if callee.op == Op.LOAD:
        # A function that answers the caller alone unless it is told otherwise.
        return bool({"to", "room", "broadcast"} & {key for key in instr.keys if key})
    receiver = definitions.get(callee.args[0])
    if receiver is None or receiver.op != Op.LOAD:
        return receiver is not None and (receiver.op == Op.CALL or receiver.name == "broadcast")
    taken = context.view.function(fid)
    looped = any(
        i.op == Op.STORE and i.name == receiver.name and _is_each(definitions, i)
        for i in context.view.linker.code(fid)
    )
    each = receiver.name not in own and receiver.name in {param.name for param in taken.params}
    return looped or each or bool({"to", "room"} & {key for key in instr.keys if key})


def _is_each(definitions: dict[int, Instr], stored: Instr) -> bool:
    made = definitions.get(stored.args[0])
    return made is not None and made.op == Op.ITER


__all__ = [
    "ADVICE",
    "SOCKET",
    "VERIFICATION",
    "connection",
    "joined",
    "may_refuse",
    "passed_on",
    "refused_before",
    "tells_rooms",
]
