"""Key rings: what is no key is refused where it is read, and old keys stay while new ones sign."""

import base64
from pathlib import Path

import pytest
from strongback.errors import ConfigurationError
from strongback.keys import Key, KeyRing, new_key_text
from strongback.testing import SeededRandomness

GOOD = new_key_text("k1", SeededRandomness("ring"))
OTHER = new_key_text("k2", SeededRandomness("other"))


def written(secret: bytes, key_id: str = "k1") -> str:
    return f"{key_id}:{base64.b64encode(secret).decode()}"


@pytest.mark.parametrize(
    ("secret", "fits"),
    [
        (bytes(range(31)), False),
        (bytes(range(100, 132)), True),
        (bytes(range(128, 256)) * 8, True),
        (bytes(range(128, 256)) * 8 + b"\xff", False),
        (bytes(range(128, 128 + 17)) * 2, False),
        (bytes(range(128, 128 + 18)) * 2, True),
        (bytes(range(128, 160)) + b"change-me", False),
    ],
)
def test_keys_are_long_and_random_enough(secret: bytes, fits: bool) -> None:
    if fits:
        assert KeyRing.from_text(written(secret)).ids
        return
    with pytest.raises(ConfigurationError) as refused:
        KeyRing.from_text(written(secret))
    assert base64.b64encode(secret).decode() not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", " , ", GOOD + "," + GOOD, "k1", "k1:", "k1:!!!!", GOOD + "*", "a b:" + GOOD.split(":")[1]]
)
def test_what_is_no_ring_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        KeyRing.from_text(text)
    with pytest.raises(ConfigurationError):
        KeyRing([])
    key = Key("k1", bytes(range(128, 160)))
    with pytest.raises(ConfigurationError):
        KeyRing([key, key])


def test_a_ring_comes_from_a_variable_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"{OTHER}\n{GOOD}\n")
    assert KeyRing.from_environment("K", {"K": GOOD}).current_id == "k1"
    ring = KeyRing.from_environment("K", {"K_FILE": str(path)})
    assert (ring.current_id, list(ring.ids)) == ("k2", ["k2", "k1"])
    # The variable itself is nearer than the file.
    assert KeyRing.from_environment("K", {"K": GOOD, "K_FILE": str(path)}).current_id == "k1"
    for environment in ({}, {"K_FILE": str(tmp_path / "absent")}, {"K": ""}):
        with pytest.raises(ConfigurationError):
            KeyRing.from_environment("K", environment)


def test_what_an_old_key_signed_is_still_known() -> None:
    old, both = KeyRing.from_text(GOOD), KeyRing.from_text(f"{OTHER},{GOOD}")
    tag = old.mac("purpose", b"data")
    assert both.verifies("purpose", b"data", tag)
    assert not both.verifies("another", b"data", tag)
    assert not KeyRing.from_text(OTHER).verifies("purpose", b"data", tag)
    assert both.derive("purpose", "k1") == old.derive("purpose", "k1") != both.derive("purpose", "k2")
