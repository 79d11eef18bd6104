"""An error that ends without a trace is logged, the way the file logs."""

from tree_sitter import Node

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import logging_of
from rearguard.repair.syntax import RepairError, Tree, indented

__all__ = ["handler_at", "log_error", "what_failed"]


def log_error(context: RepairContext) -> Fix:
    """Add a logging call as the first statement of the handler."""
    tree = context.here
    handler = handler_at(tree, context.finding.location.start)
    log = logging_of(context, tree)
    message = what_failed(tree, handler)
    title = "Log the error"
    if tree.is_python:
        body = next((n for n in handler.named_children if n.type == "block"), None)
        if body is None or not body.named_children:
            raise RepairError("the handler could not be read")
        first = next(n for n in body.named_children if n.type != "comment")
        call = log.error(message)
        if first.type == "pass_statement":
            return proposed(title, Disposition.SAFE, *log.edits, tree.replace(first, call))
        return proposed(title, Disposition.SAFE, *log.edits, tree.before(first, call))
    edits = list(log.edits)
    parameter = handler.child_by_field_name("parameter")
    body = handler.child_by_field_name("body")
    if body is None:
        raise RepairError("the handler could not be read")
    if parameter is None:
        name = "error"
        edits.append(tree.insert(body.start_byte, f"({name}) "))
    elif parameter.type == "identifier":
        name = tree.text(parameter)
    else:
        raise RepairError("the handler takes the error apart")
    call = log.error(message, error=name) + tree.semicolon
    statements = [n for n in body.named_children if n.type != "comment"]
    if statements:
        edits.append(tree.before(statements[0], call))
    else:
        indent = tree.indent(handler.start_byte)
        comments = "".join(f"{tree.text(n)}\n" for n in body.named_children)
        inside = indented(comments + call, indent + tree.unit)
        edits.append(tree.replace(body, "{\n" + inside + indent + "}"))
    return proposed(title, Disposition.SAFE, *edits)


def handler_at(tree: Tree, offset: int) -> Node:
    """The `except` or `catch` around a place."""
    node = tree.root.descendant_for_byte_range(offset, offset + 1)
    while node is not None and node.type not in ("except_clause", "catch_clause"):
        node = node.parent
    if node is None:
        raise RepairError("the handler could not be found again")
    return node


def what_failed(tree: Tree, node: Node) -> str:
    """A message that says where: the function's name."""
    current = node.parent
    while current is not None:
        name = current.child_by_field_name("name")
        if name is not None and current.type in (
            "function_definition",
            "function_declaration",
            "method_definition",
            "variable_declarator",
        ):
            return f"{tree.text(name)} failed"
        current = current.parent
    return "request failed"
