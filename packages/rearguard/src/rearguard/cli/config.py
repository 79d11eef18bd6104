"""Settings in `rearguard.toml` or `[tool.rearguard]` of `pyproject.toml`; the command line wins.

A configuration is data: it is parsed as TOML, and every value is checked before it is used. An unknown key
is an error, since a misspelled one would silently do nothing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rearguard.cli.words import nearest

KEYS: Mapping[str, type] = {
    "only": list,
    "skip": list,
    "exclude": list,
    "fail-on": str,
    "audience": str,
    "min-confidence": str,
    "output": str,
    "include-tests": bool,
    "jobs": int,
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "fail-on": ("critical", "high", "medium", "low"),
    "audience": ("default", "audit"),
    "min-confidence": ("certain", "likely", "question"),
}
MAX_BYTES = 1_000_000


class ConfigError(Exception):
    """A configuration that cannot be used; the text says where, what and what to do."""


@dataclass(frozen=True, slots=True)
class Config:
    """Checked settings and the file that they come from ("" for none)."""

    values: Mapping[str, Any]
    path: str


def find(root: Path) -> Config:
    """The settings for a reviewed path: of its folder, or the nearest above it that has any.

    The search stops at a folder that holds `.git`. Raises ConfigError.
    """
    folder = root if root.is_dir() else root.parent
    for candidate in (folder.resolve(), *folder.resolve().parents):
        own = candidate / "rearguard.toml"
        if own.is_file():
            return Config(_checked(_toml(own), str(own)), str(own))
        project = candidate / "pyproject.toml"
        if project.is_file():
            tool = _toml(project).get("tool", {})
            if isinstance(tool, dict) and "rearguard" in tool:
                return Config(_checked(tool["rearguard"], f"{project} [tool.rearguard]"), str(project))
        if (candidate / ".git").exists():
            break
    return Config({}, "")


def _toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; this is no configuration")
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _checked(values: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: must be a table of settings")
    for key, value in values.items():
        if key not in KEYS:
            raise ConfigError(
                f"{where}: unknown setting {key!r}.{nearest(key, KEYS)} Known: {', '.join(KEYS)}."
            )
        wanted = KEYS[key]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise ConfigError(f"{where}: {key} must be a {_word(wanted)}, not {value!r}")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{where}: {key} must be a list of texts")
        if key in _CHOICES and value not in _CHOICES[key]:
            raise ConfigError(f"{where}: {key} must be one of {', '.join(_CHOICES[key])}; not {value!r}")
    return values


def _word(kind: type) -> str:
    return {list: "list", str: "text", bool: "true or false", int: "whole number"}[kind]
