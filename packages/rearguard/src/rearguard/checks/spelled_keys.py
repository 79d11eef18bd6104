"""Limits that count a name as it is typed, while the account is found however it is spelled."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.resources import access_at
from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.logins import logins
from rearguard.checks.plain import told
from rearguard.findings import Endpoint, Request, Rule
from rearguard.program import Instr, Op, Span

__all__ = ["spelled_keys"]

_SAME = re.compile(
    r"^(?:to_)?(?:locale_)?(?:lower|lower_case|casefold|upper|upper_case|strip|trim)$|^normali[sz]e(?:_\w+)?$"
)
"""What makes one spelling of several."""
_KEY = re.compile(
    r"(?:^|[^a-z])(?:log_?in|sign_?in|auth|attempts?|fail(?:ed|ures?)?|throttle|rate|limit|lock(?:out)?|tries)(?:[^a-z]|$)",
    re.IGNORECASE,
)
"""Texts that keys of counters begin with."""
_NAME = re.compile(r"e?_?mail|user_?name|login|name|handle|phone")


def spelled_keys(context: Context, rule: Rule) -> Iterator[Draft]:
    """Keys of counters at logins that hold a name as it was sent, where the account is looked up by what was made of it."""
    found = logins(context)
    told_of: set[Span] = set()
    for row in by_handler(context.matrix):
        if not found.of(row):
            continue
        for fid in found.reached(row)[:8]:
            for call, atom in _keys(context, fid):
                place = context.view.span(fid, call.start, call.end)
                if place not in told_of and _is_found_otherwise(context, fid, atom):
                    told_of.add(place)
                    yield _draft(context, rule, place, atom.path[-1], endpoint_of(context, row))


def _keys(context: Context, fid: str) -> Iterator[tuple[Instr, Atom]]:
    """Calls that are given a key such as `login:<name>`, with the name as it was sent."""
    origins = context.matrix.origins
    for call in context.view.linker.contents(fid).calls:
        for value in call.args[1:]:
            found = origins.resolved(fid, value)
            if found is None or found[1].op not in (Op.JOIN, Op.BINARY):
                continue
            home, joined = found
            texts = [origins.constant(home, part) or "" for part in joined.args]
            if not any(map(_KEY.search, texts)):
                continue
            for part in joined.args:
                held = origins.resolved(home, part)
                atoms = origins.of(home, part)
                if held is None or held[1].op not in (Op.ATTR, Op.ITEM, Op.LOAD) or len(atoms) != 1:
                    continue
                (atom,) = atoms
                sent = atom.kind in ("input", "parameter") and atom.exact and bool(atom.path)
                if sent and _NAME.search(words(atom.path[-1])):
                    yield call, atom


def _is_found_otherwise(context: Context, fid: str, atom: Atom) -> bool:
    """Whether the same function makes one spelling of the name, and looks nothing up by the name as it was sent."""
    calls = context.view.linker.contents(fid).calls
    return any(_is_respelled(context, fid, call, atom) for call in calls) and not any(
        _is_looked_up(context, fid, call, atom) for call in calls
    )


def _is_looked_up(context: Context, fid: str, call: Instr, atom: Atom) -> bool:
    touch = access_at(context.matrix.origins, fid, call)
    return touch is not None and any(
        _is_same(one, atom) and one.exact for _, atoms in touch.keys for one in atoms
    )


def _is_respelled(context: Context, fid: str, call: Instr, atom: Atom) -> bool:
    """`normal(req.body.email)`, `form["email"].strip().lower()`."""
    origins = context.matrix.origins
    callee = context.view.definitions(fid).get(call.args[0])
    if callee is None:
        return False
    given = [*call.args[1:], *(callee.args[:1] if callee.op == Op.ATTR else ())]
    if not any(_is_same(one, atom) for value in given for one in origins.of(fid, value)):
        return False
    if _SAME.match(words(callee.name)):
        return True
    return any(
        instr.op == Op.ATTR and _SAME.match(words(instr.name))
        for target in origins.targets(fid, call)
        for instr in context.view.linker.code(target)[:40]
    )


def _is_same(one: Atom, other: Atom) -> bool:
    return (one.kind, one.name, one.path) == (other.kind, other.name, other.path)


def _draft(context: Context, rule: Rule, place: Span, name: str, endpoint: Endpoint) -> Draft:
    return told(
        rule,
        place,
        f"This limit counts by `{name}` as it is sent, while the account is found however that is spelled.",
        why="Each spelling of one name (`A@x`, `a@X`, one with a space) has a count of its own, and all of them the same account: "
        "a name of ten letters is tried a thousand times as often.",
        advice="Make one spelling of the name first, and use that for the count and for the look-up.",
        step="counted as it is sent",
        certain=False,
        reason="the same function makes one spelling of it for the look-up",
        subject=name,
        endpoint=endpoint,
        verification=(
            Request(
                "Send wrong passwords with the name in other letters each time.",
                request(endpoint),
                "429 before the last.",
            ),
        ),
    )
