"""The matrix: one row per endpoint, made of what happens for it and of what the whole project does."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rearguard.analysis.access.events import Events, Fact
from rearguard.analysis.access.guards import Check
from rearguard.analysis.access.inputs import CHANNELS, used_inputs
from rearguard.analysis.access.intent import is_capability, is_one_time, why_public
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.ownership import Owners, choosing, restriction
from rearguard.analysis.access.principals import find_principal_fields
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.access.surface import Surface, Surfaces
from rearguard.analysis.access.types import Access, AccessMatrix, Cell, Row
from rearguard.analysis.values import SourceRead, Values
from rearguard.models.routing import Endpoint
from rearguard.models.view import ModelView
from rearguard.program import Span, Step

_RANK = ("required", "unknown", "optional", "presence")


def build(view: ModelView, endpoints: Sequence[Endpoint], values: Values) -> AccessMatrix:
    """The access matrix of a program whose values were analysed."""
    origins = Origins(view, values)
    for _ in range(2):
        fields = find_principal_fields(origins, view.linker.functions)
        if fields <= origins.principal_fields:
            break
        origins.principal_fields |= fields
        origins.forget()
    surfaces = Surfaces(origins, Events(origins))
    read = _exonerated([surfaces.of(endpoint) for endpoint in endpoints])
    owners = Owners(view, read)
    return AccessMatrix((_row(view, surface, owners) for surface in read), origins)


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


def _row(view: ModelView, surface: Surface, owners: Owners) -> Row:
    authentication = _authentication(surface)
    public = why_public(surface) if authentication.state != "required" else ""
    accesses = tuple(_access(touch, surface, owners) for touch in surface.touches)
    if not public and authentication.state != "required" and accesses and _only_capabilities(surface):
        public = "shows only what was published, or what one has the link of"
    return Row(
        endpoint=surface.endpoint,
        authentication=authentication,
        authorization=_authorization(surface),
        ownership=_ownership(accesses),
        public=public,
        accesses=accesses,
        used=used_inputs(surface),
        effects=tuple(_effects(surface)),
        discloses=tuple(_discloses(surface)),
        guards=tuple({(c.kind, c.name): _guard_text(view, c) for c in reversed(surface.checks)}.values())[
            ::-1
        ],
        surface=surface,
    )


def _only_capabilities(surface: Surface) -> bool:
    reads = surface.endpoint.method in ("GET", "HEAD", "QUERY", "*")
    if reads and all(touch.operation in ("read", "list") for touch in surface.touches):
        return all(is_capability(touch) for touch in surface.touches)
    return all(is_one_time(touch) for touch in surface.touches if touch.operation != "create")


def _guard_text(view: ModelView, check: Check) -> str:
    span = check.span
    line = view.texts.get(span.path, b"").count(b"\n", 0, span.start) + 1
    strength = "" if check.strength == "required" else f", {check.strength}"
    return f"{check.kind}: {check.name} ({span.path.rpartition('/')[2]}:{line}{strength})"


# -- who ------------------------------------------------------------------------------------------


def _authentication(surface: Surface) -> Cell:
    checks = [c for c in surface.checks if c.kind in ("authentication", "authorization")]
    checks.sort(key=lambda c: (_RANK.index(c.strength) if c.strength in _RANK else 9, c.position))
    for check in checks:
        if check.strength == "required":
            step = Step(check.span, f"{check.name} refuses callers it does not know", "guard")
            return Cell("required", (step,), f"{check.name} refuses callers it does not know")
    owned = [c for c in surface.checks if c.kind == "ownership"]
    if owned:
        step = Step(owned[0].span, "everyone but the owner is refused", "guard")
        return Cell("required", (step,), "everyone but the owner is refused")
    if checks and checks[0].strength == "unknown":
        return Cell("unknown", (), f"it depends on the request's path whether {checks[0].name} refuses it")
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
    return Cell("none", (), "nothing before the handler's first effect depends on who calls")


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


def _access(touch: Touch, surface: Surface, owners: Owners) -> Access:
    fact = next((f for f in surface.facts if f.touch is touch), None)
    field, evidence = owners.of(touch.resource)
    keys: list[tuple[str, SourceRead | None]] = []
    for name, atom in choosing(touch):
        span = atom.span or touch.span
        channel = CHANNELS.get(atom.name, atom.name)
        keys.append((name or "id", SourceRead("request", channel, span, atom.fid or touch.fid, atom.path)))
    taken = {name for name, _ in keys}
    keys.extend((name, None) for name, _ in touch.keys if name and name not in taken)
    return Access(
        touch.concept,
        touch.fid,
        touch.value,
        touch.span,
        touch.resource,
        touch.operation,
        tuple(dict.fromkeys(keys)),
        restriction(touch, fact, surface),
        field,
        evidence,
    )


_VERBS = {"create": "creates", "update": "changes", "delete": "removes"}
_EFFECTS = {
    "file": "writes or removes a file",
    "command": "starts a program",
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
