"""A connection for messages must be opened by the own pages, and by somebody who is known."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.access import Row
from rearguard.analysis.access.forgery import carried_by
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import endpoint_of, location
from rearguard.checks.missing_authentication import open_socket, what
from rearguard.checks.open_sockets import refused_before
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Step

SOCKET = "WEBSOCKET"
_ASKED = re.compile(
    rb"(?<![-\w])origin(?![-\w])|verifyClient|allowRequest|OriginValidator|allowed_origins|check_origin|cors_allowed",
    re.IGNORECASE,
)
"""Where an origin, or the handshake, is looked at."""
_EVERYWHERE = re.compile(rb"OriginValidator|allowRequest|verifyClient|cors_allowed_origins|allowed_origins")


class WebsocketWithoutOriginCheck:
    """See websocket_without_origin_check.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="websocket-without-origin-check",
            title="Any page and any caller can open the connection",
            cwe=1385,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-4.4.2",),
            related=(346, 306),
            page=page("websocket-without-origin-check"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per server of messages that takes whoever comes."""
        if context.is_fragment or any(_EVERYWHERE.search(text) for text in context.view.texts.values()):
            return
        groups: dict[object, list[Row]] = {}
        for row in context.matrix:
            if row.endpoint.method == SOCKET and (row.accesses or row.effects or row.discloses):
                groups.setdefault(row.endpoint.router, []).append(row)
        for rows in groups.values():
            found = _reason(context, rows)
            if found is not None:
                yield self._draft(context, rows[0], found)

    def _draft(self, context: Context, row: Row, reason: str) -> Draft:
        endpoint, place = endpoint_of(context, row), location(context, row)
        does, steps = what(row)
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"{endpoint.name} {does}, and the connection is opened for every page and caller: {reason}.",
            why="Browsers open such connections to any site and send its cookies along, and no rule of theirs keeps "
            "another page from reading what comes back.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason=reason,
            evidence=Evidence((Step(place, "messages are handled here", "note"), *steps)),
            advice="Compare the handshake's `Origin` with the own addresses, and close the connection unless a token or "
            "session says who opens it.",
            endpoint=endpoint,
            verification=(
                Request(
                    "Open the connection with `Origin: https://other.example`.", "", "403, or closed at once."
                ),
            ),
            subject=endpoint.name,
        )
        return Draft(finding)


def _reason(context: Context, rows: list[Row]) -> str | None:
    """Why a server of messages is open; `None` when it is not."""
    if any(_ASKED.search(context.view.texts.get(row.endpoint.span.path, b"")) for row in rows):
        return None
    if any(check.kind == "csrf" for row in rows for check in (row.surface.checks if row.surface else ())):
        return None
    if all(row.authentication.state == "none" for row in rows):
        if any(open_socket(context, row) or refused_before(context, row) for row in rows):
            # Once callers are known, what they are known by decides.
            return None
        return "nothing asks who opens it, or from which page"
    carried = {c for row in rows if row.surface for c in carried_by(row.surface, context.matrix.origins)}
    if carried == {"cookie"}:
        return "a cookie says who opens it, and nothing asks from which page"
    return None
