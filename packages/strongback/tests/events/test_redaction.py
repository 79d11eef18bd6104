"""No secret and no forged line reaches a log, whatever is put into an event."""

import json
import logging
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongback.events import Event, EventName, JsonFormatter, LogSink
from strongback.redaction import REDACTED, Secret, neutralise, redact, redact_text

CANARY = "Canary-9f81"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "postgresql://app:hunter2secret@db/app",
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMHcCAQEE cut off",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrst1234",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g",
        "card 4111 1111 1111 1111",
    ],
)
def test_secrets_are_known_by_their_shape(text: str) -> None:
    clean = redact_text(text)
    assert REDACTED in clean
    for part in ("hunter2", "MHcCAQEE", "abcdefgh", "eyJhbGci", "IOSFODNN", "4111", "c2Fsd"):
        assert part not in clean


def test_numbers_that_are_no_cards_stay() -> None:
    assert redact_text("order 4111 1111 1111 1112") == "order 4111 1111 1111 1112"


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "newPassword",
        "Set-Cookie",
        "X-API-Key",
        "api_key",
        "refresh_token",
        "client_secret",
        "otp",
        "cvv",
    ],
)
def test_secrets_are_known_by_their_key(key: str) -> None:
    assert redact({"outer": [{key: CANARY}]}) == {"outer": [{key: REDACTED}]}


def test_secrets_are_known_by_their_type_and_unknown_objects_show_only_their_type() -> None:
    class Account:
        def __repr__(self) -> str:
            return CANARY

    secret = Secret(CANARY)
    assert redact([secret, Account(), CANARY.encode()]) == [REDACTED, "[Account]", "[11 bytes]"]
    assert CANARY not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == CANARY
    assert secret == Secret(CANARY)
    assert hash(secret) == hash(Secret(CANARY))
    assert secret != CANARY


def test_size_and_depth_are_bounded() -> None:
    deep: object = "x"
    for _ in range(50):
        deep = [deep]
    assert "[deep]" in json.dumps(redact(deep))
    assert len(str(redact({"a": "x" * 1_000_000, "b": list(range(100_000))}))) < 5_000


@given(st.text())
def test_no_character_that_ends_or_reorders_a_line_survives(text: str) -> None:
    clean = neutralise(text)
    assert len(clean.splitlines()) <= 1
    assert not any(
        ord(c) < 32 or 0x7F <= ord(c) <= 0x9F or c in "\u202a\u202e\u2066\u2069\ufeff" for c in clean
    )


JSONISH = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.builds(Secret, st.text()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.frozensets(st.text(), max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.text(), st.dictionaries(st.text(), JSONISH, max_size=4))
def test_every_event_is_one_line_of_ascii_json(subject: str, detail: dict[str, object]) -> None:
    line = Event(EventName.LOGIN_FAILED, at=1_800_000_000.0, subject=subject, detail=detail).as_json()
    assert "\n" not in line
    assert line.isascii()
    record = json.loads(line)
    assert record["event"] == "authn.login.failed"
    assert record["time"] == "2027-01-15T08:00:00.000000Z"
    assert record["asvs"] == "v5.0.0-16.3.1"


def test_log_sink_writes_at_the_events_severity(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        LogSink().emit(Event(EventName.REFRESH_REUSED, at=0.0, subject="7", detail={"token": CANARY}))
    assert caplog.records[0].levelno == logging.ERROR
    assert CANARY not in caplog.text
    assert json.loads(caplog.records[0].getMessage())["severity"] == "alert"


def test_formatter_keeps_any_record_on_one_line_without_secrets() -> None:
    try:
        raise ValueError(f"bad token Bearer {CANARY}\nFORGED line")
    except ValueError:
        failure = sys.exc_info()
    record = logging.LogRecord(
        "uvicorn.access",
        logging.INFO,
        "",
        0,
        '%s - "%s"',
        ("1.2.3.4", "GET /\r\nFORGED \x1b[2J\u202e"),
        failure,
    )
    line = JsonFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert CANARY not in line
    parsed = json.loads(line)
    assert parsed["message"] == '1.2.3.4 - "GET /\\u000d\\u000aFORGED \\u001b[2J\\u202e"'
    assert any("ValueError" in part for part in parsed["traceback"])


@pytest.mark.parametrize(
    "piece", ["eyJ", "eyJaaaa.", "://a:", "1 ", "Bearer ", "-----BEGIN PRIVATE KEY-----", "\x00", "ghp_"]
)
def test_hostile_text_costs_little(piece: str) -> None:
    started = time.perf_counter()
    redact_text(piece * (4096 // len(piece)))
    assert time.perf_counter() - started < 0.25
