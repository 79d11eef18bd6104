"""Nonces and vectors that are made of what they are about, and of nothing new: one for all messages of an account."""

import re

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.analysis.settings import evaluate
from rearguard.checks.base import Context
from rearguard.models.concepts import RandomSource
from rearguard.program import Instr, Op, Span

__all__ = ["filled_later", "named_by"]

_STAYS = re.compile(
    r"(?:^|_)(?:id|pk|uuid|user|email|e_mail|username|phone|account|customer|patient|member|owner|tenant|serial|ssn)(?:_id|_no|_number)?$"
)
"""What stays the same for all that is kept of somebody or something."""
_NEW = re.compile(
    r"rand|uuid4|urandom|nonce_?gen|counter|sequence|(?:^|_)(?:seq|now|time\w*|date|incr\w*|next\w*|count|ticks|monotonic|perf)(?:_|$)|getrandomvalues"
)
"""What makes, or is, something new each time."""
_WRITES = re.compile(r"write|fill|set|copy")
_FILLS = re.compile(r"[fF]ill|getRandomValues|pack_into|copy")
_REWRITES = frozenset(
    [
        *(
            "encode",
            "decode",
            "digest",
            "hexdigest",
            "slice",
            "subarray",
            "substring",
            "substr",
            "hex",
            "strip",
        ),
        *(
            "to_bytes",
            "toString",
            "ljust",
            "rjust",
            "zfill",
            "padStart",
            "padEnd",
            "repeat",
            "copy",
            "update",
        ),
    ]
)
"""Methods that give the same for the same."""
_STEPS = 8


def named_by(context: Context, fid: str, value: int) -> str:
    """What a nonce is made of, if that stays the same for many messages; "" where something new goes into it, or that
    is not known."""
    filled = filled_later(context, fid, value)
    found = _all(context, fid, filled, 0) if filled else _leaves(context, fid, value, 0)
    return next(iter(sorted(found)), "") if found else ""


def filled_later(context: Context, fid: str, value: int) -> list[int]:
    """What is written into a buffer after it was made: `nonce.writeUInt32BE(n, 8)`, `randomFillSync(nonce)`."""
    load = context.view.definitions(fid).get(value)
    if load is None or load.op != Op.LOAD:
        return []
    definitions = context.view.definitions(fid)
    written: list[int] = []
    for call in context.view.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        held = definitions.get(callee.args[0]) if callee is not None and callee.op == Op.ATTR else None
        if callee is None:
            continue
        if held is not None and (held.op, held.name) == (Op.LOAD, load.name) and _WRITES.match(callee.name):
            written.extend(call.args[1:2])
        elif _FILLS.search(callee.name) and any(
            (one := definitions.get(arg)) is not None and (one.op, one.name) == (Op.LOAD, load.name)
            for arg in call.args[1:]
        ):
            written.append(call.dst)
    return written


def _leaves(context: Context, fid: str, value: int, depth: int) -> set[str] | None:
    """Names of what a value is made of, constants left out; `None` where one of them may be new."""
    found = context.matrix.origins.resolved(fid, value)
    if found is None or depth > _STEPS:
        return None
    home, instr = found
    # `rng.token(NONCE_BYTES)`: how long it is to be stays the same.
    is_length = instr.op == Op.CONST and isinstance(instr.value, int)
    kept = "" if is_length else _kept(context, fid, value, home)
    if kept:
        return {kept}
    match instr.op:
        case Op.CONST:
            return set()
        case Op.LOAD:
            if depth == 0:
                # What is handed in may be new.
                return None
            stores = [v for v in context.matrix.origins.stores(home, instr) if v >= 0]
            if stores:
                return _all(context, home, stores, depth)
            return {instr.name} if _STAYS.search(words(instr.name)) else None
        case Op.ATTR:
            return {instr.name} if _STAYS.search(words(instr.name)) else None
        case Op.JOIN | Op.BINARY | Op.COLLECT | Op.AWAIT | Op.LOGIC:
            return _all(context, home, instr.args, depth)
        case Op.ITEM:
            return _leaves(context, home, instr.args[0], depth + 1)
        case Op.CALL | Op.NEW:
            return _of_call(context, home, instr, depth)
    return None


def _kept(context: Context, fid: str, value: int, home: str) -> str:
    """The name of what a module makes once, for all that its functions do, or of a variable of the environment."""
    asked = context.view.definitions(fid).get(value)
    if asked is None or asked.op not in (Op.LOAD, Op.ATTR, Op.ITEM):
        return ""
    is_module = context.view.function(home).kind == "module"
    if asked.op == Op.LOAD and is_module and context.view.function(fid).kind != "module":
        return asked.name
    setting = evaluate(ValueView(context.view, fid, value))
    if setting.from_environment or context.view.text(_span(context, fid, asked)).startswith("process.env."):
        return asked.name or str(asked.value)
    return ""


def _holds_state(context: Context, fid: str, callee: Instr) -> bool:
    """Whether a method is called of what a module keeps, which may give something new each time."""
    held = context.view.definitions(fid).get(callee.args[0])
    if held is None or held.op not in (Op.LOAD, Op.ATTR) or _is_module(context, fid, callee.args[0]):
        return False
    found = context.matrix.origins.resolved(fid, callee.args[0])
    kept = found is not None and context.view.function(found[0]).kind == "module" and found[0] != fid
    return kept and callee.name not in _REWRITES


def _span(context: Context, fid: str, instr: Instr) -> Span:
    return context.view.span(fid, instr.start, instr.end)


def _all(context: Context, fid: str, values: tuple[int, ...] | list[int], depth: int) -> set[str] | None:
    names: set[str] = set()
    for value in values:
        held = _leaves(context, fid, value, depth + 1)
        if held is None:
            return None
        names |= held
    return names


def _of_call(context: Context, fid: str, call: Instr, depth: int) -> set[str] | None:
    callee = context.view.definitions(fid).get(call.args[0])
    if callee is None or _NEW.search(words(callee.name)):
        return None
    if any(isinstance(one, RandomSource) for one in context.matrix.origins.concepts(fid, call.dst)):
        return None
    targets = context.matrix.origins.targets(fid, call)
    if targets and not all(_makes_nothing_new(context, target) for target in targets):
        return None
    if callee.op == Op.ATTR and _holds_state(context, fid, callee):
        return None
    inner = [*call.args[1:]]
    if not targets and callee.op == Op.ATTR and not _is_module(context, fid, callee.args[0]):
        inner.append(callee.args[0])
    return _all(context, fid, inner, depth)


def _is_module(context: Context, fid: str, value: int) -> bool:
    """`Buffer.from`, `hashlib.sha256`: of what is imported or built in."""
    found = context.matrix.origins.resolved(fid, value)
    if found is None:
        return True
    return found[1].op == Op.IMPORT or (
        found[1].op == Op.LOAD
        and (found[1].name[:1].isupper() or found[1].name in ("crypto", "hashlib", "struct", "int"))
    )


def _makes_nothing_new(context: Context, fid: str) -> bool:
    """Whether a function makes what it gives back of its parameters and constants alone."""
    function = context.view.linker.functions[fid]
    own = {param.name for param in function.params} | set(function.locals)
    for instr in context.view.linker.code(fid):
        if instr.op in (Op.ATTR, Op.LOAD) and _NEW.search(words(instr.name)):
            return False
        if instr.op == Op.LOAD and instr.name in ("self", "this") and instr.name not in own:
            return False
        if instr.op == Op.CALL and any(
            isinstance(one, RandomSource) for one in context.matrix.origins.concepts(fid, instr.dst)
        ):
            return False
    return bool(function.params)
