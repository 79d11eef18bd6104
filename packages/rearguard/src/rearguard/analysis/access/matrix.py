"""The matrix: one row per endpoint, made of what happens for it and of what the whole project does."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rearguard.analysis.access import columns
from rearguard.analysis.access.accounts import accounts, judged, logging_in, with_passwords
from rearguard.analysis.access.answers import answers
from rearguard.analysis.access.atoms import UNVERIFIED, Atom
from rearguard.analysis.access.claimed import find_claimed
from rearguard.analysis.access.events import Condition, Events, Fact
from rearguard.analysis.access.fields import Fields
from rearguard.analysis.access.forgery import CHANGES_NOTHING, Site, forgery
from rearguard.analysis.access.guards import Check, is_machine
from rearguard.analysis.access.inputs import CHANNELS, used_inputs
from rearguard.analysis.access.intent import (
    MARKED,
    OPENS_SESSION,
    by_password,
    is_capability,
    is_one_time,
    purpose,
    why_public,
)
from rearguard.analysis.access.lost import Lost
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.ownership import Owners, choosing, is_callers_own, limit, restriction
from rearguard.analysis.access.principals import (
    USER_WORDS,
    find_loaded,
    find_principal_fields,
    find_principal_records,
    is_caller,
    is_credential,
)
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.schema_fields import behind_their_address
from rearguard.analysis.access.schemas import Schemas
from rearguard.analysis.access.shared_keys import stands_for_nobody
from rearguard.analysis.access.surface import Surface, Surfaces
from rearguard.analysis.access.tenants import Tenants
from rearguard.analysis.access.types import Access, AccessMatrix, Cell, Row
from rearguard.analysis.values import SourceRead, Values
from rearguard.link import Kind
from rearguard.models.routing import Endpoint
from rearguard.models.view import ModelView
from rearguard.program import Span, Step

_RANK = ("required", "unknown", "optional", "presence")


def build(view: ModelView, endpoints: Sequence[Endpoint], values: Values) -> AccessMatrix:
    """The access matrix of a program whose values were analysed."""
    endpoints = tuple(behind_their_address(endpoints))
    origins = Origins(view, values)
    origins.answering.update(_answering(view, endpoints))
    origins.sent.update(_sent(view, endpoints))
    origins.own_requests = frozenset(_own_requests(view, endpoints))
    origins.listed = frozenset(fid for e in endpoints if e.entry is not None for fid in e.handler.functions)
    schemas, certain = Schemas(origins), logging_in(view.linker)
    origins.logging_in = with_passwords(schemas, view.texts) | certain
    # What is kept without asking who calls, such as the club of the address, in which members are looked up.
    loaded = find_loaded(origins, view.linker.functions)
    if loaded:
        origins.carried.update(loaded)
        origins.forget()
    for _ in range(2):
        carried = len(origins.carried)
        fields = find_principal_fields(origins, view.linker.functions)
        if fields.items() <= origins.principal_fields.items() and carried == len(origins.carried):
            break
        origins.principal_fields.update(fields)
        origins.forget()
    claimed = find_claimed(origins, view.linker.functions)
    if claimed:
        origins.claimed.update(claimed)
        origins.forget()
    loaded = find_loaded(origins, view.linker.functions)
    if loaded:
        origins.carried.update(loaded)
        origins.forget()
    records = find_principal_records(origins, view.linker.functions)
    if records:
        origins.principal_records.update(records)
        # Methods of these records are known only now.
        origins.forget()
    events = Events(origins)
    surfaces = Surfaces(origins, events)
    read = _exonerated([surfaces.of(endpoint) for endpoint in endpoints])
    touches = [touch for surface in read for touch in surface.touches]
    uses = values.program.uses
    looked = _looked(read)
    having = origins.logging_in | judged(looked)
    who = accounts(schemas, certain, having, touches, origins.principal_records.values())
    owners = Owners(schemas, read, who)
    known = _Known(
        view, origins, owners, Site.of(uses, endpoints), Tenants(read, schemas), Lost(origins), schemas
    )
    held = Fields(origins, touches, schemas, looked)
    return AccessMatrix((_row(surface, known) for surface in read), events, held, uses, who, schemas)


def _sent(view: ModelView, endpoints: Sequence[Endpoint]) -> Iterator[tuple[str, str]]:
    """Parameters of decorators' functions that hold parts of the address: `def inner(slug, **kwargs)`."""
    named: dict[str, set[str]] = {}
    for endpoint in endpoints:
        for link in endpoint.chain:
            for outer in link.functions if link.how in ("decorator", "wrapper") else ():
                named.setdefault(outer, set()).update(re.findall(r"[{<]\s*(?:\w+:)?(\w+)", endpoint.path))
    inside: dict[str, list[str]] = {}
    for fid, function in view.linker.functions.items() if named else ():
        for outer in _outer(fid) if function.decorators else ():
            inside.setdefault(outer, []).append(fid)
    pending = list(named)
    while pending:
        # `@member` on what another decorator gives back.
        outer = pending.pop()
        for fid in inside.get(outer, ()):
            home = fid.rpartition(".")[0]
            refs = (
                r for value in view.linker.functions[fid].decorators for r in view.linker.refs[home][value]
            )
            for ref in refs if home in view.linker.refs else ():
                known = named.setdefault(ref.id, set()) if ref.kind is Kind.FUNCTION else named[outer]
                if not named[outer] <= known:
                    known |= named[outer]
                    pending.append(ref.id)
    for fid, function in view.linker.functions.items() if named else ():
        names = {name for around in (fid, *_outer(fid)) for name in named.get(around, ())}
        for param in function.params if names else ():
            if param.kind == "rest-map":
                yield from ((fid, name) for name in names)
            elif param.name in names:
                yield fid, param.name


def _outer(fid: str) -> Iterator[str]:
    """The functions around one."""
    while "." in fid.rpartition("::")[2]:
        fid = fid.rpartition(".")[0]
        yield fid


def _own_requests(view: ModelView, endpoints: Iterable[Endpoint]) -> Iterator[str]:
    """Classes of what handlers of the program's own table are given first."""
    for endpoint in endpoints:
        for fid in endpoint.handler.functions if endpoint.entry is not None else ():
            own = [name for name, kind in endpoint.inputs.items() if kind == "own"]
            for ref in view.linker.variable(fid, own[0]) if own else ():
                if ref.kind is Kind.INSTANCE and ref.base is not None and ref.base.kind is Kind.CLASS:
                    yield ref.base.id


def _answering(view: ModelView, endpoints: Sequence[Endpoint]) -> Iterable[str]:
    """Classes whose methods answer requests, with those that they extend."""
    for endpoint in endpoints:
        for fid in endpoint.handler.functions:
            cid = fid.rpartition(".")[0]
            if view.linker.functions[fid].receiver and cid in view.linker.bases:
                yield from view.linker.lineage(cid)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out of the whole program."""

    view: ModelView
    origins: Origins
    owners: Owners
    site: Site
    tenants: Tenants
    lost: Lost
    schemas: Schemas


def _looked(surfaces: Iterable[Surface]) -> frozenset[Atom]:
    """What is verified on the way of any request: `compare(given, member.password)`."""
    atoms = (
        atom for surface in surfaces for fact in surface.facts if fact.kind == "verify" for atom in fact.atoms
    )
    return frozenset(atoms)


def _exonerated(surfaces: list[Surface]) -> list[Surface]:
    """Without doubts about elements that stand before a login or health check too: they refuse nobody."""
    harmless = {
        link.span
        for surface in surfaces
        if why_public(surface)
        for link in surface.unread
        if link.how != "decorator"
    }
    return [
        replace(surface, unread=tuple(link for link in surface.unread if link.span not in harmless))
        for surface in surfaces
    ]


def _row(surface: Surface, known: _Known) -> Row:
    authentication = _authentication(surface)
    public = why_public(surface) if authentication.state != "required" else ""
    accesses = tuple(_access(touch, surface, known) for touch in surface.touches)
    used, sent = used_inputs(surface, known.origins), answers(surface, known.origins)
    if not public and authentication.state != "required" and accesses and _only_capabilities(surface):
        public = "shows only what was published, or what one has the link of"
    ownership = known.lost.instead(surface, _ownership(accesses), "none")
    if public == OPENS_SESSION:
        # What refuses here is the answer to a wrong password, and the account is the one whose it is.
        authentication, ownership = _at_a_login(authentication, ownership, accesses, _accounts(surface))
    return Row(
        endpoint=surface.endpoint,
        authentication=authentication,
        authorization=_authorization(surface),
        ownership=ownership,
        tenant=known.lost.instead(surface, columns.tenant(accesses), "none"),
        csrf=_forgery(surface, known),
        rate_limit=columns.rate_limit(surface),
        validation=columns.validation(used),
        response=columns.response(sent),
        public=public,
        purpose=purpose(surface) if public == MARKED else public,
        accesses=accesses,
        used=used,
        effects=tuple(_effects(surface)),
        discloses=tuple(_discloses(surface)),
        guards=_guards(surface, known.view),
        answers=sent,
        surface=surface,
        for_services=is_machine(surface.checks, known.origins)
        or stands_for_nobody(surface, known.origins, known.schemas),
    )


def _forgery(surface: Surface, known: _Known) -> Cell:
    cell = forgery(surface, known.site, known.origins)
    if cell.reason != CHANGES_NOTHING or surface.endpoint.method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        return cell
    return known.lost.instead(surface, cell, "unneeded", changes=True)


def _at_a_login(
    authentication: Cell, ownership: Cell, accesses: Iterable[Access], accounts: frozenset[str]
) -> tuple[Cell, Cell]:
    """Who may call a login and what it restricts: everyone, and the account is the one of the password; what
    else is chosen there is looked at as anywhere."""
    if authentication.state == "unknown":
        authentication = Cell("none", authentication.evidence, "callers say here who they are")
    if ownership.state == "open":
        others = [access for access in accesses if normal(access.resource) not in accounts]
        own = Cell("none", ownership.evidence, "the account is the one whose password is given")
        rest = _ownership(others)
        ownership = own if rest.state == "none" else rest
    return authentication, ownership


def _accounts(surface: Surface) -> frozenset[str]:
    """What records are accounts at a login: those whose password is verified, or looked up by, among them."""
    verified = (atom for fact in surface.facts if fact.kind == "verify" for atom in fact.atoms)
    found = {normal(atom.name) for atom in verified if atom.kind == "stored"}
    found.update(normal(touch.resource) for touch in surface.touches if by_password(touch))
    return USER_WORDS | found


def _guards(surface: Surface, view: ModelView) -> tuple[str, ...]:
    named = {(c.kind, c.name): _guard_text(view, c) for c in reversed(surface.checks)}
    return tuple(named.values())[::-1]


def _only_capabilities(surface: Surface) -> bool:
    reads = surface.endpoint.method in ("GET", "HEAD", "QUERY", "*")
    if reads and all(touch.operation in ("read", "list") for touch in surface.touches):
        return all(is_capability(touch) for touch in surface.touches)
    others = [touch for touch in surface.touches if touch.operation != "create"]
    return bool(others) and all(is_one_time(touch) for touch in others)


def _guard_text(view: ModelView, check: Check) -> str:
    span = check.span
    line = view.texts.get(span.path, b"").count(b"\n", 0, span.start) + 1
    strength = "" if check.strength == "required" else f", {check.strength}"
    return f"{check.kind}: {check.name} ({span.path.rpartition('/')[2]}:{line}{strength})"


# -- who ------------------------------------------------------------------------------------------


def _authentication(surface: Surface) -> Cell:
    checks = [
        c
        for c in surface.checks
        if c.kind in ("authentication", "authorization") and c.strength != "identifies"
    ]
    checks.sort(key=lambda c: (_RANK.index(c.strength) if c.strength in _RANK else 9, c.position))
    for check in checks:
        if check.strength == "required":
            step = Step(check.span, f"{check.name} refuses callers it does not know", "guard")
            return Cell("required", (step,), f"{check.name} refuses callers it does not know")
    owned = [c for c in surface.checks if c.kind == "ownership"]
    if owned:
        step = Step(owned[0].span, "everyone but the owner is refused", "guard")
        return Cell("required", (step,), "everyone but the owner is refused")
    inside = _for_known_callers(surface)
    if inside is not None:
        return Cell("required", (inside,), "everything happens for known callers only")
    if "authentication" in surface.exempt and not checks:
        return Cell("none", (), MARKED)
    if checks and checks[0].strength == "unknown":
        return Cell("unknown", (), f"on what grounds {checks[0].name} refuses could not be read")
    if surface.doubts:
        link = surface.doubts[0]
        return Cell(
            "unknown", (Step(link.span, "could not be read", "note"),), f"{link.label} could not be read"
        )
    if checks and checks[0].strength == "optional":
        return Cell("optional", (Step(checks[0].span, "callers may stay unknown", "note"),), "optional")
    if surface.unread:
        link = surface.unread[0]
        return Cell(
            "unknown", (Step(link.span, "could not be read", "note"),), f"{link.label} could not be read"
        )
    if checks:
        step = Step(checks[0].span, "a credential must be present, but nothing verifies it", "note")
        return Cell("none", (step,), "a credential must be present, but nothing verifies it")
    if _is_of_the_caller(surface):
        return Cell("optional", (), "it deals with what belongs to the caller alone")
    weighed = _weighs_callers(surface)
    if weighed is not None:
        return Cell("optional", (weighed,), "what it answers depends on who calls")
    return Cell("none", (), "nothing before the handler's first effect depends on who calls")


def _for_known_callers(surface: Surface) -> Step | None:
    """The test of the caller under which every change and look-up of the handler happens."""
    found: Step | None = None
    for fact in surface.facts[surface.handler_start :]:
        touch = fact.touch
        if touch is None and (fact.kind != "effect" or fact.what == "read"):
            continue
        if touch is not None and any(is_credential(a) for _, atoms in touch.keys for a in atoms):
            # Looking up who calls, or dealing with what is theirs.
            continue
        test = next((c for c in fact.conditions if _is_known(c)), None)
        if test is None:
            return None
        found = found or Step(test.span, "only happens for callers who are known", "guard")
    return found


def _weighs_callers(surface: Surface) -> Step | None:
    """The test behind which all of a handler's answers lie, and which looks at the caller among others:
    `if shared or is_member(request.user): return page`, and everybody else is sent to the start."""
    found: Step | None = None
    for fact in surface.facts[surface.handler_start :]:
        if fact.kind != "answer":
            continue
        test = next((c for c in fact.conditions if _asks_among_others(c)), None)
        if test is None:
            return None
        found = found or Step(test.span, "looks at the caller, among others", "note")
    return found


def _asks_among_others(condition: Condition) -> bool:
    known = [is_caller(atom) for atom in condition.atoms]
    return any(known) and not all(known)


def _is_of_the_caller(surface: Surface) -> bool:
    """Whether every object is looked up by the caller: of a stranger there is none."""
    touches = [touch for touch in surface.touches if touch.operation != "create"]
    made = [touch for touch in surface.touches if touch.operation == "create"]
    return (
        bool(touches)
        and all(any(is_callers_own(atoms) for _, atoms in touch.keys) for touch in touches)
        and all(any(is_caller(a) for _, atoms in touch.written for a in atoms) for touch in made)
        and not any(f.kind == "effect" and f.what != "read" for f in surface.facts[surface.handler_start :])
    )


def _is_known(condition: Condition) -> bool:
    """Whether a test that holds says that the caller is somebody."""
    return (
        condition.holds
        and not condition.excludes_owner
        and not condition.excludes_others
        and bool(condition.atoms)
        and all(is_caller(atom) and atom.bound != UNVERIFIED for atom in condition.atoms)
    )


def _authorization(surface: Surface) -> Cell:
    for check in surface.checks:
        if check.kind == "authorization" and check.strength in ("required", "unknown"):
            step = Step(check.span, f"{check.name} asks for more than a login", "guard")
            return Cell("required", (step,), f"{check.name} asks for more than a login")
    if surface.doubts:
        return Cell("unknown", (), f"{surface.doubts[0].label} could not be read")
    return Cell("none", (), "no role or permission is asked for")


def _ownership(accesses: Iterable[Access]) -> Cell:
    states = [a.restricted for a in accesses if any(source is not None for _, source in a.keys)]
    for wanted in ("open", "unknown", "restricted"):
        for cell in states:
            if cell.state == wanted:
                return cell
    return Cell("none", (), "no object is chosen by the client")


# -- what -----------------------------------------------------------------------------------------


def _access(touch: Touch, surface: Surface, known: _Known) -> Access:
    fact = next((f for f in surface.facts if f.touch is touch), None)
    field, evidence = known.owners.of(touch.resource)
    keys: list[tuple[str, SourceRead | None]] = []
    for name, atom in choosing(touch):
        span = atom.span or touch.span
        channel = CHANNELS.get(atom.name, atom.name)
        keys.append((name or "id", SourceRead("request", channel, span, atom.fid or touch.fid, atom.path)))
    taken = {name for name, _ in keys}
    keys.extend((name, None) for name, _ in touch.keys if name and name not in taken)
    cell = restriction(touch, fact, surface)
    return Access(
        touch.concept,
        touch.fid,
        touch.value,
        touch.span,
        touch.resource,
        touch.operation,
        tuple(dict.fromkeys(keys)),
        cell,
        field,
        evidence,
        *known.tenants.of(touch.resource),
        *known.owners.whole_of(touch.resource),
        limit(touch, cell, surface, known.tenants),
        known.owners.within(touch.resource),
    )


_VERBS = {"create": "creates", "update": "changes", "delete": "removes"}
_EFFECTS = {
    "file": "writes or removes a file",
    "command": "starts a program",
    "code": "runs what it is given",
    "request": "sends a request to another service",
    "message": "sends a message",
}


def _effects(surface: Surface) -> Iterable[Step]:
    seen: set[Span] = set()
    for fact in surface.facts[surface.handler_start :]:
        text = _effect_text(fact)
        if text and fact.span not in seen:
            seen.add(fact.span)
            yield Step(fact.span, text, "sink")


def _discloses(surface: Surface) -> Iterable[Step]:
    for fact in surface.facts[surface.handler_start :]:
        if fact.kind == "effect" and fact.what == "read":
            yield Step(fact.span, "reads a file or a list of files", "sink")


def _effect_text(fact: Fact) -> str:
    if fact.touch is not None:
        verb = _VERBS.get(fact.touch.operation)
        return f"{verb} a stored {fact.touch.resource}" if verb else ""
    return _EFFECTS.get(fact.what, "") if fact.kind == "effect" else ""


__all__ = ["build"]
