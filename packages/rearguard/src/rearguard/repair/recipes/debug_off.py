"""A debug switch that is always on is turned off."""

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError

__all__ = ["debug_off"]


def debug_off(context: RepairContext) -> Fix:
    """Put the constant false in place of true."""
    tree = context.here
    number = context.target.argument
    if number < 0:
        raise RepairError("the switch is set somewhere else")
    node = context.node(context.target.fid, number)
    if tree.text(node) not in ("True", "true", "1"):
        raise RepairError("the switch is not written as a constant here")
    off = {"True": "False", "true": "false", "1": "0"}[tree.text(node)]
    title = "Turn debug mode off in the code"
    if context.finding.rule.id != "debug-mode":
        title = "Switch it off in the code"
    return proposed(title, Disposition.REVIEW, tree.replace(node, off))
