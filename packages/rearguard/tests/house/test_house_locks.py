"""The locks: what they hold satisfies what is asked for, with hashes, and from no particular place."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-scanners.lock")
_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ;.*)? \\$", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    return {canonicalize_name(match["name"]): match["version"] for match in _PIN.finditer(path.read_text())}


def asked(root: Path, name: str) -> list[Requirement]:
    """What a lock must satisfy: its own list, what that includes, and the packages."""
    lines: list[str] = []
    pending = [root / name]
    while pending:
        for line in pending.pop().read_text().splitlines():
            text = line.partition("#")[0].strip()
            if text.startswith("-r "):
                pending.append(root / text[3:])
            elif text and not text.startswith("-c "):
                lines.append(text)
    packages = {"requirements-dev.in": ("rearguard", "strongback"), "requirements.in": ("rearguard",)}
    for package in packages.get(name, ()):
        project = tomllib.loads((root / "packages" / package / "pyproject.toml").read_text())["project"]
        lines += project["dependencies"]
        lines += [one for extra in project.get("optional-dependencies", {}).values() for one in extra]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_is_asked_for(root: Path, lock: str) -> None:
    held = pins(root / lock)
    for requirement in asked(root, lock.replace(".lock", ".in")):
        name = canonicalize_name(requirement.name)
        assert name in held, f"{requirement}: run make lock"
        assert requirement.specifier.contains(held[name]), f"{requirement}: {held[name]}: run make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_hashes_and_names_no_place(root: Path, lock: str) -> None:
    text = (root / lock).read_text()
    blocks = re.split(r"\n(?=[\w.-]+==)", text)
    assert len([block for block in blocks if "==" in block]) == len(pins(root / lock))
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)
    assert not re.search(r"://|--(?:extra-)?index|--find-links|--trusted", text)


def test_both_locks_agree(root: Path) -> None:
    small, large = (pins(root / lock) for lock in LOCKS[:2])
    assert small.items() <= large.items()
