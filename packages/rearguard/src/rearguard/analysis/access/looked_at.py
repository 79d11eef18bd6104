"""Looks at what a value is: calls that check it, and values kept for having passed a test."""

from __future__ import annotations

import re

from rearguard.analysis.access.atoms import union
from rearguard.analysis.access.facts import Conditions, Fact
from rearguard.analysis.access.origins import Origins
from rearguard.program import Instr

__all__ = ["checked_by", "kept_for"]

_CHECKS = re.compile(
    r"is[A-Z_]\w*|valid(?:ate)?\w*|check(?:[A-Z_]\w*)?|match(?:es)?|test|fullmatch|assert\w*|ensure\w*|clean\w*"
)


def checked_by(origins: Origins, fid: str, instr: Instr, name: str, conditions: Conditions) -> list[Fact]:
    """Calls that look at what a value is, as `validator.isEmail(x)`."""
    if not _CHECKS.match(name) or len(instr.args) < 2:
        return []
    given = union(origins.of(fid, value) for value in instr.args[1:])
    return [Fact("checked", origins.span(fid, instr), fid, instr.dst, conditions, atoms=given)]


def kept_for(origins: Origins, fid: str, instr: Instr, conditions: Conditions) -> list[Fact]:
    """Values kept for having passed a test: `if status in ("sent", "failed"): text = status`."""
    tested = [c.atoms for c in conditions if c.holds and not c.presence and not c.settled]
    given = origins.of(fid, instr.args[0]) if any(tested) else frozenset()
    passed = {(a.name, a.path) for atoms in tested for a in atoms if a.kind == "input"}
    kept = frozenset(a for a in given if a.kind == "input" and (a.name, a.path) in passed)
    return [Fact("checked", origins.span(fid, instr), fid, instr.dst, conditions, atoms=kept)] if kept else []
