"""Texts of forms are refused where they are read when they are longer than they can be.

For handlers whose body is no document that a schema describes: forms, of whatever framework.
https://docs.djangoproject.com/en/stable/ref/request-response/#httpresponse-subclasses,
https://docs.aiohttp.org/en/stable/web_exceptions.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.repair.context import RepairContext
from rearguard.repair.imports import imported
from rearguard.repair.recipes.handlers.fields import Field
from rearguard.repair.syntax import FUNCTIONS, RepairError, Tree

__all__ = ["bound"]

_SHOWN = re.compile(r"(?P<channel>form field|query parameter) `(?P<name>\w+)` is stored")
_LONGEST = {"email": 254, "password": 128, "url": 2000, "text": 10_000, "date": 40, "identifier": 64}
_OTHERWISE = 200
_NOT_TEXT = ("flag", "number", "count", "integer")
_MAYBE = (
    "boolean_operator",
    "conditional_expression",
    "lambda",
    "list_comprehension",
    "generator_expression",
)
_CONDITIONS = ("if_statement", "while_statement", "elif_clause", "for_statement", "match_statement")


@dataclass(frozen=True, slots=True)
class _Read:
    """A value that the handler reads, and the test that refuses it."""

    statement: Node
    after: bool
    """Whether the statement gives the value a name, so that the test follows it."""
    test: str


def bound(context: RepairContext) -> list[Edit]:
    """Refuse each stored text that is too long. Raises RepairError where one cannot be named or told."""
    if context.route is None or not context.handler or not context.is_python:
        raise RepairError("the handler is not known")
    tree = context.tree(context.path(context.handler))
    function = context.view.function(context.handler)
    whole = tree.at(function.start, function.end)
    reads: list[_Read] = []
    for step in context.finding.evidence.steps:
        if "is stored as it comes" not in step.text:
            continue
        match = _SHOWN.match(step.text)
        if match is None:
            raise RepairError("the body is not read into a variable here")
        span = step.span
        if span.path != tree.source.path or not function.start <= span.start < span.end <= function.end:
            raise RepairError("the value is read in another function")
        reads += _reads(tree, whole, tree.at(span.start, span.end), match["name"])
    if not reads:
        raise RepairError("which values are stored is not seen here")
    edits: list[Edit] = []
    for group in _grouped(reads):
        tests = list(dict.fromkeys(read.test for read in group))
        last = group[-1]
        refusal, needed = _refusal(context, tree, last.statement)
        edits += [e for e in needed if e not in edits]
        condition = " or ".join(tests)
        if len(condition) > 85:
            inner = f"\n{tree.unit}or ".join(tests)
            condition = f"(\n{tree.unit}{inner}\n)"
        lines = f"if {condition}:\n{tree.unit}{refusal}\n"
        edits.append(tree.after(last.statement, lines) if last.after else tree.before(last.statement, lines))
    return edits


def _reads(tree: Tree, function: Node, origin: Node, name: str) -> list[_Read]:
    """The reads of one field, those left out that follow another in its block."""
    field = Field(name)
    if field.kind in _NOT_TEXT:
        raise RepairError(f"which values `{name}` may have is for a person to say")
    longest = _LONGEST.get(field.kind, _OTHERWISE)
    found: list[_Read] = []
    held = _holder(tree, origin)
    for node in tree.walk(function):
        if not _takes(tree, node, held, name):
            continue
        if any(_precedes(read.statement, node) for read in found):
            continue
        found.append(_read(tree, function, node, f"{longest:_}" if longest > 9999 else str(longest)))
    if not found:
        raise RepairError("the value is not read by its name here")
    return found


def _holder(tree: Tree, origin: Node) -> str:
    """What the fields are taken from: the variable that holds the form, else the expression itself."""
    node = origin
    while node.parent is not None and node.parent.type in ("await", "call", "parenthesized_expression"):
        node = node.parent
    parent = node.parent
    if parent is not None and parent.type == "assignment":
        left = parent.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            return tree.text(left)
    return tree.text(origin)


def _takes(tree: Tree, node: Node, held: str, name: str) -> bool:
    """Whether an expression is `held["name"]` or `held.get("name")`."""
    if node.type == "subscript":
        value, key = node.child_by_field_name("value"), node.child_by_field_name("subscript")
        same = value is not None and tree.text(value) == held
        return same and key is not None and tree.text(key).strip("'\"") == name
    if node.type == "call":
        text = "".join(tree.text(node).split())
        return (
            re.fullmatch(re.escape("".join(held.split())) + rf"\.get\(['\"]{re.escape(name)}['\"].*\)", text)
            is not None
        )
    return False


def _precedes(statement: Node, node: Node) -> bool:
    """Whether a statement comes before a place in its own block, which what it refuses does not reach."""
    block = statement.parent
    return block is not None and statement.end_byte <= node.start_byte and node.end_byte <= block.end_byte


def _read(tree: Tree, function: Node, node: Node, longest: str) -> _Read:
    statement = tree.statement(node)
    if _inner_function(tree, node, function):
        raise RepairError("the value is read in another function")
    if statement.type in _CONDITIONS and not _in_block(node, statement):
        raise RepairError("the value is read in a condition")
    text = tree.text(node)
    name = _assigned(tree, statement, node)
    if name:
        test = f"len({name}) > {longest}"
        return _Read(statement, True, test if node.type == "subscript" else f"{name} and {test}")
    current = node
    while current.parent is not None and current.id != statement.id:
        if current.parent.type in _MAYBE and current.parent.named_children[0].id != current.id:
            raise RepairError("whether the value is read depends on another")
        current = current.parent
    value = text if node.type == "subscript" else f'{text} or ""'.replace('""', tree.quote * 2)
    return _Read(statement, False, f"len({value}) > {longest}")


def _assigned(tree: Tree, statement: Node, node: Node) -> str:
    """The variable that the whole statement gives the value to."""
    inner = statement.named_children[0] if statement.type == "expression_statement" else None
    if inner is None or inner.type != "assignment":
        return ""
    left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    if left is None or right is None or left.type != "identifier" or right.id != node.id:
        return ""
    return tree.text(left)


def _in_block(node: Node, statement: Node) -> bool:
    current: Node | None = node
    while current is not None and current.id != statement.id:
        if current.type == "block":
            return True
        current = current.parent
    return False


def _inner_function(tree: Tree, node: Node, function: Node) -> bool:
    """Whether the innermost function around a node is another one."""
    inner = tree.function(node)
    if inner is None:
        return True
    outer = (
        inner.parent if inner.parent is not None and inner.parent.type == "decorated_definition" else inner
    )
    return function.start_byte not in (inner.start_byte, outer.start_byte)


def _grouped(reads: list[_Read]) -> Iterator[list[_Read]]:
    """Reads in neighbouring statements together: one refusal after the last."""
    group: list[_Read] = []
    for read in sorted(reads, key=lambda r: r.statement.start_byte):
        if group:
            last = group[-1]
            same = read.statement.id == last.statement.id
            beside = last.statement.next_named_sibling
            follows = read.after and last.after and beside is not None and beside.id == read.statement.id
            if not same and not follows:
                yield group
                group = []
        group.append(read)
    if group:
        yield group


def _refusal(context: RepairContext, tree: Tree, near: Node) -> tuple[str, list[Edit]]:
    """The statement that answers 400, and the imports that it needs."""
    framework = context.route.framework if context.route is not None else ""
    function = context.view.function(context.handler)
    written = tree.slice(function.start, function.end)
    quote = tree.quote
    message = f"{quote}Invalid input{quote}"
    if framework.startswith("flask"):
        answer = f"return {message}, 400"
        if _is_caught(near) or re.search(r"return [^\n]*, 4\d\d\b", written):
            return answer, []
        try:
            name, edits = imported(context, tree, "flask.abort")
        except RepairError:
            return answer, []
        return f"{name}(400)", edits
    if framework.startswith("django") or framework in ("drf", "rest_framework"):
        if "JsonResponse(" in written:
            return f"return JsonResponse({{{quote}error{quote}: {message}}}, status=400)", []
        if re.search(r"\bResponse\(", written):
            return f"return Response({{{quote}error{quote}: {message}}}, status=400)", []
        name, edits = imported(context, tree, "django.http.HttpResponseBadRequest")
        return f"return {name}({message})", edits
    if framework.startswith("aiohttp") and not _is_caught(near):
        name, edits = imported(context, tree, "aiohttp.web.HTTPBadRequest")
        return f"raise {name}(text={message})", edits
    raise RepairError("handlers of this framework are not rewritten")


def _is_caught(node: Node) -> bool:
    """Whether an exception raised here would end in a handler of the same function."""
    current: Node | None = node
    while current is not None and current.type not in FUNCTIONS:
        if current.type == "try_statement":
            return True
        current = current.parent
    return False
