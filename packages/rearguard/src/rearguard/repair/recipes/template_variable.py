"""A template made of values becomes a fixed template that is given the values.

https://flask.palletsprojects.com/en/stable/templating/, https://jinja.palletsprojects.com/en/stable/templates/,
https://ejs.co/#docs, https://mozilla.github.io/nunjucks/api.html#renderstring
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.recipes.built_text import Hole, read_text
from rearguard.repair.syntax import RepairError, Tree, called, unwrap

__all__ = ["template_variable"]

_TAGS = {"ejs": "<%= {} %>", "nunjucks": "{{{{ {} }}}}", "python": "{{{{ {} }}}}"}


def template_variable(context: RepairContext) -> Fix:
    """Name each value in the template and pass it when the template is filled."""
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    argument = unwrap(context.node(context.target.fid, context.target.argument))
    text = read_text(tree, argument)
    if text.first is not None:
        raise RepairError("the template is made in a variable; write it where it is filled, or in a file")
    if not text.holes:
        raise RepairError("the template holds no value of its own")
    tag = _tag(context, tree)
    names: dict[str, str] = {}
    body = ""
    for atom in text.atoms:
        if atom.hole is None:
            body += atom.text
            continue
        value = tree.text(unwrap(atom.hole.node))
        name = _name(atom.hole, tree, names, value)
        names[name] = value
        body += tag.format(name)
    edits = [tree.replace(argument, _literal(tree, argument, body))]
    edits.append(_given(tree, _filling(tree, node), names))
    return proposed("Give the values to a fixed template", Disposition.REVIEW, *edits)


def _tag(context: RepairContext, tree: Tree) -> str:
    if tree.is_python:
        return _TAGS["python"]
    names = context.names(context.target.fid, context.call.args[0])
    for library in ("ejs", "nunjucks"):
        if any(name.lower().startswith(f"{library}.") or f"{library}:" in name.lower() for name in names):
            return _TAGS[library]
    raise RepairError("how this engine writes variables is not known")


def _name(hole: Hole, tree: Tree, taken: dict[str, str], value: str) -> str:
    words = re.findall(r"[A-Za-z_]\w*", tree.text(hole.node)) or ["value"]
    name = words[-1] if words[-1].isidentifier() else "value"
    base, count = name, 2
    while name in taken and taken[name] != value:
        name, count = f"{base}_{count}", count + 1
    return name


def _literal(tree: Tree, argument: Node, body: str) -> str:
    """The template as a literal, in several lines where it had them."""
    if "\n" in body:
        if not tree.is_python:
            return "`" + body.replace("\\", "\\\\").replace("`", "\\`") + "`"
        if '"""' in body or "\\" in body:
            raise RepairError("the template is too intricate to be written anew")
        return f'"""{body}"""'
    return _quoted(tree, body)


def _quoted(tree: Tree, body: str) -> str:
    quote = tree.quote
    if quote in body:
        other = "'" if quote == '"' else '"'
        quote = other if other not in body else quote
    return quote + body.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def _filling(tree: Tree, node: Node) -> Node:
    """The call that fills the template: this one, or `.render()` on what it gives."""
    callee, _ = called(node)
    if tree.text(callee).rpartition(".")[2] in ("render_template_string", "render", "renderString"):
        return node
    parent = node.parent
    if parent is not None and parent.type == "attribute":
        method = parent.child_by_field_name("attribute")
        if method is not None and tree.text(method) == "render" and parent.parent is not None:
            return parent.parent
    raise RepairError("where the template is filled is not seen from here")


def _given(tree: Tree, node: Node, names: dict[str, str]) -> Edit:
    """Pass the values."""
    _, arguments = called(node)
    written = [n for n in arguments.named_children if n.type != "comment"]
    if tree.is_python:
        given = ", ".join(f"{name}={value}" for name, value in names.items())
        if not written:
            return tree.insert(arguments.start_byte + 1, given)
        return tree.insert(written[-1].end_byte, f", {given}")
    given = ", ".join(name if name == value else f"{name}: {value}" for name, value in names.items())
    if len(written) > 1 and written[1].type == "object":
        entries = written[1].named_children
        if not entries:
            return tree.replace(written[1], f"{{ {given} }}")
        return tree.insert(entries[-1].end_byte, f", {given}")
    if len(written) > 1:
        return tree.replace(written[1], f"{{ ...{tree.text(written[1])}, {given} }}")
    return tree.insert(written[0].end_byte, f", {{ {given} }}")
