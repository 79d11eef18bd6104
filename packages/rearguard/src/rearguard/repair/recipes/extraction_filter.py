"""An archive is unpacked with the filter that refuses names and links outside the folder.

https://docs.python.org/3/library/tarfile.html#extraction-filters
"""

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError, called

__all__ = ["extraction_filter"]


def extraction_filter(context: RepairContext) -> Fix:
    """Give `filter="data"`, or put it in place of the filter that refuses nothing."""
    tree = context.here
    if not tree.is_python:
        raise RepairError("this library has no such filter")
    _, arguments = called(context.node(context.target.fid, context.target.value))
    written = [node for node in arguments.named_children if node.type != "comment"]
    title = "Refuse members outside the folder"
    for argument in written:
        key = argument.child_by_field_name("name") if argument.type == "keyword_argument" else None
        value = argument.child_by_field_name("value")
        if key is not None and value is not None and tree.text(key) == "filter":
            return proposed(title, Disposition.REVIEW, tree.replace(value, '"data"'))
    if not written:
        return proposed(title, Disposition.REVIEW, tree.insert(arguments.start_byte + 1, 'filter="data"'))
    return proposed(title, Disposition.REVIEW, tree.insert(written[-1].end_byte, ', filter="data"'))
