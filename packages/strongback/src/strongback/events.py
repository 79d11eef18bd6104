"""Security events: one closed catalogue, redacted when made, written as one JSON line.

ASVS v5.0.0-16.2.1 (who, what, where, when), 16.2.2 (UTC), 16.3.1 to 16.3.4 (what must be recorded).
"""

import enum
import json
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from strongback.redaction import redact, redact_text

__all__ = ["Event", "EventName", "JsonFormatter", "LogSink", "Severity"]


class Severity(enum.IntEnum):
    """How loud an event is; the numbers are those of `logging`."""

    INFO = logging.INFO
    WARNING = logging.WARNING
    ALERT = logging.ERROR
    """A person should look now."""


class EventName(enum.Enum):
    """Every event a control emits: its stable name, severity and the ASVS requirement that asks for it."""

    LOGIN_SUCCEEDED = ("authn.login.succeeded", Severity.INFO, "v5.0.0-16.3.1")
    LOGIN_FAILED = ("authn.login.failed", Severity.WARNING, "v5.0.0-16.3.1")
    LOGIN_THROTTLED = ("authn.login.throttled", Severity.WARNING, "v5.0.0-6.3.1")
    PASSWORD_CHANGED = ("authn.password.changed", Severity.INFO, "v5.0.0-6.3.7")
    SESSION_STARTED = ("session.started", Severity.INFO, "v5.0.0-16.3.1")
    SESSION_ENDED = ("session.ended", Severity.INFO, "v5.0.0-7.4.1")
    SESSION_REVOKED_ALL = ("session.revoked_all", Severity.WARNING, "v5.0.0-7.4.3")
    TOKEN_REJECTED = ("token.rejected", Severity.WARNING, "v5.0.0-9.1.1")
    REFRESH_ROTATED = ("token.refresh.rotated", Severity.INFO, "v5.0.0-10.4.5")
    REFRESH_REUSED = ("token.refresh.reused", Severity.ALERT, "v5.0.0-10.4.5")
    FAMILY_REVOKED = ("token.family.revoked", Severity.WARNING, "v5.0.0-10.4.9")
    ACCESS_DENIED = ("authz.denied", Severity.WARNING, "v5.0.0-16.3.2")
    ROUTE_WITHOUT_DECISION = ("authz.undecided", Severity.ALERT, "v5.0.0-8.3.1")
    CSRF_REJECTED = ("csrf.rejected", Severity.WARNING, "v5.0.0-16.3.3")
    CORS_REJECTED = ("cors.rejected", Severity.WARNING, "v5.0.0-16.3.3")
    CSP_VIOLATION = ("csp.violation", Severity.WARNING, "v5.0.0-3.4.7")
    HOST_REJECTED = ("host.rejected", Severity.WARNING, "v5.0.0-16.3.3")
    LIMIT_EXCEEDED = ("request.limit.exceeded", Severity.WARNING, "v5.0.0-16.3.3")
    RATE_LIMITED = ("rate.limited", Severity.WARNING, "v5.0.0-16.3.3")
    OUTBOUND_BLOCKED = ("outbound.blocked", Severity.ALERT, "v5.0.0-16.3.3")
    ERROR_UNHANDLED = ("error.unhandled", Severity.ALERT, "v5.0.0-16.3.4")
    STORE_UNAVAILABLE = ("store.unavailable", Severity.ALERT, "v5.0.0-16.3.4")
    INPUT_REJECTED = ("input.rejected", Severity.WARNING, "v5.0.0-16.3.3")
    MFA_SUCCEEDED = ("mfa.succeeded", Severity.INFO, "v5.0.0-16.3.1")
    MFA_FAILED = ("mfa.failed", Severity.WARNING, "v5.0.0-16.3.1")
    MFA_REPLAYED = ("mfa.replayed", Severity.ALERT, "v5.0.0-6.5.1")
    MFA_CHALLENGED = ("mfa.challenged", Severity.INFO, "v5.0.0-6.6.2")
    MFA_CHALLENGE_LIMITED = ("mfa.challenge.limited", Severity.WARNING, "v5.0.0-6.6.4")
    MFA_FATIGUE = ("mfa.fatigue.suspected", Severity.ALERT, "v5.0.0-6.6.4")
    BACKUP_FAILED = ("backup.failed", Severity.ALERT, "v5.0.0-16.3.4")
    API_KEY_REJECTED = ("apikey.rejected", Severity.WARNING, "v5.0.0-16.3.1")

    def __init__(self, label: str, severity: Severity, asvs: str) -> None:
        self.label = label
        self.severity = severity
        self.asvs = asvs


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `detail` is redacted here, so no sink can forget to."""

    name: EventName
    at: float
    """Seconds since the epoch, UTC."""
    subject: str | None = None
    """Identifier of the account concerned, never a secret."""
    detail: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clean = redact(dict(self.detail))
        object.__setattr__(self, "detail", clean)
        if self.subject is not None:
            object.__setattr__(self, "subject", redact_text(self.subject))

    def as_json(self) -> str:
        """One line of ASCII JSON with sorted keys: nothing in it can start a new line or reorder text."""
        moment = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="microseconds")
        record = {
            "event": self.name.label,
            "severity": self.name.severity.name.lower(),
            "asvs": self.name.asvs,
            "time": moment.replace("+00:00", "Z"),
            "subject": self.subject,
            "detail": self.detail,
        }
        return json.dumps(
            record, ensure_ascii=True, sort_keys=True, allow_nan=False, default=lambda o: type(o).__name__
        )


class LogSink:
    """Write events to a standard logger. Never raises: `as_json` is total and `logging` contains handler
    errors.
    """

    __slots__ = ("_logger",)

    def __init__(self, logger: str = "strongback.events") -> None:
        self._logger = logging.getLogger(logger)

    def emit(self, event: Event) -> None:
        """Write one line at the event's severity."""
        self._logger.log(event.name.severity, "%s", event.as_json())


class JsonFormatter(logging.Formatter):
    """Format any log record, the framework's and the server's access lines included, as one redacted JSON
    line.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of ASCII JSON; message, arguments and traceback are redacted and neutralised."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact_text(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1] is not None:
            lines = traceback.format_exception(record.exc_info[1])
            entry["traceback"] = [redact_text(line.rstrip("\n")) for line in lines]
        return json.dumps(entry, ensure_ascii=True, sort_keys=True)
