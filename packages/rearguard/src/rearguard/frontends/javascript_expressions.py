"""Expressions: literals, names, property and call chains, objects, arrays, templates."""

from tree_sitter import Node

from rearguard.frontends.javascript_base import CONST, IGNORED, LOAD, JavaScript, decoded
from rearguard.frontends.javascript_functions import method_function
from rearguard.frontends.javascript_literals import number, unescape
from rearguard.frontends.javascript_patterns import (
    constant_index,
    constant_key,
    key_name,
    string_value,
)
from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.program import Instr, Op

ATTR = int(Op.ATTR)
ITEM = int(Op.ITEM)
CALL = int(Op.CALL)
NEW = int(Op.NEW)
COLLECT = int(Op.COLLECT)
JOIN = int(Op.JOIN)
IMPORT = int(Op.IMPORT)
AWAIT = int(Op.AWAIT)
FUNC = int(Op.FUNC)

MEMBER = "member_expression"
CALLED = "call_expression"
INDEXED = "subscript_expression"
_TRANSPARENT_CALLS = {"Promise": "resolve", "Object": "assign"}
CHAIN = frozenset({MEMBER, CALLED, INDEXED, "non_null_expression"})


# -- literals and names ---------------------------------------------------------------------------


def name(low: JavaScript, node: Node) -> int:
    """A variable, `this`, `super`."""
    start, end = node.start_byte, node.end_byte
    text = low.chars[start:end]
    if not low.ascii and not text.isascii():
        text = decoded(text)
    if not text:
        return low.unknown(node, ())
    scope = low.scope
    dst = scope.values
    scope.values = dst + 1
    low.block.append(Instr(LOAD, dst, start, end, low.renamed.get(text, text)))
    return dst


def meta(low: JavaScript, node: Node) -> int:
    """`new.target`, `import.meta`."""
    return low.put(LOAD, node, "".join(low.chars_of(child) for child in node.children))


def string(low: JavaScript, node: Node) -> int:
    return low.put(CONST, node, "", (), (), string_value(low, node))


def numeral(low: JavaScript, node: Node) -> int:
    value = number(low.chars_of(node))
    return low.unknown(node, ()) if value is None else low.put(CONST, node, "", (), (), value)


def true(low: JavaScript, node: Node) -> int:
    return low.put(CONST, node, "", (), (), True)


def false(low: JavaScript, node: Node) -> int:
    return low.put(CONST, node, "", (), (), False)


def null(low: JavaScript, node: Node) -> int:
    return low.put(CONST, node)


def undefined(low: JavaScript, node: Node) -> int:
    return low.undefined(node)


def regex(low: JavaScript, node: Node) -> int:
    pattern = flags = ""
    for child in node.children:
        if child.type == "regex_pattern":
            pattern = low.chars_of(child)
        elif child.type == "regex_flags":
            flags = low.chars_of(child)
    return low.put(CONST, node, f"regex:{flags}", (), (), pattern)


def template(low: JavaScript, node: Node) -> int:
    """A template literal: the text alone if nothing is put in."""
    parts, texts = _template_parts(low, node)
    if len(texts) == 1:
        return low.put(CONST, node, "", (), (), texts[0])
    args = []
    for position, text in enumerate(texts):
        if position:
            args.append(low.value(parts[position - 1]))
        if text:
            args.append(low.put(CONST, node, "", (), (), text))
    return low.put(JOIN, node, "template", tuple(args))


def _template_parts(low: JavaScript, node: Node) -> tuple[list[Node], list[str]]:
    """The expressions put into a template, and the texts around them (one more)."""
    parts: list[Node] = []
    texts: list[str] = []
    start = node.start_byte + 1
    for child in node.children:
        if child.type == "template_substitution":
            texts.append(_cooked(low, start, child.start_byte))
            start = child.end_byte
            inner = [part for part in child.children if part.is_named and part.type not in IGNORED]
            parts.append(inner[0] if inner else child)
    texts.append(_cooked(low, start, node.end_byte - 1))
    return parts, texts


def _cooked(low: JavaScript, start: int, end: int) -> str:
    text = low.chars[start:end]
    return unescape(text if low.ascii or text.isascii() else decoded(text))


# -- chains: a.b(c)[d] ----------------------------------------------------------------------------


def chain(low: JavaScript, node: Node) -> int:
    """Properties and calls on one another, walked down without recursion: chains grow long."""
    links: list[tuple[str, Node, list[Node]]] = []
    kinds = low.tables.links
    kind_id = node.kind_id
    while (kind := kinds.get(kind_id)) is not None:
        children = node.children
        links.append((kind, node, children))
        node = children[0]
        kind_id = node.kind_id
    kind, link, children = links[-1]
    known, used = None, 1
    whole = links[0][1]
    awaited = _awaited(low, node, children) if kind == CALLED else None
    typed = _awaited_typed(node, children) if kind == CALLED else None
    if typed is not None:
        known, used = low.value(typed), 0
    elif awaited is not None:
        known = low.value(awaited)
    elif kind == CALLED:
        known = _imported(low, node, link, children)
    elif kind == MEMBER and kind_id == low.tables.identifier and len(links) > 1 and links[-2][0] == CALLED:
        known, used = _transparent(low, node, children[-1], links[-2][1]), 2
    if known is None:
        value = name(low, node) if kind_id == low.tables.identifier else low.value(node)
    else:
        value = known
        del links[len(links) - used :]
    links.reverse()
    # Nothing in the program is as frequent as these two, so their instructions are made in place.
    # All links of a chain start where the chain starts.
    scope, append, start = low.scope, low.block.append, link.start_byte
    for kind, link, children in links:
        if kind == MEMBER:
            key = low.chars_of(children[-1])
            instr = Instr(ATTR, scope.values, start, link.end_byte, key, (value,))
        elif kind == CALLED:
            arguments = children[-1]
            if arguments.kind_id == low.tables.template:
                value = _tagged(low, link, value, arguments)
                continue
            args, keys = call_arguments(low, arguments, value)
            instr = Instr(CALL, scope.values, start, link.end_byte, "", args, keys)
        elif kind == INDEXED:
            value = _index(low, link, value, children[-2] if len(children) > 2 else children[-1])
            continue
        else:
            continue
        value = scope.values
        scope.values = value + 1
        append(instr)
    return value if awaited is None and typed is None else low.put(AWAIT, whole, "", (value,))


def _awaited_typed(callee: Node, children: list[Node]) -> Node | None:
    """What is called in `await x.y<T>(z)`, which the grammar takes for a call of `await x.y`."""
    if callee.type != "await_expression" or not any(c.type == "type_arguments" for c in children):
        return None
    return callee.children[-1]


def _awaited(low: JavaScript, callee: Node, children: list[Node]) -> Node | None:
    """The first operand of `await (x).y()`, which the grammar takes for a call of something named so."""
    if callee.type != "identifier" or low.chars_of(callee) != "await" or low.visible("await"):
        return None
    operands = [child for child in children[-1].children if child.is_named]
    return operands[0] if len(operands) == 1 else None


def _imported(low: JavaScript, callee: Node, call: Node, children: list[Node]) -> int | None:
    """`require('m')` and `import('m')` of a constant."""
    kind = callee.type
    if kind == "identifier":
        named = low.chars_of(callee)
        if named != "require" or low.visible("require"):
            return None
    elif kind != "import":
        return None
    given = [child for child in children[-1].children if child.is_named and child.type not in IGNORED]
    module = constant_key(low, given[0]) if given else None
    return None if module is None else low.put(IMPORT, call, module)


def _transparent(low: JavaScript, whole: Node, member: Node, call: Node) -> int | None:
    """What is written otherwise as well: `Promise.resolve(x)` is waited for as `x` is, and
    `Object.assign({ a }, b)` is `{ a, ...b }`.
    """
    named = low.chars_of(whole)
    if named not in _TRANSPARENT_CALLS or low.chars_of(member) != _TRANSPARENT_CALLS[named]:
        return None
    arguments = call.children[-1]
    given = [child for child in arguments.children if child.is_named and child.type not in IGNORED]
    if low.visible(named) or not given or any(child.type == "spread_element" for child in given):
        return None
    if named == "Promise":
        return low.put(AWAIT, call, "", (low.value(given[0]),)) if len(given) == 1 else None
    if given[0].type != "object":
        return None
    args: list[int] = []
    keys: list[str | None] = []
    for child in given:
        if child.type == "object":
            _object_entries(low, child, args, keys)
        else:
            args.append(low.value(child))
            keys.append("**")
    return low.put(COLLECT, call, "dict", tuple(args), tuple(keys))


def _index(low: JavaScript, node: Node, value: int, index: Node) -> int:
    key = constant_key(low, index)
    if key is not None:
        return low.put(ATTR, node, key, (value,))
    return low.put(ITEM, node, "", (value, low.value(index)), (), constant_index(low, index))


def call_arguments(
    low: JavaScript, arguments: Node, callee: int
) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
    """The callee and the values of an argument list; and the arguments' keys if one of them is spread."""
    args = [callee]
    keys: list[str | None] | None = None
    values = low.values
    too_deep = low.depth >= MAX_DEPTH
    low.depth += 1
    for child in arguments.children:
        kind = child.kind_id
        handler = values.get(kind)
        if handler is not None:
            args.append(low.too_deep(child) if too_deep else handler(low, child))
            if keys is not None:
                keys.append(None)
        elif kind not in low.skipped:
            if keys is None:
                keys = [None] * (len(args) - 1)
            spread = child.type == "spread_element"
            if spread and child.children[-1].type == "array":
                # `f(...[a, b])`
                entries: list[str | None] = []
                _array_entries(low, child.children[-1], args, entries)
                keys.extend(entries)
                continue
            keys.append("*" if spread else None)
            args.append(low.value(child.children[-1] if spread else child))
    low.depth -= 1
    return tuple(args), tuple(keys) if keys is not None and any(keys) else ()


def _tagged(low: JavaScript, node: Node, tag: int, literal: Node) -> int:
    """A tagged template: the tag is called with the texts and then the values."""
    parts, texts = _template_parts(low, literal)
    strings = tuple([low.put(CONST, literal, "", (), (), text) for text in texts])
    pieces = low.put(COLLECT, literal, "list", strings, (None,) * len(strings))
    args = [low.value(part) for part in parts]
    return low.put(CALL, node, "tagged", (tag, pieces, *args))


def new(low: JavaScript, node: Node) -> int:
    """`new C(...)`, with or without an argument list."""
    constructor: Node | None = None
    arguments: Node | None = None
    for child in node.children:
        if child.type == "arguments":
            arguments = child
        elif constructor is None and child.kind_id in low.values:
            constructor = child
    callee = low.unknown(node, ()) if constructor is None else low.value(constructor)
    if arguments is None:
        return low.put(NEW, node, "", (callee,))
    args, keys = call_arguments(low, arguments, callee)
    return low.put(NEW, node, "", args, keys)


# -- containers -----------------------------------------------------------------------------------


def array(low: JavaScript, node: Node) -> int:
    """An array; a hole in it is `undefined`."""
    args: list[int] = []
    keys: list[str | None] = []
    _array_entries(low, node, args, keys)
    return low.put(COLLECT, node, "list", tuple(args), tuple(keys))


def _array_entries(low: JavaScript, node: Node, args: list[int], keys: list[str | None]) -> None:
    empty = True
    for child in node.children:
        kind = child.kind_id
        if kind in low.skipped:
            if child.type == ",":
                if empty:
                    args.append(low.undefined(child))
                    keys.append(None)
                empty = True
            continue
        spread = child.type == "spread_element"
        keys.append("*" if spread else None)
        args.append(low.value(child.children[-1] if spread else child))
        empty = False


def object_literal(low: JavaScript, node: Node) -> int:
    args: list[int] = []
    keys: list[str | None] = []
    _object_entries(low, node, args, keys)
    return low.put(COLLECT, node, "dict", tuple(args), tuple(keys))


def _object_entries(low: JavaScript, node: Node, args: list[int], keys: list[str | None]) -> None:
    # A nested object takes twice the frames of other expressions, so it costs twice the depth.
    low.depth += 1
    for child in node.children:
        kind = child.type
        if kind == "pair":
            key, value = _pair(low, child)
        elif kind == "shorthand_property_identifier":
            text = low.chars_of(child)
            key, value = text, low.load(text, child)
        elif kind == "method_definition":
            key, value = method_function(low, child)
        elif kind == "spread_element":
            key, value = "**", low.value(child.children[-1])
        elif child.kind_id in low.skipped:
            continue
        else:
            key, value = "?", low.unreadable(child)
        keys.append(key)
        args.append(value)
    low.depth -= 1


def _pair(low: JavaScript, node: Node) -> tuple[str, int]:
    children = node.children
    key = key_name(low, children[0])
    if key is None:
        for child in children[0].children:
            if child.kind_id in low.values:
                low.value(child)
        return "?", low.value(children[-1])
    return key, low.named(children[-1], key)


# -- transparent ----------------------------------------------------------------------------------


def first(low: JavaScript, node: Node) -> int:
    """An expression that means what its first operand means: `as`, `satisfies`, `!`, type arguments."""
    for child in node.children:
        if child.kind_id in low.values:
            return low.value(child)
    return low.unknown(node, ())


def last(low: JavaScript, node: Node) -> int:
    """An expression that means what its last operand means: `<T>x`."""
    for child in reversed(node.children):
        if child.kind_id in low.values:
            return low.value(child)
    return low.unknown(node, ())
