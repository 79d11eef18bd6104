"""What manifests say of how imports resolve: path aliases of tsconfig, names of workspace packages."""

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING = re.compile(r",(\s*[}\]])")
MAX_BYTES = 200_000


def aliases(manifests: Iterable[tuple[str, Path]]) -> dict[str, tuple[str, ...]]:
    """Import prefix -> folders it stands for, relative to the root. Unreadable manifests say nothing."""
    found: dict[str, tuple[str, ...]] = {}
    for path, file in manifests:
        data = _json(file)
        folder = posixpath.dirname(path)
        if posixpath.basename(path) == "package.json":
            name = data.get("name")
            if isinstance(name, str) and name and folder:
                found.setdefault(name, (folder,))
            continue
        options = data.get("compilerOptions")
        if isinstance(options, Mapping):
            for prefix, targets in _paths(options, folder):
                found[prefix] = (*found.get(prefix, ()), *targets)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _paths(options: Mapping[str, Any], folder: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    base = options.get("baseUrl")
    root = posixpath.normpath(posixpath.join(folder, base)) if isinstance(base, str) else folder
    paths = options.get("paths")
    if not isinstance(paths, Mapping):
        return
    for pattern, targets in paths.items():
        if not isinstance(pattern, str) or not isinstance(targets, list):
            continue
        prefix = pattern.removesuffix("*")
        folders = tuple(
            posixpath.normpath(posixpath.join(root, target.removesuffix("*")))
            for target in targets
            if isinstance(target, str)
        )
        if prefix and folders:
            yield prefix, folders


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
