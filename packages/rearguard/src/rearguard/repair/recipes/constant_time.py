"""A comparison of secrets takes the same time whatever is compared.

https://docs.python.org/3/library/hmac.html#hmac.compare_digest
"""

from rearguard.findings import Disposition, Fix
from rearguard.program import Op
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError

__all__ = ["constant_time"]


def constant_time(context: RepairContext) -> Fix:
    """Compare with `hmac.compare_digest`, which takes two texts or two bytes."""
    tree = context.here
    if not tree.is_python:
        raise RepairError("`timingSafeEqual` takes buffers of equal length, which must be made first")
    definitions = context.view.definitions(context.target.fid)
    instr = definitions.get(context.target.value)
    if instr is None or instr.op != Op.COMPARE or instr.name not in ("==", "!="):
        raise RepairError("the comparison could not be found again")
    node = context.node(context.target.fid, context.target.value)
    one, other = (tree.text(context.node(context.target.fid, value)) for value in instr.args)
    name, edits = imported(context, tree, "hmac.compare_digest")
    negated = "not " if instr.name == "!=" else ""
    edits.append(tree.replace(node, f"{negated}{name}({one}, {other})"))
    return proposed("Compare in constant time", Disposition.REVIEW, *edits)
