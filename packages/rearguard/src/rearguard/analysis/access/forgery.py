"""Whether another site can make a browser send a request that counts as its user's."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.cookie_headers import Written, written_cookies
from rearguard.analysis.access.events import Condition, Fact
from rearguard.analysis.access.guards import Check
from rearguard.analysis.access.intent import segments
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.own_checks import OwnCheck, own_check
from rearguard.analysis.access.principals import (
    carriers,
    cookie_names,
    header_names,
    is_caller,
    is_credential,
    is_open,
)
from rearguard.analysis.access.site_tokens import FORGERY
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.access.switches import Switch, switches
from rearguard.analysis.access.types import AccessMatrix, Cell
from rearguard.analysis.settings import Use, Uses
from rearguard.analysis.settings.options import Given, option_of
from rearguard.models.concepts import CredentialRead, FormBodies, Guard, SameSite
from rearguard.models.routing import Endpoint
from rearguard.models.settings_concepts import CookieWrite
from rearguard.models.view import ValueView
from rearguard.program import Op, Span, Step

CHANGES_NOTHING = "it changes nothing"
OWN_LIFTED = "the framework's own check of sessions is switched off"
TOKEN_LEFT_OUT = "its token is looked at only where one is sent"
_CHANGING = ("create", "update", "delete")
_COOKIE = frozenset({"cookie"})
_ASKED_FIRST = frozenset({"PUT", "PATCH", "DELETE"})
"""Methods that browsers send to another site only when that has agreed (Fetch, CORS-preflight)."""
_JSON_ALONE = frozenset({"flask", "fastapi", "express", "fastify"})
"""Frameworks whose declared or parsed JSON bodies must be sent as such, which a form cannot do: others parse
forms alike unless they are told not to."""
_LAX = frozenset(("fastapi", "starlette"))
"""Frameworks whose `set_cookie` says `SameSite=Lax` where it is told nothing."""
_NO_FORM = frozenset({"trpc", "meteor"})
"""Frameworks that answer nothing which a form could send."""
_OWN_CHECK = "check_xsrf_cookie"
"""What handlers may override that are to be asked by other sites."""
_FIELDS = ("QUERY", "MUTATION", "SUBSCRIPTION")
_SESSION = re.compile(
    r"session\(|passport\.session|cookieSession|cookie-session|SessionMiddleware", re.IGNORECASE
)
_ACTION = re.compile(
    r"(?:^|[-_])(?:delete|remove|disable|enable|cancel|approve|reject|transfer|pay|buy|follow|unfollow|like|vote|"
    r"toggle|activate|deactivate|revoke|clear|empty|purge|archive(?!$)|restore|publish|change|update|edit|create|add|"
    r"close|reopen|accept|decline|ban|unban|returned|receive|received|complete|finish|redeem|claim|withdraw|refund|"
    r"release|settle|ship|deliver|dismiss|resolve|mute|unmute|grant|renew|extend|rotate|leave|hand[-_]?over|"
    r"block|unblock|lock|unlock|suspend|snooze|switch|move|advance|escalate|acknowledge|waive|reinstate|promote|demote|assign|unassign|favou?rite|star|pin|unpin|hide|mark)(?=$|[-_]|(?-i:[A-Z]))",
    re.IGNORECASE,
)
_DONE_TO_ONE = re.compile(
    r"(?::\w+|\{[^{}]*\}|<[^<>]*>)/(?:return|archive|confirm|send|resend|join|start|stop|finish|sign|apply|reset|"
    r"use|book|end|terminate|pause|resume|void|abort|check[-_]?(?:in|out))/?$",
    re.IGNORECASE,
)
"""Addresses that say what is done to the object that they name."""
_NAMED_ACTION = re.compile(
    r"(?::|\{|<(?:\w+:)?)(?:action|step|transition|verb|op|operation|decision|new_?(?:status|state))[>}]?/?$",
    re.IGNORECASE,
)
"""Addresses whose last part says, by the client's word, what is done."""
_LOGIN_COOKIE = re.compile(r"sess|(?:^|[_-])s?id(?:$|[_-])|auth|token|jwt|login|user|remember", re.IGNORECASE)
_BY_HAND = frozenset(("own table", "wsgi", "asgi", "http.server", "node", "lambda"))
"""Servers that write cookies as headers."""
_REFRESH = re.compile(r"refresh|remember", re.IGNORECASE)
MAX_NESTED = 4
"""Calls and members through which a test is read for the request's method."""
_TOKEN_RECORD = re.compile(r"token|refresh|session|login", re.IGNORECASE)
_TOKENS = re.compile(r"jwt|bearer|token|api_?key|basic", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Site:
    """What holds for the whole application."""

    same_site: Step | None
    """Where the session's cookie is kept at home."""
    reads_forms: bool
    """Whether bodies of plain forms are parsed."""
    cookies: Mapping[str, Step]
    """Cookies that the program sets and keeps at home wherever it does."""
    sent: frozenset[str]
    """Cookies for logins, as far as their names say, that it sets without keeping them at home."""
    logins: frozenset[str]
    """Cookies for logins that it sets, kept at home or not."""
    switches: Mapping[str, Switch]
    """What its settings say of the frameworks' own checks."""
    shared: frozenset[tuple[str, ...]]
    """Handlers that answer GET and a method that may change something: what they change is the latter's."""

    @classmethod
    def of(cls, uses: Uses, endpoints: Iterable[Endpoint]) -> "Site":
        """Read from the program's settings and routes."""
        unsafe = {e.handler.functions for e in endpoints if e.method not in ("GET", "HEAD", "OPTIONS")}
        frameworks = {endpoint.framework for endpoint in endpoints}
        written = written_cookies(uses) if frameworks & _BY_HAND else ()
        session = next(chain(_kept_home(uses), _sessions_kept_home(uses), _written_home(written)), None)
        reads_forms = any(map(_reads_forms, uses.of(FormBodies)))
        lax = bool(frameworks) and frameworks <= _LAX
        return cls(session, reads_forms, *_cookies(uses, lax, written), switches(uses), frozenset(unsafe))

    def keeps(self, names: frozenset[str]) -> Step | None:
        """Where it is said that none of these cookies is sent along from other sites."""
        if names:
            kept = all(name in self.cookies for name in names)
            return self.cookies[min(names)] if kept else self.same_site
        logins = [name for name in self.cookies if name in self.logins]
        if logins and not self.sent:
            return self.cookies[min(logins)]
        return self.same_site


def _reads_forms(use: Use[FormBodies]) -> bool:
    wanted = use.concept.words
    return not wanted or any(
        re.search(wanted, text, re.IGNORECASE)
        for value in use.selected
        for text in (value.source_text, *(name for ref in value.refs for name in ref.names))
    )


def _kept_home(uses: Uses) -> Iterator[Step]:
    for use in uses.of(SameSite):
        selector = use.concept.path.partition("(")[2]
        value: ValueView | None = use.selected[-1] if use.selected else None
        if selector and use.row.keys:
            found = option_of(use, f"({selector}")
            value = found.value if found.given is Given.YES else None
        if _stays(value.const if value is not None else None):
            yield Step(use.span, "the session's cookie is not sent along from other sites", "guard")


def _stays(text: object) -> bool:
    """Whether that value of SameSite keeps a cookie at home."""
    return text is True or (isinstance(text, str) and text.lower() in ("lax", "strict"))


def _sessions_kept_home(uses: Uses) -> Iterator[Step]:
    for use in uses.of(CookieWrite):
        if not use.concept.session or not use.concept.same_site:
            continue
        given = option_of(use, use.concept.same_site)
        if _stays(given.const) or (given.is_absent and use.concept.same_site_default):
            yield Step(use.span, "the session's cookie is not sent along from other sites", "guard")


def _written_home(written: Iterable[Written]) -> Iterator[Step]:
    """Where a cookie that is written as a header, by a name that is not read, is kept at home as all are that
    may be for logins."""
    nameless = [cookie for cookie in written if not cookie.name]
    if all(cookie.stays for cookie in written if not cookie.name or _LOGIN_COOKIE.search(cookie.name)):
        for cookie in nameless:
            yield Step(cookie.span, "the program's cookies are not sent along from other sites", "guard")


def _cookies(
    uses: Uses, lax: bool, written: Iterable[Written]
) -> tuple[dict[str, Step], frozenset[str], frozenset[str]]:
    """Cookies that the program keeps at home, those for logins that it does not, and all for logins;
    `lax` where the framework keeps at home those of which nothing is said."""
    kept: dict[str, Step] = {}
    sent: set[str] = set()
    logins = {str(option_of(use, "(0|name)").const) for use in uses.of(CredentialRead) if _is_call(use)}
    for use in uses.of(CookieWrite):
        concept = use.concept
        name = option_of(use, concept.name).const if concept.name else None
        if not isinstance(name, str) or (concept.value and option_of(use, concept.value).is_const("", None)):
            continue
        given = option_of(use, concept.same_site) if concept.same_site else None
        logins |= {name} if concept.session else set()
        by_itself = lax or concept.same_site_default
        if given is not None and (_stays(given.const) or (by_itself and given.is_absent)):
            kept.setdefault(name, _at_home(name, use.span))
        else:
            sent.add(name)
    for cookie in (cookie for cookie in written if cookie.name):
        if cookie.stays:
            kept.setdefault(cookie.name, _at_home(cookie.name, cookie.span))
        else:
            sent.add(cookie.name)
    at_home = {name: step for name, step in kept.items() if name not in sent}
    logins |= {name for name in (*kept, *sent) if _LOGIN_COOKIE.search(name)}
    return at_home, frozenset(sent & logins), frozenset(logins)


def _is_call(use: Use[CredentialRead]) -> bool:
    """`get_signed_cookie("name")`: a cookie that is read as what says who calls."""
    return use.instr.op == Op.CALL and len(use.instr.args) > 1


def _at_home(name: str, span: Span) -> Step:
    return Step(span, f'the cookie "{name}" is not sent along from other sites', "guard")


def changes(surface: Surface) -> tuple[Fact, ...]:
    """What the handler changes: stored objects, files, mails."""
    return tuple(fact for fact in surface.facts[surface.handler_start :] if _is_change(fact))


def _is_change(fact: Fact) -> bool:
    if fact.touch is not None:
        return fact.touch.operation in _CHANGING
    return fact.kind == "effect" and fact.what in ("file", "message")


def _credentials(surface: Surface) -> Iterator[Atom]:
    """Everything by which the handling of a request tells who calls."""
    for fact in surface.facts:
        for condition in fact.conditions:
            yield from (atom for atom in condition.atoms if is_credential(atom))
        if fact.touch is not None:
            for _, atoms in (*fact.touch.keys, *fact.touch.written):
                yield from (atom for atom in atoms if is_caller(atom))


def cookies_of(surface: Surface) -> frozenset[str]:
    """Names of the cookies by which callers are known."""
    return frozenset(name for atom in _credentials(surface) for name in cookie_names(atom))


def carried_by(surface: Surface, origins: Origins) -> frozenset[str]:
    """What of the request tells who calls, as far as the handling looks at it: `cookie`, `header`."""
    found: set[str] = set()
    for atom in _credentials(surface):
        held = carriers(atom)
        # One that may come either way is taken from the cookie that the browser adds.
        found |= held if len(held) < 2 else _COOKIE
    for check in surface.checks:
        if check.position < 0 and _restricts(check):
            found |= _library(check, surface, origins)
    return _COOKIE if len(found) > 1 and _takes_either(surface) else frozenset(found)


def _takes_either(surface: Surface) -> bool:
    """Whether one test takes a cookie where no token came: `bearer(request) or request.cookies["token"]`.

    No page sends an `Authorization` header by itself, so none can be meant to go with the cookie; any other
    header may be there to be compared with it.
    """
    for fact in surface.facts:
        for condition in fact.conditions if fact.kind == "denial" else ():
            asked = [atom for atom in condition.atoms if is_credential(atom)]
            carried = frozenset(c for atom in asked for c in carriers(atom))
            names = frozenset(n for atom in asked for n in header_names(atom))
            if len(carried) > 1 and names <= {"authorization", "http_authorization"}:
                return True
    return False


def _library(check: Check, surface: Surface, origins: Origins) -> frozenset[str]:
    for link in surface.endpoint.chain:
        if link.span == check.span:
            for tables in origins.view.models.families.values():
                for row in (row for name in link.names for row in tables.values.get(name, ())):
                    if isinstance(row.concept, Guard) and row.concept.carrier:
                        return frozenset((row.concept.carrier,))
    if _TOKENS.search(check.name):
        return frozenset(("header",))
    return frozenset()


def forgery(surface: Surface, site: Site, origins: Origins) -> Cell:
    """The cell: protected, missing, unneeded, unknown."""
    method, changed = _changing(surface, site, origins)
    if not changed:
        return Cell("unneeded", (), CHANGES_NOTHING)
    if method == "WEBSOCKET":
        return Cell("unneeded", (), "a connection is opened, and no form is sent")
    if method in _ASKED_FIRST:
        return Cell("unneeded", (), f"browsers ask before they send {method} to another site")
    own = own_check(surface, origins, cookies_of(surface))
    if own.state == "lifted" and own.place is not None:
        return Cell("missing", (Step(own.place, "asks for no token", "note"), *_steps(changed)), OWN_LIFTED)
    reads = method in ("GET", "HEAD")
    # A library's guard lets GET pass; one that is written here does not ask for the method.
    guards = [
        check
        for check in surface.checks
        if check.kind == "csrf" and not (reads and _spares_methods(check, origins))
    ]
    # One that is written here says more than a library's, which lets some methods pass.
    guard = max(guards, key=lambda check: (check.strength == "required", check.position >= 0), default=None)
    lifted = "csrf" in surface.exempt
    left_out = guard is not None and guard.strength == "optional"
    if guard is not None and not left_out and (guard.position >= 0 or not (reads or lifted)):
        step = Step(guard.span, f"{guard.name} refuses what other sites send", "guard")
        return Cell("protected", (step,), f"{guard.name} refuses what other sites send")
    unforgeable = _known_otherwise(surface, site, origins, own)
    if unforgeable is not None:
        return unforgeable
    if _renews(surface, changed):
        return Cell("unneeded", (), "it renews a login, and other sites cannot read its answer")
    if own.state == "asks":
        return Cell("protected", (), "the framework refuses what other sites send itself")
    if surface.endpoint.framework in _NO_FORM:
        return Cell("protected", (), "the framework answers nothing that a form can send")
    switch = _switched(surface, site, origins)
    if switch is not None and switch.on:
        return Cell("protected", (), "the framework refuses what other sites send itself")
    if method in _FIELDS and switch is None:
        return Cell("unknown", (), "what the server of the schema takes was not read")
    if reads:
        return Cell("missing", _steps(changed), "it changes data on GET, for which no defence is made")
    kept = site.keeps(cookies_of(surface))
    if kept is not None:
        return Cell("protected", (kept,), kept.text)
    if switch is not None and (site.sent or not site.cookies):
        step = Step(switch.place, "lets what other sites send pass", "note")
        return Cell("missing", (step, *_steps(changed)), OWN_LIFTED)
    if _json_alone(surface, site):
        return Cell("protected", (), "it takes JSON alone, which a form cannot send")
    if guard is not None and left_out:
        step = Step(guard.span, "the token is looked at only where one is sent", "note")
        return Cell("missing", (step,), TOKEN_LEFT_OUT)
    reason = (
        "the check is lifted here" if guard is not None else "nothing tells the own pages from other sites"
    )
    return Cell("missing", _steps(changed), reason)


def _changing(surface: Surface, site: Site, origins: Origins) -> tuple[str, tuple[Fact, ...]]:
    """The method by which data is changed, and the changes that are meant."""
    method = surface.endpoint.method
    changed = tuple(fact for fact in changes(surface) if _depends(fact))
    asked = {asked_method(condition, origins) for fact in changed for condition in fact.conditions}
    if method == "*" and "GET" in asked:
        method = "GET"
    shared = "GET" not in asked and surface.endpoint.handler.functions in site.shared
    if method in ("GET", "HEAD") and (shared or not is_meant(surface, changed)):
        changed = ()
    return method, changed


def _switched(surface: Surface, site: Site, origins: Origins) -> Switch | None:
    """What the framework's settings say of its check, or the class that answers where it says more."""
    endpoint = surface.endpoint
    switch = site.switches.get("graphql" if endpoint.method in _FIELDS else endpoint.framework)
    fid = origins.linker.method(endpoint.handler.cls, _OWN_CHECK) if switch and endpoint.handler.cls else None
    if fid is None or any(instr.op in (Op.CALL, Op.RAISE) for instr in origins.linker.code(fid)):
        return switch
    function = origins.view.function(fid)
    return Switch(False, origins.view.span(fid, function.start, function.name_end))


def _known_otherwise(surface: Surface, site: Site, origins: Origins, own: OwnCheck) -> Cell | None:
    """The cell where callers are known by something that browsers do not add by themselves, or by nothing."""
    if not _rests_on_caller(surface):
        return Cell("unneeded", (), "nothing here rests on who calls")
    carried = carried_by(surface, origins)
    if own.state == "headers":
        carried -= _COOKIE
    elif not carried:
        carried = _assumed(surface, site)
    if "cookie" not in carried:
        if "header" in carried:
            return Cell("unneeded", (), "the caller is known by a header, which other sites cannot set")
        if any(_restricts(check) for check in surface.checks):
            return Cell("unknown", (), "it is not known what of the request says who calls")
        return Cell("unneeded", (), "nothing here rests on who calls")
    if "header" in carried:
        return Cell("unknown", (), "callers are known by a cookie or by a header")
    return None


def _rests_on_caller(surface: Surface) -> bool:
    """Whether somebody is refused, or what the handler does depends on who calls.

    Middleware that looks at the session of every request makes nothing of it.
    """
    if surface.unread or surface.doubts or any(_restricts(check) for check in surface.checks):
        return True
    for fact in surface.facts[surface.handler_start :]:
        pairs = (*fact.touch.keys, *fact.touch.written) if fact.touch is not None else ()
        asked = (condition.atoms for condition in fact.conditions)
        held = (atom for atoms in (fact.atoms, *asked, *(atoms for _, atoms in pairs)) for atom in atoms)
        if fact.kind in ("session", "verify") or any(is_credential(a) or is_caller(a) for a in held):
            return True
    return False


def _depends(fact: Fact) -> bool:
    """Whether a change depends on who calls or on what the request says: what happens anyway is no choice."""
    touch = fact.touch
    if touch is None or (touch.operation == "delete" and not touch.keys):
        return True
    atoms = (atom for _, held in (*touch.keys, *touch.written) for atom in held)
    return any(atom.kind in ("input", "stored", "verified") or is_credential(atom) for atom in atoms)


def _spares_methods(guard: Check, origins: Origins) -> bool:
    """Whether it is up to the request's method if a check that is written here refuses: it lets GET pass."""
    conditions = guard.fact.conditions if guard.fact is not None else ()
    return any(_reads_method(condition, origins) for condition in conditions)


def _reads_method(condition: Condition, origins: Origins) -> bool:
    definitions = origins.view.definitions(condition.fid)
    pending = [(condition.value, 0)]
    while pending:
        value, depth = pending.pop()
        instr = definitions.get(value)
        if instr is None:
            continue
        if instr.op == Op.ATTR and instr.name == "method":
            return True
        if depth < MAX_NESTED:
            pending.extend((argument, depth + 1) for argument in instr.args)
    return False


def asked_method(condition: Condition, origins: Origins) -> str:
    """`GET` where a test asks whether the request's method is that, as handlers of all methods do."""
    definitions = origins.view.definitions(condition.fid)
    instr = definitions.get(condition.value)
    if instr is None or instr.op != Op.COMPARE or instr.name not in ("==", "==="):
        return ""
    sides = [definitions.get(value) for value in instr.args]
    if not any(side is not None and side.op == Op.ATTR and side.name == "method" for side in sides):
        return ""
    named = next(
        (s.value for s in sides if s is not None and s.op == Op.CONST and isinstance(s.value, str)), ""
    )
    return str(named).upper() if condition.holds else ""


def unused_guards(matrix: AccessMatrix) -> Iterator[str]:
    """Functions that refuse requests without a token, in a project that runs none for any route."""
    rows = tuple(matrix)
    if not rows or any(row.csrf.state == "protected" for row in rows):
        return
    origins, events = matrix.origins, matrix.events
    run = {
        fid for row in rows for link in (*row.endpoint.chain, row.endpoint.handler) for fid in link.functions
    }
    for path, text in origins.view.texts.items():
        module = origins.linker.modules.get(path)
        if module is None or b"csrf" not in text.lower():
            continue
        for name in module.functions:
            fid = f"{path}::{name}"
            if "csrf" not in name.lower() or fid in run:
                continue
            for fact in events.of(fid):
                if fact.kind == "denial" and _compares_tokens(fact):
                    yield fid
                    break


def _compares_tokens(fact: Fact) -> bool:
    """Whether a refusal sets a token of the request against one of the session."""
    atoms = [atom for condition in fact.conditions for atom in condition.atoms]
    return any(is_credential(atom) for atom in atoms) and any(
        atom.kind == "input" and FORGERY.search(".".join(atom.path)) for atom in atoms
    )


def is_meant(surface: Surface, changed: tuple[Fact, ...]) -> bool:
    """Whether a GET request is there to change something, and does not merely leave a trace."""
    names = (*segments(surface.endpoint.path), surface.endpoint.handler.label.rpartition(".")[2])
    path = surface.endpoint.path
    if any(map(_ACTION.search, names)) or _DONE_TO_ONE.search(path) or _NAMED_ACTION.search(path):
        return True
    for touch in (fact.touch for fact in changed if fact.touch is not None):
        told = touch.keys if touch.operation == "delete" else touch.written
        if any(is_open(atom) for _, atoms in told for atom in atoms):
            return True
    return False


def _restricts(check: Check) -> bool:
    return check.kind in ("authentication", "authorization", "ownership") and check.strength != "identifies"


def _assumed(surface: Surface, site: Site) -> frozenset[str]:
    """A session in the chain, or a login's cookie, where the handling does not say how it knows callers."""
    if any(_restricts(check) for check in surface.checks):
        if any(_REFRESH.search(name) is None for name in site.sent):
            return frozenset(("cookie",))
        for link in surface.endpoint.chain:
            if _SESSION.search(link.label):
                return frozenset(("cookie",))
    return frozenset()


def _renews(surface: Surface, changed: Iterable[Fact]) -> bool:
    """Whether all that is asked for is a fresh token for an old one, and only such are stored and removed."""
    asked = segments(surface.endpoint.path)[-1:]
    return any(map(_REFRESH.search, asked)) and all(
        fact.touch is not None and _TOKEN_RECORD.search(fact.touch.resource) for fact in changed
    )


def _json_alone(surface: Surface, site: Site) -> bool:
    if surface.endpoint.framework not in _JSON_ALONE:
        return False
    names = {atom.name for fact in surface.facts[surface.handler_start :] for atom in _inputs(fact)}
    if names & {"form", "file", "files"}:
        return False
    if surface.endpoint.framework in ("express", "fastify") and site.reads_forms:
        return False
    return bool(names & {"body", "json"})


def _inputs(fact: Fact) -> Iterator:  # type: ignore[type-arg]
    sets = [condition.atoms for condition in fact.conditions]
    if fact.touch is not None:
        sets.extend(atoms for _, atoms in (*fact.touch.keys, *fact.touch.written))
    sets.append(fact.atoms)
    for atoms in sets:
        yield from (atom for atom in atoms if atom.kind == "input")


def _steps(changed: Iterable[Fact]) -> tuple[Step, ...]:
    verbs = {"create": "creates", "update": "changes", "delete": "removes"}
    steps: dict[object, Step] = {}
    for fact in changed:
        text = "has an effect outside"
        if fact.touch is not None:
            text = f"{verbs[fact.touch.operation]} a stored {fact.touch.resource}"
        steps.setdefault(fact.span, Step(fact.span, text, "sink"))
    return tuple(steps.values())[:2]


__all__ = [
    "CHANGES_NOTHING",
    "OWN_LIFTED",
    "Site",
    "asked_method",
    "carried_by",
    "changes",
    "forgery",
    "is_meant",
    "unused_guards",
]
