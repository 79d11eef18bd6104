"""Manifests: which packages an application names, and putting one in without rewriting the file."""

import json
import posixpath
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from rearguard.implement.plan import Package

__all__ = ["MANIFESTS", "add_package", "declared", "read"]

MANIFESTS = (
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "requirements.in",
    "requirements/base.txt",
    "requirements/production.txt",
    "Pipfile",
)
_MAX_BYTES = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read(root: Path, folders: set[str]) -> dict[str, bytes]:
    """Manifests in some folders below `root`, by path. Links are not followed."""
    found: dict[str, bytes] = {}
    for folder in sorted(folders):
        for name in MANIFESTS:
            path = posixpath.join(folder, name)
            file = root / path
            if file.is_file() and not file.is_symlink() and file.stat().st_size <= _MAX_BYTES:
                found[path] = file.read_bytes()
    return found


def declared(manifests: Mapping[str, bytes], name: str) -> str:
    """The manifest that names a package, or ""."""
    wanted = _plain(name)
    for path, text in manifests.items():
        if wanted in map(_plain, _names(path, text)):
            return path
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower() if not name.startswith("@") else name


def _names(path: str, text: bytes) -> list[str]:
    try:
        if path.endswith(".json"):
            data = json.loads(text)
            groups = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
            return [name for group in groups for name in data.get(group) or ()]
        if path.endswith((".toml", "Pipfile")):
            return _toml_names(tomllib.loads(text.decode("utf-8")))
    except (ValueError, AttributeError):
        return []
    lines = text.decode("utf-8", "replace").splitlines()
    return [match[0] for line in lines if (match := _NAME.match(line.strip()))]


def _toml_names(data: dict[str, object]) -> list[str]:
    def table(*keys: str) -> object:
        current: object = data
        for key in keys:
            current = current.get(key, {}) if isinstance(current, dict) else {}
        return current

    found: list[str] = []
    listed = table("project", "dependencies")
    if isinstance(listed, list):
        found += [match[0] for each in listed if (match := _NAME.match(str(each)))]
    for group in (table("tool", "poetry", "dependencies"), table("packages"), table("dev-packages")):
        found += list(group) if isinstance(group, dict) else []
    return found


def add_package(
    manifests: Mapping[str, bytes], root: str, package: Package, *, python: bool
) -> tuple[str, bytes] | None:
    """The manifest below `root` to change and its new text, or `None` where none can take the package.

    A back end in Python often has a package.json as well, for its pages.
    """
    for name in MANIFESTS:
        if python == (name == "package.json"):
            continue
        path = posixpath.join(root, name)
        text = manifests.get(path)
        if text is None:
            continue
        changed = _added(name, text.decode("utf-8", "surrogateescape"), package)
        if changed is not None:
            return path, changed.encode("utf-8", "surrogateescape")
    return None


def _added(name: str, text: str, package: Package) -> str | None:
    if name == "package.json":
        return _into_json(text, package)
    if name == "pyproject.toml":
        return _into_pyproject(text, package)
    if name == "Pipfile":
        return _into_table(text, "packages", f'{package.name} = "{package.version}"')
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}{package.name}{package.version}\n"


def _into_json(text: str, package: Package) -> str | None:
    """Insert into the group in the order of names, in the file's own layout."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    group = "devDependencies" if package.dev else "dependencies"
    entry = f"{json.dumps(package.name)}: {json.dumps(package.version)}"
    unit = match[1] if (match := re.search(r"\n([ \t]+)\"", text)) else "  "
    start = _member(text, group)
    if start < 0:
        close = text.rindex("}")
        head = text[:close].rstrip()
        comma = "," if data else ""
        return f'{head}{comma}\n{unit}"{group}": {{\n{unit * 2}{entry}\n{unit}}}\n{text[close:]}'
    end = text.index("}", start)
    entries = list(re.finditer(r'"((?:[^"\\]|\\.)*)"\s*:\s*"(?:[^"\\]|\\.)*"', text[start:end]))
    if not entries:
        return f"{text[: start + 1]}\n{unit * 2}{entry}\n{unit}{text[end:]}"
    later = next((each for each in entries if each[1] > package.name), None)
    if later is not None:
        at = start + later.start()
        gap = text[text.rfind("\n", 0, at) : at] if "\n" in text[start:at] else " "
        return f"{text[:at]}{entry},{gap}{text[at:]}"
    at = start + entries[-1].end()
    first = start + entries[0].start()
    gap = text[text.rfind("\n", 0, first) : first] if "\n" in text[start:first] else " "
    return f"{text[:at]},{gap}{entry}{text[at:]}"


def _member(text: str, name: str) -> int:
    """Offset of the brace that opens a member of the outermost object, or -1."""
    depth = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}]', text):
        token = match[0]
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
        elif depth == 1 and token == f'"{name}"':
            opened = re.match(r"\s*:\s*\{", text[match.end() :])
            if opened:
                return match.end() + opened.end() - 1
    return -1


def _into_pyproject(text: str, package: Package) -> str | None:
    try:
        data = tomllib.loads(text)
    except ValueError:
        return None
    if "project" not in data:
        if "poetry" in data.get("tool", {}):
            return _into_table(text, "tool.poetry.dependencies", f'{package.name} = "{package.version}"')
        return None
    if not data["project"].get("dependencies"):
        return None
    match = re.search(r"(?m)^dependencies\s*=\s*\[", text)
    if match is None:
        return None
    entry = f'"{package.name}{package.version}"'
    first = re.compile(r"\s*").match(text, match.end())
    gap = first[0] if first else ""
    if "\n" not in gap:
        return f"{text[: match.end()]}{entry}, {text[match.end() :]}"
    return f"{text[: match.end()]}{gap}{entry},{text[match.end() :]}"


def _into_table(text: str, table: str, line: str) -> str | None:
    match = re.search(rf"(?m)^\[{re.escape(table)}\][^\n]*\n", text)
    return f"{text[: match.end()]}{line}\n{text[match.end() :]}" if match else None
