"""Functions of every form, and their parameters."""

from dataclasses import dataclass, field

from tree_sitter import Node

from rearguard.frontends.javascript_base import IGNORED, LOAD, STORE, JavaScript
from rearguard.frontends.javascript_patterns import (
    BINDINGS,
    DEFAULTS,
    assign,
    bound_names,
    defaulted,
    key_name,
)
from rearguard.frontends.javascript_types import annotation_text, annotation_value
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
SETATTR = int(Op.SETATTR)

BODIES = frozenset({"statement_block"})
MODIFIERS = frozenset({"accessibility_modifier", "readonly", "override_modifier"})
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


@dataclass(slots=True)
class Parameter:
    """One parameter before its function is open."""

    node: Node
    pattern: Node
    kind: str = "positional"
    default: Node | None = None
    annotation: Node | None = None
    decorators: list[Node] = field(default_factory=list)
    is_property: bool = False


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
    planned = [] if parts.parameters is None else _parameters(low, parts.parameters)
    computed = _computed_where_made(low, planned)
    qualified = low.qualify(name)
    saved = low.enter()
    receiver = "" if kind == "arrow" else "this"
    with low.function(qualified, kind, node, owner, receiver):
        low.scope.is_generator = "*" in parts.words
        params = _bind(low, planned, computed)
        _own_name(low, own_name, qualified, parts)
        _take_apart(low, planned, params, fields)
        _run_body(low, parts.body)
        named = parts.name if parts.name is not None else parts.parameters
        start, end = (node.start_byte, node.start_byte) if named is None else named.byte_range
        low.finish(
            start,
            end,
            tuple(params),
            decorators,
            annotation_text(low, parts.returns),
            "async" in parts.words,
        )
    low.leave(saved)
    low.depth -= 1
    return low.put(FUNC, node, qualified)


def _run_body(low: JavaScript, body: Node | None) -> None:
    if body is None:
        return
    if body.type == "statement_block":
        low.function_statements(body.children)
    else:
        low.do(RETURN, body, "", (low.value(body),))


def _own_name(low: JavaScript, name: str, qualified: str, parts: Parts) -> None:
    """A function expression can call itself by its name, which nothing outside sees."""
    body = parts.body
    if not name or body is None or name in low.scope.locals:
        return
    if low.chars.find(name, body.start_byte, body.end_byte) < 0:
        return
    low.declare(name)
    low.write(name, low.put(FUNC, body, qualified), body)


# -- parameters -------------------------------------------------------------------------------------


def _parameters(low: JavaScript, node: Node) -> list[Parameter]:
    if node.type == "identifier":
        return [Parameter(node, node)]
    planned = []
    for child in node.children:
        if not child.is_named:
            continue
        kind = child.type
        if kind in ("required_parameter", "optional_parameter"):
            parameter = _typed_parameter(child)
        elif kind in IGNORED or kind == "ERROR":
            continue
        else:
            parameter = Parameter(child, child)
        if parameter is None or parameter.pattern.type == "this":
            continue
        pattern = parameter.pattern
        if pattern.type in DEFAULTS:
            parameter.default = pattern.children[-1]
            parameter.pattern = pattern.children[0]
        elif pattern.type == "rest_pattern":
            parameter.kind = "rest"
            parameter.pattern = pattern.children[-1]
        planned.append(parameter)
    return planned


def _typed_parameter(node: Node) -> Parameter | None:
    pattern: Node | None = None
    default: Node | None = None
    annotation: Node | None = None
    decorators: list[Node] = []
    is_property = False
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            decorators.append(child)
        elif kind in MODIFIERS:
            is_property = True
        elif kind == "type_annotation":
            annotation = child
        elif child.is_named and kind not in IGNORED:
            if pattern is None:
                pattern = child
            else:
                default = child
    if pattern is None:
        return None
    return Parameter(node, pattern, "positional", default, annotation, decorators, is_property)


@dataclass(slots=True)
class Computed:
    """What is evaluated where the function is made, per parameter."""

    default: int
    annotation: int
    decorators: tuple[int, ...]
    late_default: Node | None
    """A default that reads other parameters, so it belongs to the body."""


def _computed_where_made(low: JavaScript, planned: list[Parameter]) -> list[Computed]:
    computed = []
    names: set[str] = {"this", "arguments"}
    for parameter in planned:
        default, late = NO_VALUE, None
        if parameter.default is not None:
            if _mentions(low, parameter.default, names):
                late = parameter.default
            else:
                default = low.value(parameter.default)
        annotation = annotation_value(low, parameter.annotation)
        decorators = tuple([decorator_value(low, decorator) for decorator in parameter.decorators])
        computed.append(Computed(default, annotation, decorators, late))
        names.update(bound_names(low, parameter.pattern))
    return computed


def decorator_value(low: JavaScript, decorator: Node) -> int:
    """The value of a decorator's expression."""
    for child in decorator.children:
        if child.kind_id in low.values:
            return low.value(child)
    return low.unknown(decorator, ())


def _mentions(low: JavaScript, node: Node, names: set[str]) -> bool:
    stack = [node]
    while stack:
        inner = stack.pop()
        kind = inner.type
        if kind in ("identifier", "this", "shorthand_property_identifier") and low.chars_of(inner) in names:
            return True
        stack.extend(inner.children)
    return False


def _bind(low: JavaScript, planned: list[Parameter], computed: list[Computed]) -> list[Param]:
    """Name the parameters; patterns get a temporary's name."""
    params = []
    for parameter, values in zip(planned, computed, strict=True):
        pattern = parameter.pattern
        if pattern.type in BINDINGS:
            name = low.chars_of(pattern)
            low.declare(name)
        else:
            name = low.temporary()
            for inner in bound_names(low, pattern):
                low.declare(inner)
        node = parameter.node
        params.append(
            Param(
                name,
                parameter.kind,
                values.default,
                values.annotation,
                annotation_text(low, parameter.annotation),
                values.decorators,
                node.start_byte,
                node.end_byte,
            )
        )
    for parameter, values in zip(planned, computed, strict=True):
        parameter.default = values.late_default
    return params


def _take_apart(
    low: JavaScript, planned: list[Parameter], params: list[Param], fields: list[Field] | None
) -> None:
    """What a function does before its body: late defaults, patterns, parameter properties."""
    for parameter, param in zip(planned, params, strict=True):
        node, pattern = parameter.node, parameter.pattern
        is_pattern = pattern.type not in BINDINGS
        if parameter.default is not None:
            value = low.put(LOAD, pattern, param.name)
            low.do(STORE, node, param.name, (defaulted(low, value, parameter.default, node),))
        if is_pattern:
            assign(low, pattern, low.put(LOAD, pattern, param.name), node)
        if parameter.is_property and fields is not None:
            receiver = low.put(LOAD, node, "this")
            low.do(SETATTR, node, param.name, (receiver, low.put(LOAD, pattern, param.name)))
            fields.append(
                Field(
                    param.name,
                    param.annotation,
                    param.annotation_text,
                    NO_VALUE,
                    param.decorators,
                    param.start,
                    param.end,
                )
            )
