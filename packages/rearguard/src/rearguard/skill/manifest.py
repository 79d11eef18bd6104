"""The record of an installation, beside the skill: what was written, so that edits can be told from it.

The installed files carry no marks of their own. The manifest can be edited by anybody who can edit the
files, so it only ever *protects*: a path that is not one of ours is never read from it.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from rearguard.skill.files import BlockedError, read_bytes

__all__ = ["MANIFEST_NAME", "Manifest", "load", "render"]

MANIFEST_NAME = ".rearguard-skill.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one skill directory records."""

    version: str = ""
    """Version of the product that wrote it last; "" if nothing is recorded."""
    agents: frozenset[str] = frozenset()
    """The coding agents that use this skill directory."""
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Path below the base directory -> SHA-256 of each content of ours that may be there. Two while a file
    is being replaced, so that an interruption leaves neither content looking like an edit."""


def load(path: Path) -> Manifest:
    """The manifest at `path`; an empty one if it is absent, unreadable or malformed.

    Without a manifest every file that differs counts as the user's, which is the safe reading.
    """
    try:
        data = json.loads(read_bytes(path) or b"")
        return Manifest(
            version=str(data["version"]),
            agents=frozenset(str(agent) for agent in data["agents"]),
            files={str(name): tuple(str(h) for h in hashes) for name, hashes in data["files"].items()},
        )
    except (OSError, BlockedError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Manifest()


def render(manifest: Manifest) -> bytes:
    """The manifest as JSON, the same bytes for the same content."""
    data = {
        "about": "Written by `rearguard skill install`; tells its own files from your edits.",
        "schema": 1,
        "version": manifest.version,
        "agents": sorted(manifest.agents),
        "files": {name: list(hashes) for name, hashes in sorted(manifest.files.items())},
    }
    return json.dumps(data, indent=2).encode() + b"\n"
