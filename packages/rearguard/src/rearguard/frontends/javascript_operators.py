"""Operators and assignments: what they compute, and which of them branch."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from tree_sitter import Node

from rearguard.frontends.javascript_base import CONST, IGNORED, STORE, JavaScript
from rearguard.frontends.javascript_patterns import (
    TRANSPARENT,
    assign,
    bound_names,
    constant_index,
    constant_key,
)
from rearguard.frontends.lowering import MAX_DEPTH
from rearguard.program import NO_VALUE, Block, Case, If, Instr, Op, Switch

BINARY = int(Op.BINARY)
COMPARE = int(Op.COMPARE)
LOGIC = int(Op.LOGIC)
UNARY = int(Op.UNARY)
JOIN = int(Op.JOIN)
AWAIT = int(Op.AWAIT)
YIELD = int(Op.YIELD)
DELETE = int(Op.DELETE)
EXPORT = int(Op.EXPORT)
ATTR = int(Op.ATTR)
ITEM = int(Op.ITEM)

LOGIC_NAMES = {"&&": "and", "||": "or", "??": "??"}
COMPARISONS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "instanceof"})
EQUALITY = {"==": True, "===": True, "!=": False, "!==": False}
TRUTHS = ("true", "false")
EFFECTS = frozenset(
    {int(op) for op in (Op.CALL, Op.NEW, Op.AWAIT, Op.YIELD, Op.STORE, Op.SETATTR, Op.SETITEM)}
    | {int(Op.DELETE), int(Op.EXPORT), int(Op.IMPORT)}
)
"""Operations that must not be lowered as if they always ran."""

Links: TypeAlias = Sequence[tuple[Node, Node, Node]]
"""Branches of an if / else if or ternary chain: the whole, its condition, its consequence."""


# -- binary ---------------------------------------------------------------------------------------


def _spine(node: Node) -> tuple[Node, list[tuple[Node, str, Node]]]:
    """A left-nested run of binary operators: its first operand, then (whole, operator, operand) in order."""
    links = []
    while node.type == "binary_expression":
        children = node.children
        if len(children) == 3:
            left, operator, right = children
        else:
            parts = [child for child in children if child.type not in IGNORED]
            left, right = parts[0], parts[-1]
            operator = node.child_by_field_name("operator") or parts[len(parts) // 2]
        links.append((node, operator.type, right))
        node = left
    links.reverse()
    return node, links


def binary(low: JavaScript, node: Node) -> int:
    """A run of operators, lowered without recursion; what `+` joins becomes one `JOIN`."""
    operand, links = _spine(node)
    if operand.type == "private_property_identifier":
        value = low.put(CONST, operand, "", (), (), low.chars_of(operand))
    else:
        value = low.value(operand)
    position = 0
    while position < len(links):
        whole, operator, right = links[position]
        position += 1
        if operator == "+":
            args = [value, low.value(right)]
            while position < len(links) and links[position][1] == "+":
                whole, _, right = links[position]
                args.append(low.value(right))
                position += 1
            value = low.put(JOIN, whole, "plus", tuple(args))
        elif operator in LOGIC_NAMES:
            value = _logic(low, whole, operator, value, right)
        elif operator in COMPARISONS:
            held = right.type in TRUTHS and operator in EQUALITY and _is_truth(low, value)
            if not held:
                value = low.put(COMPARE, whole, operator, (value, low.value(right)))
            elif (right.type == "true") != EQUALITY[operator]:
                value = low.put(UNARY, whole, "not", (value,))
        else:
            value = low.put(BINARY, whole, operator, (value, low.value(right)))
    return value


def _is_truth(low: JavaScript, value: int) -> bool:
    """Whether a value is true or false by how it was just made: `(a !== b) === true` is `a !== b`."""
    made = low.block[-1] if low.block else None
    if type(made) is not Instr or made.dst != value:
        return False
    return made.op == COMPARE or (made.op == UNARY and made.name == "not")


def _logic(low: JavaScript, whole: Node, operator: str, left: int, right: Node) -> int:
    """`left && right` and its kin as a value: a branch if the right side does anything."""
    outer = low.block
    inner = low.begin()
    value = low.value(right)
    low.block = outer
    if not _acts(inner):
        outer.extend(inner)
        return low.put(LOGIC, whole, LOGIC_NAMES[operator], (left, value))
    temporary = low.temporary()
    inner.append(Instr(STORE, NO_VALUE, right.start_byte, right.end_byte, temporary, (value,)))
    low.do(STORE, whole, temporary, (left,))
    _guarded(low, whole, operator, left, inner)
    return low.load(temporary, whole)


def _acts(block: Block) -> bool:
    return any(type(statement) is not Instr or statement.op in EFFECTS for statement in block)


def _guarded(low: JavaScript, whole: Node, operator: str, left: int, inner: Block) -> None:
    """Run `inner` where the operator would evaluate its right side."""
    if operator == "&&":
        low.block.append(If(left, inner, [], whole.start_byte, whole.end_byte))
        return
    if operator == "??":
        left = low.put(COMPARE, whole, "!=", (left, low.put(CONST, whole)))
    low.block.append(If(left, [], inner, whole.start_byte, whole.end_byte))


def binary_condition(low: JavaScript, node: Node) -> int:
    """`&&`, `||`, `??` in a condition stay readable, calls or not."""
    operand, links = _spine(node)
    start = len(links)
    while start and links[start - 1][1] in LOGIC_NAMES:
        start -= 1
    if start == len(links):
        return binary(low, node)
    value = low.condition(operand if start == 0 else links[start - 1][0])
    for whole, operator, right in links[start:]:
        value = low.put(LOGIC, whole, LOGIC_NAMES[operator], (value, low.condition(right)))
    return value


def binary_effect(low: JavaScript, node: Node) -> None:
    """`a && b()` as a statement is a branch."""
    children = [child for child in node.children if child.type not in IGNORED]
    operator = children[1].type if len(children) == 3 else ""
    if operator not in LOGIC_NAMES:
        low.value(node)
        return
    left = low.condition(children[0])
    outer = low.block
    inner = low.begin()
    low.effect(children[2])
    low.block = outer
    if _acts(inner):
        _guarded(low, node, operator, left, inner)
    else:
        outer.extend(inner)


# -- unary ----------------------------------------------------------------------------------------


def unary(low: JavaScript, node: Node) -> int:
    children = node.children
    operator, operand = children[0].type, children[-1]
    if operator == "!":
        return low.put(UNARY, node, "not", (low.condition(operand),))
    if operator == "delete":
        _delete(low, node, operand)
        return low.put(CONST, node, "", (), (), True)
    if operator == "void" and operand.type == "number":
        return low.undefined(node)
    if operator == "-" and operand.type == "number":
        value = low.value(operand)
        made = low.block[-1]
        if type(made) is Instr and made.dst == value and isinstance(made.value, int | float):
            low.block.pop()
            low.scope.values -= 1
            return low.put(CONST, node, "", (), (), -made.value)
        return low.put(UNARY, node, operator, (value,))
    return low.put(UNARY, node, operator, (low.value(operand),))


def unary_effect(low: JavaScript, node: Node) -> None:
    children = node.children
    if children[0].type == "delete":
        _delete(low, node, children[-1])
    else:
        low.value(node)


def _delete(low: JavaScript, node: Node, operand: Node) -> None:
    kind = operand.type
    while kind in TRANSPARENT:
        inner = next((child for child in operand.children if child.is_named), None)
        if inner is None:
            return
        operand, kind = inner, inner.type
    if kind == "identifier":
        text = low.chars_of(operand)
        low.do(DELETE, node, low.renamed.get(text, text))
    elif kind == "member_expression":
        children = operand.children
        low.do(DELETE, node, low.chars_of(children[-1]), (low.value(children[0]),))
    elif kind == "subscript_expression":
        children = operand.children
        receiver = low.value(children[0])
        index = children[-2] if len(children) > 2 else children[-1]
        key = constant_key(low, index)
        if key is None:
            low.do(DELETE, node, "", (receiver, low.value(index)), constant_index(low, index))
        else:
            low.do(DELETE, node, key, (receiver,))
    else:
        low.value(operand)


def update(low: JavaScript, node: Node) -> int:
    """`i++` and its kin."""
    children = node.children
    prefix = not children[0].is_named
    operand = children[-1] if prefix else children[0]
    operator = (children[0] if prefix else children[-1]).type
    before = low.value(operand)
    one = low.put(CONST, node, "", (), (), 1)
    after = low.put(BINARY, node, operator[:1], (before, one))
    assign(low, operand, after, node)
    return after if prefix else before


def await_expression(low: JavaScript, node: Node) -> int:
    return low.put(AWAIT, node, "", (low.value(node.children[-1]),))


def yield_expression(low: JavaScript, node: Node) -> int:
    children = node.children
    name = "from" if any(child.type == "*" for child in children) else ""
    operand = children[-1]
    args = (low.value(operand),) if operand.kind_id in low.values else ()
    return low.put(YIELD, node, name, args)


def sequence(low: JavaScript, node: Node) -> int:
    """`a, b`: every part but the last for its effect."""
    parts = [child for child in node.children if child.is_named and child.type not in IGNORED]
    for part in parts[:-1]:
        low.effect(part)
    return low.value(parts[-1]) if parts else low.unknown(node, ())


def sequence_effect(low: JavaScript, node: Node) -> None:
    for child in node.children:
        if child.is_named and child.type not in IGNORED:
            low.effect(child)


def inner_effect(low: JavaScript, node: Node) -> None:
    """Parentheses around an expression nobody reads."""
    for child in node.children:
        if child.is_named and child.type not in IGNORED:
            low.effect(child)


def inner_condition(low: JavaScript, node: Node) -> int:
    for child in node.children:
        if child.kind_id in low.values:
            return low.condition(child)
    return low.unknown(node, ())


# -- assignment -----------------------------------------------------------------------------------


def assignment(low: JavaScript, node: Node) -> int:
    """`a = b = c`: one value, given to every target."""
    targets: list[tuple[Node, Node]] = []
    while node.type == "assignment_expression":
        children = node.children
        if len(children) != 3:
            if children[0].type == "using":
                # The TypeScript grammar reads `using x = f()` so.
                for name in bound_names(low, children[1]):
                    low.declare(name)
            children = [child for child in children if child.kind_id not in low.skipped]
        targets.append((node, children[0]))
        node = children[-1]
    value = low.named(node, _assigned_name(low, targets[-1][1]))
    for whole, target in reversed(targets):
        _assign_or_export(low, target, value, whole)
    return value


def _assigned_name(low: JavaScript, target: Node) -> str:
    kind = target.type
    if kind == "identifier":
        return low.chars_of(target)
    if kind == "member_expression":
        name = low.chars_of(target.children[-1])
        return "" if name == "exports" else name
    return ""


def _assign_or_export(low: JavaScript, target: Node, value: int, whole: Node) -> None:
    exported = _exported_name(low, target)
    if exported is None:
        assign(low, target, value, whole)
    elif exported:
        low.do(EXPORT, whole, exported, (value,))


def _exported_name(low: JavaScript, target: Node) -> str | None:
    """What a CommonJS assignment exports: `=` for the module itself, "" for nothing; `None`: not one.

    Source: Node.js documentation, Modules: CommonJS modules, "exports shortcut".
    """
    kind = target.type
    if kind == "identifier":
        # `exports = module.exports = v`: the inner assignment exports, this one only renews the alias.
        return "" if low.chars_of(target) == "exports" and not low.visible("exports") else None
    if kind == "member_expression":
        children = target.children
        name = low.chars_of(children[-1])
    elif kind == "subscript_expression":
        children = target.children
        name = constant_key(low, children[-2]) or ""
    else:
        return None
    if not name:
        return None
    receiver = children[0]
    if receiver.type == "identifier":
        text = low.chars_of(receiver)
        if text == "exports":
            return None if low.visible("exports") else name
        return "=" if text == "module" and name == "exports" and not low.visible("module") else None
    if receiver.type == "member_expression":
        parts = receiver.children
        if (
            low.chars_of(parts[-1]) == "exports"
            and parts[0].type == "identifier"
            and low.chars_of(parts[0]) == "module"
            and not low.visible("module")
        ):
            return name
    return None


def augmented(low: JavaScript, node: Node) -> int:
    """`a += b`, and `a ??= b`, which assigns only where it must."""
    children = [child for child in node.children if child.type not in IGNORED]
    target, right = children[0], children[-1]
    operator = children[1].type.removesuffix("=")
    before = low.value(target)
    if operator in LOGIC_NAMES:
        temporary = low.temporary()
        low.do(STORE, node, temporary, (before,))
        outer = low.block
        inner = low.begin()
        value = low.named(right, _assigned_name(low, target))
        low.do(STORE, node, temporary, (value,))
        assign(low, target, value, node)
        low.block = outer
        _guarded(low, node, operator, before, inner)
        return low.load(temporary, node)
    right_value = low.value(right)
    if operator == "+":
        after = low.put(JOIN, node, "plus", (before, right_value))
    else:
        after = low.put(BINARY, node, operator, (before, right_value))
    assign(low, target, after, node)
    return after


# -- branches -------------------------------------------------------------------------------------


def alternatives(low: JavaScript, links: Links, final: Node | None, body: Callable[[Node], None]) -> None:
    """if / else if / else, whose arms `body` lowers. A chain too long to nest becomes a switch on true."""
    outer = low.block
    depth = low.depth
    if depth + len(links) > MAX_DEPTH // 2 and len(links) > 1:
        _switch_on_true(low, links, final, body)
        return
    for whole, condition, consequence in links:
        decided = low.condition(condition)
        here = low.block
        then = low.begin()
        body(consequence)
        orelse = low.begin()
        here.append(If(decided, then, orelse, whole.start_byte, whole.end_byte))
        low.depth += 1
    if final is not None:
        body(final)
    low.depth = depth
    low.block = outer


def _switch_on_true(low: JavaScript, links: Links, final: Node | None, body: Callable[[Node], None]) -> None:
    whole = links[0][0]
    subject = low.put(CONST, whole, "", (), (), True)
    outer = low.block
    cases = []
    for link, condition, consequence in links:
        head = low.begin()
        decided = low.condition(condition)
        then = low.begin()
        body(consequence)
        cases.append(Case(head, (decided,), NO_VALUE, then, link.start_byte, link.end_byte))
    if final is not None:
        then = low.begin()
        body(final)
        cases.append(Case([], (), NO_VALUE, then, final.start_byte, final.end_byte))
    low.block = outer
    outer.append(Switch(subject, tuple(cases), False, whole.start_byte, whole.end_byte))


def _ternary_links(node: Node) -> tuple[list[tuple[Node, Node, Node]], Node]:
    links = []
    while node.type == "ternary_expression":
        parts = [child for child in node.children if child.type not in IGNORED]
        links.append((node, parts[0], parts[2] if len(parts) > 2 else parts[-1]))
        node = parts[-1]
    return links, node


def ternary(low: JavaScript, node: Node) -> int:
    links, final = _ternary_links(node)
    temporary = low.temporary()

    def arm(expression: Node) -> None:
        low.do(STORE, expression, temporary, (low.value(expression),))

    alternatives(low, links, final, arm)
    return low.load(temporary, node)


def ternary_effect(low: JavaScript, node: Node) -> None:
    links, final = _ternary_links(node)
    alternatives(low, links, final, low.effect)
