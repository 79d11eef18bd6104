"""Passkeys and hardware keys (WebAuthn level 3) over py_webauthn: phishing-resistant, verified, once only.

ASVS v5.0.0-6.3.3 (phishing-resistant factor), 6.7.2 (challenge of 64 bits and more), 6.6.2 (bound to the
request), 6.5.1 (once). Biometrics stay in the authenticator: the server sees only that it verified its user.
Needs the extra `strongback[webauthn]`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

try:
    import webauthn
    from webauthn.helpers import base64url_to_bytes, options_to_json, parse_client_data_json
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        CredentialDeviceType,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "strongback.mfa.passkeys needs the extra: pip install 'strongback[webauthn]'"
    ) from error

from strongback.errors import ConfigurationError, DeniedError
from strongback.events import Event, EventName
from strongback.http.cors import check_origin
from strongback.seams import Clock, EventSink, Randomness
from strongback.stores import KV

__all__ = ["Passkey", "PasskeyRejectedError", "Passkeys"]

_LIFETIME = 300.0
_MAX_TEXT = 65_536
_ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]


class PasskeyRejectedError(DeniedError):
    """A ceremony that is not ours, not for us, not now, or not by who it says."""

    status = 401


@dataclass(frozen=True, slots=True)
class Passkey:
    """What the application stores of one credential."""

    credential_id: bytes
    subject: str
    public_key: bytes
    sign_count: int
    synced: bool
    """Whether it may leave its device (a synced passkey); ASVS level 3 wants one that may not."""
    backed_up: bool


class Passkeys:
    """Registers and verifies credentials for one relying party.

    `rp_id` is the site's domain, `origin` the one address its pages have. User verification (PIN or
    biometrics) is required. A challenge of 256 bits lives five minutes, is bound to its purpose and to
    `session` (the identifier of the login that is under way), and is taken from the store before anything is
    checked: whatever comes of it, it serves once. A signature counter that does not grow means a copied key:
    refused, with an alert.
    """

    def __init__(
        self,
        *,
        rp_id: str,
        rp_name: str,
        origin: str,
        store: KV,
        clock: Clock,
        rng: Randomness,
        events: EventSink,
    ) -> None:
        host = urlsplit(check_origin(origin)).hostname or ""
        if host != rp_id and not host.endswith(f".{rp_id}"):
            raise ConfigurationError(f"Passkeys: {origin} is not on {rp_id}")
        self._rp_id = rp_id
        self._rp_name = rp_name
        self._origin = origin
        self._store = store
        self._clock = clock
        self._rng = rng
        self._events = events

    async def _challenge(self, purpose: str, subject: str, session: str) -> bytes:
        if not session:
            raise ConfigurationError("a ceremony belongs to a session: pass its identifier")
        challenge = self._rng.token(32)
        kept = json.dumps([purpose, subject, _digest(session)]).encode()
        await self._store.put(self._key(challenge), kept, ttl=_LIFETIME)
        return challenge

    @staticmethod
    def _key(challenge: bytes) -> bytes:
        return b"passkey:" + hashlib.sha256(challenge).digest()

    async def registration_options(
        self, subject: str, *, handle: bytes, name: str, session: str, known: Iterable[Passkey] = ()
    ) -> str:
        """JSON for `navigator.credentials.create()`.

        `handle` is the account's random WebAuthn user handle (16 to 64 bytes, no name), `known` its
        credentials, which the authenticator then does not register twice.
        """
        if not 16 <= len(handle) <= 64:
            raise ConfigurationError("a user handle has 16 to 64 random bytes")
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._rp_name,
            user_name=name,
            user_id=handle,
            challenge=await self._challenge("create", subject, session),
            timeout=int(_LIFETIME * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in known],
            supported_pub_key_algs=_ALGORITHMS,
        )
        return options_to_json(options)

    async def register(self, response: str, *, subject: str, session: str) -> Passkey:
        """The credential of a registration response, to be stored. Raises PasskeyRejectedError."""
        credential, challenge = await self._opened(response, "create", subject, session)
        try:
            found = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._rejected(subject, type(error).__name__) from error
        self._emit(EventName.MFA_SUCCEEDED, subject, ceremony="registration")
        return Passkey(
            found.credential_id,
            subject,
            found.credential_public_key,
            found.sign_count,
            found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            found.credential_backed_up,
        )

    async def login_options(self, *, session: str, subject: str = "", known: Iterable[Passkey] = ()) -> str:
        """JSON for `navigator.credentials.get()`: for one account, or for whichever the user picks."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id,
            challenge=await self._challenge("get", subject, session),
            timeout=int(_LIFETIME * 1000),
            allow_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    async def verify(self, response: str, *, stored: Passkey | None, session: str) -> Passkey:
        """The credential as it is to be stored now, proof that its owner was there.

        `stored` is what the application found under `credential_id(response)`, None if nothing: then the
        ceremony is spent and refused like any other. Raises PasskeyRejectedError.
        """
        subject = stored.subject if stored is not None else ""
        credential, challenge = await self._opened(response, "get", subject, session)
        if stored is None or _identifier(credential) != stored.credential_id:
            raise self._rejected(subject, "unknown credential")
        try:
            found = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=stored.public_key,
                # A count that stands still is judged here, so that it raises an alert of its own.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._rejected(subject, type(error).__name__) from error
        if stored.sign_count and found.new_sign_count <= stored.sign_count:
            self._emit(EventName.MFA_REPLAYED, subject, reason="the signature counter does not grow")
            raise PasskeyRejectedError("the signature counter does not grow")
        self._emit(EventName.MFA_SUCCEEDED, subject, ceremony="login")
        return replace(stored, sign_count=found.new_sign_count, backed_up=found.credential_backed_up)

    @staticmethod
    def credential_id(response: str) -> bytes:
        """Under which credential to look the account up. Raises PasskeyRejectedError; proves nothing."""
        return _identifier(_parsed(response))

    async def _opened(
        self, response: str, purpose: str, subject: str, session: str
    ) -> tuple[dict[str, Any], bytes]:
        """The parsed response and its challenge, which is spent from here on. Raises PasskeyRejectedError."""
        credential = _parsed(response)
        try:
            data = base64url_to_bytes(credential["response"]["clientDataJSON"])
            told = json.loads(data)
            challenge = parse_client_data_json(data).challenge
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._rejected(subject, "malformed") from error
        kept = await self._store.take(self._key(challenge))
        if kept is None:
            raise self._rejected(subject, "no such challenge")
        wanted, owner, bound = json.loads(kept)
        if wanted != purpose or bound != _digest(session) or (owner and owner != subject):
            raise self._rejected(subject, "a challenge of another ceremony")
        if told.get("crossOrigin"):
            raise self._rejected(subject, "the page was framed by another origin")
        return credential, challenge

    def _rejected(self, subject: str, reason: str) -> PasskeyRejectedError:
        self._emit(EventName.MFA_FAILED, subject, reason=reason)
        return PasskeyRejectedError(reason)

    def _emit(self, name: EventName, subject: str, **detail: object) -> None:
        fields = {"factor": "webauthn", **detail}
        self._events.emit(Event(name, self._clock.now(), subject=subject or None, detail=fields))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _parsed(response: str) -> dict[str, Any]:
    try:
        found = json.loads(response) if len(response) <= _MAX_TEXT else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        raise PasskeyRejectedError("malformed")
    return dict(found)


def _identifier(credential: Mapping[str, Any]) -> bytes:
    try:
        return base64url_to_bytes(credential["id"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PasskeyRejectedError("malformed") from error
