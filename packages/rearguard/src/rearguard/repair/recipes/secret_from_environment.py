"""A credential in the code is read from the environment instead, and the service does not start without it.

https://docs.python.org/3/library/os.html#os.environ, https://nodejs.org/api/process.html#processenv
"""

import re
from dataclasses import dataclass, replace

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import constant, helper, upper_snake
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, Tree
from rearguard.repair.targets import Target

__all__ = ["secret_from_environment"]

_SCRIPT = """function required(name{typed}) {{
  const value = process.env[name]{semicolon}
  if (!value) {{
    throw new Error(`${{name}} must be set`){semicolon}
  }}
  return value{semicolon}
}}
"""


_VARIABLE = re.compile(r"[\"'][A-Z][A-Z0-9_]*[\"']")
_HOLDERS = {
    "assignment": "left",
    "assignment_expression": "left",
    "variable_declarator": "name",
    "pair": "key",
    "keyword_argument": "name",
    "object_assignment_pattern": "left",
    "assignment_pattern": "left",
    "public_field_definition": "name",
    "field_definition": "property",
}
"""What gives a value a name, and under which field of the syntax."""


def secret_from_environment(context: RepairContext) -> Fix:
    """Read the value where the program starts, at each place where it is written now."""
    places = _agreed([_place(context, target) for target in (context.target, *context.target.also)])
    texts: dict[str, str] = {}
    for place in places:
        if texts.setdefault(place.name, place.text) != place.text:
            raise RepairError(
                "several credentials stand here, and no names for them can be told from the code"
            )
    edits: list[Edit] = []
    for place in places:
        for each in _edits(context, place):
            if each not in edits or each.span.start != each.span.end:
                edits.append(each)
    edits = _once(edits)
    names = " and ".join(texts)
    if places and all(_declared_default(place.tree, place.node) for place in places):
        return proposed(
            f"Take the default of {names} away: without a value the program does not start",
            Disposition.REVIEW,
            *edits,
        )
    what, it = ("the credential", "it") if len(texts) == 1 else ("the credentials", "them")
    variables = "the variable" if len(texts) == 1 else "the variables"
    return proposed(
        f"Read {what} from {variables} {names}, and refuse to start without {it}", Disposition.REVIEW, *edits
    )


def _once(edits: list[Edit]) -> list[Edit]:
    """The edits with the function that reads variables defined once a file, before all that need it."""
    first: dict[tuple[str, str], Edit] = {}
    for each in sorted(edits, key=lambda edit: edit.span):
        first.setdefault((each.span.path, each.text), each)
    return [
        each
        for each in edits
        if not each.text.startswith("function required(") or first[each.span.path, each.text] is each
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """One place where a credential is written."""

    tree: Tree
    node: Node
    """What the look-up takes the place of."""
    text: str
    name: str
    """Of the variable."""
    account: str
    """Whose it is, where the code says it."""


def _place(context: RepairContext, target: Target) -> _Place:
    node = context.node(target.fid, target.value)
    tree = context.tree(context.path(target.fid))
    if node.type not in ("string", "template_string"):
        raise RepairError("the credential is only a part of the text")
    compared = node.parent is not None and node.parent.type in ("comparison_operator", "binary_expression")
    if compared and re.fullmatch(r"['\"`][A-Z][a-z]+['\"`]", tree.text(node)):
        raise RepairError("the text it is compared with may be the name of a state")
    listed = _listed(tree, node)
    whole, variable = (listed, "") if listed is not None else _fallback(tree, node)
    name = variable or _told_apart(tree, node, _named(tree, node) or upper_snake(context.finding.subject))
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
        raise RepairError("no name for the variable can be told from the code")
    return _Place(tree, whole, tree.text(node), name, _account(tree, node))


def _agreed(places: list[_Place]) -> list[_Place]:
    """One name for one text in one file, wherever it stands: the one that names the account, if some does."""
    names: dict[tuple[str, str], str] = {}
    for place in sorted(places, key=lambda each: not each.account):
        names.setdefault((place.tree.source.path, place.text), place.name)
    return [replace(place, name=names[place.tree.source.path, place.text]) for place in places]


def _edits(context: RepairContext, place: _Place) -> list[Edit]:
    tree, name = place.tree, place.name
    required = _declared_default(tree, place.node)
    if required:
        return required
    variable = f"{tree.quote}{name}{tree.quote}"
    edits: list[Edit]
    if tree.is_python:
        environ, edits = imported(context, tree, "os.environ")
        value = f"{environ}[{variable}]"
    else:
        typed = ": string" if tree.source.language != "javascript" else ""
        text = _SCRIPT.format(typed=typed, semicolon=tree.semicolon).replace("  ", tree.unit)
        edits = helper(context, tree, place.node, "required", text)
        value = f"required({variable})"
    if place.node.type in ("list", "array"):
        value = f"{value}.split({tree.quote},{tree.quote})"
    if tree.function(place.node) is not None and name not in _names_of(tree):
        # Read once, when the program starts, so that it does not start without.
        line = f"{name} = {value}" if tree.is_python else f"const {name} = {value}{tree.semicolon}"
        return [*edits, constant(context, tree, line), tree.replace(place.node, name)]
    return [*edits, tree.replace(place.node, value)]


def _names_of(tree: Tree) -> frozenset[str]:
    """Every name that the file uses for anything."""
    members = ("property_identifier", "private_property_identifier")
    return frozenset(
        tree.text(node)
        for node in tree.walk()
        if node.type.endswith("identifier") and node.type not in members
    )


def _listed(tree: Tree, node: Node) -> Node | None:
    """The list of keys that a key is one of: old ones, still believed, are read with the first."""
    holder = node.parent
    if holder is None or holder.type not in ("list", "array"):
        return None
    entries = [n for n in holder.named_children if n.type != "comment"]
    if any(entry.type != "string" for entry in entries):
        raise RepairError("the list holds more than keys that are written into the code")
    return holder if len(entries) > 1 else None


_SETTINGS = re.compile(r"\bBaseSettings\b")
_READS = re.compile(r"(?:^|\.)(?:env(?:\.\w+)?|config|Config)$")


def _declared_default(tree: Tree, node: Node) -> list[Edit]:
    """Where a library reads settings and fails without one, the default goes; [] elsewhere.

    A field of pydantic's `BaseSettings`, whose variable may have a prefix that only the class knows; the
    keyword `default` of django-environ, environs and decouple; `.default(...)` of a zod or Joi schema.
    """
    parent = node.parent
    if parent is None:
        return []
    kind = parent.child_by_field_name("type") if parent.type == "assignment" else None
    if kind is not None and _in_settings(tree, parent):
        return [tree.edit(kind.end_byte, node.end_byte, "")]
    if parent.type == "keyword_argument" and tree.text(parent.named_children[0]) == "default":
        arguments = parent.parent
        call = arguments.parent if arguments is not None else None
        callee = call.child_by_field_name("function") if call is not None else None
        if callee is None or not _READS.search(tree.text(callee)):
            raise RepairError("the text is a default; let it fail without the setting instead")
        before = parent.prev_named_sibling
        return [tree.edit(before.end_byte if before is not None else parent.start_byte, parent.end_byte, "")]
    if parent.type == "arguments" and parent.parent is not None:
        callee = parent.parent.child_by_field_name("function")
        schema = re.match(r"(z|Joi)\b", tree.text(callee)) if callee is not None else None
        if callee is not None and schema and tree.text(callee).endswith(".default"):
            start = callee.named_children[0].end_byte
            return [tree.edit(start, parent.end_byte, "" if schema[1] == "z" else ".required()")]
    return []


def _in_settings(tree: Tree, node: Node) -> bool:
    """Whether an assignment is a field of a class of settings."""
    current: Node | None = node
    while current is not None and current.type != "class_definition":
        if current.type == "function_definition":
            return False
        current = current.parent
    bases = current.child_by_field_name("superclasses") if current is not None else None
    return bases is not None and _SETTINGS.search(tree.text(bases)) is not None


def _told_apart(tree: Tree, node: Node, name: str) -> str:
    """The name; with the account or the function before it where the file has another value of that name."""
    text = tree.text(node)
    others = {
        tree.text(other)
        for other in tree.walk()
        if other.type in ("string", "template_string") and tree.text(other) != text
        if len(tree.text(other)) > len("''") and _is_whole(other) and _named(tree, other) == name
    }
    if not others:
        return name
    account = _account(tree, node)
    if account:
        return f"{account}_{name}"
    function = tree.function(node)
    called = function.child_by_field_name("name") if function is not None else None
    if called is None:
        raise RepairError(f"the file has several values called {name}")
    return f"{upper_snake(tree.text(called))}_{name}"


def _is_whole(node: Node) -> bool:
    """Whether a text is all that is assigned, given or compared: no name of an entry, no part."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("comparison_operator", "binary_expression"):
        return True
    value = parent.child_by_field_name("right") or parent.child_by_field_name("value")
    return parent.type in _HOLDERS and value is not None and value.id == node.id


def _account(tree: Tree, node: Node) -> str:
    """The account that the same condition compares with: `John` of `user == "John" and password == "..."`."""
    comparison = node.parent
    both = comparison.parent if comparison is not None else None
    if both is None or both.type not in ("boolean_operator", "binary_expression"):
        return ""
    for other in both.named_children:
        if comparison is None or other.id == comparison.id:
            continue
        match = re.fullmatch(r"[^=]*(?:name|user|login|mail)[^=]*={2,3}\s*['\"](\w+)['\"]", tree.text(other))
        if match:
            return upper_snake(match[1])
    return ""


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
            if _VARIABLE.fullmatch(tree.text(written[0])):
                # What such a function does without a default only the project knows.
                raise RepairError(
                    f"`{text}` falls back on this text; let it fail without the variable instead"
                )
    if parent is not None and parent.type == "keyword_argument" and parent.parent is not None:
        # `config("KEY", default="...")`: the setting is named there, whatever its value is assigned to.
        asked = parent.parent.named_children[0]
        if tree.text(parent.named_children[0]) == "default" and _VARIABLE.fullmatch(tree.text(asked)):
            return node, tree.text(asked).strip("'\"")
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
        field = _HOLDERS.get(current.type)
        if field is not None:
            target = current.child_by_field_name(field)
            if target is None:
                return ""
            words = re.findall(r"[A-Za-z_]\w*", tree.text(target))
            return upper_snake(words[-1]) if words else ""
        if current.type in ("comparison_operator", "binary_expression"):
            return _compared_with(tree, current, node)
        if current.type in ("arguments", "argument_list", "call", "call_expression"):
            return ""
        current = current.parent
    return ""


def _compared_with(tree: Tree, comparison: Node, node: Node) -> str:
    """What the value is compared with."""
    for other in comparison.named_children:
        words = re.findall(r"[A-Za-z_]\w*", tree.text(other))
        if other.id != node.id and words and "=" in tree.text(comparison):
            return upper_snake(words[-1])
    return ""
