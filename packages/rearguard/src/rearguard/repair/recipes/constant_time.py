"""A comparison of secrets takes the same time whatever is compared.

https://docs.python.org/3/library/hmac.html#hmac.compare_digest
"""

import re

from rearguard.findings import Disposition, Fix
from rearguard.program import Op
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError

__all__ = ["constant_time"]

_IS_PLAIN = re.compile(r"digest\(\)$|\.encode\(|^b['\"]|b64\w+\(|\bbytes\(")
"""What gives bytes, or a text of plain letters: the function takes no other texts, and nothing but texts."""


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
    given = [text if _IS_PLAIN.search(text) else f"str({text}).encode()" for text in (one, other)]
    if all(given[i] == text for i, text in enumerate((one, other))) or not any(
        _IS_PLAIN.search(text) for text in (one, other)
    ):
        edits.append(tree.replace(node, f"{negated}{name}({given[0]}, {given[1]})"))
    else:
        edits.append(tree.replace(node, f"{negated}{name}({one}, {other})"))
    return proposed("Compare in constant time", Disposition.REVIEW, *edits)
