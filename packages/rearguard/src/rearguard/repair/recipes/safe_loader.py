"""A loader that builds any object becomes one that gives plain data.

https://pyyaml.org/wiki/PyYAMLDocumentation (Loading YAML), https://docs.python.org/3/library/pickle.html (the
warning at its top), https://docs.pytorch.org/docs/stable/generated/torch.load.html
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import Deserialisation
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import top_level
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, Tree, called

__all__ = ["safe_loader"]

_YAML = {
    "load": "safe_load",
    "load_all": "safe_load_all",
    "full_load": "safe_load",
    "full_load_all": "safe_load_all",
    "unsafe_load": "safe_load",
    "unsafe_load_all": "safe_load_all",
}

_NAMES = ("identifier", "type_identifier", "shorthand_property_identifier")


def safe_loader(context: RepairContext) -> Fix:
    """Use what the model says the library, or the language, offers instead."""
    concept = context.target.concept
    if not isinstance(concept, Deserialisation) or not concept.instead:
        raise RepairError("no safe loader is known for this format")
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    if concept.instead == "yaml.safe_load":
        return _yaml(context, tree, node)
    if concept.instead == "json.loads":
        return _json(context, tree, node)
    if concept.instead == "JSON.parse":
        callee, _ = called(node)
        title = "Read plain JSON instead of objects with behaviour"
        unused = _unused(tree, re.match(r"[\w$]*", tree.text(callee)))
        return proposed(title, Disposition.REVIEW, tree.replace(callee, "JSON.parse"), *unused)
    if concept.instead == "weights_only":
        _, arguments = called(node)
        last = arguments.named_children[-1]
        edit = tree.insert(last.end_byte, ", weights_only=True")
        return proposed("Load tensors only", Disposition.REVIEW, edit)
    raise RepairError(f"the data must be stored in another format first ({concept.instead})")


def _unused(tree: Tree, root: re.Match[str] | None) -> list[Edit]:
    """The import of a module that was used at this one place goes with the use."""
    name = root[0] if root is not None else ""
    named = [n for n in tree.walk() if n.type in _NAMES and tree.text(n) == name]
    if not name or len(named) != 2:
        return []
    top = top_level(tree, named[0])
    known, text = re.escape(name), r"['\"][^'\"]+['\"]"
    whole = re.fullmatch(
        rf"(?:import {known} from {text}|(?:const|let|var) {known} = require\({text}\));?", tree.text(top)
    )
    if whole is None or not tree.begins_line(top):
        return []
    return [tree.edit(tree.line_start(top.start_byte), tree.line_end(top.end_byte - 1), "")]


def _yaml(context: RepairContext, tree: Tree, node: Node) -> Fix:
    callee, arguments = called(node)
    member = tree.text(callee).rpartition(".")[2]
    wanted = _YAML.get(member)
    if wanted is None:
        raise RepairError("the loader is called under another name")
    edits: list[Edit] = []
    if callee.type == "attribute":
        attribute = callee.child_by_field_name("attribute")
        if attribute is not None:
            edits.append(tree.replace(attribute, wanted))
    else:
        name, edits = imported(context, tree, f"yaml.{wanted}")
        edits.append(tree.replace(callee, name))
    written = [n for n in arguments.named_children if n.type != "comment"]
    for index, argument in enumerate(written):
        keyword = argument.child_by_field_name("name") if argument.type == "keyword_argument" else None
        is_loader = tree.text(keyword) == "Loader" if keyword is not None else index == 1
        if is_loader and index:
            edits.append(tree.edit(written[index - 1].end_byte, argument.end_byte, ""))
    return proposed("Load plain data only", Disposition.SAFE, *edits)


def _json(context: RepairContext, tree: Tree, node: Node) -> Fix:
    """Reading becomes JSON, and so does all writing in the same file: what is stored must be read again."""
    callee, _ = called(node)
    module = tree.text(callee).rpartition(".")[0]
    member = tree.text(callee).rpartition(".")[2]
    if callee.type != "attribute" or member not in ("loads", "load") or "." in module:
        raise RepairError("the loader is called under another name")
    name, import_edits = imported(context, tree, "json.loads")
    json = name.rpartition(".")[0]
    if not json:
        raise RepairError("the file imports `loads` from json under a name of its own")
    if _is_object(tree, node):
        raise RepairError(
            "what is read is an object with attributes; say first which plain data stands for it"
        )
    edits = [tree.replace(callee, f"{json}.{member}")]
    others = 0
    for other in tree.walk():
        if other.type != "attribute" or other.id == callee.id:
            continue
        if not tree.text(other).startswith(f"{module}.") or tree.text(other).count(".") != 1:
            continue
        call = other.parent
        method = tree.text(other).rpartition(".")[2]
        if method == "dumps" and call is not None and call.type == "call":
            _, given = called(call)
            if not given.named_children or not _is_plain(tree, given.named_children[0]):
                raise RepairError("what is written is not seen to be plain data")
            edits.append(tree.replace(other, f"{json}.dumps"))
            edits.append(tree.insert(call.end_byte, ".encode()"))
        else:
            others += 1
    statement = _only_import(tree, module)
    if not others and statement is not None and import_edits:
        edits.append(tree.replace(statement, "import json"))
    else:
        edits += import_edits
    return proposed("Read JSON, which gives plain data only", Disposition.REVIEW, *edits)


_PLAIN = frozenset(
    (
        *("dictionary", "list", "string", "integer", "float", "true", "false", "none", "list_comprehension"),
        *("dictionary_comprehension", "concatenated_string"),
    )
)
_GIVES_PLAIN = re.compile(
    r"(?:^|\.)(?:dict|list|str|int|float|get_json|json|dict_of|model_dump|asdict|to_dict|copy)$"
)
_METHODS = frozenset(
    (
        *("get", "items", "keys", "values", "pop", "append", "extend", "update", "setdefault", "copy"),
        *("sort", "count", "index", "split", "strip", "lower"),
    )
)
"""What dictionaries, lists and texts do."""


def _is_plain(tree: Tree, node: Node, seen: frozenset[str] = frozenset()) -> bool:
    """Whether an expression gives what JSON can hold; of a variable, everything that is assigned to it."""
    if node.type in _PLAIN:
        return True
    if node.type == "call":
        callee = node.child_by_field_name("function")
        return callee is not None and _GIVES_PLAIN.search(tree.text(callee)) is not None
    name = tree.text(node)
    if node.type != "identifier" or name in seen:
        return False
    held = [
        right
        for other in tree.walk(tree.function(node) or tree.root)
        if other.type == "assignment"
        and (left := other.child_by_field_name("left")) is not None
        and tree.text(left) == name
        and (right := other.child_by_field_name("right")) is not None
    ]
    return bool(held) and all(_is_plain(tree, right, seen | {name}) for right in held)


def _is_object(tree: Tree, node: Node) -> bool:
    """Whether what is loaded is used as an object of some class."""
    parent = node.parent
    if parent is not None and parent.type == "attribute":
        return tree.text(parent).rpartition(".")[2] not in _METHODS
    left = parent.child_by_field_name("left") if parent is not None and parent.type == "assignment" else None
    function = tree.function(node)
    if left is None or left.type != "identifier" or function is None:
        return False
    name = tree.text(left)
    for other in tree.walk(function):
        if other.type == "attribute":
            inner, attribute = other.child_by_field_name("object"), other.child_by_field_name("attribute")
            same = inner is not None and tree.text(inner) == name
            if same and attribute is not None and tree.text(attribute) not in _METHODS:
                return True
        if other.type == "call" and re.match(rf"isinstance\(\s*{re.escape(name)}\s*,", tree.text(other)):
            return re.search(r",\s*\(?\s*(?:dict|list|str|int|float|tuple)\b", tree.text(other)) is None
    return False


def _only_import(tree: Tree, module: str) -> Node | None:
    """The statement `import module`, when it imports nothing else."""
    for node in tree.root.named_children:
        if node.type == "import_statement" and tree.text(node) == f"import {module}":
            return node
    return None
