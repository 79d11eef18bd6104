"""Which versions of packages the reviewed project asks for."""

import re
from collections.abc import Iterable

from rearguard.link import expand
from rearguard.models.concepts import Concept
from rearguard.program import SettingsFile

_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOWEST = re.compile(r"\s*[\^~>=v]*\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?")

Version = tuple[int, int, int]


def lowest(files: Iterable[SettingsFile], concept: Concept) -> Version | None:
    """The lowest version that a manifest asks for of the package that a row of a model names."""
    wanted = {_package(path) for path in expand(concept.path)}
    found = [
        version
        for file in files
        if file.path.rpartition("/")[2] == "package.json"
        for group in _GROUPS
        for name in wanted
        if (entry := file.get(group, name)) is not None and (version := parse(entry.text)) is not None
    ]
    return min(found, default=None)


def parse(text: str) -> Version | None:
    """The lowest version that a range allows; `None` for what names no version."""
    match = _LOWEST.match(text)
    return None if match is None else (int(match[1]), int(match[2] or 0), int(match[3] or 0))


def _package(path: str) -> str:
    """`lodash` of `lodash.merge(1:)`, `@hapi/hoek` of `@hapi/hoek.merge`."""
    name = re.split(r"[.(\[<]", path, maxsplit=1)[0]
    parts = name.split("/")
    return "/".join(parts[:2]) if name.startswith("@") else parts[0]
