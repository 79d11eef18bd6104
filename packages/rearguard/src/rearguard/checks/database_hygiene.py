"""Programs log into databases with the rights that they need."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.settings import is_development_name
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import in_file, spot
from rearguard.findings import Audience, Confidence, Rule, Severity

_ADDRESS = re.compile(
    r"\b(?:postgres(?:ql)?|mysql|mariadb|mssql|oracle)(?:\+\w+)?://(?P<user>root|postgres|sa|sys|system|admin|mysql)[:@]",
    re.IGNORECASE,
)
_GRANT = re.compile(
    r"\bGRANT\s+ALL(?:\s+PRIVILEGES)?\s+ON\s+(?:\*\.\*|ALL\b|DATABASE\b)|\bALTER\s+(?:USER|ROLE)\s+\S+\s+(?:WITH\s+)?SUPERUSER",
    re.IGNORECASE,
)
_WHY = "A hole in one query is then a hole in every table, in the roles, and often in the machine's files."
_ADVICE = "Make a role that owns nothing and may do what the program does; another one, used by migrations alone, changes tables."


class DatabaseHygiene:
    """See database_hygiene.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="database-hygiene",
            title="The database is used with too many rights",
            cwe=250,
            severity=Severity.LOW,
            asvs=("v5.0.0-13.2.2",),
            related=(269, 272),
            audience=Audience.AUDIT,
            page=page("database-hygiene"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per address that logs in as the database's owner of everything."""
        for place in context.literals.texts():
            reason = _reason(place.text)
            if reason and not is_development_name(place.span.path):
                yield spot(
                    self.rule,
                    place.span,
                    reason,
                    _WHY,
                    _ADVICE,
                    "the address is written out here",
                    subject="role",
                )
        for file in context.settings.values():
            if is_development_name(file.path):
                continue
            for entry in file.entries:
                reason = _reason(entry.text[:4000]) if isinstance(entry.value, str) else ""
                if reason:
                    yield in_file(
                        self.rule,
                        file,
                        entry,
                        reason,
                        _WHY,
                        _ADVICE,
                        confidence=Confidence.LIKELY,
                        subject="role",
                    )


def _reason(text: str) -> str:
    found = _ADDRESS.search(text)
    if found is not None:
        return f'The program logs into the database as "{found["user"]}", who may do everything.'
    return "A role gets every right there is." if _GRANT.search(text) else ""
