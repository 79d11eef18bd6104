"""No account may come with a password that everybody knows."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft
from rearguard.checks.credential import Credential
from rearguard.checks.credentials import credentials
from rearguard.checks.guessable import is_known
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import AccountCreation, PasswordHash
from rearguard.program import Op, instructions

_CALLERS = 3
_HASH_HELD = re.compile(r"(\w+)\s*=\s*(?:await\s+)?[\w.]*(?:hash|make|generate)\w*\(", re.IGNORECASE)
_TEST_DATA = re.compile(r"(?:^|_)(?:tests?|demo|dummy|fake|mock|samples?)(?:_|$)")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for found in credentials(context):
        if (
            found.kind == "account"
            and not _is_test_data(context, found.fid)
            and not _is_decoy(context, found)
        ):
            yield _draft(context, rule, found)
    seen: set[tuple[str, int]] = set()
    for fid, value in _given(context):
        if (fid, value) in seen or _is_test_data(context, fid) or context.in_browser(fid):
            continue
        seen.add((fid, value))
        if is_known(context, fid, value):
            yield _made_up(context, rule, fid, value)


def _is_decoy(context: Context, found: Credential) -> bool:
    """Whether the hash is kept to be compared with where there is no account, so that a login takes as long."""
    source = context.sources.get(found.place.path)
    line = source.line_text(source.line_of(found.place.start)) if source is not None else ""
    held = _HASH_HELD.search(line)
    if source is None or held is None:
        return False
    compared = rf"(?:verify|compare|check)\w*\([^;]{{0,200}}\b{held[1]}\b".encode()
    return re.search(compared, source.text, re.IGNORECASE) is not None


def _given(context: Context) -> Iterator[tuple[str, int]]:
    """What passwords of accounts are made of: what is hashed, or given to what makes accounts; of what callers hand
    in, theirs."""
    hashed = [value for use in context.uses.of(PasswordHash) for value in use.selected]
    for given in (*hashed, *(value for use in context.uses.of(AccountCreation) for value in use.selected)):
        pending = [(given.fid, given.value, 0)]
        while pending:
            fid, value, depth = pending.pop()
            handed = [
                place
                for name in context.naming.parameters(fid, value)
                for place in context.naming.given(fid, name)
            ]
            if handed and depth < _CALLERS:
                pending.extend((home, one, depth + 1) for home, one in handed)
            elif context.view.linker.functions[fid].kind not in ("module", "class"):
                yield fid, value


def _made_up(context: Context, rule: Rule, fid: str, value: int) -> Draft:
    found = context.matrix.origins.resolved(fid, value)
    home, number = (found[0], found[1].dst) if found is not None else (fid, value)
    return told(
        rule.narrowed(1392),
        context.matrix.origins.span(home, context.view.definitions(home)[number]),
        "The password of a new account is made of what others know.",
        why="Whoever has one such account, or has seen the code, works the others out: names, addresses and years are no "
        "secrets, and most people never change what they were given.",
        advice="Send a link by which its owner chooses a password, or make one by chance (`secrets.token_urlsafe(16)`, "
        "`crypto.randomBytes(16)`), show it once and demand a new one at the first login.",
        step="made here",
        before=(),
        certain=False,
        reason="every part of it is written out, a date, or a field of the account",
        subject="initial password",
        endpoint=context.first_endpoint(fid),
        verification=(
            Request("Make two accounts and compare their passwords.", "", "They have nothing in common."),
        ),
    )


def _is_test_data(context: Context, fid: str) -> bool:
    """Whether a function that says that it makes data for tests runs only when somebody asks for that: it is called
    by registered commands, or by nobody; not by a start of the application and not for a request.
    """
    if not fid or not _TEST_DATA.search(words(fid.rpartition("::")[2].rpartition(".")[2])):
        return False
    callers: dict[str, list[str]] = {}
    for caller, callees in context.values.graph.items():
        for callee in callees:
            callers.setdefault(callee, []).append(caller)
    functions = context.view.linker.functions
    seen, pending = {fid}, [fid]
    while pending:
        current = pending.pop()
        above = [caller for caller in callers.get(current, ()) if _calls(context, caller, current)]
        starts = not above and (functions[current].kind == "module" or not functions[current].decorators)
        if current in context.reach or (starts and current != fid):
            return False
        pending.extend(caller for caller in above if caller not in seen)
        seen.update(above)
    return True


def _calls(context: Context, caller: str, callee: str) -> bool:
    """Whether a function calls another, and does not merely hold its definition."""
    body = instructions(context.view.linker.functions[caller].body)
    called = (ValueView(context.view, caller, instr.args[0]) for instr in body if instr.op == Op.CALL)
    return any(callee in value.functions for value in called)


def _draft(context: Context, rule: Rule, found: Credential) -> Draft:
    where = "the code" if found.fid else "a file of the project"
    return told(
        rule,
        found.place,
        f"An account is set up with a password that stands in {where}.",
        why="The account is there wherever this is installed, with the password that is known to whoever has seen the "
        "code, and the first thing that attackers try.",
        advice="Make the first account by a command that asks for its password or shows a random one once, and demand "
        "a new one at the first login.",
        step=found.reason,
        certain=found.certain,
        reason=found.reason,
        subject=found.name,
        endpoint=context.first_endpoint(found.fid) if found.fid else None,
        verification=(Request("Log in to a new installation with this password.", "", "401."),),
    )


DEFAULT_CREDENTIALS = PlainCheck(
    id="default-credentials",
    title="An account comes with a known password",
    cwe=798,
    severity=Severity.HIGH,
    asvs=("v5.0.0-6.3.2",),
    find=_find,
    related=(1392, 259, 1393),
)
