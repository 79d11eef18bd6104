"""Errors of an Express handler: logged in full under an id, answered in general.

https://expressjs.com/en/guide/error-handling.html
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from rearguard.repair.helpers import logging_of, random_id
from rearguard.repair.recipes.generic_error import LOGS, details_of, without
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.syntax import RepairError, indented

__all__ = ["record"]


def record(handler: ScriptHandler) -> None:
    """Log errors under an id that the client gets too, and nothing else of them."""
    for clause in _catches(handler):
        _record(handler, clause)


def _catches(handler: ScriptHandler) -> Iterator[Node]:
    for node in handler.tree.walk(handler.body):
        if node.type == "catch_clause" and handler.tree.function(node) == handler.node:
            yield node


def _record(handler: ScriptHandler, clause: Node) -> None:
    tree = handler.tree
    parameter, body = clause.child_by_field_name("parameter"), clause.child_by_field_name("body")
    if body is None:
        return
    statements = [n for n in body.named_children if n.type != "comment"]
    if parameter is not None and parameter.type != "identifier":
        raise RepairError("the handler takes the error apart")
    error = tree.text(parameter) if parameter is not None else "error"
    if re.search(r"\b(?:next|throw)\b", tree.text(body)):
        return
    identified = ""
    if not LOGS.search(tree.text(body)):
        log = logging_of(handler.context, tree)
        new, edits = random_id(handler.context, tree)
        handler.need(edits)
        identified = handler.free("errorId", "failureId")
        message = f"{handler.route.method} {handler.route.path} failed"
        line = f"const {identified} = {new}{tree.semicolon}\n"
        line += log.error(message, identified, error=error) + tree.semicolon
        handler.edits += log.edits
        if parameter is None:
            handler.edits.append(tree.insert(body.start_byte, f"({error}) "))
        if statements:
            handler.edits.append(tree.before(statements[0], line))
        else:
            indent = tree.indent(clause.start_byte)
            answer = handler.refusal(500, "Server error").removeprefix("return ")
            inside = indented(f"{line}\n{answer}", indent + tree.unit)
            handler.edits.append(tree.replace(body, "{\n" + inside + indent + "}"))
    for index, detail in enumerate(details_of(tree, body, error)):
        call = detail.parent.parent if detail.parent is not None else None
        if call is not None and LOGS.search(tree.text(call)[:40]):
            continue
        handler.edits.append(without(tree, detail, identified if not index else ""))
        identified = "" if not index else identified
    if identified:
        _identified(handler, statements, identified)


def _identified(handler: ScriptHandler, statements: list[Node], identified: str) -> None:
    """Give the client the id too, in an answer that is general already."""
    for statement in statements:
        for node in handler.tree.walk(statement):
            if node.type != "call_expression":
                continue
            callee, arguments = (
                node.child_by_field_name("function"),
                node.child_by_field_name("arguments"),
            )
            if callee is None or arguments is None or len(arguments.named_children) != 1:
                continue
            method = handler.tree.text(callee).rpartition(".")[2]
            given = arguments.named_children[0]
            if method == "send" and given.type == "string":
                text = handler.tree.text(given)[1:-1]
                handler.edits.append(handler.tree.replace(given, f"`{text} (${{{identified}}})`"))
                return
            if method in ("json", "send") and given.type == "object" and given.named_children:
                last = given.named_children[-1]
                handler.edits.append(handler.tree.insert(last.end_byte, f", id: {identified}"))
                return
