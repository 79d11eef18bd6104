"""A decorator that asks who calls stands below the one that registers the handler.

Decorators apply from the function upwards, and what registers keeps the function as it is at that moment:
https://flask.palletsprojects.com/en/stable/patterns/viewdecorators/
"""

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError

__all__ = ["decorator_order"]


def decorator_order(context: RepairContext) -> Fix:
    """Move the decorator below what registers the handler, and above what keeps or asks something of its own.

    Raises RepairError where it is no line by itself.
    """
    tree = context.here
    written = context.node(context.target.fid, context.target.value)
    node = written if written.type == "decorator" else written.parent
    holder = node.parent if node is not None else None
    if node is None or node.type != "decorator" or holder is None or holder.type != "decorated_definition":
        raise RepairError("the decorator is not written on the function itself")
    definition = holder.child_by_field_name("definition")
    start, end = tree.line_start(node.start_byte), tree.line_end(node.end_byte)
    if definition is None or tree.slice(start, node.start_byte).strip():
        raise RepairError("the decorator shares its line")
    lines = tree.slice(start, end)
    path, places = context.path(context.target.fid), [route.span for route in context.routes]
    registering = [
        each.end_byte
        for each in holder.named_children
        if each.type == "decorator"
        and each.start_byte > node.start_byte
        and any(s.path == path and s.start < each.end_byte and each.start_byte < s.end for s in places)
    ]
    below = tree.line_end(registering[-1]) if registering else tree.line_start(definition.start_byte)
    return proposed(
        "Move the decorator below what registers the handler",
        Disposition.REVIEW,
        tree.edit(start, end, ""),
        tree.insert(below, lines),
    )
