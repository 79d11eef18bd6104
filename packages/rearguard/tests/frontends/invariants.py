"""What holds for every module that any front end makes, and a readable form of the IR for tests."""

from collections.abc import Iterable

import msgspec
from rearguard.program import (
    MODULE_BODY,
    NO_VALUE,
    Block,
    Case,
    Class,
    Function,
    If,
    Instr,
    Loop,
    Module,
    Op,
    Switch,
    Try,
    With,
)

ARGUMENTS = {
    Op.CONST: (0, 0),
    Op.LOAD: (0, 0),
    Op.STORE: (1, 1),
    Op.ATTR: (1, 1),
    Op.ITEM: (2, 2),
    Op.SETATTR: (2, 2),
    Op.SETITEM: (3, 3),
    Op.FUNC: (0, 0),
    Op.BINARY: (2, 2),
    Op.UNARY: (1, 1),
    Op.COMPARE: (2, 2),
    Op.LOGIC: (2, 2),
    Op.AWAIT: (1, 1),
    Op.ITER: (1, 1),
    Op.PUSH: (2, 2),
    Op.YIELD: (0, 1),
    Op.RETURN: (0, 1),
    Op.RAISE: (0, 1),
    Op.BREAK: (0, 0),
    Op.CONTINUE: (0, 0),
    Op.IMPORT: (0, 0),
    Op.EXPORT: (1, 1),
    Op.ENTER: (1, 1),
    Op.ASSERT: (1, 1),
    Op.DELETE: (0, 2),
    Op.CAUGHT: (0, 0),
}
"""Fewest and most arguments; operations not named take any number."""
VALUELESS = {
    Op.STORE,
    Op.SETATTR,
    Op.SETITEM,
    Op.PUSH,
    Op.RETURN,
    Op.RAISE,
    Op.BREAK,
    Op.CONTINUE,
    Op.EXPORT,
    Op.ASSERT,
    Op.DELETE,
}
NAMED = {Op.LOAD, Op.STORE, Op.FUNC, Op.CLASS, Op.BINARY, Op.UNARY, Op.COMPARE, Op.LOGIC, Op.ITER, Op.UNKNOWN}
CONTAINERS = {"list", "tuple", "set", "dict"}


def check_module(module: Module, text: bytes) -> None:
    """Fail unless `module`, lowered from `text`, keeps every promise of `rearguard.program.ir`."""
    size = len(text)
    assert MODULE_BODY in module.functions
    assert module.functions[MODULE_BODY].kind == "module"
    defined = {}
    for name, function in module.functions.items():
        assert function.name == name
        defined[name] = _Checker(module, function, size).run()
    for name, function in module.functions.items():
        _check_function(module, function, defined, size)
        assert name == MODULE_BODY or function.parent in module.functions
    for name, class_ in module.classes.items():
        assert class_.name == name
        _check_class(module, class_, defined, size)
    for start, end in [*module.errors, *module.comments]:
        assert 0 <= start <= end <= size
    assert all(count > 0 for count in module.unlowered.values())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(module), type=Module) == module
    assert msgspec.json.decode(msgspec.json.encode(module), type=Module) == module


def _check_function(module: Module, function: Function, defined: dict[str, set[int]], size: int) -> None:
    assert 0 <= function.start <= function.end <= size
    assert 0 <= function.name_start <= function.name_end <= size
    outside = defined.get(function.parent, set()) | {NO_VALUE}
    assert set(function.decorators) <= outside
    for param in function.params:
        assert {param.default, param.annotation, *param.decorators} <= outside
        assert 0 <= param.start <= param.end <= size
        assert param.kind in {"positional", "keyword", "rest", "rest-map"}
        assert not param.name or param.name in function.locals
    assert not function.owner or function.owner in module.classes


def _check_class(module: Module, class_: Class, defined: dict[str, set[int]], size: int) -> None:
    assert module.functions[class_.name].kind == "class"
    assert 0 <= class_.start <= class_.end <= size
    assert {*class_.bases, *class_.decorators} <= defined[class_.parent]
    assert len(class_.bases) == len(class_.base_texts)
    assert all(method in module.functions for method in class_.methods.values())
    for field in class_.fields:
        assert {field.annotation, field.default, *field.decorators} <= defined[class_.name] | {NO_VALUE}
        assert 0 <= field.start <= field.end <= size


class _Checker:
    """Walks one function: every value is defined once, and only used where its definition was passed."""

    def __init__(self, module: Module, function: Function, size: int) -> None:
        self.module = module
        self.function = function
        self.size = size
        self.defined: set[int] = set()
        self.visible: set[int] = set()

    def run(self) -> set[int]:
        self.blocks(self.function.body)
        return self.defined

    def uses(self, *values: int) -> None:
        for value in values:
            assert value in self.visible, (self.function.name, value)

    def span(self, start: int, end: int) -> None:
        assert 0 <= start <= end <= self.size

    def blocks(self, *blocks: Block) -> None:
        """Check blocks of which none sees the values of another."""
        for block in blocks:
            self.visible.difference_update(self.block(block))

    def block(self, block: Block) -> list[int]:
        """Check a block, and return the values that it defines, which are still visible."""
        own: list[int] = []
        for statement in block:
            self.span(statement.start, statement.end)
            match statement:
                case Instr():
                    self.instruction(statement)
                    if statement.dst != NO_VALUE:
                        own.append(statement.dst)
                case If():
                    self.uses(statement.cond)
                    self.blocks(statement.then, statement.orelse)
                case Loop():
                    head = self.block(statement.head)
                    if statement.cond != NO_VALUE:
                        self.uses(statement.cond)
                    self.blocks(statement.body, statement.orelse)
                    self.visible.difference_update(head)
                case Try():
                    for handler in statement.handlers:
                        self.span(handler.start, handler.end)
                        self.uses(*handler.types)
                    bodies = [handler.body for handler in statement.handlers]
                    self.blocks(statement.body, *bodies, statement.orelse, statement.final)
                case Switch():
                    self.uses(statement.subject)
                    for case in statement.cases:
                        self.case(case)
                case With():
                    self.uses(*statement.contexts)
                    self.blocks(statement.body)
        return own

    def case(self, case: Case) -> None:
        self.span(case.start, case.end)
        head = self.block(case.head)
        self.uses(*case.tests)
        if case.guard != NO_VALUE:
            self.uses(case.guard)
        self.blocks(case.body)
        self.visible.difference_update(head)

    def instruction(self, instr: Instr) -> None:
        op = Op(instr.op)
        self.uses(*instr.args)
        least, most = ARGUMENTS.get(op, (0, len(instr.args)))
        assert least <= len(instr.args) <= most, instr
        assert (instr.dst == NO_VALUE) == (op in VALUELESS), instr
        assert instr.name or op not in NAMED, instr
        if instr.dst != NO_VALUE:
            assert 0 <= instr.dst < self.function.values
            assert instr.dst not in self.defined, instr
            self.defined.add(instr.dst)
            self.visible.add(instr.dst)
        if op in (Op.CALL, Op.NEW):
            assert instr.args
            assert not instr.keys or len(instr.keys) == len(instr.args) - 1, instr
        elif op == Op.COLLECT:
            assert len(instr.keys) == len(instr.args), instr
            assert instr.name in CONTAINERS, instr
        elif op == Op.JOIN:
            assert not instr.keys or len(instr.keys) == len(instr.args), instr
        elif op == Op.FUNC:
            assert instr.name in self.module.functions
        elif op == Op.CLASS:
            assert instr.name in self.module.classes


def dump(module: Module, function: str = MODULE_BODY) -> str:
    """One line per instruction: `%3 = CALL %1 %2 key=value 'constant'`; regions indented."""
    return "\n".join(_lines(module.functions[function].body, ""))


def _lines(block: Block, indent: str) -> Iterable[str]:
    for statement in block:
        if type(statement) is Instr:
            yield indent + _line(statement)
            continue
        match statement:
            case If():
                parts = [(f"if %{statement.cond}", statement.then), ("else", statement.orelse)]
            case Loop():
                condition = "" if statement.cond == NO_VALUE else f" %{statement.cond}"
                parts = [
                    ("head", statement.head),
                    ("loop" + condition, statement.body),
                    ("else", statement.orelse),
                ]
            case Try():
                parts = [("try", statement.body)]
                parts += [
                    (" ".join(["except", *_values(each.types)]), each.body) for each in statement.handlers
                ]
                parts += [("else", statement.orelse), ("finally", statement.final)]
            case Switch():
                yield f"{indent}switch %{statement.subject}"
                parts = []
                for case in statement.cases:
                    guard = [] if case.guard == NO_VALUE else [f"when %{case.guard}"]
                    parts += [
                        ("head", case.head),
                        (" ".join(["case", *_values(case.tests), *guard]), case.body),
                    ]
            case With():
                parts = [(" ".join(["with", *_values(statement.contexts)]), statement.body)]
        for title, inner in parts:
            if inner or title not in ("head", "else", "finally"):
                yield f"{indent}{title}:"
                yield from _lines(inner, indent + "  ")


def _values(values: Iterable[int]) -> list[str]:
    return [f"%{value}" for value in values]


def _line(instr: Instr) -> str:
    op = Op(instr.op)
    keys = list(instr.keys)
    if op in (Op.CALL, Op.NEW) and keys:
        keys.insert(0, None)
    args = [
        f"%{value}" if index >= len(keys) or keys[index] is None else f"{keys[index]}=%{value}"
        for index, value in enumerate(instr.args)
    ]
    words = [op.name, instr.name, *args]
    if instr.value is not None or (op == Op.CONST and not instr.name):
        words.append(repr(instr.value))
    target = "" if instr.dst == NO_VALUE else f"%{instr.dst} = "
    return target + " ".join(word for word in words if word)
