"""A credential in the code is read from the environment instead, and the service does not start without it.

https://docs.python.org/3/library/os.html#os.environ, https://nodejs.org/api/process.html#processenv
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper, upper_snake
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["secret_from_environment"]

_SCRIPT = """function required(name{typed}) {{
  const value = process.env[name]{semicolon}
  if (!value) {{
    throw new Error(`${{name}} must be set`){semicolon}
  }}
  return value{semicolon}
}}
"""


def secret_from_environment(context: RepairContext) -> Fix:
    """Read the value where it is written now."""
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    if node.type not in ("string", "template_string"):
        raise RepairError("the credential is only a part of the text")
    place, variable = _fallback(tree, node)
    name = variable or _named(tree, node) or upper_snake(context.finding.subject)
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
        raise RepairError("no name for the variable can be told from the code")
    edits: list[Edit]
    if tree.is_python:
        environ, edits = imported(context, tree, "os.environ")
        edits.append(tree.replace(place, f"{environ}[{tree.quote}{name}{tree.quote}]"))
    else:
        typed = ": string" if tree.source.language != "javascript" else ""
        text = _SCRIPT.format(typed=typed, semicolon=tree.semicolon).replace("  ", tree.unit)
        edits = helper(context, tree, node, "required", text)
        edits.append(tree.replace(place, f"required({tree.quote}{name}{tree.quote})"))
    return proposed(
        f"Read the credential from the variable {name}, and refuse to start without it",
        Disposition.REVIEW,
        *edits,
    )


def _fallback(tree: Tree, node: Node) -> tuple[Node, str]:
    """What to replace: the literal, or the whole look-up that falls back to it, with the variable's name."""
    parent = node.parent
    if parent is not None and parent.type in ("argument_list", "arguments"):
        call = parent.parent
        written = [n for n in parent.named_children if n.type != "comment"]
        if call is not None and len(written) == 2 and written[1].id == node.id:
            callee = call.child_by_field_name("function")
            text = tree.text(callee) if callee is not None else ""
            if text.endswith(("environ.get", "getenv")) and written[0].type == "string":
                return call, tree.text(written[0]).strip("'\"")
    if parent is not None and parent.type in ("binary_expression", "boolean_operator"):
        left = parent.child_by_field_name("left")
        right = parent.child_by_field_name("right")
        if left is not None and right is not None and right.id == node.id:
            match = re.fullmatch(
                r"process\.env\.(\w+)|os\.(?:environ\.get|getenv)\(['\"](\w+)['\"]\)", tree.text(left)
            )
            if match:
                return parent, match[1] or match[2]
    return node, ""


def _named(tree: Tree, node: Node) -> str:
    """The variable's name from what the value is assigned to."""
    current: Node | None = node.parent
    while current is not None:
        field = {
            "assignment": "left",
            "assignment_expression": "left",
            "variable_declarator": "name",
            "pair": "key",
            "keyword_argument": "name",
            "public_field_definition": "name",
            "field_definition": "property",
        }.get(current.type)
        if field is not None:
            target = current.child_by_field_name(field)
            if target is None:
                return ""
            words = re.findall(r"[A-Za-z_]\w*", tree.text(target))
            return upper_snake(words[-1]) if words else ""
        if current.type in ("arguments", "argument_list", "call", "call_expression", "comparison_operator"):
            return ""
        current = current.parent
    return ""
