"""What to change: edits of bytes, recipes that propose them, and the gate that accepts or refuses."""

from rearguard.repair.context import RepairContext
from rearguard.repair.edits import EditError, Shift, apply, apply_all
from rearguard.repair.gate import Proposal, Reading, Reanalyse, Verdict, examine
from rearguard.repair.recipes import HANDLER_RECIPES, RECIPES
from rearguard.repair.revised import Revisions
from rearguard.repair.syntax import RepairError, Tree
from rearguard.repair.targets import Target
from rearguard.repair.trial import CUT, Trial

__all__ = [
    "CUT",
    "HANDLER_RECIPES",
    "RECIPES",
    "RepairError",
    "EditError",
    "Proposal",
    "Reading",
    "Reanalyse",
    "RepairContext",
    "Shift",
    "Target",
    "Tree",
    "Trial",
    "Verdict",
    "apply",
    "apply_all",
    "examine",
    "Revisions",
]
