"""Positive evidence about codes that are sent or kept for a second factor: whose they are, and how often they
work, how they are stored, and how often somebody is asked."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.access import InputUse, Row
from rearguard.analysis.access.atoms import Atoms
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.identity import words
from rearguard.analysis.settings import Use, option_of
from rearguard.assurance.code import SHOWN, Code, Evidence
from rearguard.checks.api_key_in_clear import stores
from rearguard.checks.endpoints import by_handler, location
from rearguard.checks.links import STANDING, asks_time, opens_session, used_up
from rearguard.checks.logins import before, logins
from rearguard.models.concepts import (
    Hashing,
    Mac,
    OtpVerify,
    PasswordHash,
    RandomSource,
)
from rearguard.models.measure_concepts import PushSent
from rearguard.models.routing import Link
from rearguard.program import Instr, Op, Span, Step

__all__ = ["BROKEN", "MET"]

_CODE = re.compile(r"^(?:\w+_)?(?:otp|totp|code|pin|passcode)$")
_NOT_IT = re.compile(
    r"postal|zip|country|promo|coupon|voucher|discount|currency|qr|bar|area|status|error|product"
)
_PROVES = re.compile(
    r"otp|verif|reset|recover|forgot|confirm|activat|2fa|mfa|log_?in|sign_?in|sms|pin(?:_|$)"
)
_HOME = ("credential", "verified", "principal")
"""What ties a code to who asked for it: the session, a token, the account."""
_USED = re.compile(r"used|consum|redeem|revok|(?:^|_)(?:spent|done)(?:_|$)")
_RECORD = re.compile(r"code|otp|challenge|verification|attempt|passcode")
_RECOVERY = re.compile(r"(?:recovery|backup|lookup|scratch|emergency)_?(?:codes?|keys?|secrets?)")
_FIELD = re.compile(r"^(?:\w+_)?(?:codes?|hash(?:es)?|digests?|hashed|secrets?|value)$")
_ENOUGH = 14
"""Bytes of chance, which make 112 bits: then any hash will do."""
_STEPS = 4


def _is_code(name: str) -> bool:
    spelled = words(name)
    return _CODE.match(spelled) is not None and _NOT_IT.search(spelled) is None


def _sends_code(atoms: Atoms) -> bool:
    """Whether a value is the code that was sent."""
    return any(a.kind == "input" and a.path and _is_code(a.path[-1]) for a in atoms)


def _takers(code: Code) -> Iterator[Row]:
    """Endpoints that take a code which was sent to somebody, and let in who has it."""
    for row in by_handler(code.rows()):
        if any(_is_sent(row, use) for use in row.used) and opens_session(code.context, row):
            yield row


def _is_sent(row: Row, use: InputUse) -> bool:
    """Whether an input is such a code. What stands in a path names things; so does a bare `code`, mostly."""
    name = words(use.name.rpartition(".")[2])
    if use.channel == "path" or not _is_code(name):
        return False
    return (
        name != "code"
        or _PROVES.search(words(f"{row.endpoint.path} {row.endpoint.handler.label}")) is not None
    )


def _facts(row: Row) -> tuple[Fact, ...]:
    return row.surface.facts if row.surface is not None else ()


def _lookups(row: Row) -> Iterator[tuple[Fact, Touch]]:
    """What is looked up, changed or deleted by the code."""
    for fact in _facts(row):
        touch = fact.touch
        if touch is not None and any(_sends_code(atoms) for _, atoms in touch.keys):
            yield fact, touch


def _ties(row: Row) -> Iterator[Fact]:
    """Where the code that was sent is compared with what is held for who sends it."""
    for fact in _facts(row):
        for condition in fact.conditions:
            if not _sends_code(condition.atoms):
                continue
            for atom in condition.atoms:
                keyed = any(
                    a.kind in _HOME or (a.kind == "input" and not _sends_code(frozenset((a,))))
                    for _, atoms in atom.keys
                    for a in atoms
                )
                if atom.kind == "credential" or (atom.kind == "stored" and keyed):
                    yield fact


def _is_tied(touch: Touch) -> bool:
    """Whether something else than the code is asked for, that says of which attempt it is."""
    return any(
        a.kind in _HOME or (a.kind == "input" and not _sends_code(frozenset((a,))))
        for _, atoms in touch.keys
        for a in atoms
    )


def codes_belong_to_an_attempt(code: Code) -> tuple[Step, ...]:
    """6.6.2: a code is looked up together with the session, account or attempt that it was sent for."""
    found: dict[Step, None] = {}
    for row in _takers(code):
        tied = [fact for fact, touch in _lookups(row) if _is_tied(touch)]
        if len(tied) != len(list(_lookups(row))):
            return ()
        tied = tied or list(_ties(row))
        if not tied:
            return ()
        found[Step(tied[0].span, "the code of this very attempt", "guard")] = None
    return tuple(found)[:SHOWN] if code.is_whole else ()


def codes_belong_to_nobody(code: Code) -> tuple[Step, ...]:
    """6.6.2, the contrary: whoever sends any code that is out is let in."""
    places = dict.fromkeys(
        touch.span
        for row in _takers(code)
        for _, touch in _lookups(row)
        if len(touch.keys) == 1 and not touch.flags and not touch.fields and touch.span.path
    )
    text = "looked up by the code alone, whoever it was sent to"
    return tuple(Step(span, text, "note") for span in places)[:SHOWN]


def _ends(row: Row, resources: frozenset[str]) -> Iterator[Fact]:
    """What makes a code useless after it was taken."""
    for fact in _facts(row):
        touch = fact.touch
        if touch is None or touch.resource not in resources:
            continue
        names = [words(name) for name in (*(n for n, _ in touch.written), *touch.fields)]
        if touch.operation == "delete" or (
            touch.operation == "update" and any(_USED.search(n) or _is_code(n) for n in names)
        ):
            yield fact


def _held(row: Row) -> list[tuple[str, str, Span]]:
    """The records in which codes stand that an endpoint takes, their field, and where it is asked for."""
    found = [
        (touch.resource, name, touch.span)
        for _, touch in _lookups(row)
        for name, atoms in touch.keys
        if _sends_code(atoms) and touch.operation in ("read", "list") and touch.span.path
    ]
    for fact in _ties(row):
        for condition in fact.conditions:
            found += [
                (atom.name, atom.path[-1], fact.span)
                for atom in condition.atoms
                if atom.kind == "stored" and atom.path
            ]
    return found


def codes_are_used_up(code: Code) -> tuple[Step, ...]:
    """6.5.1: whatever takes a code makes it useless."""
    found: dict[Step, None] = {}
    authenticators = {use.fid for use in code.uses.of(OtpVerify)}
    for row in _takers(code):
        if not authenticators.isdisjoint(logins(code.context).reached(row)):
            return ()
        resources = {touch.resource for _, touch in _lookups(row)} | {name for name, _, _ in _held(row)}
        ended = list(_ends(row, frozenset(resources)))
        if not ended:
            return ()
        for fact in ended:
            found[Step(fact.span, "the code is gone once it was taken", "note")] = None
    return tuple(found)[:SHOWN] if code.is_whole else ()


def codes_stay_good(code: Code) -> tuple[Step, ...]:
    """6.5.1, the contrary: of all that is done with the record of a code, nothing makes it useless."""
    found: dict[Step, None] = {}
    for row in _takers(code):
        for resource, field, span in _held(row):
            of_codes = _RECORD.search(words(resource)) is not None
            if STANDING.match(words(field)) and not of_codes and not asks_time(row):
                continue
            if not used_up(code.context, row, resource, field) and not _goes_elsewhere(code, row, resource):
                found[Step(span, "the code works again: nothing uses it up", "note")] = None
    return tuple(found)[:SHOWN] if code.is_whole else ()


def _goes_elsewhere(code: Code, row: Row, resource: str) -> bool:
    """Whether a record is handed to something that is not known."""
    view, origins = code.context.view, code.context.matrix.origins
    for fid in logins(code.context).reached(row):
        for call in view.linker.contents(fid).calls:
            callee = view.definitions(fid).get(call.args[0])
            if callee is None or callee.op != Op.LOAD or view.linker.refs[fid][call.args[0]]:
                continue
            given = (origins.of(fid, number) for number in call.args[1:])
            if any(a.kind == "stored" and a.name == resource for atoms in given for a in atoms):
                return True
    return False


# -- codes for the day that the phone is lost ---------------------------------------------------------------


def _kept(code: Code) -> Iterator[tuple[Step, bool | None]]:
    """Where codes of recovery are stored: whether a slow hash of them is, or `None` where it is not known."""
    slow = {(use.fid, use.instr.dst) for use in code.uses.of(PasswordHash)}
    fast = {(use.fid, use.instr.dst) for kind in (Hashing, Mac) for use in code.uses.of(kind)}
    for use in code.uses.of(RandomSource):
        function = use.view.function(use.fid)
        named = {words(end.name) for end in code.context.destinations.of(use.fid, use.instr.dst)}
        outer = use.fid.rpartition(".<")[0] if ".<" in use.fid else use.fid
        names = {*named, words(function.name.rpartition(".")[2]), words(outer.rpartition("::")[2])}
        if use.concept.kind != "secure" or not any(_RECOVERY.search(name) for name in names):
            continue
        long = (_bytes(use) or 0) >= _ENOUGH
        for fid in _around(code, outer):
            for call in code.context.view.linker.code(fid):
                for value in _written(code, fid, call):
                    made = _through(value)
                    place = Step(value.span, "stored as a hash", "note")
                    if made is None:
                        yield place, None
                    elif made in slow or (long and made in fast):
                        yield place, True
                    elif _is_plain(value):
                        yield Step(value.span, "stored as they are given out", "note"), False
                    else:
                        yield place, None


def _bytes(use: Use[RandomSource]) -> int | None:
    held = option_of(use, use.concept.size).const if use.concept.size else None
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def _around(code: Code, fid: str) -> list[str]:
    """A function and those that stand in it."""
    return [one for one in code.context.view.linker.functions if one == fid or one.startswith(f"{fid}.")]


def _written(code: Code, fid: str, call: Instr) -> Iterator[ValueView]:
    """The fields of a record of recovery that a call stores."""
    if call.op not in (Op.CALL, Op.NEW) or not stores(code.context, fid, call):
        return
    named = list(zip(call.keys, call.args[1:], strict=False))
    for number in call.args[1:]:
        held = code.context.view.definitions(fid).get(number)
        if held is not None and held.op == Op.COLLECT:
            named += zip(held.keys, held.args, strict=False)
    for key, number in named:
        if key and (_RECOVERY.search(words(key)) or _FIELD.match(words(key))):
            yield ValueView(code.context.view, fid, number)


def _through(value: ValueView) -> tuple[str, int] | None:
    """The call that gives a value, awaited or written in letters."""
    found = value.instr
    for _ in range(_STEPS):
        if found is None or found.op != Op.AWAIT:
            break
        found = value.view.definitions(value.fid).get(found.args[0])
    return (value.fid, found.dst) if found is not None else None


def _is_plain(value: ValueView) -> bool:
    found = value.instr
    return found is not None and found.op in (Op.LOAD, Op.ITEM)


def recovery_codes_are_hashed(code: Code) -> tuple[Step, ...]:
    """6.5.2: wherever codes of recovery are stored, it is a slow hash of them that is."""
    found = list(_kept(code))
    return tuple(dict.fromkeys(step for step, _ in found))[:SHOWN] if all(h for _, h in found) else ()


def recovery_codes_are_plain(code: Code) -> tuple[Step, ...]:
    """6.5.2, the contrary."""
    return tuple(dict.fromkeys(step for step, hashed in _kept(code) if hashed is False))[:SHOWN]


# -- asking somebody's phone --------------------------------------------------------------------------------


def _askers(code: Code) -> Iterator[Row]:
    """Endpoints that ask somebody's phone."""
    sent = {use.fid for use in code.uses.of(PushSent)}
    for row in by_handler(code.rows()):
        if not sent.isdisjoint((*logins(code.context).reached(row), *before(row))):
            yield row


def pushes_are_limited(code: Code) -> tuple[Step, ...]:
    """6.6.4: whatever asks somebody's phone is limited in how often it may be called."""
    rows = list(_askers(code))
    if not code.is_whole or not all(row.rate_limit.state == "limited" for row in rows):
        return ()
    return tuple(
        Step(location(code.context, row), f"calls are limited, {row.rate_limit.reason}", "guard")
        for row in rows
    )[:SHOWN]


def pushes_are_not_limited(code: Code) -> tuple[Step, ...]:
    """6.6.4, the contrary: a phone rings as often as somebody calls."""
    rows = [
        row
        for row in _askers(code)
        if row.rate_limit.state == "none" and not any(_is_unknown(code, link) for link in row.endpoint.chain)
    ]
    text = "asks a phone as often as it is called"
    return tuple(Step(location(code.context, row), text, "note") for row in rows)[:SHOWN]


def _is_unknown(code: Code, link: Link) -> bool:
    """Whether what stands before a handler is of the project, and was not found there."""
    if link.functions or link.names or link.value is None:
        return False
    fid, number = link.value
    found = code.context.view.definitions(fid).get(number)
    for _ in range(_STEPS):
        if found is None or found.op not in (Op.CALL, Op.ATTR):
            break
        found = code.context.view.definitions(fid).get(found.args[0])
    return found is None or not code.context.view.linker.refs[fid][found.dst]


MET: Mapping[str, Evidence] = {
    "6.5.1": codes_are_used_up,
    "6.5.2": recovery_codes_are_hashed,
    "6.6.2": codes_belong_to_an_attempt,
    "6.6.4": pushes_are_limited,
}
BROKEN: Mapping[str, Evidence] = {
    "6.5.1": codes_stay_good,
    "6.5.2": recovery_codes_are_plain,
    "6.6.2": codes_belong_to_nobody,
    "6.6.4": pushes_are_not_limited,
}
