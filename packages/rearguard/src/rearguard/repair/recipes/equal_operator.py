"""Values in a filter are compared with `$eq`, under which no object is an operator.

https://www.mongodb.com/docs/manual/reference/operator/query/eq/
"""

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import NoSqlQuery
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError, unwrap

__all__ = ["equal_operator"]

_VALUES = ("identifier", "member_expression", "attribute", "subscript", "subscript_expression")


def equal_operator(context: RepairContext) -> Fix:
    """Put `{ $eq: value }` in place of each value of a filter that is written out."""
    if not isinstance(context.target.concept, NoSqlQuery):
        raise RepairError("say the condition with operators instead of code")
    tree = context.here
    node = unwrap(context.node(context.target.fid, context.target.argument))
    if node.type not in ("object", "dictionary"):
        raise RepairError("the filter is put together somewhere else; make its values texts there")
    edits: list[Edit] = []
    for entry in node.named_children:
        if entry.type == "shorthand_property_identifier":
            name = tree.text(entry)
            edits.append(tree.replace(entry, f"{name}: {{ $eq: {name} }}"))
        value = entry.child_by_field_name("value") if entry.type == "pair" else None
        if value is None or unwrap(value).type not in _VALUES:
            continue
        text = tree.text(value)
        edits.append(tree.replace(value, f'{{"$eq": {text}}}' if tree.is_python else f"{{ $eq: {text} }}"))
    if not edits:
        raise RepairError("the filter holds no value that can be compared by itself")
    return proposed("Compare the values as they are", Disposition.REVIEW, *edits)
