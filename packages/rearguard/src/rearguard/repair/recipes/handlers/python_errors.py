"""Errors of a FastAPI or Flask handler: logged in full under an id, answered in general.

https://flask.palletsprojects.com/en/stable/errorhandling/, https://fastapi.tiangolo.com/tutorial/handling-errors/
"""

import re

from tree_sitter import Node

from rearguard.repair.helpers import logging_of, random_id
from rearguard.repair.recipes.generic_error import LOGS, details_of, without
from rearguard.repair.recipes.handlers.python_handler import PythonHandler

__all__ = ["record"]


def record(handler: PythonHandler) -> None:
    """Log errors under an id that the client gets too, and nothing else of them."""
    for node in handler.tree.walk(handler.body):
        if node.type == "except_clause" and handler.tree.function(node) == handler.node:
            _record(handler, node)


def _record(handler: PythonHandler, clause: Node) -> None:
    tree = handler.tree
    body = next((n for n in clause.named_children if n.type == "block"), None)
    if body is None:
        return
    kinds = [n for n in clause.named_children if n.type not in ("block", "comment")]
    caught = ""
    named = tree.text(kinds[0]) if kinds else "Exception"
    if kinds and kinds[0].type == "as_pattern":
        alias = kinds[0].child_by_field_name("alias")
        caught = tree.text(alias) if alias is not None else ""
    statements = [n for n in body.named_children if n.type != "comment"]
    details = details_of(tree, body, caught) if caught else []
    details = [d for d in details if not _is_cause(d)]
    logs = LOGS.search(tree.text(body)) is not None
    if not details and (logs or tree.text(body).strip() == "raise"):
        return
    if re.match(r"(?:Base)?Exception\b", named):
        _let_answers_through(handler, clause)
    identified = ""
    if not logs:
        log = logging_of(handler.context, tree)
        new, edits = random_id(handler.context, tree)
        handler.edits += [e for e in (*log.edits, *edits) if e not in handler.edits]
        identified = "error_id"
        call = log.error(f"{handler.route.method} {handler.route.path} failed", identified)
        line = f"{identified} = {new}\n{call}"
        handler.edits.append(tree.before(statements[0], line))
    for index, detail in enumerate(details):
        handler.edits.append(without(tree, detail, identified if not index else ""))
    if statements and "from" not in tree.text(statements[-1]) and statements[-1].type == "raise_statement":
        name = caught or "None"
        handler.edits.append(tree.insert(statements[-1].end_byte, f" from {name}"))


def _is_cause(node: Node) -> bool:
    """Whether the node is the `e` of `raise x from e`."""
    parent = node.parent
    return parent is not None and parent.type == "raise_statement" and parent.named_children[-1].id == node.id


def _let_answers_through(handler: PythonHandler, clause: Node) -> None:
    """An answer raised inside `try` must not be taken for an error."""
    attempt = clause.parent
    inside = attempt.child_by_field_name("body") if attempt is not None else None
    if inside is None or attempt is None:
        return
    added = "".join(handler.first)
    raises = re.search(r"\bHTTPException\(|\babort\(", handler.tree.text(inside) + added) is not None
    handled = re.search(r"except\b[^\n]*HTTPException", handler.tree.text(attempt)) is not None
    if not raises or handled:
        return
    path = "werkzeug.exceptions.HTTPException" if handler.is_flask else "fastapi.HTTPException"
    name = handler.name_of(path)
    indent = handler.tree.indent(clause.start_byte)
    start = handler.tree.line_start(clause.start_byte)
    handler.edits.append(handler.tree.insert(start, f"{indent}except {name}:\n{indent}    raise\n"))
