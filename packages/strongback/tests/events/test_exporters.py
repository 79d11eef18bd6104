"""Events in the forms that others read, and webhooks that a receiver can believe."""

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry._logs import Logger, LoggerProvider, SeverityNumber
from strongback.errors import ConfigurationError, DeniedError
from strongback.events import Event, EventName, Severity
from strongback.exporters import (
    Fan,
    OcsfSink,
    OpenTelemetrySink,
    WebhookSink,
    ocsf,
    sign_webhook,
    verify_webhook,
)
from strongback.keys import Key, KeyRing, new_key_text
from strongback.testing import EventRecorder, FakeClock, SeededRandomness

RING = KeyRing.from_text(new_key_text("k1", SeededRandomness("webhooks")))
OTHER = KeyRing.from_text(new_key_text("k1", SeededRandomness("another")))
NOW = 1_800_000_000.0


@pytest.mark.parametrize("name", EventName)
def test_every_event_has_the_required_attributes_of_its_class(name: EventName) -> None:
    record = ocsf(Event(name, NOW, subject=None, detail={"path": "/x"}))
    assert record["class_uid"] in {3001, 3002, 2004}
    assert record["category_uid"] == record["class_uid"] // 1000
    assert record["type_uid"] == record["class_uid"] * 100 + record["activity_id"]
    assert record["severity_id"] == {"INFO": 1, "WARNING": 3, "ALERT": 4}[name.severity.name]
    assert record["time"] == 1_800_000_000_000
    assert {"version", "product"} <= set(record["metadata"])
    if record["class_uid"] == 2004:
        assert {"uid", "title"} == set(record["finding_info"])
    else:
        assert record["user"] == {"uid": "unknown"}
        assert record["status_id"] in {1, 2}
    json.dumps(record)


def test_what_a_login_and_a_denial_become() -> None:
    failed = ocsf(Event(EventName.LOGIN_FAILED, NOW, subject="ada"))
    assert (failed["type_uid"], failed["status_id"], failed["user"]) == (300201, 2, {"uid": "ada"})
    denied = ocsf(Event(EventName.ACCESS_DENIED, NOW, detail={"password": "hunter2"}))
    assert (denied["type_uid"], denied["action_id"], denied["disposition_id"]) == (200401, 2, 2)
    assert "hunter2" not in json.dumps(denied)
    assert "action_id" not in ocsf(Event(EventName.ERROR_UNHANDLED, NOW))


def test_ocsf_lines_cannot_be_broken(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="strongback.ocsf"):
        OcsfSink().emit(Event(EventName.ACCESS_DENIED, NOW, detail={"path": "/\r\n\u2028x", "odd": object()}))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().isascii()
    assert record.getMessage().isprintable()


class Kept(Logger):
    def __init__(self) -> None:
        super().__init__("strongback")
        self.records: list[dict[str, Any]] = []

    def enabled(self, **fields: Any) -> bool:
        return True

    def emit(self, record: Any = None, **fields: Any) -> None:
        self.records.append(fields)


class Provider(LoggerProvider):
    def __init__(self) -> None:
        self.logger = Kept()

    def get_logger(self, name: str, *arguments: Any, **keywords: Any) -> Logger:
        assert name == "strongback"
        return self.logger


def test_open_telemetry_gets_name_severity_time_and_subject() -> None:
    provider = Provider()
    sink = OpenTelemetrySink(provider)
    sink.emit(Event(EventName.REFRESH_REUSED, NOW, subject="ada"))
    sink.emit(Event(EventName.SESSION_STARTED, NOW))
    first, second = provider.logger.records
    assert first["event_name"] == "token.refresh.reused"
    assert first["severity_number"] is SeverityNumber.ERROR
    assert first["timestamp"] == 1_800_000_000_000_000_000
    assert first["attributes"]["enduser.id"] == "ada"
    assert json.loads(first["body"])["event"] == "token.refresh.reused"
    assert "enduser.id" not in second["attributes"]
    OpenTelemetrySink().emit(Event(EventName.SESSION_STARTED, NOW))  # no provider set up: goes nowhere


def test_one_sink_that_fails_does_not_keep_events_from_the_others(
    caplog: pytest.LogCaptureFixture, events: EventRecorder
) -> None:
    class Broken:
        def emit(self, event: Event) -> None:
            raise RuntimeError

    Fan(Broken(), events).emit(Event(EventName.SESSION_STARTED, NOW))
    assert events.names() == [EventName.SESSION_STARTED]


@dataclass
class Receiver:
    """A client that answers with the next status, or raises it."""

    answers: list[int | Exception] = field(default_factory=list)
    seen: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)
    status_code: int = 200
    gate: threading.Event | None = None

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> "Receiver":
        if self.gate is not None:
            self.gate.wait(30)
        self.seen.append((content, headers))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        self.status_code = answer
        return self


def webhook(receiver: Receiver, clock: FakeClock, **settings: Any) -> WebhookSink:
    return WebhookSink(
        "https://alerts.example.com/hook",
        client=receiver,
        keys=RING,
        clock=clock,
        rng=SeededRandomness(),
        pause=0,
        **settings,
    )


def test_alerts_are_sent_signed_and_again_until_they_arrive(clock: FakeClock) -> None:
    receiver = Receiver([500, OSError("down")])
    sink = webhook(receiver, clock)
    sink.emit(Event(EventName.LOGIN_FAILED, NOW))  # below an alert
    sink.emit(Event(EventName.MFA_FATIGUE, NOW, subject="ada"))
    sink.close()
    assert len(receiver.seen) == 3
    ids = {verify_webhook(body, headers, keys=RING, clock=clock) for body, headers in receiver.seen}
    assert len(ids) == 1  # the receiver can tell that it is the same one
    assert json.loads(receiver.seen[0][0])["subject"] == "ada"
    assert sink.dropped == 0


def test_what_does_not_get_through_is_counted(clock: FakeClock) -> None:
    receiver = Receiver([500, 500, 500])
    sink = webhook(receiver, clock, least=Severity.INFO)
    sink.emit(Event(EventName.SESSION_STARTED, NOW))
    sink.close()
    assert (len(receiver.seen), sink.dropped) == (3, 1)


def test_a_flood_is_dropped_not_waited_for(clock: FakeClock) -> None:
    receiver = Receiver(gate=threading.Event())
    sink = webhook(receiver, clock, capacity=2)
    for _ in range(20):
        sink.emit(Event(EventName.MFA_FATIGUE, NOW))
    assert 17 <= sink.dropped <= 18  # one may be on its way
    assert receiver.gate is not None
    receiver.gate.set()
    sink.close()
    assert len(receiver.seen) + sink.dropped == 20


@pytest.mark.parametrize("settings", [{"url": "http://a.example"}, {"capacity": 0}])
def test_unsafe_settings_are_refused(settings: dict[str, Any], clock: FakeClock) -> None:
    defaults = {"url": "https://a.example", "client": Receiver(), "keys": RING, "clock": clock}
    with pytest.raises(ConfigurationError):
        WebhookSink(**{**defaults, "rng": SeededRandomness(), **settings})  # type: ignore[arg-type]


BODY = b'{"a":1}'


def test_a_webhook_is_believed_for_five_minutes_and_under_old_keys(clock: FakeClock) -> None:
    headers = sign_webhook(BODY, message="m1", at=clock.now(), keys=RING)
    assert verify_webhook(BODY, headers, keys=RING, clock=clock) == "m1"
    newer = KeyRing([Key("k2", SeededRandomness("newer").token(32)), Key("k1", _secret())])
    assert verify_webhook(BODY, headers, keys=newer, clock=clock) == "m1"
    both = {**headers, "webhook-signature": f"v1a,x {headers['webhook-signature']}"}
    assert verify_webhook(BODY, both, keys=RING, clock=clock) == "m1"
    clock.advance(300)
    verify_webhook(BODY, headers, keys=RING, clock=clock)
    clock.advance(1)
    with pytest.raises(DeniedError):
        verify_webhook(BODY, headers, keys=RING, clock=clock)
    clock.advance(-602)
    with pytest.raises(DeniedError):
        verify_webhook(BODY, headers, keys=RING, clock=clock)


def _secret() -> bytes:
    return SeededRandomness("webhooks").token(32)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "m2"},
        {"webhook-id": ""},
        {"webhook-id": "m1.1"},
        {"webhook-timestamp": "1800000001"},
        {"webhook-timestamp": "x"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-timestamp": ""},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,é"},
    ],
)
def test_whatever_is_changed_is_refused(change: dict[str, str], clock: FakeClock) -> None:
    headers = sign_webhook(BODY, message="m1", at=clock.now(), keys=RING)
    with pytest.raises(DeniedError):
        verify_webhook(BODY, {**headers, **change}, keys=RING, clock=clock)
    with pytest.raises(DeniedError):
        verify_webhook(BODY + b" ", headers, keys=RING, clock=clock)
    with pytest.raises(DeniedError):
        verify_webhook(BODY, headers, keys=OTHER, clock=clock)
    version = headers["webhook-signature"].replace("v1,", "v2,")
    with pytest.raises(DeniedError):
        verify_webhook(BODY, {**headers, "webhook-signature": version}, keys=RING, clock=clock)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_no_headers_do_anything_but_deny(headers: dict[str, str]) -> None:
    with pytest.raises(DeniedError):
        verify_webhook(BODY, headers, keys=RING, clock=FakeClock())
