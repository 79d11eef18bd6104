"""Functions of every form, and their parameters."""

from dataclasses import dataclass, field

from tree_sitter import Node

from rearguard.frontends.javascript_base import IGNORED, JavaScript
from rearguard.frontends.javascript_parameters import bind, plain_parameters, read_parameters, take_apart
from rearguard.frontends.javascript_patterns import key_name
from rearguard.frontends.javascript_types import annotation_text
from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.program import NO_VALUE, Field, Op, Param

__all__ = [
    "declare_function",
    "function_value",
    "lower_function",
    "method_function",
    "read_parts",
]

FUNC = int(Op.FUNC)
RETURN = int(Op.RETURN)

DECLARATIONS = frozenset({"function_declaration", "generator_function_declaration"})
PROPERTY_NAMES = frozenset(
    {"property_identifier", "private_property_identifier", "string", "number", "computed_property_name"}
)


@dataclass(slots=True)
class Parts:
    """A function's pieces, read off its node in one pass."""

    name: Node | None = None
    parameters: Node | None = None
    body: Node | None = None
    returns: Node | None = None
    decorators: list[Node] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    """Modifiers: async, static, get, set, `*`."""


def read_parts(node: Node) -> Parts:
    """Read a function, method or arrow node."""
    parts = Parts()
    for child in node.children:
        kind = child.type
        if not child.is_named:
            parts.words.add(kind)
        elif kind == "formal_parameters":
            parts.parameters = child
        elif kind == "statement_block":
            parts.body = child
        elif kind in ("type_annotation", "asserts_annotation", "type_predicate_annotation"):
            parts.returns = child
        elif kind == "decorator":
            parts.decorators.append(child)
        elif kind == "identifier" or kind in PROPERTY_NAMES:
            parts.name = child
    return parts


def _read_arrow(node: Node) -> Parts:
    """An arrow: `async x => body`, whose one parameter and body may be any expression."""
    parts = Parts()
    after = False
    for child in node.children:
        kind = child.type
        if kind in IGNORED:
            continue
        if after:
            parts.body = child
        elif kind == "=>":
            after = True
        elif kind in ("formal_parameters", "identifier"):
            parts.parameters = child
        elif kind in ("type_annotation", "asserts_annotation", "type_predicate_annotation"):
            parts.returns = child
        elif not child.is_named:
            parts.words.add(kind)
    return parts


# -- entry points -----------------------------------------------------------------------------------


def function_value(low: JavaScript, node: Node) -> int:
    """A function expression or arrow."""
    hint, low.hint = low.hint, ""
    if node.type == "arrow_function":
        return lower_function(low, node, _read_arrow(node), "arrow", hint)
    parts = read_parts(node)
    own = "" if parts.name is None else low.chars_of(parts.name)
    return lower_function(low, node, parts, "function", own or hint, own_name=own)


def declare_function(low: JavaScript, node: Node) -> None:
    """A function declaration, lowered where its block starts."""
    parts = read_parts(node)
    if parts.name is None or parts.body is None:
        return
    name = low.chars_of(parts.name)
    value = lower_function(low, node, parts, "function", name)
    low.write(name, value, node)


def method_function(low: JavaScript, node: Node) -> tuple[str, int]:
    """A method of an object literal: its key and its value."""
    parts = read_parts(node)
    name = None if parts.name is None else key_name(low, parts.name)
    kind = "getter" if "get" in parts.words else "setter" if "set" in parts.words else "method"
    own = name if name is not None and name.isidentifier() else ""
    return "?" if name is None else name, lower_function(low, node, parts, kind, own)


def lower_function(
    low: JavaScript,
    node: Node,
    parts: Parts,
    kind: str,
    name: str,
    *,
    own_name: str = "",
    owner: str = "",
    decorators: tuple[int, ...] = (),
    fields: list[Field] | None = None,
) -> int:
    """Lower a function and make its closure. Returns the closure's value.

    `own_name` is the name a function expression knows itself by; `fields` receives the fields that
    TypeScript parameter properties declare.
    """
    if low.depth >= MAX_DEPTH:
        return low.too_deep(node)
    low.depth += 1
    written, body = parts.parameters, parts.body
    plain = [] if written is None else plain_parameters(low, written)
    planned = [] if plain is not None or written is None else read_parameters(low, written)
    qualified = low.qualify(name)
    function, around = low.open_function(qualified, kind, node, owner, "" if kind == "arrow" else "this")
    function.params = _bind_plain(low, plain) if plain else bind(low, planned)
    if own_name:
        _own_name(low, own_name, qualified, body)
    if planned:
        take_apart(low, planned, fields)
    if body is None:
        pass
    elif body.type == "statement_block":
        low.function_statements(body.children)
    else:
        low.do(RETURN, body, "", (low.value(body),))
    function.decorators = decorators
    function.returns = annotation_text(low, parts.returns)
    function.is_async = "async" in parts.words
    function.is_generator = "*" in parts.words
    low.close_function(function, around, parts.name or written or node)
    low.depth -= 1
    return low.put(FUNC, node, qualified)


def _bind_plain(low: JavaScript, names: list[Node]) -> tuple[Param, ...]:
    params = []
    for node in names:
        name = low.chars_of(node)
        if not name:
            continue
        low.declare(name)
        params.append(Param(name, "positional", NO_VALUE, NO_VALUE, "", (), node.start_byte, node.end_byte))
    return tuple(params)


def _own_name(low: JavaScript, name: str, qualified: str, body: Node | None) -> None:
    """A function expression can call itself by its name, which nothing outside sees."""
    if body is None or name in low.scope.locals:
        return
    if low.chars.find(name, body.start_byte, body.end_byte) >= 0:
        low.declare(name)
        low.write(name, low.put(FUNC, body, qualified), body)
