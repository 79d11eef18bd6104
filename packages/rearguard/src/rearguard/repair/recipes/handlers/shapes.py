"""Whether a field of a body is one plain value, by what the code does with it."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from rearguard.program import Op, Param
from rearguard.repair.context import RepairContext
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["check_named", "check_plain", "given_params"]

_DEPTH = 3
_TEXTUAL = re.compile(
    r"(?:"
    r"charAt|charCodeAt|codePointAt|concat|endsWith|includes|indexOf|localeCompare|match|normalize|"
    r"padEnd|padStart|replace|replaceAll|search|slice|split|startsWith|substr|substring|toFixed|"
    r"toLocaleLowerCase|toLowerCase|toString|toUpperCase|trim|trimEnd|trimStart|valueOf|capitalize|"
    r"casefold|encode|endswith|find|format|isalnum|isalpha|isdigit|isnumeric|isoformat|isspace|join|lower|"
    r"lstrip|partition|rpartition|rsplit|rstrip|splitlines|startswith|strip|title|upper|zfill"
    r")"
)
"""What is asked of texts and numbers; whatever else is asked of a value is a field or an item of it."""
_AROUND = frozenset(("parenthesized_expression", "await_expression", "await", "non_null_expression"))
_ACCESS = {"member_expression": "object", "attribute": "object"}
_ITEMS = {"subscript_expression": "object", "subscript": "value"}
_SPREAD = frozenset(("spread_element", "list_splat", "dictionary_splat"))
_PATTERNS = frozenset(("object_pattern", "array_pattern", "pattern_list", "tuple_pattern", "list_pattern"))
_LOOPS = frozenset(("for_in_statement", "for_statement", "for_in_clause"))
_PLAIN_TYPE = re.compile(
    r"(?:string|number|boolean|bigint|null|undefined|any|unknown|Date|str|int|float|bool|None|'[^']*'|\"[^\"]*\""
    r"|\d+|[|\s:?])*"
)
_HOLDING_TYPE = re.compile(r":?\s*(?:[A-Z]\w*|.*[\[{<]|dict\b|list\b|tuple\b|set\b)")


def check_plain(context: RepairContext, fid: str, node: Node, name: str) -> None:
    """Raises RepairError when the value of an expression is taken apart, here or where it is passed to."""
    if _holds_more(context, fid, node, 0):
        raise RepairError(f"what `{name}` may hold is not seen here")


def check_named(context: RepairContext, fid: str, name: str, field: str) -> None:
    """The same for a field that has a name of its own in a function."""
    if _named_holds_more(context, fid, name, 0):
        raise RepairError(f"what `{field}` may hold is not seen here")


def _holds_more(context: RepairContext, fid: str, node: Node, depth: int) -> bool:
    parent = node.parent
    while parent is not None and parent.type in _AROUND:
        node, parent = parent, parent.parent
    if parent is None:
        return False
    tree = context.tree(context.path(fid))
    kind = parent.type
    if kind in _ACCESS:
        asked = parent.child_by_field_name("property") or parent.child_by_field_name("attribute")
        inside = _is(parent.child_by_field_name(_ACCESS[kind]), node)
        return inside and asked is not None and not _asks_a_text(tree, parent, tree.text(asked))
    if kind in _ITEMS:
        return _is(parent.child_by_field_name(_ITEMS[kind]), node)
    if kind in _SPREAD:
        return True
    if kind in _LOOPS:
        return _is(parent.child_by_field_name("right"), node)
    if kind in ("as_expression", "satisfies_expression"):
        return not _PLAIN_TYPE.fullmatch(tree.text(parent.named_children[-1]))
    if kind in ("variable_declarator", "assignment"):
        return _given_name(context, fid, parent, node, depth)
    if kind in ("arguments", "argument_list", "keyword_argument"):
        return any(
            _param_holds_more(context, other, param, depth)
            for other, param in given_params(context, fid, node)
        )
    return False


def _asks_a_text(tree: Tree, access: Node, asked: str) -> bool:
    """Whether what is asked is a method that texts have, and is called, or a length."""
    call = access.parent
    called = call is not None and _is(call.child_by_field_name("function"), access)
    return asked == "length" or (called and _TEXTUAL.fullmatch(asked) is not None)


def _is(one: Node | None, other: Node) -> bool:
    return one is not None and one.id == other.id


def _given_name(context: RepairContext, fid: str, statement: Node, node: Node, depth: int) -> bool:
    left = statement.child_by_field_name("name") or statement.child_by_field_name("left")
    right = statement.child_by_field_name("value") or statement.child_by_field_name("right")
    if left is None or not _is(right, node):
        return False
    if left.type in _PATTERNS:
        return True
    return left.type == "identifier" and _named_holds_more(
        context, fid, context.tree(context.path(fid)).text(left), depth
    )


def _named_holds_more(context: RepairContext, fid: str, name: str, depth: int) -> bool:
    tree, function = context.tree(context.path(fid)), context.view.function(fid)
    return any(
        _holds_more(context, fid, node, depth) for node in _called(tree, function.start, function.end, name)
    )


def _called(tree: Tree, start: int, end: int, name: str) -> Iterator[Node]:
    for node in tree.walk(tree.at(start, end)):
        if node.type == "identifier" and tree.text(node) == name:
            yield node


def given_params(context: RepairContext, fid: str, node: Node) -> Iterator[tuple[str, Param]]:
    """The parameters of functions of the project that an argument is given to."""
    definitions = context.view.definitions(fid)
    for instr in definitions.values():
        if instr.op != Op.CALL:
            continue
        for position, number in enumerate(instr.args[1:]):
            given = definitions.get(number)
            if given is None or (given.start, given.end) != (node.start_byte, node.end_byte):
                continue
            key = instr.keys[position] if instr.keys else None
            for other in context.value(fid, instr.args[0]).functions:
                params = context.view.function(other).params
                named = [p for p in params if p.name == key] if key else params[position : position + 1]
                yield from ((other, param) for param in named)


def _param_holds_more(context: RepairContext, fid: str, param: Param, depth: int) -> bool:
    tree = context.tree(context.path(fid))
    node = tree.root.named_descendant_for_byte_range(param.start, param.end)
    if node is not None and any(each.type in _PATTERNS for each in (node, *node.named_children)):
        return True
    if _HOLDING_TYPE.match(param.annotation_text) and not _PLAIN_TYPE.fullmatch(param.annotation_text):
        return True
    return depth < _DEPTH and _named_holds_more(context, fid, param.name, depth + 1)
