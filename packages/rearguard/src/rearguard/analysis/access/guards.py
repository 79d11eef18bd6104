"""Guards by what they do: requests are refused unless the caller is known, allowed, or the owner."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rearguard.analysis.access import marks
from rearguard.analysis.access.atoms import UNVERIFIED, Atom, normal
from rearguard.analysis.access.attributes import admits_all
from rearguard.analysis.access.events import Condition, Fact
from rearguard.analysis.access.grounds import asks_elsewhere
from rearguard.analysis.access.guard_arguments import given, is_given
from rearguard.analysis.access.header_keys import (
    EQUAL,
    compares_header,
    compares_key,
    compares_mac,
    compares_secret,
    is_of_transport,
)
from rearguard.analysis.access.methods import SAME, TEXTUAL
from rearguard.analysis.access.origins import CREDENTIAL_NAME, Origins
from rearguard.analysis.access.presence import BEING_KNOWN, asks_presence, is_chosen, spares_known
from rearguard.analysis.access.principals import (
    ROLE,
    USER_WORDS,
    is_caller,
    is_caller_itself,
    is_credential,
    is_open,
    is_rank_within,
    is_shown,
    within,
)
from rearguard.analysis.access.ranks import Asked, asked
from rearguard.analysis.access.requests import applies, is_url, of_method
from rearguard.analysis.access.site_tokens import of_the_site
from rearguard.analysis.access.standing import is_role
from rearguard.analysis.access.tests import asks_above
from rearguard.link import Kind, function_id
from rearguard.models.concepts import Exemption, Guard
from rearguard.models.routing import Endpoint, Link
from rearguard.program import Op, Span

_HARMLESS = re.compile(
    r"json|urlencoded|body_?-?parser|\bcors\b|helmet|morgan|log(?:ger|ging)?\b|winston|pino|static|compress|"
    r"rate_?limit|limiter|throttle|slow_?down|cookie_?parser|multer|upload|validat|celebrate|cache|timeout|favicon|"
    r"i18n|swagger|serve|metrics?|trac(?:e|ing)|request_?id|response_?time|get_db|get_session|database|passport\."
    r"(?:initialize|session)|express\.(?:text|raw|query)|nocache|hpp|sanitiz|flash|connect_?mongo|session\(|GZip|"
    r"TrustedHost|HTTPSRedirect|CORSMiddleware|OAuth2PasswordRequestForm|etag|method_?override|error|not_?found|"
    r"\.(?:response|doc|marshal_with|marshal_list_with|produces|param|deprecated)\(|transaction|session|locale|minify|webpack|vite|proxy|header|settings|config|pagina|csrf|csurf|schema|template|jinja",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"blocked|banned|deny_?list|black_?list|exceed|too_?many|throttl|rate_?limit|over_?limit|flood|spam",
    re.IGNORECASE,
)
"""Words before a credential, and the empty text: comparing with them verifies nothing."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_BROWSER = re.compile(r"xss|csrf|csp\b|hsts|nosniff|xframe|frameguard|contentSecurity|lusca", re.IGNORECASE)
_STRICT = re.compile(
    r"auth(?!or\b)|protect|guard|jwt|require|ensure|acl|polic|permission|permit|verif|private|allows|only|restrict|must|"
    r"is_?(?:admin|logged|owner|staff)|(?:log|sign)ged_?in|admin|current_?user|role",
    re.IGNORECASE,
)
INLINE = "check in the handler"
"""What a guard is called that a handler makes for itself."""
_OPERATORS_MARK = re.compile(r"role|admin|staff|superuser|moderator", re.IGNORECASE)
_LOGIN_NAME = re.compile(r"e?_?mail|user_?name|login|phone|handle", re.IGNORECASE)
_RAISING = re.compile(r"jwt|jose|token|webhook|construct_?event", re.IGNORECASE)
"""Verifications that raise an error, by the names of their libraries."""
_MAY = re.compile(r"(?:can|may)(?:_|[A-Z])")
"""How a function is called that says whether somebody may do something."""


@dataclass(frozen=True, slots=True)
class Check:
    """One guard of an endpoint."""

    kind: str
    """authentication, authorization, ownership, csrf, rate-limit, validation."""
    strength: str
    """required, optional, presence, unknown."""
    name: str
    span: Span
    """Where it refuses, or where a library's guard is named."""
    position: int
    """Index in the facts of the endpoint; -1 for a library's."""
    fact: Fact | None = None
    roles: tuple[str, ...] = ()
    """The roles that it lets through, by their names, where it says so itself."""
    rank: int | None = None
    """How high the lowest of them is, where the program orders its roles."""


# -- of libraries ---------------------------------------------------------------------------------


def library_checks(origins: Origins, link: Link) -> Iterator[Check]:
    """Guards that models know, for one element of a chain."""
    for tables in origins.view.models.families.values():
        for name in link.names:
            for row in tables.values.get(name, ()):
                concept = row.concept
                if isinstance(concept, Guard):
                    strength = _strength(origins, link, concept)
                    kind = "authentication" if _asks_login(origins, link, concept) else concept.kind
                    if concept.roles and is_given(origins, link, concept.roles):
                        kind = "authorization"
                    yield Check(kind, strength, link.label, link.span, -1)
                    return


def exemptions(origins: Origins, link: Link) -> Iterator[str]:
    """Kinds of guards that an element of a chain lifts."""
    for tables in origins.view.models.families.values():
        for name in link.names:
            for row in tables.values.get(name, ()):
                if isinstance(row.concept, Exemption):
                    yield row.concept.kind


def _strength(origins: Origins, link: Link, concept: Guard) -> str:
    if concept.strips_if is not None:
        return "declared" if _strips(origins, link, concept.strips_if) else concept.strength
    if concept.optional_if is None:
        return concept.strength
    selector, constant = concept.optional_if
    constants = given(origins, link, selector)
    return "optional" if any(step is constant for step in constants) else concept.strength


def _strips(origins: Origins, link: Link, option: tuple[str, bool]) -> bool:
    """Whether what no declaration names is taken away, or may be, as options say that were not read."""
    found = origins.resolved(*link.value) if link.value is not None else None
    if found is None or found[1].op not in (Op.CALL, Op.NEW) or len(found[1].args) < 2:
        return False
    options = origins.resolved(found[0], found[1].args[1])
    if options is None or options[1].op != Op.COLLECT or "**" in options[1].keys:
        return True
    name = option[0].rpartition(".")[2]
    given = [value for key, value in zip(options[1].keys, options[1].args, strict=False) if key == name]
    steps = [
        [ref.step for ref in origins.linker.refs[options[0]][value] if ref.kind is Kind.CONST]
        for value in given
    ]
    # What is read from settings may say so too.
    return any(not known or option[1] in known for known in steps)


def _asks_login(origins: Origins, link: Link, concept: Guard) -> bool:
    """Whether what a guard is given says that being logged in is enough."""
    return concept.known_if is not None and given(origins, link, concept.known_if[0]) == [concept.known_if[1]]


def unread(origins: Origins, link: Link) -> bool | None:
    """Whether an element of a chain could not be read: `True` when its name sounds like a guard."""
    if link.functions or any(True for _ in library_checks(origins, link)):
        return None
    if any(True for _ in exemptions(origins, link)):
        return None
    if _BROWSER.search(link.label):
        return None
    strict = _sounds_strict(link.label) and "OAuth2PasswordRequestForm" not in link.label
    if not strict and (_HARMLESS.search(link.label) or any(name.partition(":")[2] for name in link.names)):
        return None
    return strict


def _sounds_strict(label: str) -> bool:
    """Whether an element's own name sounds like a guard, or that of what a wrapper is given.

    `validate(authSchemas.login)` is about the input, whatever its schema is called, `wrap(auth)` may guard.
    """
    named = _QUOTED.sub("", label)
    own = named.partition("(")[0]
    return _STRICT.search(own if _HARMLESS.search(own) else named) is not None


def opaque(origins: Origins, link: Link, functions: Iterable[str]) -> bool:
    """Whether an element that sounds like a guard does what cannot be read, and refuses nobody visibly."""
    if not link.functions or not _sounds_strict(link.label):
        return False
    if link.value is not None:
        made = origins.resolved(*link.value)
        if made is not None and made[1].op == Op.CALL and not origins.linker.refs[made[0]][made[1].args[0]]:
            return True
    for fid in functions:
        for instr in origins.linker.code(fid):
            if instr.op != Op.CALL or origins.linker.refs[fid][instr.args[0]]:
                continue
            callee = origins.view.definitions(fid).get(instr.args[0])
            if callee is None or callee.name in TEXTUAL or callee.name in SAME:
                continue
            if not asks_above(origins, fid, instr):
                return True
    return False


# -- of the project -------------------------------------------------------------------------------


def behaviour_checks(
    facts: Iterable[Fact], label: str, endpoint: Endpoint, origins: Origins, start: int
) -> Iterator[Check]:
    """Refusals among facts that depend on who calls; `start` is the position of the first fact."""
    for position, fact in enumerate(facts):
        if fact.kind == "guard":
            yield Check(fact.what, "required", _name(fact, label), fact.span, start + position)
        strength = _raises(fact) if fact.kind == "verify" else ""
        if strength and any(applies(c, endpoint, origins) == "no" for c in fact.conditions):
            # What a mark of the route lifts verifies nothing there.
            strength = ""
        if strength:
            yield Check("authentication", strength, _name(fact, label), fact.span, start + position, fact)
        if fact.kind != "denial":
            continue
        kind, strength = classify(fact, endpoint, origins)
        of = asked(fact, label, endpoint, origins) if kind == "authorization" else Asked()
        if of.is_lowest:
            # Nobody is below the lowest role: it is enough to have one, be it in what the request names.
            kind = "ownership" if within(fact.conditions[-1].atoms) else "authentication"
        if kind:
            told = (tuple(sorted(of.words)), of.rank)
            yield Check(kind, strength, _name(fact, label), fact.span, start + position, fact, *told)
        if kind == "ownership" and _has_no_owner(fact, endpoint) and _asks_role_too(fact, origins):
            yield Check("authorization", strength, _name(fact, label), fact.span, start + position, fact)


def _raises(fact: Fact) -> str:
    """How firmly a token's verification refuses by the error that it raises; "" where that is caught."""
    if not fact.leaves or not _RAISING.search(fact.what):
        return ""
    if not any(is_shown(atom) for atom in fact.atoms):
        return ""
    asked = (c for c in fact.conditions if not c.settled and any(is_credential(a) for a in c.atoms))
    return "optional" if any(True for _ in asked) else "required"


def _name(fact: Fact, label: str) -> str:
    if label not in ("inline", "?", ""):
        return label
    return INLINE


def classify(fact: Fact, endpoint: Endpoint, origins: Origins) -> tuple[str, str]:
    """What a refusal protects, and how firmly; `("", "")` when it is no guard."""
    asked = of_the_site(fact, endpoint)
    if asked:
        # `if entry.form_token: check(request)`, of a route that is registered without.
        lifted = any(applies(c, endpoint, origins) == "no" for c in fact.conditions if not c.atoms)
        return ("", "") if lifted else ("csrf", asked)
    if fact.status in (401, 403) and fact.conditions:
        last = fact.conditions[-1]
        if _asks_permission(last, origins) or _asks_ability(last, origins):
            return "authorization", "required"
    deciding = [c for c in fact.conditions if any(is_credential(atom) for atom in c.atoms)]
    if fact.status == 401 and any(_is_login(atom) for c in deciding for atom in c.atoms):
        return "", ""
    others = [c for c in fact.conditions if c not in deciding]
    if not deciding:
        return _undecided(fact, endpoint, origins)
    verdicts = [applies(c, endpoint, origins) for c in others]
    if "no" in verdicts:
        return "", ""
    last = deciding[-1]
    if compares_mac(last, origins):
        return "authentication", "optional" if _asks_if_signed(fact.conditions) else "required"
    atoms = [atom for c in deciding for atom in c.atoms]
    proved = [atom for atom in atoms if atom.bound != UNVERIFIED]
    known = any(map(is_caller, proved)) or compares_secret(last, origins)
    verified = any(a.kind == "verified" and is_caller(a) for a in atoms)
    if (fact.status == 500 or last.value < 0) and not (verified or _finds_nobody(fact, last)):
        return "", ""
    if fact.status in (400, 422) and not (
        known
        and fact.conditions[-1] is last
        and (any(a.kind == "verified" or _is_shown_by_key(a) for a in atoms) or compares_key(last, origins))
    ):
        return "", ""
    if fact.status == 404 and last.settled and fact.conditions[-1] is not last:
        # Who calls was asked and answered before; this says that there is no such object.
        return "", ""
    if fact.status == 500 and last.holds and fact.conditions[-1] is not last:
        # Something failed for somebody who was known: `regenerate((err) => { if (err) return next(err) })`.
        return "", ""
    if any(spares_known(c) for c in deciding) and len(deciding) > 1:
        # Whatever else is asked, only strangers are refused.
        return "authentication", "required"
    firm = fact.status != 401 or _weighs_chosen(last)
    if firm and compares_owner(last) and not _asks_settings(last, origins):
        return ("ownership", "required") if known else ("", "")
    if (fact.status == 404 and not _hides(last)) or (last.excludes_owner and _meets_others(last)):
        return "", ""
    if any(any(is_open(a) for a in c.atoms) and not is_url(c, origins) and not c.schema for c in others):
        # Whether it refuses is up to what the client sends.
        return "", ""
    if any(_is_form_verdict(a) for a in last.atoms):
        return "", ""
    strength = "unknown" if "unknown" in verdicts else "required"
    if any(asks_presence(c, origins) for c in deciding):
        # Callers who send no credential at all pass.
        strength = "optional"
    if is_role(last, fact, origins) and not admits_all(last, endpoint, origins):
        if any(compares_owner(c) and not c.settled and not _asks_settings(c, origins) for c in deciding):
            # Its owner passes without the role.
            return "ownership", strength
        return "authorization", strength
    if not known:
        return "authentication", "presence"
    return "authentication", strength


def is_asked_of_senders(check: Check, origins: Origins) -> bool:
    """Whether a signature, or a shared secret, counts where it is sent, and is not asked for."""
    fact = check.fact
    if check.kind != "authentication" or check.strength != "optional" or fact is None:
        return False
    shown = any(compares_mac(c, origins) or compares_secret(c, origins) for c in fact.conditions)
    return shown and _asks_if_signed(fact.conditions)


def _asks_if_signed(conditions: Iterable[Condition]) -> bool:
    """Whether a signature is looked at where one was sent, and nobody is refused who sends none."""
    return any(
        c.presence and c.holds and not c.settled and bool(c.atoms) and all(map(is_shown, c.atoms))
        for c in conditions
    )


def _is_shown_by_key(atom: Atom) -> bool:
    """Whether a record was looked up by a key or token that the caller shows."""
    given = [inner for _, atoms in atom.keys for inner in atoms]
    return (
        atom.kind == "stored"
        and is_caller(atom)
        and any(inner.kind == "credential" and inner.name != "session" for inner in given)
    )


def _finds_nobody(fact: Fact, last: Condition) -> bool:
    """Whether callers are refused where no record is found by the key that they show:
    `try: project = Project.objects.get(api_key=key)`, `except DoesNotExist: return 401`."""
    return fact.status in (401, 403) and any(a.kind == "stored" and is_caller(a) for a in last.atoms)


def is_machine(checks: Iterable[Check], origins: Origins) -> bool:
    """Whether only other services call, known by a secret that both have or a signature made with it."""
    asked = [c for c in checks if c.kind == "authentication" and c.strength in ("required", "unknown")]
    # What is asked for sure decides, beside what could not be read.
    asked = [c for c in asked if c.strength == "required"] or asked
    return bool(asked) and all(
        check.fact is not None and _knows_the_secret(check.fact, origins) for check in asked
    )


def _knows_the_secret(fact: Fact, origins: Origins) -> bool:
    atoms = [atom for condition in fact.conditions for atom in condition.atoms if is_credential(atom)]
    if any(atom.kind in ("principal", "stored") or atom.name == "session" for atom in atoms):
        return False
    signed = any(atom.kind == "verified" and EQUAL.search(atom.name) for atom in atoms)
    return signed or any(
        compares_secret(condition, origins) or compares_mac(condition, origins)
        for condition in fact.conditions
    )


def asks_marks(fact: Fact, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether it is up to what the route is marked with, or called, if somebody is refused."""
    if fact.kind != "denial":
        return False
    if any(marks.applies(c, endpoint, origins) for c in fact.conditions):
        return True
    kept = tuple(c for c in fact.conditions if applies(c, endpoint, origins) != "no")
    # `if name not in OPEN and not request.user.is_authenticated`, for a route that is open.
    return len(kept) < len(fact.conditions) and classify(fact._replace(conditions=kept), endpoint, origins)[
        0
    ] in ("authentication", "authorization")


def lifted_by_mark(fact: Fact, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether strangers are refused but where a route is marked as open, and this one is: `@Public()`."""
    lifted = [c for c in fact.conditions if marks.lifts(c, endpoint, origins)]
    if fact.kind not in ("denial", "verify") or not lifted:
        return False
    kept = fact._replace(conditions=tuple(c for c in fact.conditions if c not in lifted))
    if fact.kind == "verify":
        # `request.user = this.jwt.verify(token)` refuses by the error that it raises.
        return _raises(kept) == "required"
    return classify(kept, endpoint, origins)[0] == "authentication"


def lifted_by_method(fact: Fact, endpoint: Endpoint, origins: Origins) -> bool:
    """Whether strangers are refused but for this method, as a permission says that lets everyone read."""
    lifted = [c for c in fact.conditions if of_method(c, endpoint, origins) == "no"]
    if fact.kind != "denial" or not lifted:
        return False
    kept = fact._replace(conditions=tuple(c for c in fact.conditions if c not in lifted))
    return classify(kept, endpoint, origins)[0] in ("authentication", "authorization")


def _undecided(fact: Fact, endpoint: Endpoint, origins: Origins) -> tuple[str, str]:
    """A refusal for a wrong signature, or with 401 or 403 on grounds that cannot be read, as of a plug-in."""
    if fact.status == 401 and asks_elsewhere(fact.conditions[-1:], endpoint, origins):
        return "authentication", "unknown"
    if any(compares_mac(condition, origins) for condition in fact.conditions):
        return "authentication", "optional" if _asks_if_signed(fact.conditions) else "required"
    if fact.status in (400, 404) and any(compares_key(condition, origins) for condition in fact.conditions):
        return "authentication", "required"
    if fact.status not in (401, 403) or not fact.conditions:
        return "", ""
    if any(compares_header(condition, origins) for condition in fact.conditions):
        return "authentication", "required"
    if any(is_open(atom) or atom.kind == "verified" for c in fact.conditions for atom in c.atoms):
        return "", ""
    looked = [atom for atom in fact.conditions[-1].atoms if atom.kind == "input"]
    if looked and all(map(is_of_transport, looked)):
        # How the request is made says nothing of who makes it.
        return "", ""
    if any(c.schema or applies(c, endpoint, origins) == "no" for c in fact.conditions):
        return "", ""
    if _names_the_refused(fact.conditions[-1], origins):
        return "", ""
    return ("authentication" if fact.status == 401 else "authorization"), "unknown"


def _names_the_refused(condition: Condition, origins: Origins) -> bool:
    """Everyone is let in but those on a list, or who come too often: `if (isBlocked(ip)) refuse()`."""
    definitions = origins.view.definitions(condition.fid)
    instr = definitions.get(condition.value)
    callee = definitions.get(instr.args[0]) if instr is not None and instr.op == Op.CALL else None
    return condition.holds and callee is not None and _REFUSED.search(callee.name) is not None


def _is_login(atom: Atom) -> bool:
    """An account that the form names, among those of the caller's tenant: that is who wants to log in."""
    return (
        atom.kind == "stored"
        and normal(atom.name) in USER_WORDS
        and any(
            is_open(given) and _LOGIN_NAME.search(" ".join((name, *given.path[-1:])))
            for name, atoms in atom.keys
            for given in atoms
        )
    )


def _is_form_verdict(atom: Atom) -> bool:
    """The verdict on a password or code that came with the request: wrong ones say nothing of access."""
    return atom.kind == "verified" and not is_caller(atom)


def _asks_settings(condition: Condition, origins: Origins) -> bool:
    """Whether somebody is set against what no request reaches: `user.id in settings.ADMINS`."""
    instr = origins.view.definitions(condition.fid).get(condition.value)
    if instr is None or instr.op != Op.COMPARE:
        return False
    sides = [origins.of(condition.fid, value) for value in instr.args]
    if any(any(map(is_caller, side)) and any(map(is_chosen, side)) for side in sides):
        # What was found was set against the caller before: `others.length > 0`.
        return False
    return any(sides) and not all(sides)


def compares_owner(condition: Condition) -> bool:
    """Whether a stored object, or an identifier from the request, is set against the caller."""
    if (
        condition.value < 0
        or condition.excludes_owner
        or not any(is_caller(atom) for atom in condition.atoms)
    ):
        return False
    if not condition.presence and is_rank_within(condition.atoms):
        return False
    if condition.presence and not any(is_chosen(atom) for atom in condition.atoms):
        # Whether there is a record for what the caller sent: that asks who it is.
        return False
    return _meets_others(condition)


def _hides(condition: Condition) -> bool:
    """Whether a 404 says that there is no such page for those who are no operators: `if (!user.isStaff)`."""
    # `!user || !user.staff`: whether anybody is there, and what that is.
    asked = [atom.path[-1] for atom in condition.atoms if atom.path]
    return (
        all(map(is_caller_itself, condition.atoms))
        and bool(asked)
        and all(_OPERATORS_MARK.search(name) or BEING_KNOWN.fullmatch(name) for name in asked)
        and any(map(_OPERATORS_MARK.search, asked))
    )


def _weighs_chosen(condition: Condition) -> bool:
    """Whether the caller and what the request names are looked at together: `canView(user, params.id)`."""
    named = (a for a in condition.atoms if is_open(a))
    return any(not CREDENTIAL_NAME.search(".".join(atom.path)) for atom in named)


def _meets_others(condition: Condition) -> bool:
    """Whether a test looks at a stored object that is not the caller's record, or at input."""
    stored = any(
        a.kind == "stored" and not is_caller_itself(a) and not _is_shown_by_key(a) for a in condition.atoms
    )
    return stored or any(is_open(a) for a in condition.atoms)


def _asks_permission(condition: Condition, origins: Origins) -> bool:
    """`if (!hasPermission(user, "issue::update"))`, whatever the function makes of the two."""
    definitions = origins.view.definitions(condition.fid)
    instr = definitions.get(condition.value)
    if instr is not None and instr.op == Op.AWAIT:
        instr = definitions.get(instr.args[0])
    callee = definitions.get(instr.args[0]) if instr is not None and instr.op == Op.CALL else None
    if instr is None or callee is None or condition.holds:
        return False
    given = [atom for value in instr.args[1:] for atom in origins.of(condition.fid, value)]
    if not any(is_caller(atom) for atom in given):
        return False
    if _MAY.match(callee.name):
        return not any(is_open(atom) for atom in condition.atoms)
    return len(instr.args) > 2 and ROLE.search(callee.name) is not None


def _has_no_owner(fact: Fact, endpoint: Endpoint) -> bool:
    """Whether the owner is told by a part of the path that this route does not have, so that nobody is."""
    chosen = [atom for atom in fact.conditions[-1].atoms if is_open(atom)]
    return bool(chosen) and all(
        atom.name == "path" and atom.path and not re.search(rf"\b{re.escape(atom.path[0])}\b", endpoint.path)
        for atom in chosen
    )


def _asks_role_too(fact: Fact, origins: Origins) -> bool:
    """Whether others than the owner pass by their role: `if (!allowed && params.id !== user.id) refuse()`."""
    return any(
        any(is_caller(atom) for atom in c.atoms)
        and not compares_owner(c)
        and not asks_presence(c, origins)
        and is_role(c, fact, origins)
        for c in fact.conditions
    )


def _asks_ability(condition: Condition, origins: Origins) -> bool:
    """`if (ability.cannot("edit", page))`, of one ability or of some: whose it is was settled before."""
    definitions = origins.view.definitions(condition.fid)
    instr, fid = definitions.get(condition.value), condition.fid
    callee = definitions.get(instr.args[0]) if instr is not None and instr.op == Op.CALL else None
    if instr is None or callee is None or callee.op != Op.ATTR or len(instr.args) < 2:
        return False
    if callee.name in ("some", "every") and condition.holds == (callee.name == "some"):
        made = definitions.get(instr.args[1])
        if made is None or made.op != Op.FUNC:
            return False
        fid = function_id(origins.linker.module_of[fid], made.name)
        inner = (origins.view.definitions(fid).get(value) for value in origins.returned(fid))
        return any(
            i is not None
            and i.op == Op.CALL
            and origins.view.definitions(fid)[i.args[0]].name == ("cannot" if condition.holds else "can")
            for i in inner
        )
    return len(instr.args) > 2 and callee.name == ("cannot" if condition.holds else "can")
