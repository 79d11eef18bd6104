"""Values that a request must bring along: what is computed is compared with what a client sent."""

import re
from collections.abc import Iterator

from rearguard.analysis.identity import KEEPS, words
from rearguard.checks.base import Context
from rearguard.models.concepts import TokenVerify
from rearguard.program import Instr, Op

_VERSION = re.compile(r"if_none_match|if_match|if_modified|etag|checksum|content_md5|digest_header")
"""Headers and fields that say which version of something a client has, and open nothing."""
_SLICES = frozenset(("slice", "substring", "substr", "equals"))
MAX_STEPS = 80
MAX_CALLS = 2
"""Functions that a value is returned from, one by the other."""
_CALLERS = 12


def asked_for(context: Context, fid: str, value: int) -> str:
    """The name of what a client sends and that is compared with a value; "" when nothing of a request is."""
    for home, other in _compared(context, fid, value):
        if context.in_browser(home):
            continue
        names = context.naming.of(home, other)
        if any(_VERSION.search(words(name)) for name in names):
            continue
        for atom in sorted(
            context.matrix.origins.of(home, other), key=lambda one: (one.kind, one.name, one.path)
        ):
            of_client = atom.kind in ("input", "credential") and atom.name != "session"
            if of_client and not any(_VERSION.search(words(part)) for part in (atom.name, *atom.path)):
                return min(names, default=atom.path[-1] if atom.path else atom.name)
    return ""


def _compared(context: Context, fid: str, value: int) -> Iterator[tuple[str, int]]:
    """Every value that this one, in any of its forms, is compared with."""
    pending, seen = [(fid, value, 0)], set[tuple[str, int]]()
    while pending and len(seen) < MAX_STEPS:
        home, number, calls = pending.pop()
        if (home, number) in seen:
            continue
        seen.add((home, number))
        definitions = context.view.definitions(home)
        for user in context.destinations.users(home).get(number, ()):
            if user.op == Op.COMPARE and user.name in ("==", "!=", "===", "!=="):
                yield from ((home, other) for other in user.args if other != number)
            elif user.op == Op.STORE:
                loads = (one for one in definitions.values() if one.op == Op.LOAD and one.name == user.name)
                pending.extend((home, load.dst, calls) for load in loads)
            elif user.op in (Op.ATTR, Op.ITEM, Op.AWAIT) and user.args[0] == number:
                pending.append((home, user.dst, calls))
            elif user.op == Op.CALL and user.args[0] == number:
                # A method of the value: `digest.digest("hex")`, `digest.equals(sent)`.
                callee = definitions.get(number)
                if callee is not None and callee.name in ("equals", "localeCompare"):
                    yield from ((home, other) for other in user.args[1:])
                elif callee is not None and (callee.name in KEEPS or callee.name in _SLICES):
                    pending.append((home, user.dst, calls))
            elif user.op == Op.CALL:
                yield from _given(context, home, number, user)
                if _keeps(definitions, user):
                    pending.append((home, user.dst, calls))
            elif user.op == Op.RETURN and calls < MAX_CALLS:
                ran = context.naming.calls_of(home)[:_CALLERS]
                pending.extend((caller, call.dst, calls + 1) for caller, call in ran)


def _given(context: Context, fid: str, value: int, call: Instr) -> Iterator[tuple[str, int]]:
    """What else a call is given that compares: `hmac.compare_digest(a, b)`."""
    refs = context.view.linker.refs[fid]
    rows = (*context.values.program.rows(refs[call.args[0]]), *context.values.program.result_rows(refs, call))
    if any(isinstance(row.concept, TokenVerify) for row in rows):
        yield from ((fid, other) for other in call.args[1:] if other != value)


def _keeps(definitions: dict[int, Instr], call: Instr) -> bool:
    callee = definitions.get(call.args[0])
    return callee is not None and callee.name in KEEPS


__all__ = ["asked_for"]
