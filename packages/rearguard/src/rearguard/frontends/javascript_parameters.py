"""Parameters: what is computed where a function is made, and what its body does with them first."""

from dataclasses import dataclass, field

from tree_sitter import Node

from rearguard.frontends.javascript_base import LOAD, STORE, JavaScript
from rearguard.frontends.javascript_patterns import BINDINGS, DEFAULTS, assign, bound_names, defaulted
from rearguard.frontends.javascript_types import annotation_text, annotation_value
from rearguard.program import NO_VALUE, Field, Op, Param

__all__ = ["Parameter", "bind", "decorator_value", "plain_parameters", "read_parameters", "take_apart"]

SETATTR = int(Op.SETATTR)

MODIFIERS = frozenset({"accessibility_modifier", "readonly", "override_modifier"})
TYPED = frozenset({"required_parameter", "optional_parameter"})
READS = frozenset({"identifier", "this", "shorthand_property_identifier"})


@dataclass(slots=True)
class Parameter:
    """One parameter; the values are those of the function around."""

    node: Node
    pattern: Node
    kind: str = "positional"
    default: Node | None = None
    """In the end, a default that must be computed by the body."""
    annotation: Node | None = None
    decorators: list[Node] = field(default_factory=list)
    is_property: bool = False
    default_value: int = NO_VALUE
    annotation_value: int = NO_VALUE
    decorator_values: tuple[int, ...] = ()
    name: str = ""


def plain_parameters(low: JavaScript, node: Node) -> list[Node] | None:
    """The parameters of a list of plain names, the usual case; `None` for any other list."""
    identifier = low.tables.identifier
    if node.kind_id == identifier:
        return [node]
    plain = []
    for child in node.children:
        kind = child.kind_id
        if kind == identifier:
            plain.append(child)
        elif kind not in low.skipped:
            return None
    return plain


def read_parameters(low: JavaScript, node: Node) -> list[Parameter]:
    """Read any list of parameters, and lower what is evaluated where the function is made.

    A default that reads earlier parameters, or `this`, is left to the body.
    """
    parameters = []
    names = {"this", "arguments"}
    for child in node.children:
        if child.kind_id in low.skipped or child.is_error:
            continue
        parameter = _typed(low, child) if child.type in TYPED else Parameter(child, child)
        if parameter is None or parameter.pattern.type == "this":
            continue
        _unwrap(parameter)
        default = parameter.default
        if default is not None and not _mentions(low, default, names):
            parameter.default_value = low.value(default)
            parameter.default = None
        parameter.annotation_value = annotation_value(low, parameter.annotation)
        parameter.decorator_values = tuple([decorator_value(low, found) for found in parameter.decorators])
        names.update(bound_names(low, parameter.pattern))
        parameters.append(parameter)
    return parameters


def _typed(low: JavaScript, node: Node) -> Parameter | None:
    """A TypeScript parameter."""
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
        elif child.kind_id not in low.skipped:
            if pattern is None:
                pattern = child
            else:
                default = child
    if pattern is None:
        return None
    return Parameter(node, pattern, "positional", default, annotation, decorators, is_property)


def _unwrap(parameter: Parameter) -> None:
    pattern = parameter.pattern
    if pattern.type in DEFAULTS:
        parameter.default = pattern.children[-1]
        parameter.pattern = pattern.children[0]
    elif pattern.type == "rest_pattern":
        parameter.kind = "rest"
        parameter.pattern = pattern.children[-1]


def _mentions(low: JavaScript, node: Node, names: set[str]) -> bool:
    stack = [node]
    while stack:
        inner = stack.pop()
        if inner.type in READS and low.chars_of(inner) in names:
            return True
        stack.extend(inner.children)
    return False


def decorator_value(low: JavaScript, decorator: Node) -> int:
    """The value of a decorator's expression."""
    for child in decorator.children:
        if child.kind_id in low.values:
            return low.value(child)
    return low.unknown(decorator, ())


def bind(low: JavaScript, parameters: list[Parameter]) -> tuple[Param, ...]:
    """Declare the parameters in the open function; a pattern gets a temporary's name."""
    params = []
    for parameter in parameters:
        pattern, node = parameter.pattern, parameter.node
        written = low.chars_of(pattern) if pattern.type in BINDINGS else ""
        if written:
            parameter.name = written
            low.declare(written)
        else:
            parameter.name = low.temporary()
            for inner in bound_names(low, pattern):
                low.declare(inner)
        params.append(
            Param(
                parameter.name,
                parameter.kind,
                parameter.default_value,
                parameter.annotation_value,
                annotation_text(low, parameter.annotation),
                parameter.decorator_values,
                node.start_byte,
                node.end_byte,
            )
        )
    return tuple(params)


def take_apart(low: JavaScript, parameters: list[Parameter], fields: list[Field] | None) -> None:
    """What a function does before its body: late defaults, patterns, parameter properties."""
    for parameter in parameters:
        node, pattern, name = parameter.node, parameter.pattern, parameter.name
        if parameter.default is not None:
            value = low.put(LOAD, pattern, name)
            low.do(STORE, node, name, (defaulted(low, value, parameter.default, node),))
        if pattern.type not in BINDINGS:
            assign(low, pattern, low.put(LOAD, pattern, name), node)
        if parameter.is_property and fields is not None:
            receiver = low.put(LOAD, node, "this")
            low.do(SETATTR, node, name, (receiver, low.put(LOAD, pattern, name)))
            fields.append(_property(low, parameter))


def _property(low: JavaScript, parameter: Parameter) -> Field:
    """The field that a TypeScript parameter property declares."""
    return Field(
        parameter.name,
        parameter.annotation_value,
        annotation_text(low, parameter.annotation),
        NO_VALUE,
        parameter.decorator_values,
        parameter.node.start_byte,
        parameter.node.end_byte,
    )
