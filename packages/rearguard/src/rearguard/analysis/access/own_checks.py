"""Frameworks that ask sessions for their token, or requests for their origin, by themselves."""

from dataclasses import dataclass

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.surface import Surface
from rearguard.link import Kind
from rearguard.models.routing import Link
from rearguard.program import Op, Span

_ALWAYS = frozenset({"sveltekit"})
_SESSIONS = "rest_framework.authentication.SessionAuthentication"
"""Asks for the token by `enforce_csrf`, whatever middleware there is."""


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """What a framework does about requests of other sites for one endpoint."""

    state: str
    """asks, lifted (`place` says where), headers (by which callers are known, no cookie), or ""."""
    place: Span | None = None


def own_check(surface: Surface, origins: Origins, cookies: frozenset[str]) -> OwnCheck:
    """What the framework itself does for an endpoint; `cookies` by which the handling knows its callers."""
    endpoint = surface.endpoint
    # https://nextjs.org/docs/app/guides/data-security: of actions, `Origin` and `Host` are compared.
    if endpoint.framework in _ALWAYS or (endpoint.framework == "next" and "#" in endpoint.path):
        return OwnCheck("asks")
    if not any(name.startswith("rest_framework.") for link in endpoint.chain for name in link.names):
        return OwnCheck("")
    known = [link for link in endpoint.chain if link.identifies]
    states = [_of_class(link, origins) for link in known]
    lifted = next((state for state in states if state.state == "lifted"), None)
    if lifted is not None:
        return lifted
    if cookies:
        return OwnCheck("")
    if not known or any(state.state == "asks" for state in states):
        return OwnCheck("asks")
    return OwnCheck("headers")


def _of_class(link: Link, origins: Origins) -> OwnCheck:
    """What one authentication class does."""
    if _SESSIONS in link.names:
        return OwnCheck("asks")
    if not link.cls or _SESSIONS not in origins.linker.table.make(Kind.CLASS, None, link.cls).names:
        return OwnCheck("")
    fid = origins.linker.method(link.cls, "enforce_csrf")
    if fid is None or any(instr.op in (Op.CALL, Op.RAISE) for instr in origins.linker.code(fid)):
        return OwnCheck("asks")
    function = origins.view.function(fid)
    return OwnCheck("lifted", origins.view.span(fid, function.start, function.name_end))
