"""Where events go beside the log: OCSF for a SIEM, OpenTelemetry logs, signed webhooks for alerts.

ASVS v5.0.0-16.2.4 (common format), 16.4.3 (to another system). What leaves here was redacted when the
event was made.
"""

import base64
import hashlib
import hmac
import json
import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any, Protocol

from strongback.errors import ConfigurationError, DeniedError
from strongback.events import Event, EventName, Severity
from strongback.keys import KeyRing
from strongback.seams import Clock, EventSink, Randomness

__all__ = ["Fan", "OcsfSink", "OpenTelemetrySink", "WebhookSink", "ocsf", "sign_webhook", "verify_webhook"]

_LOG = logging.getLogger("strongback.exporters")
_VERSION = "1.3.0"
_AUTHENTICATION, _ACCOUNT, _FINDING = 3002, 3001, 2004
_LOGON, _LOGOFF, _TICKET, _OTHER, _PASSWORD_CHANGE, _CREATE = 1, 2, 3, 99, 3, 1
_SEVERITY = {Severity.INFO: 1, Severity.WARNING: 3, Severity.ALERT: 4}
_SUCCESS, _FAILURE = 1, 2
_DENIED, _BLOCKED = 2, 2

# Class, activity and outcome of every event that is about who someone is; all others are findings.
_IDENTITY: Mapping[EventName, tuple[int, int, int]] = {
    EventName.LOGIN_SUCCEEDED: (_AUTHENTICATION, _LOGON, _SUCCESS),
    EventName.LOGIN_FAILED: (_AUTHENTICATION, _LOGON, _FAILURE),
    EventName.LOGIN_THROTTLED: (_AUTHENTICATION, _LOGON, _FAILURE),
    EventName.PASSWORD_CHANGED: (_ACCOUNT, _PASSWORD_CHANGE, _SUCCESS),
    EventName.SESSION_STARTED: (_AUTHENTICATION, _LOGON, _SUCCESS),
    EventName.SESSION_ENDED: (_AUTHENTICATION, _LOGOFF, _SUCCESS),
    EventName.SESSION_REVOKED_ALL: (_AUTHENTICATION, _LOGOFF, _SUCCESS),
    EventName.TOKEN_REJECTED: (_AUTHENTICATION, _TICKET, _FAILURE),
    EventName.API_KEY_REJECTED: (_AUTHENTICATION, _TICKET, _FAILURE),
    EventName.REFRESH_ROTATED: (_AUTHENTICATION, _TICKET, _SUCCESS),
    EventName.FAMILY_REVOKED: (_AUTHENTICATION, _LOGOFF, _SUCCESS),
    EventName.MFA_SUCCEEDED: (_AUTHENTICATION, _OTHER, _SUCCESS),
    EventName.MFA_FAILED: (_AUTHENTICATION, _OTHER, _FAILURE),
    EventName.MFA_CHALLENGED: (_AUTHENTICATION, _OTHER, _SUCCESS),
}
_NOT_BLOCKED = {EventName.ERROR_UNHANDLED, EventName.STORE_UNAVAILABLE, EventName.CSP_VIOLATION}


def ocsf(event: Event) -> dict[str, Any]:
    """The event in the Open Cybersecurity Schema Framework, version 1.3: authentication, account change, or
    a finding with the action that the control took.
    """
    kind, activity, status = _IDENTITY.get(event.name, (_FINDING, _CREATE, 0))
    record: dict[str, Any] = {
        "activity_id": activity,
        "category_uid": kind // 1000,
        "class_uid": kind,
        "type_uid": kind * 100 + activity,
        "severity_id": _SEVERITY[event.name.severity],
        "time": round(event.at * 1000),
        "message": event.name.label,
        "metadata": {
            "version": _VERSION,
            "product": {"name": "Strongback", "vendor_name": "Rearguard"},
            "event_code": event.name.label,
        },
        "unmapped": {"asvs": event.name.asvs, "detail": event.detail},
    }
    if event.subject is not None or kind != _FINDING:
        record["user"] = {"uid": event.subject if event.subject is not None else "unknown"}
    if kind != _FINDING:
        return record | {"status_id": status}
    uid = hashlib.sha256(event.as_json().encode()).hexdigest()[:32]
    record["finding_info"] = {"uid": uid, "title": event.name.label}
    if event.name in _NOT_BLOCKED:
        return record
    return record | {"action_id": _DENIED, "disposition_id": _BLOCKED}


class Fan:
    """Several sinks as one."""

    def __init__(self, *sinks: EventSink) -> None:
        self._sinks = sinks

    def emit(self, event: Event) -> None:
        """Give the event to each; one that raises, against its contract, does not keep it from the others."""
        for sink in self._sinks:
            try:
                sink.emit(event)
            except Exception:
                _LOG.exception("a sink failed")


class OcsfSink:
    """Writes each event as one line of OCSF to a standard logger, for whatever ships lines."""

    def __init__(self, logger: str = "strongback.ocsf") -> None:
        self._logger = logging.getLogger(logger)

    def emit(self, event: Event) -> None:
        """Write one line at the event's severity."""
        text = json.dumps(
            ocsf(event),
            ensure_ascii=True,
            sort_keys=True,
            allow_nan=False,
            default=lambda value: type(value).__name__,
        )
        self._logger.log(event.name.severity, "%s", text)


class OpenTelemetrySink:
    """Events as log records of OpenTelemetry, through the provider that the application has set up.

    Needs the extra `strongback[otel]`. The event's name is the record's `event_name`; the trace it belongs to
    comes from the context in which the event happens.
    """

    def __init__(self, provider: Any = None) -> None:
        try:
            from opentelemetry._logs import SeverityNumber, get_logger
        except ImportError as error:  # pragma: no cover
            raise ImportError("OpenTelemetrySink needs the extra: pip install 'strongback[otel]'") from error
        self._logger = get_logger("strongback", logger_provider=provider)
        self._severity = {
            Severity.INFO: SeverityNumber.INFO,
            Severity.WARNING: SeverityNumber.WARN,
            Severity.ALERT: SeverityNumber.ERROR,
        }

    def emit(self, event: Event) -> None:
        """Hand over one record."""
        attributes = {"asvs.requirement": event.name.asvs}
        if event.subject is not None:
            attributes["enduser.id"] = event.subject
        self._logger.emit(
            timestamp=round(event.at * 1e9),
            severity_number=self._severity[event.name.severity],
            severity_text=event.name.severity.name,
            event_name=event.name.label,
            body=event.as_json(),
            attributes=attributes,
        )


_PURPOSE = "webhook v1"


def sign_webhook(body: bytes, *, message: str, at: float, keys: KeyRing) -> dict[str, str]:
    """Headers by which a receiver with the same ring knows a body, as Standard Webhooks lays them out."""
    moment = str(int(at))
    tag = keys.mac(_PURPOSE, _signed(message, moment, body))
    return {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(tag).decode()}",
    }


def _signed(message: str, moment: str, body: bytes) -> bytes:
    return message.encode() + b"." + moment.encode() + b"." + body


def verify_webhook(
    body: bytes, headers: Mapping[str, str], *, keys: KeyRing, clock: Clock, tolerance: float = 300
) -> str:
    """The id of a message that is genuine and recent; note it for `tolerance` seconds to see it once only.

    `headers` by lower-case name. Raises DeniedError.
    """
    message, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or "." in message or not (moment.isascii() and moment.isdigit() and len(moment) < 15):
        raise DeniedError("a webhook without id or time")
    if abs(clock.now() - int(moment)) > tolerance:
        raise DeniedError("a webhook of another time")
    valid = False
    for part in headers.get("webhook-signature", "").split(" ")[:10]:
        version, _, text = part.partition(",")
        for key_id in keys.ids:
            tag = base64.b64encode(keys.mac(_PURPOSE, _signed(message, moment, body), key_id)).decode()
            valid |= version == "v1" and hmac.compare_digest(tag.encode(), text.encode("utf-8", "replace"))
    if not valid:
        raise DeniedError("a webhook that is not signed")
    return message


class Poster(Protocol):
    """What the sink needs of a client; `guarded_sync_client` makes one."""

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Any: ...


class WebhookSink:
    """Sends events from `least` upwards to an address, signed, from a thread of its own.

    What does not get through in three tries, and what finds `capacity` events waiting, is dropped and counted
    in `dropped`: an alarm that is flooded must not take the application with it. The log has every event.
    """

    def __init__(
        self,
        url: str,
        *,
        client: Poster,
        keys: KeyRing,
        clock: Clock,
        rng: Randomness,
        least: Severity = Severity.ALERT,
        capacity: int = 1000,
        pause: float = 1.0,
    ) -> None:
        if not url.startswith("https://") or capacity < 1:
            raise ConfigurationError("WebhookSink: an https address, and capacity >= 1")
        self._url = url
        self._client = client
        self._keys = keys
        self._clock = clock
        self._rng = rng
        self._least = least
        self._pause = pause
        self._waiting: queue.Queue[Event | None] = queue.Queue(capacity)
        self._stopping = threading.Event()
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="strongback-webhooks", daemon=True)
        self._thread.start()

    def emit(self, event: Event) -> None:
        """Queue one event; never waits."""
        if event.name.severity < self._least:
            return
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self.dropped += 1

    def close(self, timeout: float = 10) -> None:
        """Send what waits, without further pauses, then end; `timeout` in seconds."""
        self._stopping.set()
        try:
            self._waiting.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _work(self) -> None:
        while (event := self._waiting.get()) is not None:
            if not self._sent(event):
                self.dropped += 1

    def _sent(self, event: Event) -> bool:
        body = event.as_json().encode()
        message = self._rng.token(16).hex()
        for attempt in range(3):
            headers = sign_webhook(body, message=message, at=self._clock.now(), keys=self._keys)
            try:
                answer = self._client.post(
                    self._url, content=body, headers={"content-type": "application/json", **headers}
                )
                if 200 <= answer.status_code < 300:
                    return True
            except Exception as error:
                _LOG.warning("webhook: %s", type(error).__name__)
            if attempt < 2:
                self._stopping.wait(self._pause * 2**attempt)
        return False
