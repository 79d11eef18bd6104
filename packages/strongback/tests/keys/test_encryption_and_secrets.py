"""Fields decrypt only where they belong; keys rotate; secrets come from sources, fresh, and never
placeholders.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.encryption import DecryptionError, FieldCipher
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.keys import KeyRing, new_key_text
from strongback.redaction import Secret
from strongback.seams import SystemRandomness
from strongback.secrets import CachedSecrets, EnvironmentSecrets, FileSecrets, check_secret
from strongback.testing import FakeClock, SeededRandomness

OLD, NEW = new_key_text("k1", SeededRandomness("old")), new_key_text("k2", SeededRandomness("new"))
CIPHER = FieldCipher(KeyRing.from_text(OLD), rng=SystemRandomness())
ROTATED = FieldCipher(KeyRing.from_text(f"{NEW},{OLD}"), rng=SystemRandomness())
PLACE = ("patients", "note", "42")


@given(st.binary(max_size=300), st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=4))
def test_values_come_back_in_their_place(plain: bytes, place: list[str]) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(plain, *place), *place) == plain


@given(
    st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=3),
    st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=3),
)
def test_values_do_not_decrypt_elsewhere(place: list[str], other: list[str]) -> None:
    blob = CIPHER.encrypt(b"x", *place)
    if place != other:
        with pytest.raises(DecryptionError):
            CIPHER.decrypt(blob, *other)


def test_every_byte_is_authenticated() -> None:
    blob = CIPHER.encrypt(b"secret", *PLACE)
    for index in range(len(blob)):
        changed = bytearray(blob)
        changed[index] ^= 1
        with pytest.raises(DecryptionError):
            CIPHER.decrypt(bytes(changed), *PLACE)
    for cut in range(len(blob)):
        with pytest.raises(DecryptionError):
            CIPHER.decrypt(blob[:cut], *PLACE)


@given(st.binary(max_size=120))
def test_other_bytes_are_refused(blob: bytes) -> None:
    for data in (blob, b"sb1" + blob, b"sb1\x02k1" + blob):
        with pytest.raises(DecryptionError):
            CIPHER.decrypt(data, *PLACE)


def test_keys_rotate() -> None:
    blob = CIPHER.encrypt(b"secret", *PLACE)
    assert ROTATED.decrypt(blob, *PLACE) == b"secret"
    assert ROTATED.outdated(blob)
    renewed = ROTATED.renew(blob, *PLACE)
    assert not ROTATED.outdated(renewed)
    with pytest.raises(DecryptionError):
        CIPHER.decrypt(renewed, *PLACE)
    assert CIPHER.encrypt(b"secret", *PLACE) != blob
    assert b"secret" not in blob
    for place in ((), ("",)):
        with pytest.raises(ConfigurationError):
            CIPHER.encrypt(b"x", *place)


def test_blind_indexes_find_equal_values_of_one_column_across_a_rotation() -> None:
    first = CIPHER.blind_index(b"ada@example.com", "users", "email")
    assert first == ROTATED.blind_index(b"ada@example.com", "users", "email")
    assert first != CIPHER.blind_index(b"ada@example.com", "users", "backup_email")
    assert first != CIPHER.blind_index(b"bob@example.com", "users", "email")
    assert len(first) == 16


PLACEHOLDERS = [
    "",
    "  ",
    "changeme",
    "CHANGE_ME",
    "secret",
    "password1",
    "xxxx",
    "<your key>",
    "${SECRET}",
    "your-key-here",
    "todo",
]


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_placeholders_are_refused(value: str) -> None:
    with pytest.raises(ConfigurationError):
        check_secret("x", value)


@pytest.mark.anyio
async def test_sources(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("s3cr3t-from-file\n")
    environment = EnvironmentSecrets(
        {"API": "s3cr3t-value", "DB_FILE": str(tmp_path / "db"), "BAD": "changeme"}
    )
    assert (await environment.get("API")).reveal() == "s3cr3t-value"
    assert (await environment.get("DB")).reveal() == "s3cr3t-from-file"
    files = FileSecrets(tmp_path)
    assert await files.get("db") == Secret("s3cr3t-from-file")
    (tmp_path / "big").write_text("y" * 70_000)
    (tmp_path / "dir").mkdir()
    for source, name in (
        (environment, "NONE"),
        (environment, "BAD"),
        (files, "none"),
        (files, "../db"),
        (files, "a/b"),
        (files, "big"),
    ):
        with pytest.raises(ConfigurationError):
            await source.get(name)
    with pytest.raises(StoreUnavailableError):
        await files.get("dir")


class Source:
    def __init__(self) -> None:
        self.value, self.calls, self.down = "first-value", 0, False

    async def get(self, name: str) -> Secret:
        self.calls += 1
        if self.down:
            raise StoreUnavailableError("down")
        return Secret(self.value)


@pytest.mark.anyio
async def test_the_cache_sees_rotations_and_does_not_outlive_its_grace(clock: FakeClock) -> None:
    source = Source()
    cache = CachedSecrets(source, clock=clock, lifetime=300, grace=600)
    assert (await cache.get("x")).reveal() == "first-value"
    source.value = "second-value"
    clock.advance(299)
    assert (await cache.get("x")).reveal() == "first-value"
    assert source.calls == 1
    clock.advance(1)
    assert (await cache.get("x")).reveal() == "second-value"
    source.down = True
    clock.advance(899)
    assert (await cache.get("x")).reveal() == "second-value"
    clock.advance(1)
    with pytest.raises(StoreUnavailableError):
        await cache.get("x")
    with pytest.raises(ConfigurationError):
        CachedSecrets(source, clock=clock, lifetime=0)
