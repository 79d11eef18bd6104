"""Names that a repair needs: found if the file has them, imported in the file's own way if not."""

import re
import sys

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.repair.context import RepairContext
from rearguard.repair.syntax import RepairError, Tree

__all__ = [
    "import_python",
    "import_script",
    "imported",
    "in_block",
    "is_module",
    "script_module",
    "sort_key",
    "unneeded",
]


def imported(context: RepairContext, tree: Tree, path: str) -> tuple[str, list[Edit]]:
    """What to write for a Python API path (`html.escape`), and the edits that make it known.

    Prefers what the file imports already: the member, then the module.
    """
    module, _, member = path.rpartition(".")
    for node in tree.root.named_children:
        found = _bound_name(tree, node, module, member)
        if found:
            return found, []
    known = context.module_names(tree.source.path)
    standard = module in _MODULES
    if standard and not _imports_from(tree, module):
        if module.partition(".")[0] in known:
            raise RepairError(f"the file uses the name `{module}` for something else")
        return f"{module}.{member}", import_python(tree, f"import {module.removesuffix('.path')}")
    if member in known:
        raise RepairError(f"the file uses the name `{member}` for something else")
    return member, import_python(tree, f"from {module} import {member}")


_MODULES = (
    "html",
    "json",
    "logging",
    "os",
    "os.path",
    "shlex",
    "subprocess",
    "uuid",
    "yaml",
    "secrets",
    "re",
    "time",
)
"""Modules that are imported whole, as is usual for them."""


def _imports_from(tree: Tree, module: str) -> bool:
    """Whether the file takes names out of a module."""
    return any(
        node.type == "import_from_statement"
        and (source := node.child_by_field_name("module_name")) is not None
        and tree.text(source) == module
        for node in tree.root.named_children
    )


def _bound_name(tree: Tree, node: Node, module: str, member: str) -> str:
    """The name under which an import statement of the file binds `module.member`."""
    if node.type == "import_statement":
        for child in node.named_children:
            whole = tree.text(child)
            if child.type == "dotted_name" and (whole == module or (whole, module) == ("os", "os.path")):
                return f"{module}.{member}"
            if child.type == "aliased_import":
                name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
                if name is not None and alias is not None and tree.text(name) == module:
                    return f"{tree.text(alias)}.{member}"
    if node.type == "import_from_statement":
        source = node.child_by_field_name("module_name")
        if source is None:
            return ""
        text = tree.text(source)
        for child in node.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            alias = child.child_by_field_name("alias") if child.type == "aliased_import" else child
            if name is None or alias is None:
                continue
            if text == module and tree.text(name) == member:
                return tree.text(alias)
            if f"{text}.{tree.text(name)}" == module:
                return f"{tree.text(alias)}.{member}"
    return ""


def import_python(tree: Tree, statement: str, *, before: int | None = None) -> list[Edit]:
    """Insert an import statement: among those of the file in order, after its docstring and `__future__`;
    with `before`, among those that stand before this byte.

    A `from x import y` joins an existing `from x import (...)` of one line.
    """
    text = tree.source.text
    match = re.fullmatch(r"from ([\w.]+) import (\w+)", statement)
    anchors = [
        node
        for node in tree.root.named_children
        if node.type in ("import_statement", "import_from_statement", "future_import_statement")
        and (before is None or node.start_byte < before)
    ]
    for node in anchors:
        if match and node.type == "import_from_statement" and b"(" not in (node.text or b""):
            module = node.child_by_field_name("module_name")
            names = node.children_by_field_name("name")
            if module is not None and tree.text(module) == match[1] and names:
                later = [n for n in names if sort_key(match[2]) < sort_key(tree.text(n))]
                if later:
                    return [tree.insert(later[0].start_byte, f"{match[2]}, ")]
                return [tree.insert(names[-1].end_byte, f", {match[2]}")]
    plain = [node for node in anchors if node.type != "future_import_statement"]
    if plain:
        return [_beside(tree, plain, statement)]
    start = 0
    after: Node | None = None
    for node in tree.root.named_children:
        is_docstring = node.type == "expression_statement" and node.named_children[0].type in (
            "string",
            "concatenated_string",
        )
        if node.type == "comment" and after is None:
            start = tree.line_end(node.start_byte)
            continue
        if node.type == "future_import_statement" or (after is None and is_docstring):
            after = node
            continue
        break
    if after is not None:
        return [tree.insert(tree.line_end(max(after.end_byte - 1, 0)), f"\n{statement}\n")]
    if start == 0 and text.startswith(b"\xef\xbb\xbf"):
        start = 3
    return [tree.insert(start, f"{statement}\n\n")]


def unneeded(tree: Tree, name: str, gone: int = 1) -> list[Edit]:
    """Takes `import name` out, where all uses of a module that a Python file imports so go away."""
    used = sum(1 for node in tree.walk() if node.type == "identifier" and tree.text(node) == name)
    for node in tree.root.named_children:
        if node.type == "import_statement" and tree.text(node) == f"import {name}":
            # The name stands in the import too.
            if used == gone + 1 and tree.begins_line(node):
                return [tree.edit(tree.line_start(node.start_byte), tree.line_end(node.end_byte - 1), "")]
            return []
    return []


def _beside(tree: Tree, imports: list[Node], statement: str) -> Edit:
    """Before the first import that comes later in the usual order within the first group, else after it."""
    group = [imports[0]]
    for node in imports[1:]:
        between = tree.source.text[group[-1].end_byte : node.start_byte]
        if between.count(b"\n") != 1 or between.strip():
            break
        group.append(node)
    groups_follow = len(group) != len(imports)
    wanted = _import_key(statement)
    standard = wanted[1].partition(".")[0] in _STANDARD
    root = wanted[1].partition(".")[0]
    kin = [n for n in imports if _import_key(tree.text(n))[1].partition(".")[0] == root]
    if kin and root:
        group = kin
    elif not standard and groups_follow:
        others = [n for n in imports if _import_key(tree.text(n))[1].partition(".")[0] not in _STANDARD]
        own = tree.source.path.partition("/")[0]
        foreign = [n for n in others if _import_key(tree.text(n))[1].partition(".")[0] not in (own, "")]
        group = foreign or others or group
    elif standard and _import_key(tree.text(group[0]))[1].partition(".")[0] not in _STANDARD:
        return tree.insert(tree.line_start(group[0].start_byte), f"{statement}\n\n")
    for node in group:
        if tree.begins_line(node) and _import_key(tree.text(node)) > wanted:
            return tree.insert(tree.line_start(node.start_byte), f"{statement}\n")
    last = group[-1]
    end = tree.line_end(max(last.end_byte - 1, 0))
    if not tree.source.text[:end].endswith(b"\n"):
        return tree.insert(end, f"\n{statement}")
    return tree.insert(end, f"{statement}\n")


_STANDARD = sys.stdlib_module_names


def _import_key(statement: str) -> tuple[int, str]:
    words = statement.split()
    return (0 if words[0] == "import" else 1), words[1] if len(words) > 1 else ""


def sort_key(name: str) -> tuple[int, str]:
    """Order of names in an import: constants, classes, then the rest, as isort and Ruff have it."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def import_script(tree: Tree, statement: str) -> list[Edit]:
    """Insert a whole import or require line after the imports of a JavaScript or TypeScript file."""
    last: Node | None = None
    for node in tree.root.named_children:
        if node.type == "import_statement" or _requires(tree, node):
            last = node
        elif last is not None:
            break
    if last is not None:
        return [tree.insert(tree.line_end(last.end_byte - 1), f"{statement}\n")]
    start = 3 if tree.source.text.startswith(b"\xef\xbb\xbf") else 0
    for node in tree.root.named_children:
        directive = node.type == "expression_statement" and node.named_children[0].type == "string"
        if node.type == "hash_bang_line" or directive:
            start = tree.line_end(node.end_byte - 1)
            continue
        if node.type != "comment":
            break
    if start > 3 and not tree.source.text[start : tree.line_end(start)].strip():
        start = tree.line_end(start)
    return [tree.insert(start, f"{statement}\n\n")]


def in_block(edits: list[Edit]) -> list[Edit]:
    """Imports that go to the same place as one block: the platform's first, then by name."""
    places = dict.fromkeys(edit.span for edit in edits)
    found: list[Edit] = []
    for place in places:
        here = [edit for edit in edits if edit.span == place]
        lines = sorted(
            {edit.text.strip("\r\n") for edit in here},
            key=lambda t: ("node:" not in t, t.startswith("from "), t.lower()),
        )
        line_end = "\r\n" if "\r\n" in here[0].text else "\n"
        tail = here[0].text[len(here[0].text.rstrip("\r\n")) :]
        found.append(Edit(place, line_end.join(lines) + tail))
    return found


def _requires(tree: Tree, node: Node) -> bool:
    if node.type not in ("lexical_declaration", "variable_declaration"):
        return False
    return any(
        (value := child.child_by_field_name("value")) is not None and tree.text(value).startswith("require(")
        for child in node.named_children
        if child.type == "variable_declarator"
    )


def is_module(tree: Tree) -> bool:
    """Whether a script is an ES module: it imports or exports by statement."""
    return any(node.type in ("import_statement", "export_statement") for node in tree.root.named_children)


_BUILTIN = ("child_process", "crypto", "fs", "http", "https", "net", "os", "path", "url", "util")


def script_module(tree: Tree, module: str, name: str) -> tuple[str, list[Edit]]:
    """What a script calls the default export, or whole, of `module`, and the edits that import it."""
    for node in tree.walk():
        if node.type == "import_statement":
            source = node.child_by_field_name("source")
            clause = next((n for n in node.named_children if n.type == "import_clause"), None)
            if source is None or clause is None or tree.text(source).strip("'\"") != module:
                continue
            for child in clause.named_children:
                if child.type == "identifier":
                    return tree.text(child), []
                if child.type == "namespace_import":
                    return tree.text(child.named_children[0]), []
        elif node.type == "variable_declarator":
            value, left = node.child_by_field_name("value"), node.child_by_field_name("name")
            if value is None or left is None or left.type != "identifier":
                continue
            if re.fullmatch(r"require\(\s*['\"]" + re.escape(module) + r"['\"]\s*\)", tree.text(value)):
                return tree.text(left), []
    quote, semicolon = tree.quote, tree.semicolon
    if is_module(tree) and tree.source.language != "javascript" and module.removeprefix("node:") in _BUILTIN:
        # A default import of these needs `esModuleInterop`, which not every project sets.
        return name, import_script(tree, f"import * as {name} from {quote}{module}{quote}{semicolon}")
    if is_module(tree):
        return name, import_script(tree, f"import {name} from {quote}{module}{quote}{semicolon}")
    return name, import_script(tree, f"const {name} = require({quote}{module}{quote}){semicolon}")
