"""Codes that a program draws and sends to a person, who logs in with them or proves an address."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.identity import is_kept_as_code, words
from rearguard.checks.base import Context
from rearguard.models.concepts import RandomSource
from rearguard.program import Instr, Op

_CODE = re.compile(r"(?:\w+_)?(?:code|pin|otp|passcode)")
_SENDS = re.compile(
    r"\w*mail\w*|sms|send\w*|sent|notif\w*|messages?|whatsapp|telegram|deliver\w*|dispatch\w*"
)
"""Words of what sends something. `push` alone puts it into a list, `post` into whatever it is called on."""
_SENDS_TOO = re.compile(r"push_(?:to|note|message|notification)\w*|\w+_push|post_(?:to|message)\w*")
_OUT = re.compile(r"axios|https?|requests?|session|fetch\w*|got|client|api|gateway|twilio|slack")
"""What posts to another machine."""
_ANSWERS = re.compile(r"res(?:ponse)?|reply|ctx|context|c|h", re.IGNORECASE)
_PARTS = (Op.JOIN, Op.COLLECT, Op.BINARY, Op.LOGIC, Op.AWAIT)
_DEPTH = 8


def sent_codes(context: Context) -> Mapping[str, frozenset[str]]:
    """By function, the variables that hold such a code."""
    drawn: dict[str, set[int]] = {}
    for use in context.uses.of(RandomSource):
        if use.concept.kind != "clock":
            drawn.setdefault(use.fid, set()).add(use.instr.dst)
            if _CODE.fullmatch(words(context.view.linker.functions[use.fid].name.rpartition(".")[2])):
                # `phone_code()` draws one for whoever calls it.
                for home, call in context.naming.calls_of(use.fid):
                    drawn.setdefault(home, set()).add(call.dst)
    found: dict[str, frozenset[str]] = {}
    for fid, numbers in drawn.items():
        code, definitions = context.view.linker.code(fid), context.view.definitions(fid)
        names = {
            instr.name
            for instr in code
            if instr.op == Op.STORE
            and _CODE.fullmatch(words(instr.name))
            and _holds(definitions, instr.args[0], numbers, 0)
        }
        sent = {
            name
            for instr in code
            for name in names
            if instr.op == Op.CALL and (_sends(definitions, instr, name) or _keeps(context, fid, instr, name))
        }
        if sent:
            found[fid] = frozenset(sent)
    return found


def shown_codes(
    context: Context, fid: str, call: Instr, names: frozenset[str]
) -> Iterator[tuple[str, ValueView]]:
    """Those of them that a call is given, by themselves or within a text or a map."""
    definitions = context.view.definitions(fid)
    for number in call.args[1:]:
        for part in _loads(definitions, number, 0):
            if part.name in names:
                yield part.name, ValueView(context.view, fid, part.dst)


def _holds(definitions: Mapping[int, Instr], number: int, drawn: set[int], depth: int) -> bool:
    """Whether a value is made of what was drawn: `String(randomInt(0, 1e6)).padStart(6, "0")`."""
    instr = definitions.get(number)
    if instr is None or depth > _DEPTH:
        return False
    return number in drawn or any(_holds(definitions, arg, drawn, depth + 1) for arg in instr.args)


def _sends(definitions: Mapping[int, Instr], call: Instr, name: str) -> bool:
    callee = definitions.get(call.args[0])
    if callee is None:
        return False
    receiver = definitions.get(callee.args[0]) if callee.op == Op.ATTR and callee.args else None
    if receiver is not None and _ANSWERS.fullmatch(receiver.name):
        return False
    spelled = words(callee.name)
    posts = spelled == "post" and receiver is not None and _OUT.search(words(receiver.name)) is not None
    if not (posts or _SENDS_TOO.fullmatch(spelled) or any(map(_SENDS.fullmatch, spelled.split("_")))):
        return False
    return any(part.name == name for number in call.args[1:] for part in _loads(definitions, number, 0))


def _keeps(context: Context, fid: str, call: Instr, name: str) -> bool:
    """Whether a call keeps it as a code until it is sent back."""
    definitions = context.view.definitions(fid)
    return any(
        part.name == name and is_kept_as_code(context.matrix.origins, fid, call, number)
        for number in call.args[2:]
        for part in _loads(definitions, number, 0)
    )


def _loads(definitions: Mapping[int, Instr], number: int, depth: int) -> Iterator[Instr]:
    instr = definitions.get(number)
    if instr is None or depth > _DEPTH:
        return
    if instr.op == Op.LOAD:
        yield instr
    elif instr.op in _PARTS:
        for arg in instr.args:
            yield from _loads(definitions, arg, depth + 1)
