"""Who calls a Django view, asked by the decorator that other views have, or by a test of the user.

https://docs.djangoproject.com/en/stable/topics/auth/default/#the-login-required-decorator
"""

import re

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.repair.context import RepairContext
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["authenticate"]

_ROOT = "django.contrib.auth.decorators.login_required"


def authenticate(context: RepairContext) -> list[Edit]:
    """Guard a view that is a plain function. Raises RepairError for other views, and where no view asks."""
    tree = context.tree(context.path(context.handler))
    function = context.view.function(context.handler)
    node = tree.at(function.start, function.end)
    if node.type == "decorated_definition":
        node = node.named_children[-1]
    if node.type != "function_definition" or function.owner:
        raise RepairError("views that are classes are guarded by a mixin; choose it by hand")
    texts = [s.text for s in context.sources.values() if s.language == "python"]
    if any(re.search(rb"@login_required\b", text) for text in texts) and any(
        b"LOGIN_URL" in t for t in texts
    ):
        name, edits = imported(context, tree, _ROOT)
        start = tree.line_start(node.start_byte)
        return [*edits, tree.insert(start, f"{tree.indent(node.start_byte)}@{name}\n")]
    if not any(b"request.user.is_authenticated" in text for text in texts):
        raise RepairError("nothing in the project says who calls")
    return _tested(context, tree, node, function.params[0].name if function.params else "")


def _tested(context: RepairContext, tree: Tree, node: Node, request: str) -> list[Edit]:
    """A test of the user before the view's first statement."""
    body = node.child_by_field_name("body")
    statements = [n for n in body.named_children if n.type != "comment"] if body is not None else []
    if statements and context.view.function(context.handler).doc:
        statements = statements[1:]
    if not statements or not request:
        raise RepairError("the view is empty")
    name, edits = imported(context, tree, "django.http.HttpResponse")
    unit = tree.unit
    lines = f"if not {request}.user.is_authenticated:\n{unit}return {name}(status=401)\n"
    return [*edits, tree.before(statements[0], lines)]
