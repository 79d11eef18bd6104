"""Answers must not tell whether an account exists."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.logins import logins
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import LogWrite
from rearguard.program import Instr, Op, Step

_UNKNOWN = re.compile(
    r"\b(?:user(?:\s?name)?|account|e-?mail(?: address)?|login|member)\b.{0,30}(?:not (?:found|exist|registered|known)|does ?n[o']t exist|"
    r"unknown|invalid|is wrong|incorrect)|\b(?:no (?:such )?|unknown |invalid |wrong |incorrect )(?:user(?:\s?name)?|account|e-?mail)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"(?:wrong|incorrect|invalid|bad) password|password\b.{0,20}(?:wrong|incorrect|invalid|not match|does ?n[o']t match)",
    re.IGNORECASE,
)
_JUDGES = re.compile(r"login|log_in|sign_?in|auth|cred|verify|check|valid")
_BOTH = re.compile(r"password|credential|combination", re.IGNORECASE)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    found = logins(context)
    looked: set[str] = set()
    for row in by_handler(context.matrix):
        if row.authentication.state == "required":
            continue
        resets = row.public == "password reset"
        if not resets and not found.of(row):
            continue
        reached = found.reached(row)[:8]
        looked.update(reached)
        unknown, wrong = _texts(context, reached)
        if unknown is not None and (wrong is not None or resets):
            yield _draft(context, rule, row, unknown, wrong)
    for row in by_handler(context.matrix):
        # Who compares names and passwords for others says it in one place, whatever they are compared with.
        for fid in found.reached(row):
            if fid not in looked:
                looked.add(fid)
                unknown, wrong = _texts(context, (fid,))
                judges = _JUDGES.search(words(fid.rpartition(".")[2])) is not None
                if unknown is not None and wrong is not None and judges:
                    yield _draft(context, rule, row, unknown, wrong)


def _texts(
    context: Context, fids: Iterable[str]
) -> tuple[tuple[str, Instr] | None, tuple[str, Instr] | None]:
    """What those hear who name no account, and those who know one and no password."""
    unknown = wrong = None
    for fid in fids:
        logged = _logged(context, fid)
        for instr in context.view.linker.code(fid):
            if instr.op != Op.CONST or not isinstance(instr.value, str) or not 8 < len(instr.value) < 120:
                continue
            if instr.dst in logged:
                continue
            if _WRONG.search(instr.value) and not _UNKNOWN.search(instr.value):
                wrong = wrong or (fid, instr)
            elif _UNKNOWN.search(instr.value) and not _BOTH.search(instr.value):
                unknown = unknown or (fid, instr)
    return unknown, wrong


def _logged(context: Context, fid: str) -> frozenset[int]:
    """Values that a log gets, and what they are put together from: those who ask do not read it."""
    program, refs = context.values.program, context.view.linker.refs[fid]
    definitions = context.view.definitions(fid)
    pending = [
        value
        for instr in context.view.linker.code(fid)
        if instr.op == Op.CALL
        and any(isinstance(row.concept, LogWrite) for row in program.rows(refs[instr.args[0]]))
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


def _draft(
    context: Context, rule: Rule, row: Row, unknown: tuple[str, Instr], wrong: tuple[str, Instr] | None
) -> Draft:
    endpoint = endpoint_of(context, row)
    place = context.view.span(unknown[0], unknown[1].start, unknown[1].end)
    before: tuple[Step, ...] = ()
    if wrong is not None:
        other = context.view.span(wrong[0], wrong[1].start, wrong[1].end)
        before = (Step(other, "what those hear who know an account", "note"),)
    return told(
        rule,
        place,
        f"{endpoint.name} tells whether an account exists.",
        why="Lists of accounts are what attacks on passwords begin with, and that somebody has an account may be a secret "
        "of its own.",
        advice="Answer the same in both cases, with the same status and after the same work: hash a password even when there is "
        "no account. A reset says that a mail was sent if the account exists.",
        step="what those hear who do not",
        before=before,
        certain=True,
        reason="the two texts differ" if wrong is not None else "the text says it",
        subject=endpoint.name,
        endpoint=endpoint,
        verification=(
            Request(
                "Ask with an account that exists and with one that does not.",
                request(endpoint),
                "The same answer.",
            ),
        ),
    )


USER_ENUMERATION = PlainCheck(
    id="user-enumeration",
    title="Answers tell whether an account exists",
    cwe=204,
    severity=Severity.LOW,
    asvs=("v5.0.0-6.3.8",),
    find=_find,
    related=(203,),
)
