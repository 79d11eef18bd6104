"""Failed logins leave a trace."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.access import Row
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import endpoint_of, handler_id, location
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.concepts import LogWrite
from rearguard.models.settings_concepts import Printed
from rearguard.program import Op
from rearguard.repair.targets import Target

_LOGIN = re.compile(r"login|verifies a password", re.IGNORECASE)
_TOLD = re.compile(
    r"audit|log(?:ger|ging)?$|^log|event|emit|signal|notify|track|record|capture|report|metric|counter|inc$",
    re.IGNORECASE,
)


class MissingSecurityLogging:
    """See missing_security_logging.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-security-logging",
            title="Failed logins leave no trace",
            cwe=778,
            severity=Severity.LOW,
            asvs=("v5.0.0-16.3.1", "v5.0.0-16.3.2"),
            related=(223,),
            absence=True,
            page=page("missing-security-logging"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding for the application, at its first login, when no login logs anything."""
        if context.is_fragment:
            return
        logins = [
            row
            for row in context.matrix
            if _LOGIN.search(row.purpose)
            and handler_id(row)
            and row.endpoint.method not in ("OPTIONS", "HEAD")
        ]
        if not logins or any(_logs(context, row) for row in logins):
            return
        verifies = next((row for row in logins if row.endpoint.method != "GET"), logins[0])
        # Who logs nothing at all has not come to it yet; who logs other things forgot what matters most.
        elsewhere = any(use.fid in context.reach for use in context.uses.of(LogWrite))
        yield spot(
            self.rule if elsewhere else self.rule.for_audit(),
            location(context, verifies),
            "Nothing that this login runs writes to a log: failed logins leave no trace.",
            "Guessing of passwords stays unseen while it happens, and nobody can tell afterwards whose account was tried "
            "and from where.",
            "Log each failed and each successful login with the account's id, the address and the time, without the "
            "password; alert on many of them.",
            "no call to a logger, an audit trail or a signal was found in what the handler runs",
            step="handles the login",
            confidence=Confidence.LIKELY,
            subject="login",
            endpoint=endpoint_of(context, verifies),
            target=Target("log-failed-login", handler_id(verifies)),
            verification=(
                Request("Log in with a wrong password, and look at the log.", "", "One line that says so."),
            ),
        )


def _logs(context: Context, row: Row) -> bool:
    """Whether anything that handles the request writes a log or tells somebody."""
    runs = {fid for fid, routes in context.reach.items() if any(route is row.endpoint for route in routes)}
    runs.add(handler_id(row))
    written = {use.fid for use in context.uses.of(LogWrite)} | {use.fid for use in context.uses.of(Printed)}
    if not runs.isdisjoint(written):
        return True
    for fid in runs:
        for each in context.view.linker.code(fid):
            if each.op in (Op.ATTR, Op.LOAD) and _TOLD.search(each.name):
                return True
    return False
