"""Answers must not tell whether an account exists."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.intent import is_one_time
from rearguard.analysis.access.principals import is_open
from rearguard.analysis.identity import is_secret, words
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.logins import asks_who_calls, logins
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.refusals import logged, refusals
from rearguard.checks.told_verdicts import told_verdicts
from rearguard.checks.unique_forms import says_taken
from rearguard.checks.unlimited_messages import sends_message
from rearguard.findings import Endpoint, Request, Rule, Severity
from rearguard.models.concepts import PasswordHash, PasswordVerify, RandomSource
from rearguard.program import Instr, Op, Span, Step

_UNKNOWN = re.compile(
    r"\b(?:user(?:\s?name)?|account|e-?mail(?: address)?|login|member)\b.{0,30}(?:not (?:found|exist|registered|known)|does ?n[o']t exist|"
    r"unknown|invalid|is wrong|incorrect)|\bdo(?:es)? ?n[o']t know (?:this|that|the|your|such an?) (?:user|account|e-?mail|address)|"
    r"\b(?:no (?:such )?|unknown |invalid |wrong |incorrect )(?:user(?:\s?name)?|account|e-?mail)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"(?:wrong|incorrect|invalid|bad) password|password\b.{0,20}(?:wrong|incorrect|invalid|not (?:right|correct|match)|does ?n[o']t match)",
    re.IGNORECASE,
)
_REGISTERS = ("creates an account", "registration")
_TAKEN = re.compile(r"already|taken|exists|in use|registered|has an account|409|duplicate", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:^|_)e?_?mail(?:_address)?$")
_KNOWN_NAME = re.compile(r"mail|user_?name|login|phone|mobile|^name$|user_id|account")
_GETS_BY_ID = re.compile(r"(?:get|find|load|fetch|read)\w*_by_(?:id|pk|uuid)$")
_GETS_BY_NAME = re.compile(r"_by_\w*(?:mail|name|login|phone|mobile)")
_PROOF = re.compile(r"(?:^|_)(?:code|token|otp|pin|key|secret|digest)$")
"""What those send who were mailed something: they are told nothing of others."""
_JUDGES = re.compile(r"login|log_in|sign_?in|auth|cred|verify|check|valid")
_BOTH = re.compile(r"password|credential|combination", re.IGNORECASE)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    drafts = tuple(_by_answers(context, rule))
    yield from drafts
    if not drafts:
        # Where the answers say it, nobody needs a watch.
        yield from _by_time(context, rule)


def _by_time(context: Context, rule: Rule) -> Iterator[Draft]:
    """Logins that hash a password for accounts alone that exist, of a program that otherwise hides which do."""
    found = logins(context)
    told_of: set[str] = set()
    for row in by_handler(context.matrix):
        if asks_who_calls(row) or not found.of(row):
            continue
        for fid in found.reached(row)[:8]:
            unknown = next((one for one in refusals(context, fid) if one.why == "unknown"), None)
            hashing = list(_hashing(context, fid)) if unknown is not None else []
            if unknown is None or not hashing or fid in told_of or unknown.fid != fid:
                continue
            if unknown.place.start < min(hashing):
                told_of.add(fid)
                yield _faster(context, rule, row, unknown.place)


def _hashing(context: Context, fid: str) -> Iterator[int]:
    """Where a function hashes a password slowly, or has it hashed: the places of the calls."""
    for call in context.view.linker.contents(fid).calls:
        inside = logins(context).called(context.matrix.origins.targets(fid, call))[:6]
        if _is_slow(context, fid, call) or any(
            _is_slow(context, home, inner)
            for home in inside
            for inner in context.view.linker.contents(home).calls
        ):
            yield call.start


def _is_slow(context: Context, fid: str, call: Instr) -> bool:
    concepts = context.matrix.origins.concepts(fid, call.dst)
    return any(isinstance(concept, PasswordHash | PasswordVerify) for concept in concepts)


def _faster(context: Context, rule: Rule, row: Row, place: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule.narrowed(208),
        place,
        f"{endpoint.name} answers at once where there is no account, and after a slow hash where there is one.",
        why="A hash made to be slow takes a tenth of a second: whoever measures a few answers knows who has an account, though "
        "the answers say the same.",
        advice="Verify what was sent against a fixed hash when there is no account (`compare(password, account ? account.hash : "
        "NOBODY)`), and refuse both behind it.",
        step="refused before anything is hashed",
        certain=False,
        reason="the refusal stands before the first call that hashes the password",
        subject=endpoint.name,
        endpoint=endpoint,
        verification=(
            Request(
                "Time twenty logins with an account that exists and twenty with one that does not.",
                request(endpoint),
                "The same time.",
            ),
        ),
    )


def _by_answers(context: Context, rule: Rule) -> Iterator[Draft]:
    found = logins(context)
    looked: set[str] = set()
    for row in by_handler(context.matrix):
        if asks_who_calls(row) and not found.asked_before(row):
            continue
        if row.purpose in _REGISTERS:
            yield from _taken(context, rule, row)
            shown = says_taken(context, row)
            if shown is not None:
                reason = "the form is made of accounts, whose address is unique, and its errors are shown"
                yield _told(context, rule, endpoint_of(context, row), shown, None, reason)
        resets = (row.purpose == "password reset" or _sends_code(context, row)) and not _holds_a_token(row)
        if not resets and not found.of(row):
            continue
        reached = found.reached(row)[:8]
        looked.update(reached)
        unknown, wrong = _texts(context, reached)
        if unknown is not None and (_is_one_answer(context, unknown, wrong) or _by_number(row)):
            # What holds both texts is said to everyone; and nobody knows another's number.
            continue
        if unknown is not None and (wrong is not None or resets):
            yield _draft(context, rule, row, unknown, wrong)
            continue
        for fid in reached:
            yield from _told_apart(context, rule, fid, endpoint_of(context, row), resets)
        for fid in row.endpoint.handler.functions if resets else ():
            for service, place in told_verdicts(context, fid):
                if _by_name(context, service):
                    reason = "what the service says of the account decides the answer"
                    yield _told(context, rule, endpoint_of(context, row), place, None, reason)
    for row in by_handler(context.matrix):
        # Who compares names and passwords for others says it in one place, whatever they are compared with.
        for fid in found.reached(row):
            if fid not in looked:
                looked.add(fid)
                unknown, wrong = _texts(context, (fid,))
                judges = _JUDGES.search(words(fid.rpartition(".")[2])) is not None
                if unknown is not None and wrong is not None and judges:
                    yield _draft(context, rule, row, unknown, wrong)
    for fid in found.checks:
        # What a library asks, such as a strategy of a login.
        apart = fid not in looked and fid not in context.reach and not context.in_browser(fid)
        if apart and not _by_id(context, fid):
            drafts = list(_told_apart(context, rule, fid, None, False))
            unknown, wrong = _texts(context, (fid,))
            if (
                not drafts
                and unknown is not None
                and wrong is not None
                and _are_thrown(context, unknown, wrong)
            ):
                # What it throws, a library shows: `throw new Error("No such user")`.
                drafts = [_draft(context, rule, None, unknown, wrong)]
            yield from drafts


def _sends_code(context: Context, row: Row) -> bool:
    """Whether the first step of a login without password sends a code to whom the request names."""
    found = logins(context)
    if found.of(row) or row.purpose in _REGISTERS or row.endpoint.method in ("GET", "HEAD"):
        return False
    reached = found.reached(row)
    made = {use.fid for use in context.uses.of(RandomSource) if use.concept.kind != "clock"}
    return not made.isdisjoint(reached) and sends_message(context, row) is not None


def _told_apart(
    context: Context, rule: Rule, fid: str, endpoint: Endpoint | None, resets: bool
) -> Iterator[Draft]:
    """Refusals that differ: one for who names no account, another for who names one."""
    held = refusals(context, fid)
    unknown = next((one for one in held if one.why == "unknown"), None)
    wrong = [one for one in held if one.why == "wrong"]
    if unknown is None or context.in_browser(fid):
        return
    if wrong and all(unknown.differs(other) for other in wrong):
        yield _told(
            context, rule, endpoint, unknown.place, wrong[0].place, "the two answers differ", wrong[0].status
        )
    elif resets and unknown.status >= 400 and _by_name(context, fid):
        yield _told(context, rule, endpoint, unknown.place, None, "those who name an account are not refused")
    elif resets and unknown.own and _by_name(context, fid):
        yield _told(
            context, rule, endpoint, unknown.place, None, "those who name an account are told otherwise"
        )


def _taken(context: Context, rule: Rule, row: Row) -> Iterator[Draft]:
    """A registration that says of an e-mail address that there is an account: a name that one chooses must be free."""
    for fid in logins(context).reached(row)[:8]:
        for one in refusals(context, fid):
            told = one.status in (0, 200, 400, 409, 422) and any(_TAKEN.search(mark) for mark in one.marks)
            if one.why == "known" and told and _by_address(context, fid):
                yield _told(
                    context,
                    rule,
                    endpoint_of(context, row),
                    one.place,
                    None,
                    "the answer says that the address has an account",
                )


def _looked_up(context: Context, fid: str) -> Iterator[tuple[str, ...]]:
    """Names by which stored objects are looked up."""
    for fact in context.matrix.events.of(fid):
        if fact.touch is not None and fact.touch.operation in ("read", "list") and fact.touch.keys:
            # Who shows a token that was verified is told nothing of others.
            shown = any(atom.kind == "verified" for _, atoms in fact.touch.keys for atom in atoms)
            proved = any(
                atom.path and _PROOF.search(words(atom.path[-1]))
                for _, atoms in fact.touch.keys
                for atom in atoms
            )
            yield () if shown or proved else tuple(words(name) for name, atoms in fact.touch.keys if atoms)


def _by_name(context: Context, fid: str) -> bool:
    """Whether the account is looked up by what others know, and not by a secret."""
    held = list(_looked_up(context, fid))
    return bool(held) and all(
        any(_KNOWN_NAME.search(name) for name in names) and not any(is_secret(name) for name in names)
        for names in held[:1]
    )


def _by_id(context: Context, fid: str) -> bool:
    """Whether the account is looked up by the number that the store gave it, which says who is logged in."""
    held = list(_looked_up(context, fid))
    if not held:
        # Asked of a layer of the project's own: `User.qm.getOneById(inputs.id)`.
        definitions = context.view.definitions(fid)
        calls = [definitions.get(call.args[0]) for call in context.view.linker.contents(fid).calls]
        names = [words(callee.name) for callee in calls if callee is not None]
        return any(map(_GETS_BY_ID.search, names)) and not any(map(_GETS_BY_NAME.search, names))
    return all(names and all(name in ("id", "_id", "pk", "uuid") for name in names) for names in held)


def _by_address(context: Context, fid: str) -> bool:
    return any(names and all(_ADDRESS.search(name) for name in names) for names in _looked_up(context, fid))


def _holds_a_token(row: Row) -> bool:
    """Whether the account is the one that a secret from a mail belongs to: who has that knows the account."""
    touches = row.surface.touches if row.surface is not None else ()
    return any(
        is_one_time(touch) and any(is_open(atom) for _, atoms in touch.keys for atom in atoms)
        for touch in touches
    )


def _texts(
    context: Context, fids: Iterable[str]
) -> tuple[tuple[str, Instr] | None, tuple[str, Instr] | None]:
    """What those hear who name no account, and those who know one and no password."""
    unknown = wrong = None
    for fid in fids:
        hidden = logged(context, fid)
        for instr in context.view.linker.code(fid):
            if instr.op != Op.CONST or not isinstance(instr.value, str) or not 8 < len(instr.value) < 120:
                continue
            if instr.dst in hidden:
                continue
            if _WRONG.search(instr.value) and not _UNKNOWN.search(instr.value):
                wrong = wrong or (fid, instr)
            elif _UNKNOWN.search(instr.value) and not _BOTH.search(instr.value):
                unknown = unknown or (fid, instr)
    return unknown, wrong


def _are_thrown(context: Context, *texts: tuple[str, Instr]) -> bool:
    """Whether each text is that of an error which is thrown where it stands."""
    for fid, instr in texts:
        definitions = context.view.definitions(fid)
        raised = (
            definitions.get(one.args[0])
            for one in context.view.linker.code(fid)
            if one.op == Op.RAISE and one.args
        )
        if not any(made is not None and instr.dst in made.args[1:] for made in raised):
            return False
    return True


def _is_one_answer(context: Context, unknown: tuple[str, Instr], wrong: tuple[str, Instr] | None) -> bool:
    """Whether both texts are parts of one value: `[{"msg": "Invalid username"}, {"msg": "Invalid password"}]`."""
    if wrong is None or unknown[0] != wrong[0]:
        return False
    code = list(context.view.linker.code(unknown[0]))
    first, last = sorted((code.index(unknown[1]), code.index(wrong[1])))
    return all(instr.op in (Op.CONST, Op.COLLECT) for instr in code[first:last])


def _by_number(row: Row) -> bool:
    """Whether every account is looked up by the number that the store gave it."""
    touches = row.surface.touches if row.surface is not None else ()
    keyed = [
        name for touch in touches for name, atoms in touch.keys if any(atom.kind == "input" for atom in atoms)
    ]
    return bool(keyed) and all(name in ("id", "_id", "pk", "uuid") for name in keyed)


def _draft(
    context: Context, rule: Rule, row: Row | None, unknown: tuple[str, Instr], wrong: tuple[str, Instr] | None
) -> Draft:
    place = context.view.span(unknown[0], unknown[1].start, unknown[1].end)
    other = context.view.span(wrong[0], wrong[1].start, wrong[1].end) if wrong is not None else None
    reason = "the two texts differ" if wrong is not None else "the text says it"
    return _told(context, rule, endpoint_of(context, row) if row is not None else None, place, other, reason)


def _told(
    context: Context,
    rule: Rule,
    endpoint: Endpoint | None,
    place: Span,
    other: Span | None,
    reason: str,
    status: int = 0,
) -> Draft:
    name = endpoint.name if endpoint is not None else "This login"
    text = f"what those hear who know an account{f' ({status})' if status else ''}"
    return told(
        rule,
        place,
        f"{name} tells whether an account exists.",
        why="Lists of accounts are what attacks on passwords begin with, and that somebody has an account may be a secret "
        "of its own.",
        advice="Answer the same in both cases, with the same status and after the same work: hash a password even when there is "
        "no account. A reset says that a mail was sent if the account exists, a registration that one is on its way.",
        step="what those hear who do not" if other is not None else "the answer says so",
        before=(Step(other, text, "note"),) if other is not None else (),
        certain=other is not None or "text" in reason,
        reason=reason,
        subject=name,
        endpoint=endpoint,
        verification=(
            Request(
                "Ask with an account that exists and with one that does not.",
                request(endpoint) if endpoint is not None else "",
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
    related=(203, 208),
)
