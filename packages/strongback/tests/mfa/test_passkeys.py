"""Ceremonies with an authenticator in software: what is true passes, whatever is changed is refused."""

import base64
import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from strongback.errors import ConfigurationError
from strongback.events import EventName
from strongback.mfa.passkeys import Passkey, PasskeyRejectedError, Passkeys
from strongback.stores import MemoryStore
from strongback.testing import EventRecorder, FakeClock, SeededRandomness

pytestmark = pytest.mark.anyio
HANDLE = bytes(range(32))
SESSION = "login-1"
UP, UV, BE, BS, AT = 1, 4, 8, 16, 64


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Authenticator:
    """A key that does what it is told, honest or not."""

    rp_id: str = "example.com"
    origin: str = "https://app.example.com"
    flags: int = UP | UV
    count: int = 0
    cross_origin: bool = False
    id: bytes = b"credential-0001!"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _client(self, kind: str, challenge: str) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(data).encode()

    def _data(self, more: int = 0, tail: bytes = b"") -> bytes:
        head = hashlib.sha256(self.rp_id.encode()).digest() + bytes([self.flags | more])
        return head + struct.pack(">I", self.count) + tail

    def create(self, options: str) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        tail = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(public)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(AT, tail)}
        client = self._client("webauthn.create", json.loads(options)["challenge"])
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": {"clientDataJSON": b64(client), "attestationObject": b64(cbor2.dumps(attestation))},
        }

    def get(self, options: str) -> dict[str, Any]:
        self.count += 1
        client = self._client("webauthn.get", json.loads(options)["challenge"])
        data = self._data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": b64(HANDLE),
            },
        }


@pytest.fixture
def passkeys(clock: FakeClock, rng: SeededRandomness, events: EventRecorder) -> Passkeys:
    return Passkeys(
        rp_id="example.com",
        rp_name="Example",
        origin="https://app.example.com",
        store=MemoryStore(clock=clock),
        clock=clock,
        rng=rng,
        events=events,
    )


async def registered(passkeys: Passkeys, key: Authenticator) -> Passkey:
    options = await passkeys.registration_options("7", handle=HANDLE, name="ada", session=SESSION)
    return await passkeys.register(json.dumps(key.create(options)), subject="7", session=SESSION)


async def test_a_credential_is_registered_and_used(passkeys: Passkeys, events: EventRecorder) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    assert stored.subject == "7"
    assert not stored.synced
    options = await passkeys.login_options(session=SESSION, subject="7", known=[stored])
    assert json.loads(options)["userVerification"] == "required"
    response = json.dumps(key.get(options))
    assert passkeys.credential_id(response) == stored.credential_id
    again = await passkeys.verify(response, stored=stored, session=SESSION)
    assert again.sign_count == 1
    assert events.names().count(EventName.MFA_SUCCEEDED) == 2


async def test_a_response_serves_once(passkeys: Passkeys) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    response = json.dumps(key.get(await passkeys.login_options(session=SESSION)))
    await passkeys.verify(response, stored=stored, session=SESSION)
    with pytest.raises(PasskeyRejectedError, match="no such challenge"):
        await passkeys.verify(response, stored=stored, session=SESSION)


async def test_a_failed_try_spends_the_challenge_too(passkeys: Passkeys) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    response = key.get(await passkeys.login_options(session=SESSION))
    with pytest.raises(PasskeyRejectedError):
        await passkeys.verify(json.dumps(response), stored=None, session=SESSION)
    with pytest.raises(PasskeyRejectedError, match="no such challenge"):
        await passkeys.verify(json.dumps(response), stored=stored, session=SESSION)


async def test_a_challenge_ends_after_five_minutes(passkeys: Passkeys, clock: FakeClock) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    options = await passkeys.login_options(session=SESSION)
    clock.advance(301)
    with pytest.raises(PasskeyRejectedError, match="no such challenge"):
        await passkeys.verify(json.dumps(key.get(options)), stored=stored, session=SESSION)


async def test_another_session_cannot_finish_a_ceremony(passkeys: Passkeys) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    options = await passkeys.login_options(session=SESSION)
    with pytest.raises(PasskeyRejectedError, match="another ceremony"):
        await passkeys.verify(json.dumps(key.get(options)), stored=stored, session="login-2")


async def test_another_account_cannot_answer_for_one(passkeys: Passkeys) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    options = await passkeys.login_options(session=SESSION, subject="8")
    with pytest.raises(PasskeyRejectedError, match="another ceremony"):
        await passkeys.verify(json.dumps(key.get(options)), stored=stored, session=SESSION)


async def test_a_registration_challenge_logs_nobody_in(passkeys: Passkeys) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    options = await passkeys.registration_options("7", handle=HANDLE, name="ada", session=SESSION)
    with pytest.raises(PasskeyRejectedError, match="another ceremony"):
        await passkeys.verify(json.dumps(key.get(options)), stored=stored, session=SESSION)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://app.example.com.evil.example"},
        {"origin": "http://app.example.com"},
        {"rp_id": "evil.example"},
        {"flags": UP},
        {"flags": UV},
        {"cross_origin": True},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"id": b"credential-0002!"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_is_not_for_us_is_refused(
    passkeys: Passkeys, events: EventRecorder, change: dict[str, Any]
) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    for name, value in change.items():
        setattr(key, name, value)
    options = await passkeys.login_options(session=SESSION)
    with pytest.raises(PasskeyRejectedError):
        await passkeys.verify(json.dumps(key.get(options)), stored=stored, session=SESSION)
    assert EventName.MFA_FAILED in events.names()
    if "key" not in change and "id" not in change:
        fresh = Authenticator(**{"id": b"credential-0003!", **change})
        with pytest.raises(PasskeyRejectedError):
            await registered(passkeys, fresh)


async def test_a_counter_that_does_not_grow_is_an_alert(passkeys: Passkeys, events: EventRecorder) -> None:
    key = Authenticator(count=5)
    stored = await registered(passkeys, key)
    key.count = 3
    options = await passkeys.login_options(session=SESSION)
    with pytest.raises(PasskeyRejectedError, match="counter"):
        await passkeys.verify(json.dumps(key.get(options)), stored=stored, session=SESSION)
    assert EventName.MFA_REPLAYED in events.names()


async def test_a_key_without_a_counter_is_used_again(passkeys: Passkeys) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    for _ in range(2):
        key.count = -1
        options = await passkeys.login_options(session=SESSION)
        stored = await passkeys.verify(json.dumps(key.get(options)), stored=stored, session=SESSION)
    assert stored.sign_count == 0


async def test_a_synced_passkey_is_told(passkeys: Passkeys) -> None:
    stored = await registered(passkeys, Authenticator(flags=UP | UV | BE | BS))
    assert stored.synced
    assert stored.backed_up


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        '{"id": 1}',
        '{"id": "AA", "response": {"clientDataJSON": "AA"}}',
        "[" * 50_000,
        "x" * 70_000,
    ],
)
async def test_what_is_malformed_is_refused(passkeys: Passkeys, text: str) -> None:
    with pytest.raises(PasskeyRejectedError):
        await passkeys.verify(text, stored=None, session=SESSION)
    with pytest.raises(PasskeyRejectedError):
        await passkeys.register(text, subject="7", session=SESSION)


async def test_every_byte_that_is_signed_counts(passkeys: Passkeys) -> None:
    key = Authenticator()
    stored = await registered(passkeys, key)
    for name in ("authenticatorData", "signature"):
        for position in (0, 33, -1):
            response = key.get(await passkeys.login_options(session=SESSION))
            raw = bytearray(base64.urlsafe_b64decode(response["response"][name] + "=="))
            raw[position] ^= 1
            response["response"][name] = b64(bytes(raw))
            with pytest.raises(PasskeyRejectedError):
                await passkeys.verify(json.dumps(response), stored=stored, session=SESSION)


@pytest.mark.parametrize(
    "make",
    [
        lambda **given: Passkeys(
            rp_id="other.example", rp_name="x", origin="https://app.example.com", **given
        ),
        lambda **given: Passkeys(rp_id="ample.com", rp_name="x", origin="https://app.example.com", **given),
        lambda **given: Passkeys(rp_id="example.com", rp_name="x", origin="http://app.example.com", **given),
    ],
)
def test_a_site_that_is_not_the_relying_party_is_refused(
    make: Callable[..., Passkeys], clock: FakeClock, rng: SeededRandomness, events: EventRecorder
) -> None:
    with pytest.raises(ConfigurationError):
        make(store=MemoryStore(clock=clock), clock=clock, rng=rng, events=events)
