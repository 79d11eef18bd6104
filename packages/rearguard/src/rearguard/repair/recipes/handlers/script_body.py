"""The body of a request to an Express handler, put through a schema.

https://joi.dev/api/, https://zod.dev/api
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.program import Op, instructions
from rearguard.repair.context import RepairContext
from rearguard.repair.helpers import free_name, imported_modules, top_level
from rearguard.repair.imports import import_script, is_module, script_module
from rearguard.repair.recipes.handlers.fields import Field, check_shapes, joi_schema, zod_schema
from rearguard.repair.recipes.handlers.script_fields import read_field
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.recipes.handlers.shapes import check_named, check_plain
from rearguard.repair.syntax import RepairError

__all__ = ["validate"]

_UPDATES = ("PUT", "PATCH")


def validate(handler: ScriptHandler) -> None:
    """Put the body through a schema, and use only what it lets through."""
    uses = list(_bodies(handler))
    if not uses:
        return
    fields = _fields(handler, uses)
    changes = handler.route.method in _UPDATES or _updates(handler, {field.name for field in fields})
    fields = [read_field(handler, field.name, changes) for field in fields]
    check_shapes(fields)
    schema, value = _schema(handler, fields), handler.free("value", "input", "data")
    invalid = handler.free("invalid", "problem")
    tree = handler.tree
    if _library(handler) == "zod":
        parsed = handler.free("parsed", "checked")
        check = f"const {parsed} = {schema}.safeParse({handler.req}.body){tree.semicolon}\n"
        listed = f", fields: {parsed}.error.issues.map((issue) => issue.path.join({tree.quote}.{tree.quote}))"
        check += handler.unless(f"!{parsed}.success", handler.refusal(400, "Invalid input", listed))
        value = f"{parsed}.data"
    else:
        options = "{ abortEarly: false, stripUnknown: true }"
        taken = "value" if value == "value" else f"value: {value}"
        check = f"const {{ error: {invalid}, {taken} }} = {schema}.validate({handler.req}.body, "
        check += f"{options}){tree.semicolon}\n"
        path = f"detail.path.join({tree.quote}.{tree.quote})"
        listed = f", fields: {invalid}.details.map((detail) => {path})"
        check += handler.unless(invalid, handler.refusal(400, "Invalid input", listed))
    handler.before(handler.outer(uses[0]), check)
    for use in uses:
        handler.edits.append(tree.replace(use, value))
    if changes:
        _only_given(handler, {field.name for field in fields}, value)


def _bodies(handler: ScriptHandler) -> Iterator[Node]:
    """Every `req.body`, with the default put after it (`req.body || {}`)."""
    text = f"{handler.req}.body"
    for node in handler.tree.walk(handler.body):
        if node.type == "member_expression" and handler.tree.text(node) == text:
            parent = node.parent
            if parent is not None and parent.type == "binary_expression":
                right = parent.child_by_field_name("right")
                if right is not None and handler.tree.text(right) == "{}":
                    yield parent
                    continue
            yield node


def _fields(handler: ScriptHandler, uses: list[Node]) -> list[Field]:
    names: dict[str, None] = {}
    for use in uses:
        for name in _members(handler, use):
            names.setdefault(name)
    if not names:
        raise RepairError("which fields the body may have is not seen here")
    return [Field(name) for name in names]


def _members(handler: ScriptHandler, use: Node) -> list[str]:
    parent = use.parent
    if parent is None:
        return []
    if parent.type == "member_expression":
        member = parent.child_by_field_name("property")
        if member is None:
            return []
        name = handler.tree.text(member)
        check_plain(handler.context, handler.fid, parent, name)
        return [name]
    if parent.type == "variable_declarator":
        pattern = parent.child_by_field_name("name")
        if pattern is not None and pattern.type == "object_pattern":
            return _pattern(handler.context, handler.fid, pattern)
    if parent.type == "arguments":
        found = _passed(handler, use)
        if found:
            return found
    raise RepairError("the body is passed on as a whole, and which fields it may have is not seen")


def _pattern(context: RepairContext, fid: str, pattern: Node) -> list[str]:
    """Names that a destructuring pattern takes."""
    tree, found = context.tree(context.path(fid)), list[str]()
    for child in pattern.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            found.append(tree.text(child))
            check_named(context, fid, found[-1], found[-1])
        elif child.type == "object_assignment_pattern":
            found.append(tree.text(child.named_children[0]))
            check_named(context, fid, found[-1], found[-1])
        elif child.type == "pair_pattern":
            key = child.child_by_field_name("key")
            taken = child.child_by_field_name("value")
            if key is not None and taken is not None:
                found.append(tree.text(key))
                if taken.type != "identifier":
                    raise RepairError(f"what `{found[-1]}` may hold is not seen here")
                check_named(context, fid, tree.text(taken), found[-1])
        elif child.type == "rest_pattern":
            raise RepairError("the body's fields are not all named")
    return found


def _passed(handler: ScriptHandler, use: Node) -> list[str]:
    """Names that the project function takes out of the body it is given."""
    body = handler.context.view.function(handler.fid).body
    for instr in instructions(body):
        if instr.op != Op.CALL:
            continue
        for position, number in enumerate(instr.args[1:]):
            argument = handler.context.view.definitions(handler.fid).get(number)
            if argument is None or (argument.start, argument.end) != (use.start_byte, use.end_byte):
                continue
            for fid in handler.context.value(handler.fid, instr.args[0]).functions:
                function = handler.context.view.function(fid)
                if position < len(function.params):
                    param = function.params[position]
                    other = handler.context.tree(handler.context.path(fid))
                    node = other.root.named_descendant_for_byte_range(param.start, param.end)
                    if node is not None and node.type == "assignment_pattern":
                        node = node.named_children[0]
                    if node is not None and node.type == "object_pattern":
                        return _pattern(handler.context, fid, node)
    return []


def _updates(handler: ScriptHandler, names: set[str]) -> bool:
    """Whether fields are assigned to an object that was looked up: then each may be left out."""
    return any(True for _ in _assigned(handler, names))


def _assigned(handler: ScriptHandler, names: set[str]) -> Iterator[tuple[Node, str]]:
    """Statements `object.field = field;` and the expression assigned."""
    for node in handler.tree.walk(handler.body):
        if node.type != "expression_statement":
            continue
        inner = node.named_children[0]
        if inner.type != "assignment_expression":
            continue
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if left is None or right is None or left.type != "member_expression":
            continue
        text = handler.tree.text(right)
        if text.rpartition(".")[2] in names and re.fullmatch(
            rf"(?:{re.escape(handler.req)}\.body\??\.)?\w+", text
        ):
            yield node, text


def _only_given(handler: ScriptHandler, names: set[str], value: str) -> None:
    """Assign only what the request gave."""
    for node, text in list(_assigned(handler, names)):
        given = re.sub(rf"\b{re.escape(handler.req)}\.body\??\.", f"{value}.", text)
        indent = handler.tree.indent(node.start_byte)
        handler.edits = [
            e for e in handler.edits if not (node.start_byte <= e.span.start and e.span.end <= node.end_byte)
        ]
        statement = handler.tree.text(node).replace(text, given)
        lines = f"if ({given} !== undefined) {{\n{indent}{handler.tree.unit}{statement}\n{indent}}}"
        handler.edits.append(handler.tree.replace(node, lines))


def _library(handler: ScriptHandler) -> str:
    """The schema library that the project imports; Joi when it imports none that is known here."""
    found = imported_modules(handler.context)
    if "zod" in found and not found & {"joi", "@hapi/joi"}:
        return "zod"
    if "@hapi/joi" in found:
        return "@hapi/joi"
    handler.needs = "" if "joi" in found else "joi"
    return "joi"


def _schema(handler: ScriptHandler, fields: list[Field]) -> str:
    """Define the schema before the statement that registers the handler; its name."""
    library = _library(handler)
    name = free_name(handler.context, handler.tree, *_schema_names(handler))
    tree = handler.tree
    if library == "zod":
        zod, edits = _zod(handler)
        text = zod_schema(zod, name, fields, tree.unit, tree.semicolon)
    else:
        joi, edits = script_module(tree, library, "Joi")
        text = joi_schema(joi, name, fields, tree.quote, tree.unit, tree.semicolon)
    handler.need(edits)
    top = top_level(handler.tree, handler.node)
    # What is said about the handler stays with it.
    while (above := top.prev_sibling) is not None and above.type == "comment":
        if above.end_point[0] + 1 != top.start_point[0]:
            break
        top = above
    handler.edits.append(tree.insert(tree.line_start(top.start_byte), f"{text}\n"))
    return name


def _zod(handler: ScriptHandler) -> tuple[str, list[Edit]]:
    """`z`, imported as zod's documentation has it."""
    if "z" in handler.context.module_names(handler.tree.source.path):
        return "z", []
    quote, semicolon = handler.tree.quote, handler.tree.semicolon
    if is_module(handler.tree):
        return "z", import_script(handler.tree, f"import {{ z }} from {quote}zod{quote}{semicolon}")
    return "z", import_script(handler.tree, f"const {{ z }} = require({quote}zod{quote}){semicolon}")


def _singular(word: str) -> str:
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word


def _schema_names(handler: ScriptHandler) -> tuple[str, ...]:
    words = [
        re.sub(r"\W+(\w?)", lambda found: found[1].upper(), part)
        for part in handler.route.path.split("/")
        if part and not part.startswith((":", "*")) and not re.fullmatch(r"api|v\d+|rest", part)
    ]
    words = [word for word in words if word] or ["request"]
    words[0] = _singular(words[0])
    verb = {"POST": "create", "PUT": "update", "PATCH": "update"}.get(handler.route.method, "")
    if len(words) == 1 and verb:
        words.append(verb)
    base = words[0][:1].lower() + words[0][1:] + "".join(w[:1].upper() + w[1:] for w in words[1:])
    return f"{base}Schema", f"{base}BodySchema", f"{base}InputSchema"
