"""Refusals of a function, told apart by why: there is no account, or what was sent does not fit it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rearguard.analysis.access.facts import Condition, Fact
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.logins import logins
from rearguard.models.concepts import LogWrite
from rearguard.program import Op, Span

__all__ = ["Refusal", "logged", "refusals"]

_KINDS = ("denial", "answer", "continue", "held")
_ABSENT = ("==", "===", "is", "<", "<=", "eq")
_SUBJECT = re.compile(r"[!(\s]*(?:not\s+)?(?:await\s+)?([A-Za-z_$][\w$]*)")
_MEMBER = re.compile(r"\??\.([A-Za-z_$][\w$]*)\s*\)?$")
_UPPER = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_ACCOUNT = re.compile(
    r"user|account|member|customer|employee|person|patient|student|admin|client|found|row|record|profile|emp|usr"
)
_COUNTS = ("length", "rowCount", "rowcount", "count", "size", "affectedRows")
_COUNTED = re.compile(r"attempt|fail(?:ed|ure)|limit|throttl|(?:^|_)(?:hits?|tries|rate)(?:_|$)|lock_?out")
_REFUSED = re.compile(r"4\d\d")
_LOG = re.compile(
    r"^(?:[\w$]+\.)*(?:log|logger|logging|console)\.(?:debug|info|warn|warning|error|exception|critical|log|event)\("
)
"""Writing to a log of which nothing more is known."""
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
    """Texts and numbers that the answer is made of, and what is said on the way to it."""
    own: bool = False
    """Whether something is said on that way that the function says nowhere else."""

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
        said = _said(context, fid, fact)
        held.marks |= said.keys()
        held.own = held.own or any(alone for _, alone in said.values())
        if fact.kind == "answer":
            held.place, held.fid = fact.span, fact.fid
        if held.own:
            held.place = next((place for place, alone in said.values() if alone), held.place)
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
    *outer, last = open_ones
    open_ones = [
        *(one for one in outer if not _about_request(context, one) and not _counts_tries(one)),
        last,
    ]
    text = context.text(last.span)
    judging = [condition for condition in open_ones if _is_judgement(context, condition, judged)]
    if judging:
        refused = _refuses(context, judging[-1])
        return "wrong" if refused and not _is_joined(context, last) else ""
    if len(open_ones) > 1 and not all(_about_account(context, one) for one in open_ones):
        return ""
    subject = _SUBJECT.match(text)
    if subject is None or not _about_account(context, last) or _asks_member(text[subject.end() :]):
        return ""
    name = re.compile(rf"(?<![\w.$]){re.escape(subject[1])}(?![\w$])")
    absent = _is_absent(context, last)
    if not absent:
        return "known"
    stored = any(atom.kind == "stored" for atom in last.atoms)
    return "unknown" if stored or any(name.search(one) for one in judged) else ""


def _asks_member(rest: str) -> bool:
    """`user.is_active`: what is asked of an account that is there."""
    member = _MEMBER.match(rest)
    return member is not None and member[1] not in _COUNTS


def _said(context: Context, fid: str, fact: Fact) -> dict[str, tuple[Span, bool]]:
    """Sentences between the test and the answer, as those that a page shows next (`flash("...")`): where each is
    said, and whether there alone."""
    last = fact.conditions[-1]
    if not fid == fact.fid == last.fid or last.span.path != fact.span.path:
        return {}
    start, end = last.span.end, fact.span.start
    if any(
        start <= other.span.start < end and _parts(other, last) for other in context.matrix.events.of(fid)
    ):
        return {}
    hidden = logged(context, fid)
    sentences = [
        instr
        for instr in context.view.linker.code(fid)
        if instr.op == Op.CONST
        and isinstance(instr.value, str)
        and " " in instr.value
        and instr.dst not in hidden
    ]
    elsewhere = {str(instr.value) for instr in sentences if not start <= instr.start < end}
    return {
        str(i.value): (context.view.span(fid, i.start, i.end), i.value not in elsewhere)
        for i in sentences
        if start <= i.start < end
    }


def _parts(other: Fact, condition: Condition) -> bool:
    """Whether something happens where the test has the other outcome."""
    return any(c.value == condition.value and c.holds != condition.holds for c in other.conditions)


def _about_request(context: Context, condition: Condition) -> bool:
    """`request.method == "POST"`, `form.is_valid()`: what whoever asks has in hand."""
    asked = all(atom.kind in ("input", "parameter") for atom in condition.atoms)
    return asked and not _about_account(context, condition)


def _counts_tries(condition: Condition) -> bool:
    """Whether a test asks how often something was tried: `if (!(await allow(key, 10)))`."""
    stored = [atom for atom in condition.atoms if atom.kind == "stored"]
    return bool(stored) and all(_COUNTED.search(words(atom.name)) for atom in stored)


def logged(context: Context, fid: str) -> frozenset[int]:
    """Values that a log gets, and what they are put together from: those who ask do not read it."""
    program, refs = context.values.program, context.view.linker.refs[fid]
    definitions = context.view.definitions(fid)
    pending = [
        value
        for instr in context.view.linker.code(fid)
        if instr.op == Op.CALL
        and (
            any(isinstance(row.concept, LogWrite) for row in program.rows(refs[instr.args[0]]))
            or _LOG.search(context.text(context.view.span(fid, instr.start, instr.end)))
        )
        for value in instr.args[1:]
    ]
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        made = definitions.get(value)
        if value not in seen and made is not None:
            seen.add(value)
            pending.extend(made.args if made.op in (Op.JOIN, Op.BINARY, Op.COLLECT) else ())
    return frozenset(seen)


def _is_judgement(context: Context, condition: Condition, judged: Iterable[str]) -> bool:
    if any(atom.kind == "verified" for atom in condition.atoms):
        return True
    texts = (context.text(condition.span), *_held(context, condition))
    return any(one in text for one in judged for text in texts)


def _held(context: Context, condition: Condition) -> Iterator[str]:
    """Texts of what the variable was given that a test asks for: `name = log_in(name, password)`, `if not name`."""
    instr = context.view.definitions(condition.fid).get(condition.value)
    if instr is not None and instr.op in (Op.UNARY, Op.COMPARE):
        instr = context.view.definitions(condition.fid).get(instr.args[0])
    if instr is None or instr.op != Op.LOAD:
        return
    for value in context.matrix.origins.stores(condition.fid, instr):
        made = context.view.definitions(condition.fid).get(value)
        if made is not None and made.op in (Op.CALL, Op.AWAIT):
            yield context.text(context.view.span(condition.fid, made.start, made.end))


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
    if _counts_tries(condition):
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
