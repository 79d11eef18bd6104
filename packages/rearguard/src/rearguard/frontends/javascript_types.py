"""TypeScript types, as far as a program's meaning at run time shows in them."""

from collections.abc import Iterator

from tree_sitter import Node

from rearguard.frontends.javascript_base import IGNORED, JavaScript
from rearguard.frontends.javascript_patterns import key_name
from rearguard.program import NO_VALUE, Class, Field, Op

__all__ = [
    "annotation_text",
    "annotation_value",
    "is_renaming",
    "qualified_name",
    "record_interface",
    "record_type_alias",
    "type_value",
]

ATTR = int(Op.ATTR)

WRAPPERS = frozenset(
    {
        "array_type",
        "union_type",
        "intersection_type",
        "readonly_type",
        "parenthesized_type",
        "generic_type",
        "optional_type",
        "rest_type",
    }
)
COMPUTED = frozenset(
    {
        *("Partial", "Required", "Readonly", "Record", "Pick", "Omit", "Exclude", "Extract", "NonNullable"),
        *("Parameters", "ConstructorParameters", "ReturnType", "InstanceType", "Awaited", "Promise", "Array"),
        *("Map", "Set", "Function", "infer", "input", "output", "InferType", "TypeOf", "Static", "Infer"),
    }
)
"""Types that are made of others, and are no other name for a class."""


def annotation_text(low: JavaScript, annotation: Node | None) -> str:
    """A type annotation as written, without its colon."""
    return "" if annotation is None else low.chars_of(annotation).removeprefix(":").strip()


def annotation_value(low: JavaScript, annotation: Node | None) -> int:
    """The value of the name a type starts with: `Foo[]`, `Foo | null` and `ns.Foo<T>` all lead to `Foo`."""
    if annotation is None:
        return NO_VALUE
    for node in annotation.children:
        if node.is_named and node.type not in IGNORED:
            return type_value(low, node)
    return NO_VALUE


def type_value(low: JavaScript, node: Node) -> int:
    """The value of the name a type starts with, `NO_VALUE` for a primitive or a shape."""
    leading = _leading_name(node)
    if leading is None:
        return NO_VALUE
    if leading.type == "type_identifier":
        return low.load(low.chars_of(leading), leading)
    return qualified_name(low, leading)


def _leading_name(node: Node) -> Node | None:
    stack = [node]
    while stack:
        inner = stack.pop()
        kind = inner.type
        if kind in ("type_identifier", "nested_type_identifier"):
            return inner
        if kind in ("generic_type", "array_type"):
            stack.append(inner.children[0])
        elif kind in WRAPPERS:
            stack.extend(reversed(inner.children))
    return None


def qualified_name(low: JavaScript, node: Node) -> int:
    """The value of `ns.a.T`."""
    links = []
    while node.type in ("nested_type_identifier", "nested_identifier", "member_expression"):
        links.append(node)
        node = node.children[0]
    value = low.load(low.chars_of(node), node)
    for link in reversed(links):
        value = low.put(ATTR, link, low.chars_of(link.children[-1]), (value,))
    return value


def record_interface(low: JavaScript, node: Node) -> None:
    """An interface declaration: a class of fields, which no instruction makes."""
    name, body, bases = "", None, []
    for child in node.children:
        kind = child.type
        if kind == "type_identifier":
            name = low.chars_of(child)
        elif kind in ("interface_body", "object_type"):
            body = child
        elif kind == "extends_type_clause":
            bases = [base for base in child.children if base.is_named]
    if name and body is not None:
        _record(low, node, name, [body], bases)


def record_type_alias(low: JavaScript, node: Node) -> None:
    """`type X = {...}`, alone or intersected with others; `type X = Y<Z>`, another name for `Y`."""
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if name is None or value is None:
        return
    shapes: list[Node] = []
    bases: list[Node] = []
    stack = [value]
    while stack:
        inner = stack.pop()
        if inner.type == "object_type":
            shapes.append(inner)
        elif inner.type in ("intersection_type", "parenthesized_type"):
            stack.extend(reversed(inner.children))
        else:
            bases.append(inner)
    if shapes or value.type == "intersection_type":
        _record(low, node, low.chars_of(name), shapes, bases)
    elif is_renaming(low, node):
        low.write(low.chars_of(name), type_value(low, value), node)


def is_renaming(low: JavaScript, node: Node) -> bool:
    """Whether an alias is another name for a class, and no variable has it: `type Db = Kysely<Tables>`."""
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if name is None or value is None or low.visible(low.chars_of(name)):
        return False
    if value.type not in ("type_identifier", "generic_type", "nested_type_identifier"):
        return False
    leading = _leading_name(value)
    return (
        leading is not None
        and low.chars_of(leading.children[-1] if leading.children else leading) not in COMPUTED
    )


def _record(low: JavaScript, node: Node, name: str, shapes: list[Node], bases: list[Node]) -> None:
    values = []
    texts = []
    for base in bases:
        value = type_value(low, base)
        if value != NO_VALUE:
            values.append(value)
            texts.append(low.chars_of(base))
    qualified = low.qualify(name)
    function, around = low.open_function(qualified, "class", node, "", "")
    low.close_function(function, around, node)
    low.classes[qualified] = Class(
        qualified,
        tuple(values),
        tuple(texts),
        {},
        tuple([made for shape in shapes for made in _fields(low, shape)]),
        (),
        low.scope.name,
        node.start_byte,
        node.end_byte,
    )


def _fields(low: JavaScript, shape: Node) -> Iterator[Field]:
    for member in shape.children:
        key = member.child_by_field_name("name") if member.type == "property_signature" else None
        name = None if key is None else key_name(low, key)
        if name is not None:
            written = annotation_text(low, member.child_by_field_name("type"))
            yield Field(name, NO_VALUE, written, NO_VALUE, (), member.start_byte, member.end_byte)
