"""Statements: declarations, branches, loops, errors."""

from tree_sitter import Node

from rearguard.frontends.javascript_base import CONST, IGNORED, JavaScript
from rearguard.frontends.javascript_operators import alternatives
from rearguard.frontends.javascript_patterns import assign, bound_names
from rearguard.program import NO_VALUE, Block, Case, Handler, If, Instr, Loop, Op, Switch, Try

ITER = int(Op.ITER)
AWAIT = int(Op.AWAIT)
RETURN = int(Op.RETURN)
RAISE = int(Op.RAISE)
BREAK = int(Op.BREAK)
CONTINUE = int(Op.CONTINUE)
CAUGHT = int(Op.CAUGHT)

LEXICAL = frozenset({"lexical_declaration", "using_declaration"})
VARIABLES = LEXICAL | {"variable_declaration"}


def _parts(node: Node) -> list[Node]:
    return [child for child in node.children if child.is_named and child.type not in IGNORED]


# -- declarations ---------------------------------------------------------------------------------


def lexical_names(low: JavaScript, node: Node) -> list[str]:
    """The names that `let` and `const` bind."""
    names = []
    for child in node.children:
        if child.type == "variable_declarator":
            names.extend(bound_names(low, child.children[0]))
    return names


def named_declaration(low: JavaScript, node: Node) -> list[str]:
    """The name of a function, class, enum."""
    name = node.child_by_field_name("name")
    return [] if name is None else [low.chars_of(name)]


def variables(low: JavaScript, node: Node) -> None:
    """`var`, `let`, `const`; block scoping was settled when the block began."""
    is_var = node.type == "variable_declaration"
    for child in node.children:
        if child.type != "variable_declarator":
            continue
        children = child.children
        target = children[0]
        if is_var:
            for name in bound_names(low, target):
                low.declare(name)
        if len(children) > 2 and any(part.type == "=" for part in children):
            name = low.chars_of(target) if target.type == "identifier" else ""
            assign(low, target, low.named(children[-1], name), node)


def expression(low: JavaScript, node: Node) -> None:
    """An expression for its effect."""
    effects = low.tables.effects
    for child in node.children:
        kind = child.kind_id
        handler = effects.get(kind)
        if handler is not None:
            low.depth += 1
            handler(low, child)
            low.depth -= 1
        elif kind not in low.skipped:
            low.leftover(child)


# -- branches -------------------------------------------------------------------------------------


def if_statement(low: JavaScript, node: Node) -> None:
    """An if with all its `else if`s, in one loop: generated code chains thousands."""
    links = []
    final: Node | None = None
    while True:
        condition: Node | None = None
        consequence: Node | None = None
        alternative: Node | None = None
        for child in node.children:
            kind = child.type
            if not child.is_named or kind in IGNORED:
                continue
            if kind == "else_clause":
                inner = _parts(child)
                alternative = inner[-1] if inner else None
            elif condition is None:
                condition = child
            elif consequence is None:
                consequence = child
        if condition is not None:
            links.append((node, condition, consequence if consequence is not None else condition))
        if alternative is None or alternative.type != "if_statement":
            final = alternative
            break
        node = alternative
    alternatives(low, links, final, lambda arm: low.block.extend(low.body(arm)))


def switch_statement(low: JavaScript, node: Node) -> None:
    subject_node = node.child_by_field_name("value")
    body = node.child_by_field_name("body")
    subject = low.undefined(node) if subject_node is None else low.value(subject_node)
    arms = (
        []
        if body is None
        else [arm for arm in body.children if arm.type in ("switch_case", "switch_default")]
    )
    contents = [low.read_block(_arm_statements(arm)) for arm in arms]
    saved = low.open_block([name for names, _ in contents for name in names])
    cases = []
    outer = low.block
    for arm, (_, steps) in zip(arms, contents, strict=True):
        head = low.begin()
        tests: tuple[int, ...] = ()
        if arm.type == "switch_case":
            test = arm.child_by_field_name("value")
            tests = (low.undefined(arm) if test is None else low.value(test),)
        inner = low.begin()
        low.perform(steps)
        cases.append(Case(head, tests, NO_VALUE, inner, arm.start_byte, arm.end_byte))
    low.block = outer
    outer.append(Switch(subject, tuple(cases), True, node.start_byte, node.end_byte))
    low.close_block(saved)


def _arm_statements(arm: Node) -> list[Node]:
    after = False
    statements = []
    for child in arm.children:
        if after:
            statements.append(child)
        elif child.type == ":":
            after = True
    return statements


# -- loops ----------------------------------------------------------------------------------------


def while_statement(low: JavaScript, node: Node) -> None:
    parts = _parts(node)
    outer = low.block
    head = low.begin()
    condition = low.condition(parts[0]) if parts else NO_VALUE
    low.block = outer
    body = low.body(parts[-1]) if len(parts) > 1 else []
    outer.append(Loop(head, condition, body, [], node.start_byte, node.end_byte))


def do_statement(low: JavaScript, node: Node) -> None:
    """An endless loop that leaves where its condition fails: the body runs at least once."""
    body_node = node.child_by_field_name("body")
    condition_node = node.child_by_field_name("condition")
    body = [] if body_node is None else low.body(body_node)
    outer = low.block
    if condition_node is not None:
        low.block = body
        condition = low.condition(condition_node)
        start, end = condition_node.byte_range
        leave: Block = [Instr(BREAK, NO_VALUE, start, end)]
        body.append(If(condition, [], leave, start, end))
        low.block = outer
    outer.append(Loop([], NO_VALUE, body, [], node.start_byte, node.end_byte))


def for_statement(low: JavaScript, node: Node) -> None:
    start = node.child_by_field_name("initializer")
    condition_node = node.child_by_field_name("condition")
    increment = node.child_by_field_name("increment")
    body_node = node.child_by_field_name("body")
    names, steps = low.read_block([] if start is None else [start])
    saved = low.open_block(names)
    low.perform(steps)
    outer = low.block
    head = low.begin()
    condition = NO_VALUE
    if condition_node is not None and condition_node.kind_id in low.values:
        condition = low.condition(condition_node)
    low.block = outer
    body = [] if body_node is None else low.body(body_node)
    if increment is not None:
        low.block = body
        low.effect(increment)
        low.block = outer
    outer.append(Loop(head, condition, body, [], node.start_byte, node.end_byte))
    low.close_block(saved)


def for_in_statement(low: JavaScript, node: Node) -> None:
    """for...of, for...in, for await."""
    left = node.child_by_field_name("left")
    right = node.child_by_field_name("right")
    body_node = node.child_by_field_name("body")
    words = {child.type for child in node.children if not child.is_named}
    iterable = low.undefined(node) if right is None else low.value(right)
    names = [] if left is None or not words & {"let", "const", "var", "using"} else bound_names(low, left)
    if "var" in words:
        for name in names:
            low.declare(name)
        names = []
    saved = low.open_block(names)
    outer = low.block
    body = low.begin()
    if left is not None:
        element = low.put(ITER, left, "key" if "in" in words else "value", (iterable,))
        if "await" in words:
            element = low.put(AWAIT, left, "", (element,))
        assign(low, left, element, left)
    if body_node is not None:
        body.extend(low.body(body_node))
    low.block = outer
    outer.append(Loop([], NO_VALUE, body, [], node.start_byte, node.end_byte))
    low.close_block(saved)


def leave_loop(low: JavaScript, node: Node) -> None:
    """`break` and `continue`, with their label as name."""
    label = node.child_by_field_name("label")
    op = BREAK if node.type == "break_statement" else CONTINUE
    low.do(op, node, "" if label is None else low.chars_of(label))


def labeled(low: JavaScript, node: Node) -> None:
    body = node.child_by_field_name("body")
    if body is not None:
        low.statements((body,))


# -- leaving and errors ---------------------------------------------------------------------------


def return_statement(low: JavaScript, node: Node) -> None:
    _leave(low, node, RETURN)


def throw_statement(low: JavaScript, node: Node) -> None:
    _leave(low, node, RAISE)


def _leave(low: JavaScript, node: Node, op: int) -> None:
    parts = _parts(node)
    low.do(op, node, "", (low.value(parts[-1]),) if parts else ())


def try_statement(low: JavaScript, node: Node) -> None:
    body: Block = []
    handlers: list[Handler] = []
    final: Block = []
    for child in node.children:
        kind = child.type
        if kind == "statement_block":
            body = low.body(child)
        elif kind == "catch_clause":
            handlers.append(Handler((), _handler(low, child), child.start_byte, child.end_byte))
        elif kind == "finally_clause":
            parts = _parts(child)
            final = low.body(parts[-1]) if parts else []
    low.block.append(Try(body, tuple(handlers), [], final, node.start_byte, node.end_byte))


def _handler(low: JavaScript, node: Node) -> Block:
    parameter = node.child_by_field_name("parameter")
    body = node.child_by_field_name("body")
    outer = low.block
    inner = low.begin()
    saved = low.open_block([] if parameter is None else bound_names(low, parameter))
    if parameter is not None:
        assign(low, parameter, low.put(CAUGHT, parameter), parameter)
    if body is not None:
        inner.extend(low.body(body))
    low.close_block(saved)
    low.block = outer
    return inner


def block(low: JavaScript, node: Node) -> None:
    low.statements(node.children)


def with_statement(low: JavaScript, node: Node) -> None:
    """`with (o) {...}`: names inside may be properties of `o`, which cannot be known; lowered in place."""
    parts = _parts(node)
    for part in parts[:-1]:
        low.effect(part)
    if parts:
        low.statements((parts[-1],))


# -- TypeScript -----------------------------------------------------------------------------------


def enum(low: JavaScript, node: Node) -> None:
    """An enum: a map from member to value, counted on from the last number."""
    name = node.child_by_field_name("name")
    body = node.child_by_field_name("body")
    keys: list[str | None] = []
    args: list[int] = []
    following: int | None = 0
    for child in () if body is None else _parts(body):
        member = child.children[0] if child.type == "enum_assignment" else child
        if child.type == "enum_assignment":
            value = low.value(child.children[-1])
            made = low.block[-1]
            known = made.value if type(made) is Instr and made.dst == value else None
            following = known + 1 if isinstance(known, int) else None
        else:
            value = low.put(CONST, child, "", (), (), following)
            following = None if following is None else following + 1
        keys.append(low.chars_of(member).strip("'\""))
        args.append(value)
    if name is not None:
        value = low.put(int(Op.COLLECT), node, "dict", tuple(args), tuple(keys))
        low.write(low.chars_of(name), value, node)


def namespace_names(low: JavaScript, node: Node) -> list[str]:
    """The name a TypeScript namespace binds: of `N.M`, `N`."""
    name = node.child_by_field_name("name")
    if name is None or name.type == "string":
        return []
    while name.children:
        name = name.children[0]
    return [low.chars_of(name)]


def namespace(low: JavaScript, node: Node) -> None:
    """A namespace's body runs in place; the namespace is a map of what it exports."""
    names = namespace_names(low, node)
    body = node.child_by_field_name("body")
    if body is None:
        return
    outer, low.namespace = low.namespace, []
    exported: list[str] = low.namespace
    bound, steps = low.read_block(body.children)
    saved = low.open_block(bound)
    low.perform(steps)
    values = [low.load(name, node) for name in exported]
    low.close_block(saved)
    low.namespace = outer
    if names:
        value = low.put(int(Op.COLLECT), node, "dict", tuple(values), tuple(exported))
        low.write(names[0], value, node)
