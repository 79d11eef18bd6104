"""A login begins a new session, in the way of the library that keeps it.

https://docs.djangoproject.com/en/stable/topics/http/sessions/, https://expressjs.com/en/resources/middleware/session.html
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["new_session"]

_TITLE = "Give the session a new identifier before it says who is logged in"
_KEPT = re.compile(r"\breq(?:uest)?\.session\.(\w+)")
_WHO = re.compile(
    r"(?:user|uid|account|member|customer|admin|logged|auth|is_?(?:logged|auth)|email|login|person|role|staff|save"
    r"|destroy|regenerate|cookie|reload|touch|id$)",
    re.IGNORECASE,
)


def new_session(context: RepairContext) -> Fix:
    """Put the renewal before the first statement that stores who is logged in."""
    tree = context.here
    place = context.finding.location
    statement = tree.statement(tree.at(place.start, place.end))
    text = tree.text(statement)
    if tree.is_python:
        match = re.match(r"((?:self\.)?request\.session)\[", text)
        if match is None or not any(b"django" in s.text for s in context.sources.values()):
            raise RepairError("how this session is renewed is not seen here")
        return proposed(_TITLE, Disposition.REVIEW, tree.before(statement, f"{match[1]}.cycle_key()"))
    match = re.match(r"(\w+\.session)\.\w+\s*=", text)
    packages = any(b"express-session" in s.text for s in context.sources.values())
    if match is None or not packages:
        raise RepairError("how this session is renewed is not seen here")
    if not _is_async(tree, statement):
        raise RepairError("the session is renewed by a callback, around all that follows")
    others = {
        name
        for source in context.sources.values()
        if source.language in ("javascript", "typescript", "tsx")
        for name in _KEPT.findall(source.text.decode("utf-8", "replace"))
        if not _WHO.match(name)
    }
    if others:
        raise RepairError(f"the session holds more, which would be lost: {', '.join(sorted(others)[:3])}")
    unit, end = tree.unit, tree.semicolon
    lines = (
        f"await new Promise((resolve, reject) => {{\n"
        f"{unit}{match[1]}.regenerate((error) => (error ? reject(error) : resolve())){end}\n"
        f"}}){end}"
    )
    if tree.source.language != "javascript":
        lines = lines.replace("new Promise((", "new Promise<void>((")
    return proposed(_TITLE, Disposition.REVIEW, tree.before(statement, lines))


def _is_async(tree: Tree, statement: Node) -> bool:
    function = tree.function(statement)
    return function is not None and tree.text(function).startswith(("async ", "async("))
