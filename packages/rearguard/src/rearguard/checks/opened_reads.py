"""Reads that a mark opens to everyone, of what is part of an object that only its owner or tenant may look at."""

import re

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.intent import MARKED, is_capability
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.findings import Confidence

__all__ = ["opened_read"]

_READS = ("GET", "HEAD")
_RANDOM = re.compile(
    rb"PrimaryGeneratedColumn\(\s*['\"]uuid|UUIDField\(\s*primary_key|@default\((?:uuid|cuid|nanoid)|default\s*=\s*uuid|"
    rb"primary\w*\([^)]*uuid|DataTypes\.UUID|type\s*:\s*['\"]uuid"
)
"""Declarations of identifiers that nobody counts up."""


def opened_read(context: Context, row: Row, rows: tuple[Row, ...]) -> tuple[Confidence, str] | None:
    """What is marked as open to everyone and answers with what its siblings keep: `/orders/:id/history` beside
    `/orders/:id`, which only its tenant may read.

    Whoever asks needs no more than a number; links with a signature or code refuse those who lack it.
    """
    surface = row.surface
    if row.public != MARKED or surface is None or surface.doubts or row.purpose or not row.answers:
        return None
    if row.endpoint.method not in _READS or _weighs(row):
        return None
    for touch in surface.touches:
        access = next((a for a in row.accesses if (a.fid, a.value) == (touch.fid, touch.value)), None)
        if access is None or access.operation not in ("read", "list") or is_capability(touch):
            continue
        name = _named_by(access)
        kept = _keepers(row, access, name, rows) if name and access.restricted.state == "open" else ()
        if kept and not _is_random(context):
            beside = f"{kept[0].endpoint.method} {kept[0].endpoint.path}"
            return Confidence.LIKELY, f"a mark opens it, and {beside} shows the same object to its own alone"
    return None


def _weighs(row: Row) -> bool:
    """Whether the handler refuses anybody for more than that there is no such object."""
    surface = row.surface
    return surface is not None and any(
        fact.kind in ("denial", "verify")
        and any(atom.kind != "stored" for c in fact.conditions for atom in c.atoms)
        for fact in surface.facts[surface.handler_start :]
    )


def _named_by(access: Access) -> str:
    """The part of the path that chooses what is read, where that is an identifier."""
    for name, source in access.keys:
        if source is not None and source.channel in ("path", "params") and source.path:
            return source.path[0] if re.search(r"(?:^|_)(?:id|pk)$|Id$", name or "id") else ""
    return ""


def _keepers(row: Row, access: Access, name: str, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Endpoints that look the object of the same part of the path up for the caller; none where any shows it to all."""
    kept: list[Row] = []
    stem = _up_to(row.endpoint.path, name)
    wholes = {normal(access.resource), access.part_of} - {""}
    for other in rows:
        if other is row or other.endpoint.method not in _READS or _up_to(other.endpoint.path, "") != stem:
            continue
        for one in other.accesses:
            if normal(one.resource) not in wholes or all(source is None for _, source in one.keys):
                continue
            if other.authentication.state != "required" or one.limit not in ("owner", "tenant"):
                return ()
            kept.append(other)
    return tuple(kept)


def _up_to(path: str, name: str) -> str:
    """A path up to the parameter of a name, or all of it, with parameters without their names."""
    found: list[str] = []
    for part in path.split("/"):
        inner = part.strip("<>{}[]:").rpartition(":")[2].rstrip("?")
        is_parameter = part[:1] in (":", "<", "{", "[")
        found.append(":" if is_parameter else part)
        if is_parameter and inner == name:
            break
    return "/".join(found).rstrip("/")


def _is_random(context: Context) -> bool:
    """Whether the project's identifiers cannot be counted up."""
    key = "identifiers are random"
    if key not in context.notes:
        context.notes[key] = any(_RANDOM.search(text) for text in context.view.texts.values())
    return bool(context.notes[key])
