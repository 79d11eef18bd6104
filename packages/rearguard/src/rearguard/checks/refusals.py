"""Refusals of a function, told apart by why: there is no account, or what was sent does not fit it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rearguard.analysis.access.facts import Condition, Fact
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.logins import logins
from rearguard.program import Op, Span

__all__ = ["Refusal", "refusals"]

_KINDS = ("denial", "answer", "continue", "held")
_ABSENT = ("==", "===", "is", "<", "<=", "eq")
_SUBJECT = re.compile(r"[!(\s]*(?:not\s+)?(?:await\s+)?([A-Za-z_$][\w$]*)")
_UPPER = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_ACCOUNT = re.compile(
    r"user|account|member|customer|employee|person|patient|student|admin|client|found|row|record|profile|emp|usr"
)
_COUNTS = ("length", "rowCount", "rowcount", "count", "size", "affectedRows")
_REFUSED = re.compile(r"4\d\d")
_NO_TEXT = frozenset(
    ("Content-Type", "utf8", "utf-8", "error", "message", "detail", "errors", "msg", "status", "code")
)


@dataclass(slots=True)
class Refusal:
    """One way in which a function turns a request away."""

    why: str
    """unknown (there is no such account), wrong (there is one, and what was sent does not fit), known (there is
    one already)."""
    place: Span
    fid: str
    status: int = 0
    marks: set[str] = field(default_factory=set)
    """Texts and numbers that the answer is made of."""

    def differs(self, other: "Refusal") -> bool:
        """Whether who asks can tell one from the other."""
        if self.status and other.status and self.status != other.status:
            return True
        return bool(self.marks and other.marks) and self.marks != other.marks


def refusals(context: Context, fid: str) -> list[Refusal]:
    """The refusals of a function that say whether there is an account, in order."""
    groups: dict[tuple[object, ...], Refusal] = {}
    judged = tuple(_judged(context, fid))
    for fact in context.matrix.events.of(fid):
        if fact.kind not in _KINDS or not fact.conditions:
            continue
        why = _why(context, fid, fact, judged)
        if not why:
            continue
        key = (why, *((c.fid, c.value, c.holds) for c in fact.conditions))
        held = groups.setdefault(key, Refusal(why, fact.span, fact.fid))
        held.status = held.status or (fact.status if fact.kind == "denial" else 0)
        if fact.kind == "answer" or not held.marks:
            held.marks |= set(_marks(context, fact))
        if fact.kind == "answer":
            held.place, held.fid = fact.span, fact.fid
    for held in groups.values():
        held.status = held.status or next((int(m) for m in sorted(held.marks) if _REFUSED.fullmatch(m)), 0)
    return list(groups.values())


def _judged(context: Context, fid: str) -> Iterator[str]:
    """Texts of the calls and comparisons of a function that say whether a password fits."""
    found = logins(context)
    for check in found.checks.get(fid, ()):
        yield context.text(check.span(context.matrix.origins))
    for instr in context.view.linker.contents(fid).calls:
        if any(target in found.checks for target in context.matrix.origins.targets(fid, instr)):
            yield context.text(context.view.span(fid, instr.start, instr.end))


def _why(context: Context, fid: str, fact: Fact, judged: Iterable[str]) -> str:
    open_ones = [condition for condition in fact.conditions if not condition.settled]
    if not open_ones or any(condition.value < 0 for condition in open_ones):
        return ""
    *_, last = open_ones
    text = context.text(last.span)
    judging = [condition for condition in open_ones if _is_judgement(context, condition, judged)]
    if judging:
        refused = _refuses(context, judging[-1])
        return "wrong" if refused and not _is_joined(context, last) else ""
    if len(open_ones) > 1 and not all(_about_account(context, one) for one in open_ones):
        return ""
    subject = _SUBJECT.match(text)
    if subject is None or not _about_account(context, last):
        return ""
    name = re.compile(rf"(?<![\w.$]){re.escape(subject[1])}(?![\w$])")
    absent = _is_absent(context, last)
    if not absent:
        return "known"
    stored = any(atom.kind == "stored" for atom in last.atoms)
    return "unknown" if stored or any(name.search(one) for one in judged) else ""


def _is_judgement(context: Context, condition: Condition, judged: Iterable[str]) -> bool:
    if any(atom.kind == "verified" for atom in condition.atoms):
        return True
    text = context.text(condition.span)
    return any(one in text for one in judged)


def _refuses(context: Context, condition: Condition) -> bool:
    """Whether a test holds for who does not know the password."""
    instr = context.view.definitions(condition.fid).get(condition.value)
    if instr is not None and instr.op == Op.COMPARE:
        return condition.holds == (instr.name in ("!=", "!==", "is not"))
    return not condition.holds


def _is_joined(context: Context, condition: Condition) -> bool:
    """`user is None or not verify(...)`: the two cases are one."""
    instr = context.view.definitions(condition.fid).get(condition.value)
    return instr is not None and instr.op == Op.LOGIC


def _about_account(context: Context, condition: Condition) -> bool:
    """Whether a test asks whether something was found, and not whether the request holds something."""
    if any(atom.kind == "input" and atom.exact for atom in condition.atoms):
        return False
    instr = context.view.definitions(condition.fid).get(condition.value)
    if instr is None or instr.op == Op.LOGIC:
        return False
    if any(atom.kind == "stored" and (not atom.path or atom.path[-1] in _COUNTS) for atom in condition.atoms):
        return True
    subject = _SUBJECT.match(context.text(condition.span))
    return subject is not None and _ACCOUNT.search(words(subject[1])) is not None


def _is_absent(context: Context, condition: Condition) -> bool:
    """Whether a test says that nothing was found."""
    instr = context.view.definitions(condition.fid).get(condition.value)
    if instr is not None and instr.op == Op.COMPARE:
        return condition.holds == (instr.name in _ABSENT)
    return not condition.holds


def _marks(context: Context, fact: Fact) -> Iterator[str]:
    for instr in context.view.linker.code(fact.fid):
        if instr.start < fact.span.start or instr.end > fact.span.end:
            continue
        if instr.op == Op.CONST and isinstance(instr.value, str | int) and not isinstance(instr.value, bool):
            text = str(instr.value)
            if len(text) > 1 and text not in _NO_TEXT:
                yield text
        elif instr.op in (Op.ATTR, Op.LOAD) and _UPPER.fullmatch(instr.name):
            yield instr.name
