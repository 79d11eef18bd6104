"""Tokens count only when their signature was verified, by an algorithm of the service's choice."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access.resources import access_at, normal
from rearguard.analysis.identity import words
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.token_kinds import Taken, taken_for_any
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import TokenDecode, TokenVerify, Verification
from rearguard.program import Instr, Op, Step

MAX_KINDS = 3
"""Kinds of tokens that a finding names."""
_WHY = "Whoever writes such a token writes into it who they are: any account, an administrator's too."
_ADVICE = (
    'Verify the signature with the key of the issuer, name the algorithms that are accepted (`algorithms=["HS256"]`), and '
    "use nothing of a token before that."
)
_WHO = re.compile(r"role|admin|scope|perm|user|sub$|email|tenant|company|org", re.IGNORECASE)
_SENT = re.compile(r"cookies?\b|headers?\b|authorization", re.IGNORECASE)
_PUBLIC = frozenset(("RS", "ES", "PS", "ED"))
"""Starts of the names of algorithms whose key to verify with is public."""
_HEADER = re.compile(r"header\w*(?:\([^()]*\))?\s*(?:\[|\.)|\[\s*['\"](?:alg|kid)['\"]\s*\]", re.IGNORECASE)
"""What is taken out of a header: `header["alg"]`, and not a setting that is called so."""
_HEADER_READ = re.compile(r"^(?:get_unverified_headers?|decodeProtectedHeader|header)$")
_GRANTED = re.compile(r"role|admin|scope|perm|tenant|company|org|account|owner|team|group|user")
"""Claims that say what somebody may do, or whose data is theirs."""
_MAX_PARTS = 60
_MAX_STEPS = 12
"""Steps back from an algorithm to where it was read."""


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for taken in taken_for_any(context):
        yield _any_kind(context, rule, taken)
    verified = {use.fid for use in context.uses.of(TokenVerify) if not _problem(use)}
    judged: set[str] = set()
    for use in context.uses.of(Verification):
        problem = _problem(use)
        around = use.fid in verified and not _is_given_back(context, use)
        peeks = problem and problem[0].startswith("A token is read") and _finds_key(context, use)
        if problem and not peeks and not (problem[0].startswith("A token is read") and around):
            yield _draft(context, rule, use, *problem, certain=True)
            judged.add(use.fid)
    for read in context.uses.of(TokenDecode):
        past = read.fid in verified and _is_given_back(context, read)
        if (read.fid in verified and not past) or _callers_verify(context, read.fid, verified):
            continue
        if read.fid in judged and not _is_given_back(context, read):
            # What its header says goes into a verification, which is told.
            continue
        trust = _from_client(context, read) or ("parameter" if past else "")
        if trust:
            text = "A token is read without verifying its signature."
            yield _draft(context, rule, read, text, "only decoded here", certain=trust == "input")
            continue
        for home, call in _trusting(context, read, verified):
            text = "A token that is only decoded decides what the caller may do."
            yield _draft(context, rule, read, text, "trusted here", False, (home, call))


def _any_kind(context: Context, rule: Rule, taken: Taken) -> Draft:
    kinds = ", ".join(f"`{kind}`" for kind in taken.kinds[:MAX_KINDS])
    return told(
        rule.narrowed(287),
        taken.place,
        f"A token of any kind is taken for a login here: `{taken.claim}` is not asked, and one key also signs {kinds}.",
        why="Tokens in mails and links are seen by more people and places than those of a login, and live by other rules. Whoever "
        "has one sends it in place of the latter, and is that person.",
        advice=f"Compare `{taken.claim}` with the one kind that is meant, wherever a token is verified; or sign each kind with a "
        "key or audience of its own.",
        step=f"verified, and taken without a look at `{taken.claim}`",
        before=(Step(taken.made, "tokens of several kinds are made here", "note"),),
        certain=False,
        reason="nothing between the verification and the endpoints reads the claim",
        subject=taken.claim,
        endpoint=context.first_endpoint(taken.fid),
        severity=Severity.HIGH,
        verification=(Request(f"Send a token of kind {kinds} as the token of a login.", "", "401."),),
    )


def _finds_key(context: Context, use: Use[Verification]) -> bool:
    """Whether of what is read without verification only the issuer is used, to find the key that verifies it."""
    definitions = context.view.definitions(use.fid)
    stores = context.view.linker.contents(use.fid).stores
    kept = {name for name, held in stores.items() if any(one.args[0] == use.instr.dst for one in held)}
    read: set[object] = set()
    for instr in context.view.linker.code(use.fid):
        held = definitions.get(instr.args[0]) if instr.args else None
        is_it = held is not None and (held.dst == use.instr.dst or (held.op == Op.LOAD and held.name in kept))
        if instr.op == Op.STORE or (instr.op == Op.LOAD and instr.name in kept):
            continue
        if is_it and instr.op == Op.ITEM and len(instr.args) > 1:
            read.add(context.matrix.origins.constant(use.fid, instr.args[1]))
        elif is_it and instr.op == Op.ATTR and instr.name == "get":
            read.update(
                context.matrix.origins.constant(use.fid, call.args[1])
                for call in context.destinations.users(use.fid).get(instr.dst, ())
                if call.op == Op.CALL and len(call.args) > 1
            )
        elif any(
            number == use.instr.dst
            or ((one := definitions.get(number)) is not None and one.op == Op.LOAD and one.name in kept)
            for number in instr.args
        ):
            return False
    return bool(read) and read <= _CHOOSING


_CHOOSING = frozenset(("iss", "kid", "alg", "typ"))
"""Claims that say whose key verifies a token."""


def _problem(use: Use[Verification] | Use[TokenVerify]) -> tuple[str, str] | None:
    """What is wrong with how tokens are verified: in a sentence, and in a few words."""
    concept = use.concept
    for selector, constant in concept.off:
        if option_of(use, selector).is_const(constant):
            return "A token is read with the verification of its signature switched off.", "switched off here"
    if not concept.algorithms:
        return None
    given = option_of(use, concept.algorithms)
    if given.value is not None:
        texts = [element.text or "" for element in given.value.elements()] or [given.value.text or ""]
        if any(text.lower() == "none" for text in texts):
            return (
                "Tokens without any signature are accepted: the algorithm `none` is allowed.",
                "`none` is allowed",
            )
        families = {text[:2].upper() for text in texts}
        if "HS" in families and families & _PUBLIC and not _is_chosen(use):
            return (
                "One key verifies tokens signed with a shared secret and with a private key.",
                "both kinds of algorithms are allowed",
            )
        name = given.value.source_text
        said = _HEADER.search(name) or any(map(_is_header, given.value.elements()))
        if said and not any(texts):
            return (
                "The token itself chooses the algorithm by which it is verified.",
                "taken from the token's header",
            )
    elif concept.needs_algorithms and given.is_absent:
        return "The token itself chooses the algorithm by which it is verified.", "no algorithms are named"
    return None


def _is_header(value: ValueView) -> bool:
    """Whether a value is taken out of what reads a token's header: `get_unverified_header(token)["alg"]`."""
    definitions = value.view.definitions(value.fid)
    stores = value.view.linker.contents(value.fid).stores
    pending = [value.value]
    for _ in range(_MAX_STEPS):
        made = definitions.get(pending.pop()) if pending else None
        if made is None:
            continue
        if made.op in (Op.ATTR, Op.CALL) and _HEADER_READ.search(_called(definitions, made)):
            return True
        if made.op == Op.LOAD:
            pending.extend(store.args[0] for store in stores.get(made.name, ()))
        elif made.op in (Op.ATTR, Op.ITEM, Op.CALL, Op.AWAIT):
            pending.append(made.args[0])
    return False


def _called(definitions: dict[int, Instr], made: Instr) -> str:
    """The name of a member, or of what is called."""
    callee = definitions.get(made.args[0]) if made.op == Op.CALL else made
    return callee.name if callee is not None else ""


def _is_chosen(use: Use[Verification] | Use[TokenVerify]) -> bool:
    """Whether the key is found by a function, which may look at the algorithm."""
    given = option_of(use, use.concept.key).value if use.concept.key else None
    return given is None or any(ref.kind.name == "FUNCTION" for ref in given.refs)


def _from_client(context: Context, use: Use[TokenDecode]) -> str:
    """`input` when the token comes from a client, `parameter` when callers give it, "" otherwise."""
    given = option_of(use, use.concept.token).value
    if given is None:
        return ""
    kinds = {atom.kind for atom in context.matrix.origins.of(given.fid, given.value)}
    if kinds & {"input", "credential"}:
        return "input"
    decides = "parameter" in kinds and (_decides(context, use) or _finds_account(context, use))
    return "parameter" if decides else ""


def _finds_account(context: Context, use: Use[TokenDecode]) -> bool:
    """Whether an account is looked up by what was read: `People.findOne({ email: decoded.email })`."""
    origins = context.matrix.origins
    for call in context.view.linker.contents(use.fid).calls:
        touch = access_at(origins, use.fid, call)
        if (
            touch is None
            or touch.operation != "read"
            or normal(touch.resource) not in context.matrix.accounts
        ):
            continue
        for member in _parts(context, use.fid, call):
            base = origins.resolved(use.fid, member.args[0])
            if base is not None and base[1].op == Op.AWAIT:
                base = origins.resolved(base[0], base[1].args[0])
            if base == (use.fid, use.instr):
                return True
    return False


def _is_given_back(context: Context, use: Use[TokenDecode] | Use[Verification]) -> bool:
    """Whether the function gives back what it read, past the verification: `if (kid === "old") return payload`."""
    origins = context.matrix.origins
    pending, seen = list(origins.returned(use.fid)), set[int]()
    while pending:
        value = pending.pop()
        found = origins.resolved(use.fid, value) if value not in seen else None
        seen.add(value)
        if found is None or found[0] != use.fid:
            continue
        instr = found[1]
        if instr.dst == use.instr.dst:
            return True
        if instr.op == Op.LOAD:
            # One of two: `token ? decode(token) : null`.
            pending.extend(number for number in origins.stores(use.fid, instr) if number >= 0)
        elif instr.op in (Op.JOIN, Op.LOGIC, Op.AWAIT) or (
            instr.op in (Op.ATTR, Op.ITEM) and (instr.name or instr.value) in ("payload", "claims")
        ):
            pending.extend(instr.args[:1] if instr.op in (Op.ATTR, Op.ITEM) else instr.args)
    return False


def _trusting(context: Context, read: Use[TokenDecode], verified: set[str]) -> Iterator[tuple[str, Instr]]:
    """Calls of a helper that gives back what it decoded, where a client's token decides who the caller is."""
    if not _is_given_back(context, read):
        return
    for home, call in context.naming.calls_of(read.fid):
        if home in verified or context.in_browser(home):
            continue
        kinds = {atom.kind for value in call.args[1:] for atom in context.matrix.origins.of(home, value)}
        sent = kinds & {"input", "credential"} or _SENT.search(
            context.text(context.view.span(home, call.start, call.end))
        )
        if sent and (_asks_who(context, home, call.dst) or _grants(context, home, call.dst)):
            yield home, call


def _grants(context: Context, fid: str, value: int) -> bool:
    """Whether a claim of a token becomes what is stored of somebody: `create({ email, role: invite.role })`."""
    origins = context.matrix.origins
    for call in context.view.linker.contents(fid).calls:
        touch = access_at(origins, fid, call)
        if touch is None or touch.operation not in ("create", "update"):
            continue
        for member in _parts(context, fid, call):
            name = member.name if member.op == Op.ATTR else str(member.value)
            base = origins.resolved(fid, member.args[0])
            if (
                base is not None
                and base == (fid, _made(context, fid, value))
                and _GRANTED.search(words(name))
            ):
                return True
    return False


def _made(context: Context, fid: str, value: int) -> Instr | None:
    found = context.matrix.origins.resolved(fid, value)
    return found[1] if found is not None else None


def _parts(context: Context, fid: str, call: Instr) -> Iterator[Instr]:
    """Members and items among what a call is given, in maps too."""
    pending, seen = list(call.args[1:]), set[int]()
    while pending and len(seen) < _MAX_PARTS:
        number = pending.pop()
        found = context.matrix.origins.resolved(fid, number) if number not in seen else None
        seen.add(number)
        if found is None or found[0] != fid:
            continue
        if found[1].op in (Op.ATTR, Op.ITEM):
            yield found[1]
        elif found[1].op in (Op.COLLECT, Op.JOIN, Op.LOGIC, Op.AWAIT):
            pending.extend(found[1].args)
        elif found[1].op == Op.CALL:
            # `String(claims.email)`
            pending.extend(found[1].args[1:])


def _asks_who(context: Context, fid: str, value: int) -> bool:
    """Whether a claim of a token is compared: `me.role !== "hr"`."""
    definitions = context.view.definitions(fid)
    for compared in context.view.linker.contents(fid).comparisons:
        for number in compared.args:
            member = definitions.get(number)
            if member is None or member.op not in (Op.ATTR, Op.ITEM):
                continue
            base = definitions.get(member.args[0])
            if base is None or not _WHO.search(member.name or str(member.value)):
                continue
            if base.dst == value or (
                base.op == Op.LOAD and value in context.matrix.origins.stores(fid, base)
            ):
                return True
    return False


def _decides(context: Context, use: Use[TokenDecode]) -> bool:
    """Whether what was read says who the caller is, not only when the token ends."""
    names = {end.name.lower() for end in context.destinations.of(use.fid, use.instr.dst)}
    # `claimsFromTicket(ticket)` says it, whatever its variable is called.
    names.add(context.view.function(use.fid).name.rpartition(".")[2].lower())
    wanted = re.compile(r"user|uid|sub|role|admin|scope|email|account|identity|claims?|payload|permission")
    members = {
        user.name.lower() or str(user.value).lower()
        for user in context.view.definitions(use.fid).values()
        if user.op in (Op.ATTR, Op.ITEM)
    }
    return any(wanted.search(name) for name in names) and any(
        re.search(r"user|sub|role|admin|scope|email|permission", member) for member in members
    )


def _callers_verify(context: Context, fid: str, verified: set[str]) -> bool:
    return any(home in verified for home, _ in context.naming.calls_of(fid))


def _draft(
    context: Context,
    rule: Rule,
    use: Use[Verification] | Use[TokenDecode],
    message: str,
    step: str,
    certain: bool,
    at: tuple[str, Instr] | None = None,
) -> Draft:
    fid, instr = at or (use.fid, use.instr)
    return told(
        rule,
        context.view.span(fid, instr.start, instr.end),
        message,
        why=_WHY,
        advice=_ADVICE,
        step=step,
        certain=certain,
        reason="the call says so" if certain else "callers give the token, and none of them verifies it here",
        subject="token",
        before=(Step(use.span, "decoded here, and not verified", "note"),) if at is not None else (),
        endpoint=context.first_endpoint(fid),
        verification=(
            Request(
                "Change a claim of a valid token, leave the signature as it is, and send it.", "", "401."
            ),
        ),
    )


JWT_UNVERIFIED = PlainCheck(
    id="jwt-unverified",
    title="A token is accepted without a verified signature",
    cwe=347,
    severity=Severity.CRITICAL,
    asvs=("v5.0.0-9.1.1", "v5.0.0-9.1.2"),
    find=_find,
    api_top10=("API2:2023",),
    related=(287, 345, 757),
)
