"""JSX: an element is a call of its component with its properties and children.

Source: the JSX specification (facebook.github.io/jsx) and React's `createElement(type, props, ...children)`.
"""

import html
import re

from tree_sitter import Node

from rearguard.frontends.javascript_base import CONST, IGNORED, JavaScript
from rearguard.frontends.javascript_expressions import MEMBER, chain
from rearguard.program import Op

__all__ = ["element", "element_text", "embedded"]

CALL = int(Op.CALL)
COLLECT = int(Op.COLLECT)
ATTR = int(Op.ATTR)

JSX = "jsx"
"""`Instr.name` of the call an element becomes, and of the constant that names an intrinsic element."""

LINES = re.compile(r"\s*\n\s*")


def element(low: JavaScript, node: Node) -> int:
    children = node.children
    opening = node if node.type == "jsx_self_closing_element" else children[0]
    callee, properties = _opening(low, opening)
    args = [callee, properties]
    if opening is not node:
        args += [
            low.value(child)
            for child in children[1:]
            if child.kind_id in low.values and not _is_blank(low, child)
        ]
    return low.put(CALL, node, JSX, tuple(args))


def _opening(low: JavaScript, node: Node) -> tuple[int, int]:
    component: Node | None = None
    keys: list[str | None] = []
    args: list[int] = []
    for child in node.children:
        kind = child.type
        if kind == "jsx_attribute":
            key, value = _attribute(low, child)
            keys.append(key)
            args.append(value)
        elif kind == "jsx_expression":
            for inner in child.children:
                if inner.type == "spread_element":
                    keys.append("**")
                    args.append(low.value(inner.children[-1]))
        elif component is None and child.is_named and kind not in IGNORED and kind != "type_arguments":
            component = child
    callee = _component(low, component, node)
    return callee, low.put(COLLECT, node, "dict", tuple(args), tuple(keys))


def _component(low: JavaScript, component: Node | None, node: Node) -> int:
    """A component is a variable; a lower-case name is an element of the page, a fragment has none."""
    if component is None:
        return low.put(CONST, node, JSX, (), (), "")
    text = low.chars_of(component)
    if component.type == MEMBER:
        return chain(low, component)
    if component.type != "identifier" or text[:1].islower():
        return low.put(CONST, component, JSX, (), (), text)
    return low.load(text, component)


def _attribute(low: JavaScript, node: Node) -> tuple[str, int]:
    children = [child for child in node.children if child.is_named and child.type not in IGNORED]
    key = low.chars_of(children[0])
    if len(children) == 1:
        return key, low.put(CONST, node, "", (), (), True)
    value = children[-1]
    if value.type == "string":
        text = html.unescape(low.chars_of(value)[1:-1])
        return key, low.put(CONST, value, "", (), (), text)
    return key, low.value(value)


def element_text(low: JavaScript, node: Node) -> int:
    text = html.unescape(LINES.sub(" ", low.chars_of(node)))
    return low.put(CONST, node, "", (), (), text)


def _is_blank(low: JavaScript, node: Node) -> bool:
    kind = node.type
    if kind == "jsx_text":
        return low.chars_of(node).isspace()
    return kind == "jsx_expression" and not any(child.kind_id in low.values for child in node.children)


def embedded(low: JavaScript, node: Node) -> int:
    """`{expression}` in an element or attribute."""
    for child in node.children:
        if child.kind_id in low.values:
            return low.value(child)
        if child.type == "spread_element":
            return low.value(child.children[-1])
    return low.unknown(node, ())
