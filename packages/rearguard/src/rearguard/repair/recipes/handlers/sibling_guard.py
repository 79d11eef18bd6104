"""Who calls a handler, asked by the decorator that asks on its siblings, whatever framework runs them."""

import posixpath
import re
from collections import Counter

from rearguard.findings import Edit
from rearguard.repair.context import RepairContext
from rearguard.repair.imports import import_python
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["above", "decorate", "known"]


def decorate(context: RepairContext) -> list[Edit]:
    """The decorator, right above the function: below what registers it. Raises RepairError where none is."""
    if context.route is None or not context.is_python:
        raise RepairError("handlers of this framework are not rewritten")
    name = _fitting(context, context.view.function(context.handler).owner)
    edits = known(context, context.tree(context.path(context.handler)), name)
    return [*edits, above(context, f"@{name}")]


def above(context: RepairContext, line: str) -> Edit:
    """A decorator right above the handler: below what registers it."""
    tree = context.tree(context.path(context.handler))
    function = context.view.function(context.handler)
    node = tree.at(function.start, function.end)
    if node.type == "decorated_definition":
        node = node.named_children[-1]
    if node.type != "function_definition" or not tree.begins_line(node):
        raise RepairError("the handler is not a plain function")
    return tree.insert(tree.line_start(node.start_byte), f"{tree.indent(node.start_byte)}{line}\n")


def _fitting(context: RepairContext, owner: str) -> str:
    """The first guard that stands as a decorator on a handler of the same kind, as it is written there."""
    for guard in context.target.guards:
        for route in context.routes:
            if context.route is None or route.framework != context.route.framework:
                continue
            for fid in route.handler.functions:
                if bool(context.view.function(fid).owner) != bool(owner):
                    continue
                if any(link.how == "decorator" and link.label == guard for link in route.chain):
                    return guard
    raise RepairError("no decorator asks for a login on other handlers")


def known(context: RepairContext, tree: Tree, written: str) -> list[Edit]:
    """The import of what a decorator names, unless the file knows it."""
    root = re.match(r"[A-Za-z_]\w*", written)
    if root is None:
        raise RepairError("the decorator is not written as a name")
    name = root[0]
    if name in context.module_names(tree.source.path):
        return []
    module = _home(context, name, tree.source.path)
    if not module:
        raise RepairError(f"where `{name}` comes from is not seen")
    return import_python(tree, f"from {module} import {name}")


def _home(context: RepairContext, name: str, path: str) -> str:
    """The module from which files of the project import a name, as the file at `path` may write it."""
    found: Counter[str] = Counter()
    folder = posixpath.dirname(path)
    for other, source in context.sources.items():
        if source.language != "python":
            continue
        text = source.text.decode("utf-8", "replace")
        for match in re.finditer(
            rf"^from ([\w.]+) import (?:\([^)]*\b{name}\b|[^\n(]*\b{name}\b)", text, re.MULTILINE
        ):
            if not match[1].startswith(".") or posixpath.dirname(other) == folder:
                found[match[1]] += 1
        if re.search(rf"^(?:(?:async )?def {name}\(|{name}\s*[:=])", text, re.MULTILINE):
            dotted = posixpath.splitext(other)[0].replace("/", ".").removesuffix(".__init__")
            found.setdefault(dotted, 0)
    return min(found.items(), key=lambda item: (-item[1], item[0]))[0] if found else ""
