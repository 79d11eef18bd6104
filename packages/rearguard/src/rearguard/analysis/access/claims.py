"""What is decided from what the client merely says of itself: a role in a cookie, an account in a header."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rearguard.analysis.access.atoms import Atom, order
from rearguard.analysis.access.events import Condition, Events, Fact
from rearguard.analysis.access.inputs import CHANNELS
from rearguard.analysis.access.origins import CREDENTIAL_NAME, Origins
from rearguard.analysis.access.principals import is_caller, is_open
from rearguard.analysis.access.requests import compared_texts
from rearguard.analysis.access.site_tokens import is_of_twins
from rearguard.analysis.access.surface import Surface
from rearguard.program import Op, Span

_ROLE = re.compile(
    r"(?:^|[-_.])(?:is[-_]?)?(?:admin|staff|superuser|root|moderator|manager|owner)(?:$|[-_.])|isAdmin|isStaff|isSuperuser|"
    r"(?:^|[-_.])(?:user[-_]?)?(?:role|roles|privileges?|permissions?|access[-_]?level|user[-_]?type)(?:$|[-_.])|userRole",
    re.IGNORECASE,
)
_POWER = re.compile(r"(?:^|[^a-z])(?:admin(?:istrator)?|root|superuser|staff)(?:$|[^a-z])", re.IGNORECASE)
_SWITCH = re.compile(
    r"is_?(?:admin|staff|superuser|root|owner|moderator|manager)|admin|superuser|super_?admin|manager|moderator|staff",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"(?:user|account|member|customer|client|login|auth)?[-_]?(?:id|name|email)|user|uid|account|login|email|"
    r"(?:current|logged)_?-?(?:in_?-?)?user",
    re.IGNORECASE,
)
_WHO_HEADER = re.compile(
    r"x[-_](?:(?:auth(?:enticated)?|remote|forwarded|current)[-_])?(?:user|account|member|customer|uid|email)"
    r"(?:[-_]?(?:id|name|email))?|remote[-_]user",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"x[-_](?:forwarded[-_]for|real[-_]ip|client[-_]ip)|client[-_]ip|true[-_]client[-_]ip", re.IGNORECASE
)
_SERVICE = re.compile(
    r"x[-_](?:\w+[-_])*(?:service|internal|source|caller|system|worker|job|cron|scheduler)(?:[-_](?:name|id|call|request))?",
    re.IGNORECASE,
)
"""Headers by which services of one's own say who they are."""
_PLAIN = re.compile(r"[a-z]{2,}(?:[-_ ][a-z]+)*|1|yes", re.IGNORECASE)
"""A word that one guesses or reads somewhere, and no secret."""
_PAGE = re.compile(r"(?:https?://[^/]+)?/\w")
"""An address with a path: a page, and not only a site, which is what forged requests are told apart by."""
_PROOF = re.compile(r"pass|otp|code|token|pin|secret|hash", re.IGNORECASE)
_LOCAL = re.compile(r"127\.0\.0\.|localhost|::1|\b10\.(?:\d+\.|$)|192\.168\.|\b172\.(?:1[6-9]|2\d|3[01])\.")
_SPOKEN = frozenset({"user-agent", "referer", "host"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One decision on the client's word."""

    kind: str
    """role (what the caller may do), account (who the caller is), address (where the caller sits), service
    (that another service of one's own calls), page (where the caller comes from), gate."""
    channel: str
    name: str
    span: Span
    """The test, or the look-up."""
    source: Span
    refuses: bool
    """Whether the test decides over a refusal."""
    preferred: bool = False
    """Whether it goes before what is known of the caller: the check that seems to be there is none."""


def claims(surface: Surface, origins: Origins) -> tuple[Claim, ...]:
    """Every decision of one endpoint on the client's word, each once."""
    found: dict[Span, Claim] = {}
    for claim in (*tested(surface.facts, origins), *_looked_up(surface)):
        found.setdefault(claim.span, claim)
    return tuple(found.values())


def elsewhere(origins: Origins, events: Events, seen: Iterable[str]) -> Iterator[tuple[str, Claim]]:
    """Decisions in functions that no route is known to run, where cookies are read."""
    known = set(seen)
    for path, text in origins.view.texts.items():
        if b"cookie" not in text.lower() or path not in origins.linker.modules:
            continue
        for name in origins.linker.modules[path].functions:
            fid = f"{path}::{name}"
            if fid not in known:
                for claim in tested(events.of(fid), origins):
                    if claim.refuses and claim.channel == "cookie" and claim.span.path == path:
                        yield fid, claim


def tested(facts: Iterable[Fact], origins: Origins) -> Iterator[Claim]:
    """Tests of what the client says."""
    facts = tuple(facts)
    for fact in facts:
        if fact.kind != "tested":
            continue
        condition = fact.conditions[-1]
        if is_of_twins(condition):
            # No word of the client's decides, but that it sends the same one twice.
            continue
        if any(is_caller(atom) for atom in condition.atoms):
            claim = _preferred(condition, origins)
            if claim is not None and _decides_refusal(condition, facts, origins):
                yield claim
            continue
        for atom in sorted(condition.atoms, key=lambda a: (a.name, a.path, *order(a))):
            kind = _kind(atom, condition, origins)
            if kind:
                refuses = _decides_refusal(condition, facts, origins)
                if kind in ("gate", "service", "page") and not refuses:
                    continue
                if not refuses and not _decides_anything(condition, facts):
                    continue
                if CHANNELS.get(atom.name, atom.name) in ("body", "form", "query") and not refuses:
                    continue
                # The test may stand in a function that is asked for its verdict: there it is told.
                apart = kind == "address" and atom.bound in ("unknown", "opaque") and atom.span is not None
                yield Claim(
                    kind,
                    CHANNELS.get(atom.name, atom.name),
                    ".".join(atom.path),
                    atom.span if apart and atom.span is not None else condition.span,
                    atom.span or condition.span,
                    refuses,
                )
                break


def _preferred(condition: Condition, origins: Origins) -> Claim | None:
    """`req.headers["x-role"] ?? req.user.role`: the client's word goes before what is known of the caller."""
    instr = origins.view.definitions(condition.fid).get(condition.value)
    for value in instr.args if instr is not None else ():
        found = origins.resolved(condition.fid, value)
        if found is None or found[1].op != Op.LOGIC or found[1].name == "and":
            continue
        said, known = (origins.of(found[0], side) for side in found[1].args)
        role = any(is_caller(atom) and atom.path and _ROLE.search(atom.path[-1]) for atom in known)
        for atom in sorted(said, key=lambda a: (a.name, a.path, *order(a))) if role else ():
            if atom.kind == "input" and atom.exact and _is_said(atom):
                channel = CHANNELS.get(atom.name, atom.name)
                span = atom.span or condition.span
                return Claim("role", channel, ".".join(atom.path), condition.span, span, True, preferred=True)
    return None


def _asks_type(condition: Condition, origins: Origins) -> bool:
    """`typeof token !== "string"`: of what kind it is, and not what it says."""
    definitions = origins.view.definitions(condition.fid)
    made = definitions.get(condition.value)
    sides = (
        (definitions.get(value) for value in made.args) if made is not None and made.op == Op.COMPARE else ()
    )
    return any(side is not None and side.op == Op.UNARY and side.name == "typeof" for side in sides)


def _kind(atom: Atom, condition: Condition, origins: Origins) -> str:
    """What a test of an input decides; "" when it is none of these."""
    channel = CHANNELS.get(atom.name, atom.name)
    if atom.kind not in ("input", "credential") or not atom.path or _asks_type(condition, origins):
        return ""
    name = atom.path[-1]
    if channel == "header" and _ADDRESS.fullmatch(_spoken(name)):
        # What makes a network of it changes nothing: `ip_address(header) in ip_network("10.20.0.0/16")`.
        return "address" if any(map(_LOCAL.search, _told(condition, origins))) else ""
    if atom.bound in ("unknown", "opaque", "schema"):
        return ""
    texts = compared_texts(condition, origins)
    if channel == "cookie":
        if CREDENTIAL_NAME.search(name):
            return ""
        if _ROLE.search(name) or any(_POWER.search(text) for text in texts if text != name):
            return "role"
        return "gate" if any(text != name for text in texts) and not condition.presence else ""
    if channel == "header":
        spoken = _spoken(name)
        if _SERVICE.fullmatch(spoken) and texts and not condition.presence:
            named = [text for text in texts if text != name]
            return "service" if named and all(map(_PLAIN.fullmatch, named)) else ""
        if spoken == "referer" and any(map(_PAGE.match, texts)):
            return "page"
        if spoken in _SPOKEN and any(_POWER.search(text) for text in texts):
            return "role"
        return "role" if _ROLE.search(spoken) and not CREDENTIAL_NAME.search(spoken) else ""
    if channel in ("query", "body", "form"):
        return "role" if _SWITCH.fullmatch(name) or (_ROLE.fullmatch(name) and _powers(texts)) else ""
    return ""


def _spoken(header: str) -> str:
    return header.lower().replace("_", "-").removeprefix("http-")


def _told(condition: Condition, origins: Origins) -> Iterator[str]:
    """Texts that a test compares with, in the function that it asks too: `if not from_office(request)`."""
    yield from compared_texts(condition, origins)
    instr = origins.view.definitions(condition.fid).get(condition.value)
    for target in origins.targets(condition.fid, instr) if instr is not None and instr.op == Op.CALL else ():
        for each in origins.linker.code(target):
            if each.op == Op.CONST and isinstance(each.value, str):
                yield each.value


def _is_said(atom: Atom) -> bool:
    """A value under a name that nothing is known to have verified."""
    return (
        atom.kind in ("input", "credential") and bool(atom.path) and atom.bound not in ("unknown", "opaque")
    )


def _powers(texts: Iterable[str]) -> bool:
    return any(_POWER.search(text) for text in texts)


def _decides_refusal(condition: Condition, facts: Iterable[Fact], origins: Origins) -> bool:
    """Whether somebody is refused on one outcome of a test, alone or as a part of a longer one."""
    refusals = (fact for fact in facts if fact.kind == "denial" and fact.status in (401, 403))
    return any(_holds(c, condition, origins) for fact in refusals for c in fact.conditions)


def _holds(whole: Condition, part: Condition, origins: Origins) -> bool:
    if whole.fid != part.fid:
        return False
    if whole.value == part.value:
        return True
    instr = origins.view.definitions(whole.fid).get(whole.value)
    return instr is not None and instr.op == Op.LOGIC and part.value in instr.args


def _decides_anything(condition: Condition, facts: Iterable[Fact]) -> bool:
    """Whether something is shown, looked up or done on one outcome of a test alone."""
    place = (condition.fid, condition.value)
    told = (fact for fact in facts if fact.kind in ("answer", "touch", "effect", "session"))
    return any((c.fid, c.value) == place for fact in told for c in fact.conditions)


def _looked_up(surface: Surface) -> Iterator[Claim]:
    """Accounts that are looked up by what a cookie or header says."""
    for touch in surface.touches:
        if any(_PROOF.search(name) and any(is_open(a) for a in atoms) for name, atoms in touch.keys):
            # A password or code in the same query proves the claim.
            continue
        for _, atoms in touch.keys:
            for atom in sorted(atoms, key=lambda a: (a.name, a.path, *order(a))):
                channel = CHANNELS.get(atom.name, atom.name)
                if not _is_said(atom):
                    continue
                spoken = atom.path[-1].replace("_", "-").removeprefix("HTTP-")
                named = channel == "cookie" and _WHO.fullmatch(atom.path[-1])
                if named or (channel == "header" and _WHO_HEADER.fullmatch(spoken)):
                    yield Claim(
                        "account", channel, ".".join(atom.path), touch.span, atom.span or touch.span, False
                    )


__all__ = ["Claim", "claims", "elsewhere", "tested"]
