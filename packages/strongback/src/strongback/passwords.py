"""Passwords: a policy without folklore, Argon2id in a bounded pool, one answer for every failure.

ASVS v5.0.0-6.2.1, 6.2.4 to 6.2.9, 6.2.11 (policy), 11.4.2 (storage); NIST SP 800-63B-4; RFC 9106.
"""

import asyncio
import hmac
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import ParamSpec, TypeVar

import argon2
from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from strongback.errors import ConfigurationError, DeniedError
from strongback.keys import KeyRing

__all__ = ["Argon2Cost", "BusyError", "PasswordCheck", "PasswordPolicy", "Passwords"]

P = ParamSpec("P")
T = TypeVar("T")

_MAX_CODE_POINTS = 1024
_PEPPER = "password pepper v1"
_CEILING_KIB, _CEILING_TIME, _CEILING_LANES = 262_144, 16, 16


class BusyError(DeniedError):
    """Too many passwords are being hashed: try again shortly."""

    status = 503


def _normal(password: str) -> str:
    """NFC, so that one password typed on two keyboards is one password. Nothing is trimmed, folded or cut."""
    return unicodedata.normalize("NFC", password)


@cache
def _common() -> frozenset[str]:
    text = resources.files("strongback").joinpath("data/common_passwords.txt").read_text("utf-8")
    return frozenset(text.split("\n")) - {""}


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a new password must be: long, and not among those that are guessed first.

    15 characters for a password that stands alone; 8 only where a second factor is enforced, which
    `second_factor_enforced` states and the report shows (NIST SP 800-63B-4 §3.1.1.2). No composition rules.
    """

    min_length: int = 15
    second_factor_enforced: str | None = None
    """How a second factor is enforced for every account; needed for less than 15."""
    context_words: tuple[str, ...] = ()
    """Names of the product and organisation, which must not be the password's substance."""

    def __post_init__(self) -> None:
        floor = 8 if self.second_factor_enforced else 15
        if not floor <= self.min_length <= 64:
            raise ConfigurationError(f"PasswordPolicy: min_length must be {floor} to 64 here")

    def objection(self, password: str, *, account_words: Iterable[str] = ()) -> str | None:
        """Why a new password is refused, in words for its owner, or None. `account_words`: user name,
        e-mail.
        """
        text = _normal(password)
        if len(text) < self.min_length:
            return f"use at least {self.min_length} characters"
        if len(text) > _MAX_CODE_POINTS:
            return f"use at most {_MAX_CODE_POINTS} characters"
        plain = text.casefold()
        core = plain.strip("0123456789!?.,;:_-+*#@$%&/()= ") or plain
        if {plain, core, _period(plain), _period(core)} & _common():
            return "this password is among those guessed first"
        if len(set(plain)) < 5 or _is_sequence(plain) or len(_period(plain)) < 5:
            return "this password repeats a simple pattern"
        for word in (*self.context_words, *account_words):
            folded = _normal(word).casefold()
            parts = {folded, *folded.replace("@", " ").replace(".", " ").split()}
            if any(len(part) >= 4 and len(core.replace(part, "")) < 8 for part in parts if part in core):
                return "this password consists mainly of a name connected with the account"
        return None


def _period(text: str) -> str:
    """The shortest piece whose repetition is `text`; `text` itself if there is none."""
    start = (text + text).find(text, 1)
    return text[:start] if 0 < start < len(text) else text


def _is_sequence(text: str) -> bool:
    """Whether at least four fifths of the steps between characters are the same small one (abc…, 987…)."""
    steps = [ord(b) - ord(a) for a, b in pairwise(text)]
    return any(steps.count(step) * 5 >= len(steps) * 4 for step in (-1, 0, 1))


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """Argon2id parameters; at least OWASP's floor (19 MiB, 2 passes). Default: RFC 9106 second choice."""

    memory_kib: int = 65_536
    time: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        strong = self.memory_kib >= 47_104 or (self.memory_kib >= 19_456 and self.time >= 2)
        within = (
            self.memory_kib <= _CEILING_KIB
            and self.time <= _CEILING_TIME
            and 1 <= self.lanes <= _CEILING_LANES
        )
        if not strong or not within or self.time < 1:
            raise ConfigurationError(
                "Argon2Cost: at least 19456 KiB with 2 passes, at most 256 MiB and 16 passes"
            )


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """The result of a verification."""

    valid: bool
    replacement: str | None = None
    """A new hash to store, when the old one was made with other parameters or an older pepper."""


class Passwords:
    """Hashes and verifies off the event loop, with bounded memory.

    At most `workers` hashes run at once and `waiting` wait; beyond that BusyError. A slot belongs to the
    job, not the request: a client that disconnects does not free memory that is still in use. With `pepper`,
    the password passes through HMAC under a key of the ring first: a stolen table alone cannot be guessed.
    """

    def __init__(
        self,
        *,
        cost: Argon2Cost | None = None,
        pepper: KeyRing | None = None,
        workers: int = 2,
        waiting: int = 32,
    ) -> None:
        if workers < 1 or waiting < 0:
            raise ConfigurationError("Passwords: workers >= 1, waiting >= 0")
        self._cost = cost or Argon2Cost()
        self._hasher = argon2.PasswordHasher(
            time_cost=self._cost.time, memory_cost=self._cost.memory_kib, parallelism=self._cost.lanes
        )
        self._pepper = pepper
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="strongback-argon2")
        self._slots = workers + waiting
        self._taken = 0
        self._decoy: str | None = None

    def close(self) -> None:
        """End the worker threads."""
        self._pool.shutdown(wait=True)

    async def hash(self, password: str) -> str:
        """A string to store. Raises BusyError, or ConfigurationError for more than 1,024 characters."""
        if len(password) > _MAX_CODE_POINTS:
            raise ConfigurationError("check PasswordPolicy before hashing")
        return await self._run(self._hash, password)

    async def verify(self, stored: str | None, password: str) -> PasswordCheck:
        """Check a password. With `stored` None (no such account) it takes as long and is never valid."""
        return await self._run(self._verify, stored, password)

    async def _run(self, job: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        if self._taken >= self._slots:
            raise BusyError("too many passwords are being hashed")
        self._taken += 1
        future = self._pool.submit(job, *arguments, **keywords)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._release))
        return await asyncio.shield(asyncio.wrap_future(future))

    def _release(self) -> None:
        self._taken -= 1

    def _material(self, password: str, key_id: str | None) -> bytes:
        raw = _normal(password).encode("utf-8", "surrogatepass")
        if self._pepper is None or key_id is None:
            return raw
        return hmac.digest(self._pepper.derive(_PEPPER, key_id), raw, "sha256").hex().encode()

    def _hash(self, password: str) -> str:
        if self._pepper is None:
            return self._hasher.hash(self._material(password, None))
        key_id = self._pepper.current_id
        return f"{key_id}~{self._hasher.hash(self._material(password, key_id))}"

    def _verify(self, stored: str | None, password: str) -> PasswordCheck:
        known = stored is not None and len(password) <= _MAX_CODE_POINTS
        if self._decoy is None:
            self._decoy = self._hash("a decoy, so that unknown accounts cost the same time")
        target = stored if known and stored is not None else self._decoy
        key_id, tilde, phc = target.rpartition("~")
        peppered = key_id if tilde else None
        if peppered is not None and (self._pepper is None or peppered not in self._pepper.ids):
            return PasswordCheck(False)
        try:
            parameters = extract_parameters(phc)
            # A row that someone else wrote must not be able to ask for all memory.
            excessive = parameters.memory_cost > _CEILING_KIB or parameters.time_cost > _CEILING_TIME
            if excessive or parameters.parallelism > _CEILING_LANES:
                return PasswordCheck(False)
            self._hasher.verify(phc, self._material(password[:_MAX_CODE_POINTS], peppered))
        except (VerificationError, InvalidHashError, ValueError, OverflowError):
            return PasswordCheck(False)
        if not known:
            return PasswordCheck(False)
        current = self._pepper.current_id if self._pepper else None
        outdated = self._hasher.check_needs_rehash(phc) or peppered != current
        return PasswordCheck(True, self._hash(password) if outdated else None)
