"""Encrypted configuration files: what they hold, what they refuse, and the command that writes them."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.__main__ import main
from strongback.config_files import EncryptedConfig
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.keys import KeyRing, new_key_text
from strongback.testing import SeededRandomness

OLD = new_key_text("k1", SeededRandomness("config"))
NEW = new_key_text("k2", SeededRandomness("config two"))
RING = KeyRing.from_text(OLD)


def config(path: Path, keys: KeyRing = RING, environment: str = "production") -> EncryptedConfig:
    return EncryptedConfig(path, keys=keys, environment=environment, rng=SeededRandomness())


@pytest.mark.anyio
async def test_values_come_back_and_do_not_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    file = config(path)
    file.set("DATABASE_PASSWORD", "correct horse")
    file.set("SMTP_PASSWORD", "battery")
    text = path.read_text()
    assert "DATABASE_PASSWORD" in text
    assert "correct horse" not in text
    assert path.stat().st_mode & 0o077 == 0
    assert (await file.get("DATABASE_PASSWORD")).reveal() == "correct horse"
    assert file.names() == ("DATABASE_PASSWORD", "SMTP_PASSWORD")
    assert {name: secret.reveal() for name, secret in file.all().items()} == {
        "DATABASE_PASSWORD": "correct horse",
        "SMTP_PASSWORD": "battery",
    }
    assert "correct horse" not in repr(file.all())
    file.set("SMTP_PASSWORD", None)
    assert file.names() == ("DATABASE_PASSWORD",)
    with pytest.raises(ConfigurationError, match="missing"):
        await file.get("SMTP_PASSWORD")


@pytest.mark.parametrize("value", ["changeme", "", "  ", "<password>", "${PASSWORD}"])
def test_placeholders_are_not_written(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigurationError, match="placeholder"):
        config(tmp_path / "f").set("PASSWORD", value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
async def test_what_was_changed_moved_or_put_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    file = config(path)
    file.set("A_PASSWORD", "first value")
    before = json.loads(path.read_text())
    file.set("A_PASSWORD", "second value")
    file.set("B_PASSWORD", "another value")
    now = json.loads(path.read_text())
    a, b = now["values"]["A_PASSWORD"], now["values"]["B_PASSWORD"]
    for harmed in (
        {**now, "values": {"A_PASSWORD": b, "B_PASSWORD": a}},
        {**now, "values": {"A_PASSWORD": a}},
        {**now, "values": {"A_PASSWORD": before["values"]["A_PASSWORD"], "B_PASSWORD": b}},
        {**now, "values": {"A_PASSWORD": a, "B_PASSWORD": b, "C_PASSWORD": b}},
        {**now, "values": []},
        {**now, "values": {"A_PASSWORD": 5}},
        {**now, "mac": "0" * 64},
        {**now, "mac": None},
        {**now, "key": "k9"},
        {**now, "format": "strongback-config-0"},
        {},
        [],
        "text",
    ):
        path.write_text(json.dumps(harmed))
        with pytest.raises(ConfigurationError, match="not as it was written"):
            await file.get("A_PASSWORD")
        with pytest.raises(ConfigurationError, match="not as it was written"):
            file.set("A_PASSWORD", "third value")
    path.write_text(json.dumps(now))
    assert (await file.get("B_PASSWORD")).reveal() == "another value"


@given(st.binary(max_size=300))
def test_reading_never_raises_anything_else(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "f"
        path.write_bytes(data)
        with pytest.raises(ConfigurationError):
            config(path).names()


@pytest.mark.anyio
async def test_tests_values_do_not_serve_in_production(tmp_path: Path) -> None:
    path = tmp_path / "f"
    config(path, environment="test").set("PASSWORD", "only for tests")
    with pytest.raises(ConfigurationError):
        await config(path).get("PASSWORD")
    with pytest.raises(ConfigurationError):
        await config(path, KeyRing.from_text(NEW), "test").get("PASSWORD")


@pytest.mark.anyio
async def test_keys_rotate(tmp_path: Path) -> None:
    path = tmp_path / "f"
    config(path).set("PASSWORD", "the same")
    both = KeyRing.from_text(f"{NEW},{OLD}")
    assert config(path, both).rotate() == 1
    assert config(path, both).rotate() == 0
    assert (await config(path, KeyRing.from_text(NEW)).get("PASSWORD")).reveal() == "the same"
    with pytest.raises(ConfigurationError):
        await config(path).get("PASSWORD")


@pytest.mark.anyio
async def test_absent_and_unreadable_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="missing"):
        await config(tmp_path / "none").get("PASSWORD")
    with pytest.raises(StoreUnavailableError):
        await config(tmp_path).get("PASSWORD")
    config(tmp_path / "f").set("PASSWORD", "value")
    with pytest.raises(ConfigurationError):
        await config(tmp_path / "f").get("../f")


def test_the_command_reads_values_from_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APP_KEYS", OLD)
    path = str(tmp_path / "settings.json")
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert main(["config", "set", path, "PASSWORD", "--keys", "APP_KEYS"]) == 0
    assert config(Path(path)).all()["PASSWORD"].reveal() == "correct horse"
    monkeypatch.setenv("APP_KEYS", f"{NEW},{OLD}")
    assert main(["config", "rotate", path, "--keys", "APP_KEYS"]) == 0
    assert main(["config", "list", path, "--keys", "APP_KEYS"]) == 0
    assert capsys.readouterr().out == "1 values brought under k2\nPASSWORD\n"
    assert main(["config", "unset", path, "PASSWORD", "--keys", "APP_KEYS"]) == 0
    assert main(["config", "unset", path, "--keys", "APP_KEYS"]) == 2
    assert main(["config", "list", path, "--keys", "APP_KEYS", "--environment", "test"]) == 2


def test_a_writer_that_is_stopped_leaves_the_old_file(tmp_path: Path) -> None:
    """Killed in the middle of the writing, in a process of its own."""
    path = tmp_path / "f"
    config(path).set("PASSWORD", "kept")
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from strongback.config_files import EncryptedConfig\n"
        "from strongback.keys import KeyRing\n"
        "os.fsync = lambda fd: os._exit(9)\n"
        "EncryptedConfig(Path(sys.argv[1]), keys=KeyRing.from_text(sys.argv[2])).set('PASSWORD', 'lost')\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path), OLD], check=False).returncode == 9
    assert config(path).all()["PASSWORD"].reveal() == "kept"
