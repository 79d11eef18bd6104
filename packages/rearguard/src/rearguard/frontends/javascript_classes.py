"""Classes: the body as a function, methods, fields, decorators."""

from dataclasses import dataclass, field

from tree_sitter import Node

from rearguard.frontends.javascript_base import IGNORED, STORE, JavaScript
from rearguard.frontends.javascript_functions import Parts, lower_function, read_parts
from rearguard.frontends.javascript_parameters import decorator_value
from rearguard.frontends.javascript_patterns import key_name
from rearguard.frontends.javascript_types import annotation_text, annotation_value, type_value
from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.program import NO_VALUE, Class, Field, Instr, Op

__all__ = ["class_value", "declare_class", "lower_class"]

CALL = int(Op.CALL)
CLASS = int(Op.CLASS)
FUNC = int(Op.FUNC)

FIELDS = frozenset({"field_definition", "public_field_definition"})
FUNCTION_VALUES = frozenset({"arrow_function", "function_expression", "generator_function"})


@dataclass(slots=True)
class Members:
    """What a class body gathers."""

    methods: dict[str, str] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)


def declare_class(low: JavaScript, node: Node) -> None:
    """A class declaration statement."""
    name = node.child_by_field_name("name")
    if name is None:
        lower_class(low, node, [])
    else:
        low.write(low.chars_of(name), lower_class(low, node, []), node)


def class_value(low: JavaScript, node: Node) -> int:
    """A class expression."""
    return lower_class(low, node, [])


def lower_class(low: JavaScript, node: Node, decorators: list[Node]) -> int:
    """Lower a class; `decorators` are those written before `export`. Returns the decorated class."""
    hint, low.hint = low.hint, ""
    if low.depth >= MAX_DEPTH:
        return low.too_deep(node)
    low.depth += 1
    decorators = list(decorators)
    name: Node | None = None
    body: Node | None = None
    bases: list[int] = []
    texts: list[str] = []
    made = []
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            decorators.append(child)
        elif kind in ("identifier", "type_identifier"):
            name = child
        elif kind == "class_body":
            body = child
        elif kind == "class_heritage":
            made.append(child)
    values = tuple([decorator_value(low, decorator) for decorator in decorators])
    for heritage in made:
        _bases(low, heritage, bases, texts)
    qualified = low.qualify(hint if name is None else low.chars_of(name))
    members = Members()
    function, around = low.open_function(qualified, "class", node, "", "this")
    if body is not None:
        _members(low, body, qualified, members)
    low.close_function(function, around, name or node)
    low.depth -= 1
    low.classes[qualified] = Class(
        qualified,
        tuple(bases),
        tuple(texts),
        members.methods,
        tuple(members.fields),
        values,
        low.scope.name,
        node.start_byte,
        node.end_byte,
    )
    value = low.put(CLASS, node, qualified, tuple(bases))
    return _decorated(low, value, decorators, values)


def _decorated(low: JavaScript, value: int, decorators: list[Node], values: tuple[int, ...]) -> int:
    """Pass a definition through its decorators, innermost first."""
    for decorator, called in zip(reversed(decorators), reversed(values), strict=True):
        value = low.put(CALL, decorator, "", (called, value))
    return value


def _bases(low: JavaScript, heritage: Node, bases: list[int], texts: list[str]) -> None:
    """`extends` and `implements`: both say what the class can be used as."""
    for child in heritage.children:
        kind = child.type
        if kind in ("extends_clause", "implements_clause"):
            _bases(low, child, bases, texts)
        elif kind in ("type_identifier", "generic_type", "nested_type_identifier"):
            value = type_value(low, child)
            if value != NO_VALUE:
                bases.append(value)
                texts.append(low.chars_of(child))
        elif child.kind_id in low.values:
            bases.append(low.value(child))
            texts.append(low.chars_of(child))


def _members(low: JavaScript, body: Node, qualified: str, members: Members) -> None:
    pending: list[Node] = []
    for child in body.children:
        kind = child.type
        if kind == "decorator":
            pending.append(child)
        elif kind == "method_definition":
            _method(low, child, qualified, members, pending)
            pending = []
        elif kind in FIELDS:
            _field(low, child, qualified, members, pending)
            pending = []
        elif kind == "class_static_block":
            for inner in child.children:
                if inner.type == "statement_block":
                    low.statements(inner.children)
        elif kind == "ERROR":
            low.leftover(child)


def _method(low: JavaScript, node: Node, qualified: str, members: Members, pending: list[Node]) -> None:
    parts = read_parts(node)
    decorators = pending + parts.decorators
    name = None if parts.name is None else key_name(low, parts.name)
    values = tuple([decorator_value(low, decorator) for decorator in decorators])
    own = name if name is not None and name.removeprefix("#").isidentifier() else ""
    value = lower_function(
        low,
        node,
        parts,
        _method_kind(parts, name),
        own,
        owner=qualified,
        decorators=values,
        fields=members.fields if name == "constructor" else None,
    )
    function = _function_made(low)
    value = _decorated(low, value, decorators, values)
    if name is None:
        return
    if function is not None and not ("set" in parts.words and name in members.methods):
        members.methods[name] = function
    _store_member(low, name, value, node)


def _function_made(low: JavaScript) -> str | None:
    """The qualified name of the function whose closure was just made."""
    made = low.block[-1]
    return made.name if type(made) is Instr and made.op == FUNC else None


def _method_kind(parts: Parts, name: str | None) -> str:
    words = parts.words
    if "get" in words:
        return "getter"
    if "set" in words:
        return "setter"
    if "static" in words:
        return "staticmethod"
    return "constructor" if name == "constructor" else "method"


def _store_member(low: JavaScript, name: str, value: int, node: Node) -> None:
    """A member is the class body's local, but no variable that methods could read by name."""
    if not name:
        return
    low.scope.locals.add(name)
    low.block.append(Instr(STORE, NO_VALUE, node.start_byte, node.end_byte, name, (value,)))


def _field(low: JavaScript, node: Node, qualified: str, members: Members, pending: list[Node]) -> None:
    name: Node | None = None
    annotation: Node | None = None
    value: Node | None = None
    decorators = list(pending)
    assigned = False
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            decorators.append(child)
        elif kind == "=":
            assigned = True
        elif kind == "type_annotation":
            annotation = child
        elif child.is_named and kind not in IGNORED:
            if assigned:
                value = child
            elif kind not in ("accessibility_modifier", "override_modifier", "ERROR"):
                name = child
    key = None if name is None else key_name(low, name)
    values = tuple([decorator_value(low, decorator) for decorator in decorators])
    typed = annotation_value(low, annotation)
    default = NO_VALUE
    if value is not None:
        default = low.named(value, key or "")
        function = _function_made(low)
        if key is not None and function is not None and value.type in FUNCTION_VALUES:
            members.methods.setdefault(key, function)
            low.functions[function].owner = qualified
        if key is not None:
            _store_member(low, key, default, node)
    if key is not None:
        members.fields.append(
            Field(
                key, typed, annotation_text(low, annotation), default, values, node.start_byte, node.end_byte
            )
        )
