"""Settings in `rearguard.toml` or `[tool.rearguard]` of `pyproject.toml`; the command line wins.

A configuration is data: it is parsed as TOML, and every value is checked before it is used. An unknown key
is an error, since a misspelled one would silently do nothing.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearguard.cli.words import nearest

if TYPE_CHECKING:
    from rearguard.findings.suppression import FileSuppression

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
    "cache": bool,
    "baseline": str,
    "fail-on-stale": bool,
    "suppress": list,
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "fail-on": ("critical", "high", "medium", "low"),
    "audience": ("default", "audit"),
    "min-confidence": ("certain", "likely", "question"),
}
_SUPPRESS = ("check", "path", "fingerprint", "reason", "until")
MAX_BYTES = 1_000_000
MAX_JOBS = 64


class ConfigError(Exception):
    """A configuration that cannot be used; the text says where, what and what to do."""


@dataclass(frozen=True, slots=True)
class Config:
    """Checked settings and the file that they come from ("" for none)."""

    values: Mapping[str, Any]
    path: str

    @property
    def note(self) -> str:
        """What of them decides what a report shows, for the reader of the report; "" when nothing does."""
        hiding = [key for key in ("only", "skip", "exclude", "min-confidence") if self.values.get(key)]
        parts = [f"{key} {_listed(self.values[key])}" for key in hiding]
        entries = self.values.get("suppress", ())
        parts += [f"{len(entries)} suppressions" if len(entries) > 1 else "1 suppression"] if entries else []
        told = "; ".join(parts)
        return f"Settings of {Path(self.path).name}: {told}." if told else ""


def find(root: Path) -> Config:
    """The settings for a reviewed path: of its folder, or the nearest above it that has any.

    The search stops at a folder that holds `.git`. Raises ConfigError.
    """
    folder = root if root.is_dir() else root.parent
    for candidate in (folder.resolve(), *folder.resolve().parents):
        own = candidate / "rearguard.toml"
        if own.is_file():
            return Config(_checked(_toml(own), str(own), candidate), str(own))
        project = candidate / "pyproject.toml"
        if project.is_file():
            tool = _toml(project).get("tool", {})
            if isinstance(tool, dict) and "rearguard" in tool:
                where = f"{project} [tool.rearguard]"
                return Config(_checked(tool["rearguard"], where, candidate), str(project))
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


def _checked(values: Any, where: str, folder: Path) -> Mapping[str, Any]:
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: must be a table of settings")
    for key, value in values.items():
        if key not in KEYS:
            raise ConfigError(
                f"{where}: unknown setting {_quoted(key)}.{nearest(key, KEYS)} Known: {', '.join(KEYS)}."
            )
        _check_type(key, value, where)
    if not 1 <= values.get("jobs", 1) <= MAX_JOBS:
        raise ConfigError(f"{where}: jobs must be 1 to {MAX_JOBS}, not {_quoted(values['jobs'])}")
    problem = bad_pattern(values.get("exclude", ()))
    if problem:
        raise ConfigError(f"{where}: exclude: {problem}")
    checked = dict(values)
    for key in ("output", "baseline"):
        if key in values:
            checked[key] = _inside(values[key], key, where, folder)
    if "suppress" in values:
        checked["suppress"] = suppressions(values["suppress"], where)
    return checked


def _check_type(key: str, value: Any, where: str) -> None:
    wanted = KEYS[key]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ConfigError(f"{where}: {key} must be a {_word(wanted)}, not {_quoted(value)}")
    if isinstance(value, list) and key != "suppress" and not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: {key} must be a list of texts")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise ConfigError(f"{where}: {key} must be one of {', '.join(_CHOICES[key])}; not {_quoted(value)}")


def _inside(output: str, key: str, where: str, folder: Path) -> str:
    """A place for reports or of a baseline, which a reviewed tree may choose only within itself."""
    try:
        chosen = (folder / output).resolve()
    except (ValueError, OSError, RuntimeError):
        chosen = None
    if chosen is None or not chosen.is_relative_to(folder.resolve()):
        raise ConfigError(
            f"{where}: {key} must lie beside this file or below it, not {_quoted(output)}; "
            f"--{key} may name any place"
        )
    return str(chosen)


def bad_pattern(patterns: Iterable[str]) -> str:
    """What is wrong with the first pattern that cannot be used as in `.gitignore`; "" when nothing is."""
    from rearguard.review.collect import MAX_WILDCARDS, is_bounded, is_pattern

    for one in patterns:
        if not is_pattern(one):
            return f"{_quoted(one)} is no pattern of .gitignore"
        if not is_bounded(one):
            return f"{_quoted(one)} has more than {MAX_WILDCARDS} wildcards between two slashes"
    return ""


def suppressions(entries: Iterable[Any], where: str) -> tuple["FileSuppression", ...]:
    """The entries of `[[suppress]]`. Raises ConfigError."""
    from pathspec import GitIgnoreSpec

    from rearguard.checks import CHECKS
    from rearguard.findings.suppression import FileSuppression

    known = [check.rule.id for check in CHECKS]
    found: list[FileSuppression] = []
    for number, entry in enumerate(entries, start=1):
        here = f"{where}: suppress, entry {number}"
        if not isinstance(entry, dict):
            raise ConfigError(f"{here}: must be a table, as [[suppress]]")
        for key in entry:
            if key not in _SUPPRESS:
                raise ConfigError(f"{here}: unknown {_quoted(key)}.{nearest(key, _SUPPRESS)}")
        checks, paths, until = entry.get("check", []), entry.get("path", []), entry.get("until")
        checks, paths = ([one] if isinstance(one, str) else one for one in (checks, paths))
        reason, fingerprint = entry.get("reason"), entry.get("fingerprint", "")
        if not all(
            isinstance(many, list) and all(isinstance(one, str) for one in many) for many in (checks, paths)
        ):
            raise ConfigError(f"{here}: check and path must be a text or a list of texts")
        for check in checks:
            if check not in known and ":" not in check:
                raise ConfigError(f"{here}: there is no check {_quoted(check)}.{nearest(check, known)}")
        if not isinstance(reason, str) or not any(character.isalnum() for character in reason):
            raise ConfigError(f"{here}: a reason is needed")
        if not isinstance(fingerprint, str) or (fingerprint and not fingerprint.startswith("rg1:")):
            raise ConfigError(f"{here}: fingerprint must be one, as rg1:0123..., not {_quoted(fingerprint)}")
        if not fingerprint and not (checks and paths):
            raise ConfigError(
                f"{here}: name the finding by fingerprint, or check and path; skip leaves a check out"
            )
        if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            raise ConfigError(f"{here}: until must be a date, as 2031-01-31 without quotes")
        problem = bad_pattern(paths)
        if problem:
            raise ConfigError(f"{here}: path: {problem}")
        spec = GitIgnoreSpec.from_lines(paths)
        about = fingerprint or f"{', '.join(checks)} in {', '.join(paths)}"
        covers = spec.match_file if paths else bool
        found.append(
            FileSuppression(
                where=Path(where).name,
                checks=tuple(checks),
                reason=reason.strip(),
                about=about,
                covers=covers,
                paths=tuple(paths),
                fingerprint=fingerprint,
                until=until,
            )
        )
    return tuple(found)


def _quoted(value: Any) -> str:
    """A value as messages show it: short, and without characters that act on a terminal."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _word(kind: type) -> str:
    return {list: "list", str: "text", bool: "true or false", int: "whole number"}[kind]
