"""The body of a request to an Express handler, put through a schema.

https://joi.dev/api/, https://zod.dev/api
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.program import Op, instructions
from rearguard.repair.helpers import free_name, imported_modules, top_level
from rearguard.repair.imports import import_script, is_module, script_module
from rearguard.repair.recipes.handlers.fields import Field, check_shapes, joi_schema, zod_schema
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["validate"]

_UPDATES = ("PUT", "PATCH")


def validate(handler: ScriptHandler) -> None:
    """Put the body through a schema, and use only what it lets through."""
    uses = list(_bodies(handler))
    if not uses:
        return
    fields = _fields(handler, uses)
    changes = handler.route.method in _UPDATES or _updates(handler, {field.name for field in fields})
    fields = [Field(f.name, not changes) for f in fields]
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
        options = "{ abortEarly: false, allowUnknown: false }"
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
        if member is not None and _has_parts(handler, parent):
            raise RepairError(f"what `{handler.tree.text(member)}` may hold is not seen here")
        return [handler.tree.text(member)] if member is not None else []
    if parent.type == "variable_declarator":
        pattern = parent.child_by_field_name("name")
        if pattern is not None and pattern.type == "object_pattern":
            found = _pattern(handler.tree, pattern)
            for node in handler.tree.walk(handler.body):
                if (
                    node.type == "identifier"
                    and handler.tree.text(node) in found
                    and _has_parts(handler, node)
                ):
                    raise RepairError(f"what `{handler.tree.text(node)}` may hold is not seen here")
            return found
    if parent.type == "arguments":
        found = _passed(handler, use)
        if found:
            return found
    raise RepairError("the body is passed on as a whole, and which fields it may have is not seen")


_OF_TEXTS = re.compile(
    r"trim|to\w+|length|slice|split|replace\w*|match\w*|includes|startsWith|endsWith|\w*[cC]ase|test"
)


_PLAIN_TYPES = ("", "string", "number", "boolean", "string | undefined", "string | null")


def _has_parts(handler: ScriptHandler, value: Node) -> bool:
    """Whether a field is used as an object or a list: read further, spread, or given to what does so."""
    parent = value.parent
    if parent is None:
        return False
    if parent.type in ("spread_element", "for_in_statement"):
        return True
    if parent.type == "subscript_expression":
        return parent.named_children[0].id == value.id
    if parent.type == "member_expression":
        member = parent.child_by_field_name("property")
        is_object = parent.named_children[0].id == value.id
        return is_object and member is not None and not _OF_TEXTS.fullmatch(handler.tree.text(member))
    if parent.type == "arguments":
        position = [n.id for n in parent.named_children if n.type != "comment"].index(value.id)
        return any(_takes_parts(handler, fid, position) for fid in _called_with(handler, parent))
    return False


def _called_with(handler: ScriptHandler, arguments: Node) -> tuple[str, ...]:
    """The project's functions that a call with these arguments runs."""
    call = arguments.parent
    for instr in instructions(handler.context.view.function(handler.fid).body):
        at = (instr.start, instr.end)
        if instr.op == Op.CALL and call is not None and at == (call.start_byte, call.end_byte):
            return tuple(handler.context.value(handler.fid, instr.args[0]).functions)
    return ()


def _takes_parts(handler: ScriptHandler, fid: str, position: int) -> bool:
    """Whether a function takes its argument apart."""
    function = handler.context.view.function(fid)
    if position >= len(function.params):
        return False
    param = function.params[position]
    if param.name.startswith("$") or param.annotation_text.strip(": ") not in _PLAIN_TYPES:
        return True
    source = handler.context.sources.get(handler.context.path(fid))
    text = source.slice(function.start, function.end) if source is not None else ""
    return any(
        match[1] is None or not _OF_TEXTS.fullmatch(match[1])
        for match in re.finditer(
            rf"(?:\.\.\.{param.name}\b|\}}\s*=\s*{param.name}\b|(?<![\w.]){param.name}\??\.(\w+))", text
        )
    )


def _pattern(tree: Tree, pattern: Node) -> list[str]:
    """Names that a destructuring pattern takes."""
    found: list[str] = []
    for child in pattern.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            found.append(tree.text(child))
        elif child.type == "object_assignment_pattern":
            found.append(tree.text(child.named_children[0]))
        elif child.type == "pair_pattern":
            key = child.child_by_field_name("key")
            if key is not None:
                found.append(tree.text(key))
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
                        return _pattern(other, node)
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
    top = top_level(handler.node)
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


def _schema_names(handler: ScriptHandler) -> tuple[str, ...]:
    words = [
        re.sub(r"\W", "", part)
        for part in handler.route.path.split("/")
        if part and not part.startswith((":", "*")) and not re.fullmatch(r"api|v\d+|rest", part)
    ]
    words = [word for word in words if word] or ["request"]
    words[0] = words[0].removesuffix("s") if len(words[0]) > 3 else words[0]
    verb = {"POST": "create", "PUT": "update", "PATCH": "update"}.get(handler.route.method, "")
    if len(words) == 1 and verb:
        words.append(verb)
    base = words[0][:1].lower() + words[0][1:] + "".join(w[:1].upper() + w[1:] for w in words[1:])
    return f"{base}Schema", f"{base}BodySchema", f"{base}InputSchema"
