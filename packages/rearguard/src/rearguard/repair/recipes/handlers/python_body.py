"""The body of a request to a FastAPI or Flask handler, read through a pydantic model.

https://docs.pydantic.dev/latest/concepts/models/, https://fastapi.tiangolo.com/tutorial/body/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from rearguard.program import Param
from rearguard.repair.helpers import imported_modules
from rearguard.repair.recipes.handlers.fields import Field, check_shapes, pydantic_model
from rearguard.repair.recipes.handlers.python_handler import PythonHandler
from rearguard.repair.recipes.handlers.shapes import check_plain, given_params
from rearguard.repair.syntax import RepairError, called, indented, quoted

__all__ = ["validate"]

_LITERAL = r"-?\d+(?:\.\d+)?|True|False|None|'[^'\\]*'|\"[^\"\\]*\""


@dataclass(frozen=True, slots=True)
class _Use:
    """One place that takes a field out of the body."""

    node: Node
    field: str
    required: bool


def validate(handler: PythonHandler) -> None:
    """Read the body through a pydantic model."""
    holder, statement, param = _body(handler)
    uses = list(_uses(handler, holder))
    if not uses:
        raise RepairError("which fields the body may have is not seen here")
    for use in uses:
        check_plain(handler.context, handler.fid, use.node, use.field)
    fields = _fields(handler, uses)
    required = {field.name: field.required or bool(field.default) for field in fields}
    check_shapes(fields)
    model = _model(handler, fields)
    name = holder
    if not holder.isidentifier():
        name = "data" if "data" not in handler.function.locals else "received"
    if handler.is_flask:
        _validated(handler, name, statement, model)
    elif param is not None:
        handler.changed[param.start] = f"{holder}: {model}"
    elif statement is not None:
        line = handler.tree.line_start(statement.start_byte), handler.tree.line_end(statement.end_byte - 1)
        handler.edits.append(handler.tree.edit(*line, ""))
        _replace_request(handler, f"{holder}: {model}", statement)
    _fields_of_model(handler, name, uses, required)


def _body(handler: PythonHandler) -> tuple[str, Node | None, Param | None]:
    """The variable that holds the body, the statement that reads it, or the parameter that it is."""
    for param in handler.function.params:
        if handler.route.inputs.get(param.name, "").partition(":")[0] == "body":
            return param.name, None, param
    pattern = r"(?:await )?request\.(?:get_json\([^()]*\)|json(?:\(\))?)(?: or \{\})?"
    for node in handler.tree.walk(handler.body):
        if node.type != "assignment":
            continue
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "identifier":
            continue
        if re.fullmatch(pattern, handler.tree.text(right)):
            return handler.tree.text(left), handler.tree.statement(node), None
    inline = r"request\.(?:get_json\(\)|json)"
    for node in handler.tree.walk(handler.body):
        value = node.child_by_field_name("value") if node.type == "subscript" else None
        if value is not None and re.fullmatch(inline, handler.tree.text(value)) and handler.is_flask:
            return handler.tree.text(value), None, None
    raise RepairError("the body is not read into a variable here")


def _uses(handler: PythonHandler, holder: str) -> Iterator[_Use]:
    """Fields taken out of the body. Raises RepairError where it is used as a whole."""
    taken = 0
    for node in handler.tree.walk(handler.body):
        if node.type == "subscript":
            value, key = node.child_by_field_name("value"), node.child_by_field_name("subscript")
            if value is not None and key is not None and handler.tree.text(value) == holder:
                if key.type != "string":
                    raise RepairError("the body's fields are not all named")
                taken += 1
                yield _Use(node, handler.tree.text(key).strip("'\""), True)
        elif node.type == "call":
            callee = node.child_by_field_name("function")
            arguments = node.child_by_field_name("arguments")
            if callee is None or arguments is None or handler.tree.text(callee) != f"{holder}.get":
                continue
            key = arguments.named_children[0]
            taken += 1
            yield _Use(node, handler.tree.text(key).strip("'\""), False)
    seen = [n for n in handler.tree.walk(handler.body) if handler.tree.text(n) == holder]
    whole = [n for n in seen if n.parent is None or handler.tree.text(n.parent) != holder]
    if len(whole) - _declared(handler, holder) != taken:
        raise RepairError("the body is passed on as a whole, and which fields it may have is not seen")


def _declared(handler: PythonHandler, holder: str) -> int:
    """How often the body's variable is assigned."""
    return sum(
        1
        for n in handler.tree.walk(handler.body)
        if n.type == "assignment"
        and (left := n.child_by_field_name("left")) is not None
        and handler.tree.text(left) == holder
    )


def _fields(handler: PythonHandler, uses: list[_Use]) -> list[Field]:
    """The fields, each required if it is taken without a default somewhere."""
    found: dict[str, Field] = {}
    for use in uses:
        default = _default(handler, use.node)
        literal = default if re.fullmatch(_LITERAL, default) and default != "None" else ""
        kind = _annotated(handler, use.node)
        held = found.get(use.field, Field(use.field, False, literal, kind))
        same = held.default == literal and not use.required
        found[use.field] = Field(
            use.field, held.required or use.required, literal if same else "", held.given or kind
        )
    return list(found.values())


def _annotated(handler: PythonHandler, node: Node) -> str:
    """The type that `bool(field)` or `field.strip()` says, or that of the parameter that a field is given to,
    or of the column that it is kept in."""
    call = node.parent.parent if node.parent is not None else None
    if call is not None and call.type == "call":
        name = handler.tree.text(called(call)[0])
        if name in ("bool", "int", "float", "str"):
            return name
    if node.parent is not None and node.parent.type == "attribute":
        return "str"
    for _, param in given_params(handler.context, handler.fid, node):
        if param.annotation_text in ("int", "str", "float", "bool"):
            return param.annotation_text
    key = re.search(r"['\"](\w+)['\"]", handler.tree.text(node))
    return _kept(handler, key[1]) if key is not None else ""


_COLUMNS = {
    "String": "str",
    "Text": "str",
    "Unicode": "str",
    "Integer": "int",
    "Boolean": "bool",
    "Float": "float",
}
_FIELDS = {
    "CharField": "str",
    "TextField": "str",
    "IntegerField": "int",
    "BooleanField": "bool",
    "str": "str",
}


def _kept(handler: PythonHandler, name: str) -> str:
    """The type of the columns of that name, where all of the project's agree."""
    column = re.compile(
        rf"^\s+{re.escape(name)}\s*(?::\s*Mapped\[(?:Optional\[)?(?P<mapped>str|int|float|bool)\b|"
        rf"=\s*(?:\w+\.)?Column\((?:['\"]\w+['\"],\s*)?(?:\w+\.)?(?P<column>\w+)|=\s*models\.(?P<field>\w+)\()",
        re.MULTILINE,
    )
    kinds = {
        match["mapped"] or _COLUMNS.get(match["column"] or "") or _FIELDS.get(match["field"] or "", "")
        for source in handler.context.sources.values()
        if source.language == "python"
        for match in column.finditer(source.text.decode("utf-8", "replace"))
    }
    return next(iter(kinds)) or "" if len(kinds) == 1 else ""


def _model(handler: PythonHandler, fields: list[Field]) -> str:
    """Define the model before the handler; its name."""
    holder, _, own = handler.function.name.rpartition(".")
    words = "".join(word.capitalize() for word in own.split("_"))
    if handler.function.kind == "method":
        words = holder.rpartition(".")[2] + words
    taken = handler.context.module_names(handler.tree.source.path)
    name = next((n for n in (f"{words}In", f"{words}Body", f"{words}Data") if n not in taken), "")
    if not name:
        raise RepairError("no name for the schema is free")
    limited = any(field.kind != "flag" for field in fields)
    if any(field.kind in ("identifier", "moment") for field in fields):
        handler.need("typing", "Annotated")
    if "pydantic" not in imported_modules(handler.context) and handler.is_flask:
        handler.needs = "pydantic"
    handler.need("pydantic", "BaseModel", *(("Field",) if limited else ()))
    doc = f"What {handler.route.method} {handler.route.path} accepts."
    handler.models.append(pydantic_model("BaseModel", "Field", name, doc, fields))
    return name


def _validated(handler: PythonHandler, holder: str, statement: Node | None, model: str) -> None:
    """Flask: the body through the model, or an answer that names the fields and nothing else."""
    handler.need("pydantic", "ValidationError")
    request = "request.get_json(silent=True)"
    fields = '[error["loc"] for error in invalid.errors()]'.replace('"', handler.tree.quote)
    error = quoted("Invalid input", handler.tree.quote)
    if handler.function.kind == "method":
        # Resources of Flask-RESTful make the answer of what a method returns, and take no answer in a pair.
        q = handler.tree.quote
        answer = f"{{{q}{handler.error_key}{q}: {error}, {q}fields{q}: {fields}}}"
    else:
        answer = f"{handler.name_of('flask.jsonify')}({handler.error_key}={error}, fields={fields})"
    lines = (
        f"try:\n    {holder} = {model}.model_validate({request})\n"
        f"except ValidationError as invalid:\n"
        f"    return {answer}, 400"
    )
    if statement is None:
        handler.first.append(f"{lines}\n")
        return
    text = indented(lines, handler.tree.indent(statement.start_byte)).strip()
    handler.edits.append(handler.tree.replace(statement, text))


def _replace_request(handler: PythonHandler, text: str, statement: Node) -> None:
    """Take the body as a parameter, in place of the request when nothing else needs that."""
    tree = handler.tree
    names = [n for n in tree.walk(handler.body) if n.type == "identifier" and tree.text(n) == "request"]
    inside = [n for n in names if statement.start_byte <= n.start_byte < statement.end_byte]
    for param in handler.function.params:
        if param.name == "request" and len(names) == len(inside):
            handler.changed[param.start] = text
            return
    handler.added.append(text)


def _fields_of_model(
    handler: PythonHandler, holder: str, uses: list[_Use], required: dict[str, bool]
) -> None:
    """Read attributes; assign optional ones only if they were given."""
    for use in uses:
        value = f"{holder}.{use.field}"
        statement = _assignment(handler, use.node)
        if statement is not None and not required[use.field]:
            left = statement.named_children[0].child_by_field_name("left")
            indent = handler.tree.indent(statement.start_byte)
            lines = (
                f"if {value} is not None:\n{indent}    {handler.tree.text(left)} = {value}" if left else ""
            )
            handler.edits.append(handler.tree.replace(statement, lines))
            continue
        default = _default(handler, use.node)
        text = value if required[use.field] or default in ("", "None") else ""
        handler.edits.append(
            handler.tree.replace(use.node, text or f"({value} if {value} is not None else {default})")
        )


def _default(handler: PythonHandler, node: Node) -> str:
    arguments = node.child_by_field_name("arguments")
    if node.type != "call" or arguments is None or len(arguments.named_children) < 2:
        return ""
    return handler.tree.text(arguments.named_children[1])


def _assignment(handler: PythonHandler, node: Node) -> Node | None:
    """The statement `object.field = <node>`."""
    parent = node.parent
    if parent is None or parent.type != "assignment" or parent.parent is None:
        return None
    left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
    if left is None or right is None or left.type != "attribute" or right.id != node.id:
        return None
    return parent.parent if parent.parent.type == "expression_statement" else None
