"""Putting repairs into files: which, in what order, judged by what, and back again when they do harm."""

from rearguard.applying.disk import Disk, DiskError
from rearguard.applying.order import Applier, Wanted
from rearguard.applying.run import Checked, FixError, apply_repairs
from rearguard.applying.tests import Tests
from rearguard.applying.worktree import overlooked, refusal

__all__ = [
    "Applier",
    "Checked",
    "Disk",
    "DiskError",
    "FixError",
    "Tests",
    "Wanted",
    "apply_repairs",
    "overlooked",
    "refusal",
]
