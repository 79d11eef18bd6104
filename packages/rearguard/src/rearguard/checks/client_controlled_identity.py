"""What a caller may do, and who the caller is, must not be taken from the caller's word."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.access import Row, claims
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.claims import Claim
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.origins import CREDENTIAL_NAME
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import endpoint_of
from rearguard.checks.handed_headers import is_handed_over
from rearguard.checks.requests import curl, filled_path, json_body, shell
from rearguard.findings import Confidence, Endpoint, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Span, Step

_CHANNELS = {
    "cookie": "cookie",
    "header": "header",
    "query": "query parameter",
    "body": "body field",
    "form": "form field",
}
_WEAKNESS = {"role": 284, "account": 639}
"""What a claim proves beyond the rule's own weakness: a privilege that is given to whoever asks for it, an object that is
whoever's the client names."""
_DECIDES = {
    "role": "whether the caller is privileged",
    "account": "whose data this is",
    "address": "whether the caller sits on a trusted machine",
    "service": "whether a service of one's own calls",
    "page": "whether the caller comes from a page of one's own",
    "device": "which stored record is changed as the caller's own",
}


_OWN_SECRET = re.compile(
    r"(?:api_?|access_?|device_?|auth_?|secret_?)(?:key|token|secret)(?:_?hash)?|secret|token(?:_?hash)?",
    re.IGNORECASE,
)
"""Fields by which a record proves who it is."""


_HANDED = (
    Confidence.QUESTION,
    "the program answers a proxy with this header, which the proxy sets on what it passes on",
)


class ClientControlledIdentity:
    """See client_controlled_identity.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="client-controlled-identity",
            title="Access is decided from what the client claims",
            cwe=290,
            severity=Severity.HIGH,
            asvs=("v5.0.0-8.3.1",),
            api_top10=("API5:2023",),
            related=(284, 302, 565, 639, 807),
            page=page("client-controlled-identity"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per test or look-up that believes the client."""
        origins = context.matrix.origins
        seen: set[Span] = set()
        fids: set[str] = set()
        handed: dict[str, bool] = {}
        for row in context.matrix:
            if row.surface is None:
                continue
            fids.update(fact.fid for fact in row.surface.facts)
            for claim in (*claims.claims(row.surface, origins), *_unproved(context, row)):
                if claim.kind != "gate" and claim.span not in seen and not _is_harmless(claim, row):
                    seen.add(claim.span)
                    sure = _confidence(context, claim, row)
                    if claim.channel == "header" and claim.kind in ("account", "role"):
                        again = claim.name in handed
                        if handed.setdefault(claim.name, again or is_handed_over(context, claim.name)):
                            if again:
                                # One question to whoever sets the proxy up.
                                continue
                            sure = _HANDED
                    yield self._draft(claim, endpoint_of(context, row), sure)
        for _, claim in claims.elsewhere(origins, context.matrix.events, fids):
            if claim.kind != "gate" and claim.span not in seen:
                seen.add(claim.span)
                yield self._draft(claim, None, (Confidence.LIKELY, "which requests run this was not found"))

    def _draft(self, claim: Claim, endpoint: Endpoint | None, sure: tuple[Confidence, str]) -> Draft:
        said = f"{_CHANNELS.get(claim.channel, 'value')} `{claim.name}`"
        decides = _DECIDES[claim.kind]
        steps = (
            Step(claim.source, f"the {said} is whatever the client sends", "source"),
            Step(claim.span, f"it decides {decides}, and nothing proves it", "sink"),
        )
        where = f"In {endpoint.name}, the" if endpoint is not None else "The"
        finding = Finding(
            rule=self.rule.narrowed(_weakness(claim, self.rule)),
            location=claim.span,
            message=f"{where} {said} decides {decides}, and any client can set it.",
            why="Whoever sends the right value is taken for whom it names, or gets what only privileged callers "
            "should: no password or token stands in between.",
            severity=self.rule.severity,
            confidence=sure[0],
            confidence_reason=sure[1],
            evidence=Evidence(tuple(dict.fromkeys(steps))),
            advice="Keep who the caller is in a server-side session or a signed token, and read roles from the stored "
            "account.",
            endpoint=endpoint,
            verification=_verification(endpoint, claim),
            subject=f"{claim.channel} {claim.name}",
        )
        return Draft(finding)


def _unproved(context: Context, row: Row) -> Iterator[Claim]:
    """Records with a secret of their own that a header names, and that are changed without it: a device by its serial
    number."""
    if row.surface is None or (row.authentication.state != "none" and not _asks_if_there(row)):
        return
    for touch in row.surface.touches:
        held = context.matrix.fields.of(touch.resource)
        if touch.operation not in ("update", "delete") or not any(map(_OWN_SECRET.fullmatch, held)):
            continue
        given = [(name, atom) for name, atoms in touch.keys for atom in atoms]
        if not given or any(CREDENTIAL_NAME.search(name) or not _is_in_header(atom) for name, atom in given):
            # Whoever shows the secret itself, or is known by something else, is who they say.
            continue
        atom = given[0][1]
        if any(_is_proof(each) for each in row.surface.facts):
            continue
        yield Claim("device", "header", atom.path[-1], touch.span, atom.span or touch.span, False)
        return


def _asks_if_there(row: Row) -> bool:
    """Whether all that is asked before is whether there is such a record."""
    checks = row.surface.checks if row.surface is not None else ()
    asked = [c for c in checks if c.kind in ("authentication", "authorization", "ownership")]
    return row.authentication.state == "unknown" and all(
        check.fact is not None
        and all(
            condition.presence and all(atom.kind == "stored" and not atom.path for atom in condition.atoms)
            for condition in check.fact.conditions
        )
        for check in asked
    )


def _is_in_header(atom: Atom) -> bool:
    plain = atom.kind == "input" and atom.name in ("header", "headers") and bool(atom.path)
    return plain and not CREDENTIAL_NAME.search(atom.path[-1])


def _is_proof(fact: Fact) -> bool:
    """Whether something is verified, or the caller refused after a look at more than whether there is such a record."""
    return fact.kind == "verify" or (
        fact.kind == "denial"
        and any(atom.kind == "stored" and atom.path for c in fact.conditions for atom in c.atoms)
    )


def _weakness(claim: Claim, rule: Rule) -> int:
    # A name in a header is a spoofed login; one in a cookie is a key to whatever object it names.
    if claim.kind == "account" and claim.channel == "header":
        return rule.cwe
    return _WEAKNESS.get(claim.kind, rule.cwe)


def _is_harmless(claim: Claim, row: Row) -> bool:
    """Where privileged callers alone arrive, or where an account is merely being made or entered."""
    if claim.kind == "device":
        return False
    if not claim.preferred and _asks_otherwise(claim, row, "authorization"):
        return True
    if claim.kind in ("service", "page"):
        # A guard that lets such requests past asks nobody who sends them.
        return _asks_otherwise(claim, row, "authentication")
    if claim.kind == "account":
        return row.authentication.state == "required" or row.public in (
            "logout",
            "registration",
            "password reset",
        )
    return claim.channel in ("body", "form", "query") and bool(row.public)


def _asks_otherwise(claim: Claim, row: Row, kind: str) -> bool:
    """Whether a login, or a role or permission, is asked for beside the claim's own test."""
    cell = row.authorization if kind == "authorization" else row.authentication
    if cell.state != "required" or row.surface is None:
        return False
    return any(
        check.fact is None
        or all(
            condition.span != claim.span and all(atom.span != claim.source for atom in condition.atoms)
            for condition in check.fact.conditions
        )
        for check in row.surface.checks
        if check.kind == kind
    )


def _confidence(context: Context, claim: Claim, row: Row) -> tuple[Confidence, str]:
    gateway = claim.channel == "header" and claim.kind in ("account", "role")
    if (
        gateway
        and row.authentication.state == "none"
        and claim.name.lower().replace("_", "-") != "user-agent"
    ):
        return Confidence.QUESTION, "a gateway in front may set this header and remove the client's own"
    if context.is_fragment:
        return Confidence.LIKELY, "the piece of code does not show what runs before it"
    return (
        Confidence.LIKELY,
        "the value comes from the request, and nothing signs or looks it up before it decides",
    )


def _verification(endpoint: Endpoint | None, claim: Claim) -> tuple[Request, ...]:
    if endpoint is None:
        return (Request(f"Send a request with the {claim.channel} `{claim.name}` set by hand.", "", "403."),)
    value = "admin" if claim.kind == "role" else "127.0.0.1" if claim.kind == "address" else "1"
    path, name = filled_path(endpoint.path, {}), claim.name.rpartition(".")[2]
    options: list[str] = []
    if claim.channel == "cookie":
        options = ["-b", shell(f"{name}={value}")]
    elif claim.channel == "header":
        options = ["-H", shell(f"{name.replace('_', '-').removeprefix('HTTP-')}: {value}")]
    elif claim.channel == "query":
        path += f"?{name}={value}"
    elif claim.channel == "form":
        options = ["--data-urlencode", shell(f"{name}={value}")]
    else:
        options = json_body(f'{{"{name}": "{value}"}}')
    return (
        Request(
            "Send the claim by hand, without being entitled to it.",
            curl(endpoint, path, options),
            "401 or 403, and nothing of another's shown or changed.",
        ),
    )
