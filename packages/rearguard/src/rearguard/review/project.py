"""What manifests say of how imports resolve: path aliases of tsconfig, names of workspace packages."""

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING = re.compile(r",(\s*[}\]])")
_BUILT = re.compile(r"(?:^|/)(?:dist|build|lib|out|esm|cjs)/")
"""Folders that a build makes of `src`."""
MAX_BYTES = 200_000
_DEPTH = 4
"""Conditions within conditions of `exports`."""


def aliases(manifests: Iterable[tuple[str, Path]]) -> dict[str, tuple[str, ...]]:
    """Import prefix -> folders or files it stands for, relative to the root; "" for a base of all imports.

    Unreadable manifests say nothing.
    """
    found: dict[str, dict[str, None]] = {}
    for path, file in manifests:
        data = _json(file)
        folder = posixpath.dirname(path)
        is_package = posixpath.basename(path) == "package.json"
        for prefix, targets in _package(data, folder) if is_package else _compiler(data, folder):
            found.setdefault(prefix, {}).update(dict.fromkeys(targets))
    return {prefix: tuple(found[prefix]) for prefix in sorted(found, key=lambda name: (-len(name), name))}


# -- package.json ---------------------------------------------------------------------------------


def _package(data: Mapping[str, Any], folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The package's own name with its entry points, `imports`, and the aliases of `module-alias`."""
    name = data.get("name")
    if isinstance(name, str) and name and folder:
        exports = data.get("exports")
        entries = exports if isinstance(exports, Mapping) else {".": exports}
        for entry, target in entries.items():
            if isinstance(entry, str) and entry.startswith("."):
                # `./*` and `./feature/*` stand for folders.
                yield from _entry(name + entry[1:].removesuffix("/*").removesuffix("*"), target, folder)
        main = [data.get(key) for key in ("source", "module", "main", "types")]
        yield name, tuple(place for text in main for place in _places(text, folder))
        yield name, (folder,)
    for field in ("imports", "_moduleAliases"):
        mapping = data.get(field)
        for prefix, target in mapping.items() if isinstance(mapping, Mapping) else ():
            if isinstance(prefix, str) and prefix:
                yield from _entry(prefix.removesuffix("*"), target, folder)


def _entry(prefix: str, target: object, folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    places = tuple(place for text in _conditions(target) for place in _places(text, folder))
    if places:
        yield prefix, places


def _conditions(target: object, depth: int = 0) -> Iterator[str]:
    """Every file that an entry may mean, whatever the conditions."""
    if isinstance(target, str):
        yield target
    elif isinstance(target, Mapping) and depth < _DEPTH:
        for inner in target.values():
            yield from _conditions(inner, depth + 1)


def _places(target: object, folder: str) -> Iterator[str]:
    """Where a file of a package lies: what was built from `src` lies there."""
    if not isinstance(target, str) or "*" in target.rpartition("*")[0]:
        return
    head = target.partition("*")[0]
    for text in (head, _BUILT.sub("/src/", head).lstrip("/")):
        yield posixpath.normpath(posixpath.join(folder, text.removeprefix("./").removesuffix(".d.ts")))


# -- tsconfig.json --------------------------------------------------------------------------------


def _compiler(data: Mapping[str, Any], folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    options = data.get("compilerOptions")
    if not isinstance(options, Mapping):
        return
    base = options.get("baseUrl")
    root = posixpath.normpath(posixpath.join(folder, base)) if isinstance(base, str) else folder
    paths = options.get("paths")
    for pattern, targets in paths.items() if isinstance(paths, Mapping) else ():
        if not isinstance(pattern, str) or not isinstance(targets, list):
            continue
        folders = tuple(
            posixpath.normpath(posixpath.join(root, target.removesuffix("*")))
            for target in targets
            if isinstance(target, str)
        )
        if folders:
            yield pattern.removesuffix("*"), folders
    if isinstance(base, str):
        yield "", (root,)


def _json(file: Path) -> dict[str, Any]:
    """A JSON file with comments and trailing commas, as tools of that family write them; {} if it is none."""
    try:
        with file.open("rb") as handle:
            text = handle.read(MAX_BYTES).decode("utf-8-sig", "replace")
        plain = _COMMENT.sub(lambda match: match.group(1) or "", text)
        data = json.loads(_TRAILING.sub(r"\1", plain))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
