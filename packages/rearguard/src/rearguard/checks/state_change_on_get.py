"""Requests that browsers, crawlers and caches repeat on their own must not change anything."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.forgery import changes, is_meant
from rearguard.analysis.access.lookups import REQUEST
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import by_handler, endpoint_of, is_trace, location, request
from rearguard.checks.logins import before
from rearguard.checks.missing_csrf_protection import told_of_gets
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Op, Step

_SAFE = ("GET", "HEAD")
_VERBS = {"create": "creates", "update": "changes", "delete": "removes"}

_NAMES = re.compile(r"(?:user|account|member|customer|owner)_?(?:id|uuid)?$", re.IGNORECASE)
"""Fields that say whose an object is."""


class StateChangeOnGet:
    """See state_change_on_get.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="state-change-on-get",
            title="A GET request changes data",
            cwe=650,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-3.5.3",),
            related=(352,),
            page=page("state-change-on-get"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per handler registered for GET alone that changes stored objects."""
        rows = tuple(context.matrix)
        forged = told_of_gets(rows)
        told = {row.endpoint.handler.functions for row in rows if row.endpoint.method not in (*_SAFE, "*")}
        for row in by_handler(
            row for row in rows if row.endpoint.method in _SAFE or _takes_any(row, context)
        ):
            if row.public or row in forged or row.endpoint.handler.functions in told:
                # A change that a cookie authorises is told as what it allows: forgery.
                continue
            changed = [access for access in row.accesses if _is_told(access)]
            if changed and row.surface is not None and is_meant(row.surface, changes(row.surface)):
                yield self._draft(context, row, changed)

    def _draft(self, context: Context, row: Row, changed: list[Access]) -> Draft:
        endpoint = replace(endpoint_of(context, row), method="GET")
        access = changed[-1]
        verb = _VERBS[access.operation]
        steps = tuple(
            Step(a.span, f"{_VERBS[a.operation]} a stored {a.resource}", "sink") for a in changed[:3]
        )
        finding = Finding(
            rule=self.rule,
            location=location(context, row),
            message=f"{endpoint.name} {verb} stored {access.resource} data although GET promises to change nothing.",
            why="Links, images, crawlers, link previews and prefetching browsers send GET requests on their own, and "
            "caches and logs keep their addresses.",
            severity=self.rule.severity,
            confidence=Confidence.CERTAIN if access.operation == "delete" else Confidence.LIKELY,
            confidence_reason="the change stands in the handler of a GET route",
            evidence=Evidence(steps),
            advice="Register the handler for POST, PUT, PATCH or DELETE, and let a form or script send that.",
            endpoint=endpoint,
            verification=(
                Request("Send the request with GET.", request(endpoint), "405, and nothing changed."),
            ),
            subject=endpoint.name,
        )
        return Draft(finding)


def _takes_any(row: Row, context: Context) -> bool:
    """Whether a handler of every method asks for none, and reads nothing that a GET request has not."""
    if row.endpoint.method != "*" or row.surface is None or row.authentication.state != "required":
        return False
    if any(use.channel in ("form", "body", "json", "file") for use in row.used):
        return False
    return not any(
        instr.op == Op.ATTR
        and instr.name in ("method", "POST", "FILES", "body", "data", "form")
        and context.matrix.origins.request_name(fid, instr.args[0]) == REQUEST
        for fid in (*row.endpoint.handler.functions, *before(row))
        if fid in context.view.linker.functions
        for instr in context.view.linker.code(fid)
    )


def _is_told(access: Access) -> bool:
    """Whether the change is the request's purpose, and not a trace of it: a counter, a log, a used-up token."""
    if access.operation not in _VERBS:
        return False
    if is_trace(access):
        # Whose sessions end is up to the address: that is no trace of the request.
        return access.operation == "delete" and any(
            source is not None and _NAMES.search(name) for name, source in access.keys
        )
    if access.operation == "delete":
        return any(source is not None for _, source in access.keys) or not access.keys
    return access.operation == "update" and any(source is not None for _, source in access.keys)
