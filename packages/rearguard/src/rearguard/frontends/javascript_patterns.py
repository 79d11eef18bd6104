"""Assignment targets: names, properties, and patterns that take a value apart."""

from tree_sitter import Node

from rearguard.frontends.javascript_base import CONST, IGNORED, STORE, JavaScript, decoded
from rearguard.frontends.javascript_literals import number, unescape
from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.program import If, Op

__all__ = [
    "assign",
    "bound_names",
    "constant_index",
    "constant_key",
    "defaulted",
    "key_name",
    "string_value",
]

ATTR = int(Op.ATTR)
ITEM = int(Op.ITEM)
SETATTR = int(Op.SETATTR)
SETITEM = int(Op.SETITEM)
COMPARE = int(Op.COMPARE)
COLLECT = int(Op.COLLECT)

BINDINGS = frozenset({"identifier", "shorthand_property_identifier_pattern"})
CONTAINERS = frozenset({"object_pattern", "array_pattern", "rest_pattern", "ERROR"})
DEFAULTS = frozenset({"assignment_pattern", "object_assignment_pattern"})
TRANSPARENT = frozenset(
    {"parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression"}
)


def bound_names(low: JavaScript, pattern: Node) -> list[str]:
    """The variables a declaration's pattern binds."""
    if pattern.type == "identifier":
        name = low.chars_of(pattern)
        return [name] if name else []
    names = []
    stack = [pattern]
    while stack:
        node = stack.pop()
        kind = node.type
        if kind in BINDINGS:
            names.append(low.chars_of(node))
        elif kind in CONTAINERS:
            stack.extend(reversed(node.children))
        elif kind == "pair_pattern":
            stack.append(node.children[-1])
        elif kind in DEFAULTS:
            stack.append(node.children[0])
    return names


def string_value(low: JavaScript, node: Node) -> str:
    """The value of a `string` node."""
    end = node.end_byte - 1
    text = low.chars[node.start_byte + 1 : end]
    return unescape(text if low.ascii or text.isascii() else decoded(text))


def key_name(low: JavaScript, key: Node) -> str | None:
    """The name a property key stands for, `None` if it is computed from something not constant."""
    kind = key.type
    if kind == "string":
        return string_value(low, key)
    if kind == "computed_property_name":
        inner = [child for child in key.children if child.is_named and child.type not in IGNORED]
        return constant_key(low, inner[0]) if len(inner) == 1 else None
    return low.chars_of(key)


def constant_key(low: JavaScript, node: Node) -> str | None:
    """The text of a constant string used as a key, `None` for anything else."""
    if node.type == "string":
        return string_value(low, node)
    if node.type == "template_string" and not any(
        child.type == "template_substitution" for child in node.children
    ):
        return string_value(low, node)
    return None


def constant_index(low: JavaScript, node: Node) -> int | None:
    """The value of an integer literal used as an index, `None` for anything else."""
    if node.type != "number":
        return None
    value = number(low.chars_of(node))
    return value if isinstance(value, int) else None


def defaulted(low: JavaScript, value: int, default: Node, whole: Node) -> int:
    """`value`, or the default's value where it is undefined."""
    name = low.temporary()
    low.do(STORE, whole, name, (value,))
    missing = low.put(COMPARE, whole, "===", (value, low.undefined(whole)))
    outer = low.block
    then = low.begin()
    low.do(STORE, whole, name, (low.value(default),))
    low.block = outer
    outer.append(If(missing, then, [], whole.start_byte, whole.end_byte))
    return low.load(name, whole)


def assign(low: JavaScript, target: Node, value: int, whole: Node) -> None:
    """Give `value` to a target; `whole` is the statement or element that spans the assignment."""
    kind = target.type
    if kind in BINDINGS:
        low.write(low.chars_of(target), value, whole)
    elif kind == "member_expression":
        children = target.children
        receiver = low.value(children[0])
        low.do(SETATTR, whole, low.chars_of(children[-1]), (receiver, value))
    elif kind == "subscript_expression":
        _assign_item(low, target, value, whole)
    elif low.depth >= MAX_DEPTH:
        low.too_deep(target)
    else:
        low.depth += 1
        if kind == "object_pattern":
            _assign_object(low, target, value)
        elif kind == "array_pattern":
            _assign_array(low, target, value)
        elif kind in DEFAULTS:
            children = target.children
            assign(low, children[0], defaulted(low, value, children[-1], target), whole)
        elif kind in TRANSPARENT:
            inner = next((child for child in target.children if child.is_named), None)
            if inner is not None:
                assign(low, inner, value, whole)
        else:
            low.unknown(target, (value,))
        low.depth -= 1


def _assign_item(low: JavaScript, target: Node, value: int, whole: Node) -> None:
    children = target.children
    receiver = low.value(children[0])
    index = children[-2] if len(children) > 2 else children[-1]
    name = constant_key(low, index)
    if name is not None:
        low.do(SETATTR, whole, name, (receiver, value))
        return
    key = low.value(index)
    low.do(SETITEM, whole, "", (receiver, key, value), constant_index(low, index))


def _assign_object(low: JavaScript, pattern: Node, value: int) -> None:
    for child in pattern.children:
        kind = child.type
        if kind == "shorthand_property_identifier_pattern":
            name = low.chars_of(child)
            low.write(name, low.put(ATTR, child, name, (value,)), child)
        elif kind == "object_assignment_pattern":
            left = child.children[0]
            part = low.put(ATTR, left, low.chars_of(left), (value,))
            assign(low, left, defaulted(low, part, child.children[-1], child), child)
        elif kind == "pair_pattern":
            key = child.children[0]
            name_or_none = key_name(low, key)
            if name_or_none is None:
                part = low.put(ITEM, key, "", (value, low.value(key)))
            else:
                part = low.put(ATTR, key, name_or_none, (value,))
            assign(low, child.children[-1], part, child)
        elif kind == "rest_pattern":
            rest = low.put(COLLECT, child, "dict", (value,), ("**",))
            assign(low, child.children[-1], rest, child)


def _assign_array(low: JavaScript, pattern: Node, value: int) -> None:
    position = 0
    for child in pattern.children:
        if not child.is_named:
            position += child.type == ","
        elif child.type == "rest_pattern":
            rest = low.put(COLLECT, child, "list", (value,), ("*",))
            assign(low, child.children[-1], rest, child)
        elif child.type not in IGNORED:
            index = low.put(CONST, child, "", (), (), position)
            assign(low, child, low.put(ITEM, child, "", (value, index), (), position), child)
