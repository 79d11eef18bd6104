"""A path built from a value is resolved and must stay inside its folder.

https://docs.python.org/3/library/pathlib.html#pathlib.Path.is_relative_to,
https://expressjs.com/en/api.html#res.sendFile, https://nodejs.org/api/path.html#pathresolvepaths
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import FileAccess
from rearguard.program import Op
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper
from rearguard.repair.imports import imported, script_module
from rearguard.repair.recipes.built_text import read_text
from rearguard.repair.recipes.composed import composed
from rearguard.repair.syntax import RepairError, Tree, called, unwrap

__all__ = ["contain_path"]

_TEXT = '''def contained(folder: str, name: str) -> str:
    """The path of `name` inside `folder`. Raises FileNotFoundError for one outside."""
    base = {realpath}(folder)
    path = {realpath}({join}(base, name))
    if not path.startswith(base + {sep}):
        raise FileNotFoundError(name)
    return path
'''
_PATH = '''def contained(folder: {Path}, name: str) -> {Path}:
    """The path of `name` inside `folder`. Raises FileNotFoundError for one outside."""
    base = folder.resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base):
        raise FileNotFoundError(name)
    return path
'''
_SCRIPT = """function contained(folder{text}, name{text}) {{
  const base = {path}.resolve(folder){semicolon}
  const target = {path}.resolve(base, name){semicolon}
  if (!target.startsWith(base + {path}.sep)) {{
    throw Object.assign(new Error({quote}the path leaves its folder{quote}), {{ status: 404 }}){semicolon}
  }}
  return target{semicolon}
}}
"""
_NOT_FOUND = (
    (r"^from flask import [^\n]*\babort\b|^from flask import \([^)]*\babort\b", "abort(404)"),
    (r"^from django\.http import [^\n]*\bHttp404\b", "raise Http404"),
    (r"^from (?:fastapi|starlette\.exceptions) import [^\n]*\bHTTPException\b", "raise HTTPException(404)"),
    (r"^import bottle\b", "bottle.abort(404)"),
    (r"^from bottle import [^\n]*\babort\b", "abort(404)"),
    (r"^from aiohttp import [^\n]*\bweb\b", "raise web.HTTPNotFound"),
)
"""How a file that imports this answers for what is not there."""
_TITLE = "Keep the path inside its folder"
_NO_FOLDER = "no folder is named that the file should lie in"
MAX_DEPTH = 3
_REQUESTS = frozenset(("req", "request", "ctx"))


def contain_path(context: RepairContext) -> Fix:
    """Check where the path is put together; where the library can confine it itself, let it."""
    tree = context.here
    node = context.node(context.target.fid, context.target.argument)
    concept = context.target.concept
    if isinstance(concept, FileAccess) and concept.root and not tree.is_python:
        rooted = _rooted(context, tree, node)
        if rooted is not None:
            return proposed(_TITLE, Disposition.REVIEW, *rooted)
    tree, joined = _joined(context, context.target.fid, context.target.argument, 0)
    return proposed(_TITLE, Disposition.REVIEW, *_contained(context, tree, joined))


def _rooted(context: RepairContext, tree: Tree, node: Node) -> list[Edit] | None:
    """`sendFile(path.join(folder, name))` as `sendFile(name, { root: folder })`."""
    parts = _parts(tree, node)
    call = context.node(context.target.fid, context.target.value)
    if parts is None or call.type != "call_expression":
        return None
    folder, name = parts
    _, arguments = called(call)
    written = [n for n in arguments.named_children if n.type != "comment"]
    edits = [tree.replace(node, name)]
    if len(written) > 1 and written[1].type == "object":
        first = written[1].named_children
        if not first:
            return None
        return [*edits, tree.insert(first[0].start_byte, f"root: {folder}, ")]
    return [*edits, tree.insert(written[0].end_byte, f", {{ root: {folder} }}")]


def _joined(context: RepairContext, fid: str, number: int, depth: int) -> tuple[Tree, Node]:
    """The expression that joins folder and name: through variables and project functions that return it."""
    tree = context.tree(context.path(fid))
    node = unwrap(context.node(fid, number))
    if _parts(tree, node) is not None:
        return tree, node
    instr = context.view.definitions(fid).get(number)
    if instr is None or depth >= MAX_DEPTH:
        raise RepairError(_NO_FOLDER)
    if instr.op == Op.LOAD:
        stored = context.stores(fid, instr.name)
        if len(stored) == 1:
            return _joined(context, fid, stored[0].args[0], depth + 1)
    if instr.op == Op.AWAIT:
        return _joined(context, fid, instr.args[0], depth + 1)
    if instr.op == Op.CALL:
        functions = context.value(fid, instr.args[0]).functions
        if len(functions) == 1:
            return _returned(context, functions[0], depth)
    raise RepairError(_NO_FOLDER)


def _returned(context: RepairContext, fid: str, depth: int) -> tuple[Tree, Node]:
    returned = [i.args[0] for i in context.view.linker.code(fid) if i.op == Op.RETURN and i.args]
    if len(returned) != 1:
        raise RepairError(_NO_FOLDER)
    return _joined(context, fid, returned[0], depth + 1)


def _parts(tree: Tree, node: Node) -> tuple[str, str] | None:
    """Folder and name, as expressions, of an expression that joins them; `None` for any other."""
    if node.type in ("call", "call_expression"):
        callee, arguments = called(node)
        written = [n for n in arguments.named_children if n.type != "comment"]
        text = tree.text(callee)
        is_join = re.fullmatch(r"(?:os\.path|path|posixpath)\.(?:join|resolve)|join", text)
        if is_join is None or len(written) < 2:
            return None
        if any(n.type in ("spread_element", "list_splat", "keyword_argument") for n in written):
            return None
        names = [tree.text(n) for n in written]
        # What the request chooses of the folder belongs to the name: inside such a folder lies anything.
        own = next((i for i, n in enumerate(written[1:], 1) if _is_chosen(tree, n)), len(names) - 1)
        folder = names[0] if own == 1 else f"{text}({', '.join(names[:own])})"
        return folder, names[own] if own == len(names) - 1 else f"{text}({', '.join(names[own:])})"
    if node.type == "binary_operator" and (operator := node.child_by_field_name("operator")) is not None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator.type == "/" and left is not None and right is not None:
            if _divides(tree, left) and _is_chosen(tree, left):
                raise RepairError("the request chooses the folder too: keep the whole path in a fixed one")
            return tree.text(left), tree.text(right)
    if node.type in ("string", "template_string", "binary_operator", "binary_expression"):
        return _written(tree, node)
    return None


def _is_chosen(tree: Tree, node: Node) -> bool:
    """Whether the request chooses a part of a path: read here, in a variable, or a parameter."""
    names = {tree.text(n) for n in tree.walk(node) if n.type == "identifier"}
    function = tree.function(node)
    parameters = function.child_by_field_name("parameters") if function is not None else None
    if names & _REQUESTS or function is None or parameters is None:
        return bool(names & _REQUESTS)
    if tree.is_python and names & set(re.findall(r"\w+", tree.text(parameters))) - {"self", "cls"}:
        return True
    for other in tree.walk(function):
        left = other.child_by_field_name("left") or other.child_by_field_name("name")
        right = other.child_by_field_name("right") or other.child_by_field_name("value")
        if left is None or right is None or not names & set(re.findall(r"[\w$]+", tree.text(left))):
            continue
        if set(re.findall(r"\w+", tree.text(right))) & _REQUESTS:
            return True
    return False


def _divides(tree: Tree, node: Node) -> bool:
    """Whether a path is joined as `pathlib` does it: `folder / name`."""
    operator = node.child_by_field_name("operator") if node.type == "binary_operator" else None
    return operator is not None and operator.type == "/"


def _refusing(tree: Tree, text: str) -> str:
    """The helper with the answer that the file gives for what is not there, where it knows one."""
    source = tree.source.text.decode("utf-8", "replace")
    for pattern, answer in _NOT_FOUND:
        if tree.is_python and re.search(pattern, source, re.MULTILINE):
            text = text.replace("raise FileNotFoundError(name)", answer)
            return text.replace(" Raises FileNotFoundError for one outside.", " Not found for one outside.")
    if re.search(
        r"^import \{[^}]*\bNotFoundException\b[^}]*\} from ['\"]@nestjs/common['\"]", source, re.MULTILINE
    ):
        # What is no exception of Nest's is answered with 500.
        return re.sub(
            r"throw Object\.assign\(.*?, \{ status: 404 \}\)", "throw new NotFoundException()", text
        )
    return text


def _written(tree: Tree, node: Node) -> tuple[str, str] | None:
    """Folder and name of a path written as text: the name begins after the last slash before a value."""
    atoms = read_text(tree, node).atoms
    holes = [index for index, atom in enumerate(atoms) if atom.hole is not None]
    if not holes:
        return None
    chosen = [
        i
        for i in holes
        if (hole := atoms[i].hole) is not None
        and (i or "req" in tree.text(hole.node))
        and _is_chosen(tree, hole.node)
    ]
    slashes = [index for index, atom in enumerate(atoms[: (chosen or holes[-1:])[0]]) if atom.text == "/"]
    if not slashes:
        return None
    return composed(tree, atoms[: slashes[-1] + 1]), composed(tree, atoms[slashes[-1] + 1 :])


def _contained(context: RepairContext, tree: Tree, node: Node) -> list[Edit]:
    parts = _parts(tree, node)
    if parts is None:
        raise RepairError(_NO_FOLDER)
    folder, name = parts
    edits: list[Edit]
    if not tree.is_python:
        path, edits = script_module(tree, "node:path", "path")
        if edits and re.search(rb"['\"]path['\"]", tree.source.text):
            path, edits = script_module(tree, "path", "path")
        typed = ": string" if tree.source.language != "javascript" else ""
        text = _SCRIPT.format(text=typed, path=path, semicolon=tree.semicolon, quote=tree.quote)
        text = text.replace("  ", tree.unit)
    elif _divides(tree, node):
        known, edits = imported(context, tree, "pathlib.Path")
        text = _PATH.format(Path=known)
    else:
        realpath, edits = imported(context, tree, "os.path.realpath")
        base = realpath.rpartition(".")[0]
        if not base:
            raise RepairError("the file imports `realpath` under a name of its own")
        text = _TEXT.format(realpath=realpath, join=f"{base}.join", sep=f"{base}.sep")
    edits += helper(context, tree, node, "contained", _refusing(tree, text))
    return [*edits, tree.replace(node, f"contained({folder}, {name})")]
