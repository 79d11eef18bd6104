"""Expressions of Jinja and Django templates: a recursive-descent parser that lowers as it reads.

Source: Jinja documentation, Template Designer Documentation, Expressions. Filters are calls of
`filter:NAME` with the value first, tests calls of `test:NAME`; a Django filter's `:argument` is its argument.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rearguard.frontends.jinja_tokens import Token
from rearguard.frontends.lowering import Lowering
from rearguard.frontends.python_literals import identifier_text, number_value, text_value
from rearguard.program import NO_VALUE, Block, Const, If, Instr, Op

__all__ = ["Range", "TemplateExpressions"]

_CONSTANTS: dict[str, Const] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "none": None,
    "None": None,
}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in"})
_SUMS = frozenset({"+", "-"})
_PRODUCTS = frozenset({"*", "/", "//", "%"})
_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else"})
_MAX_NESTING = 30
"""Brackets within brackets in one expression: each takes about fifteen frames of Python's stack."""
_ACTIVE = frozenset({Op.CALL, Op.STORE})


@dataclass(frozen=True, slots=True)
class Range:
    """A place in a template."""

    start_byte: int
    end_byte: int
    type: str = "template"


class TemplateExpressions(Lowering):
    """Lowers the tokens of one output or tag at a time."""

    language = "jinja"

    def __init__(self, text: bytes) -> None:
        super().__init__(text, Range(0, len(text)))
        self.tokens: list[Token] = []
        self.at = 0
        self.nesting = 0
        self.renames: dict[str, str] = {}
        """Names bound inside the template, and the unique variables that stand for them."""

    # -- tokens -----------------------------------------------------------------------------------

    def begin(self, tokens: list[Token]) -> None:
        """Read these tokens from the first."""
        self.tokens, self.at, self.nesting = tokens, 0, 0

    def next_is(self, *texts: str) -> bool:
        """Whether the next token is one of these words or operators."""
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token.kind != "string" and token.text in texts

    def take(self, *texts: str) -> bool:
        """Pass the next token if it is one of these."""
        found = self.next_is(*texts)
        self.at += found
        return found

    def take_name(self) -> Token | None:
        """Pass the next token if it is a name."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "name":
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def offset(self) -> int:
        """Where the next token starts; after the last one, where that ends."""
        if self.at < len(self.tokens):
            return self.tokens[self.at].start
        return self.tokens[-1].end if self.tokens else 0

    def since(self, start: int) -> Range:
        """The range from an offset to the end of the token just passed."""
        end = self.tokens[self.at - 1].end if 0 < self.at <= len(self.tokens) else start
        return Range(start, max(start, end))

    def name_text(self, token: Token) -> str:
        """The identifier that a token spells."""
        return identifier_text(self.text[token.start : token.end])

    def fail(self) -> int:
        """What is left cannot be read: its span is an error, its value unknown."""
        start = self.offset()
        self.at = len(self.tokens)
        place = self.since(start)
        self.errors.append((place.start_byte, place.end_byte))
        return self.emit(Op.UNKNOWN, place, "template")

    # -- operators --------------------------------------------------------------------------------

    def expression(self, condition: bool = False, ternary: bool = True) -> int:
        """Any expression. In a condition `and`, `or`, `not` stay `LOGIC`; see `rearguard.program.ir.If`."""
        if self.nesting >= _MAX_NESTING:
            self.unlowered["too deep"] += 1
            start = self.offset()
            self.at = len(self.tokens)
            return self.emit(Op.UNKNOWN, self.since(start), "too deep")
        self.nesting += 1
        start = self.offset()
        outer = self.block
        first: Block = []
        self.block = first
        value = self.either(condition)
        self.block = outer
        if ternary and self.take("if"):
            value = self.choice(start, first, value)
        else:
            outer.extend(first)
        self.nesting -= 1
        return value

    def choice(self, start: int, then: Block, value: int) -> int:
        """`value if condition else other`; without `else` the other is `none`."""
        condition = self.expression(condition=True, ternary=False)
        name = self.temporary()
        outer = self.block
        orelse: Block = []
        self.block = orelse
        other = self.expression() if self.take("else") else self.emit(Op.CONST, self.since(start))
        self.act(Op.STORE, self.since(start), name, (other,))
        self.block = then
        self.act(Op.STORE, self.since(start), name, (value,))
        self.block = outer
        place = self.since(start)
        outer.append(If(condition, then, orelse, place.start_byte, place.end_byte))
        return self.emit(Op.LOAD, place, name)

    def either(self, condition: bool) -> int:
        """`a or b`."""
        return self.logic(
            "or", condition, lambda: self.logic("and", condition, lambda: self.negation(condition))
        )

    def logic(self, word: str, condition: bool, operand: Callable[[], int]) -> int:
        """Operands joined by a word; outside conditions a branch where the right side calls something."""
        start = self.offset()
        value = operand()
        name = ""
        while self.take(word):
            outer = self.block
            right: Block = []
            self.block = right
            result = operand()
            self.block = outer
            place = self.since(start)
            if condition or not any(type(each) is not Instr or each.op in _ACTIVE for each in right):
                outer.extend(right)
                value = self.emit(Op.LOGIC, place, word, (value, result))
                continue
            name = name or self.temporary()
            self.act(Op.STORE, place, name, (value,))
            self.block = right
            self.act(Op.STORE, place, name, (result,))
            self.block = outer
            empty: Block = []
            then, orelse = (right, empty) if word == "and" else (empty, right)
            outer.append(If(value, then, orelse, place.start_byte, place.end_byte))
            value = self.emit(Op.LOAD, place, name)
        return value

    def negation(self, condition: bool) -> int:
        """`not a`."""
        start = self.offset()
        count = 0
        while self.take("not"):
            count += 1
        value = self.comparison()
        for _ in range(count):
            value = self.emit(Op.UNARY, self.since(start), "not", (value,))
        return value

    def comparison(self) -> int:
        """`a < b`, `a in b`; several in a row are joined by `and`."""
        start = self.offset()
        left = self.total()
        result = NO_VALUE
        while True:
            operator = self.tokens[self.at].text if self.at < len(self.tokens) else ""
            if operator == "not" and self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].text == "in":
                operator = "not in"
            if operator not in _COMPARISONS or self.tokens[self.at].kind == "string":
                return left if result == NO_VALUE else result
            self.at += 2 if operator == "not in" else 1
            right = self.total()
            test = self.emit(Op.COMPARE, self.since(start), operator, (left, right))
            result = (
                test if result == NO_VALUE else self.emit(Op.LOGIC, self.since(start), "and", (result, test))
            )
            left = right

    def total(self) -> int:
        """`a + b`, `a - b`: successive additions make one `JOIN`."""
        start = self.offset()
        value = self.concatenation()
        parts = [value]
        while self.next_is("+", "-"):
            minus = self.take("-")
            if not minus:
                self.at += 1
                parts.append(self.concatenation())
                continue
            value = self.joined(start, "plus", parts)
            parts = [self.emit(Op.BINARY, self.since(start), "-", (value, self.concatenation()))]
        return self.joined(start, "plus", parts)

    def concatenation(self) -> int:
        """`a ~ b`: always text."""
        start = self.offset()
        parts = [self.product()]
        while self.take("~"):
            parts.append(self.product())
        return self.joined(start, "join", parts)

    def joined(self, start: int, name: str, parts: list[int]) -> int:
        """The one part, or all as text."""
        if len(parts) == 1:
            return parts[0]
        return self.emit(Op.JOIN, self.since(start), name, tuple(parts))

    def product(self) -> int:
        """`a * b`, `a / b`, `a // b`, `a % b`."""
        start = self.offset()
        value = self.unary()
        while self.next_is(*_PRODUCTS):
            operator = self.tokens[self.at].text
            self.at += 1
            value = self.emit(Op.BINARY, self.since(start), operator, (value, self.unary()))
        return value

    def unary(self) -> int:
        """`-a`, `+a`, `a ** b`."""
        start = self.offset()
        signs: list[str] = []
        while self.next_is(*_SUMS):
            signs.append(self.tokens[self.at].text)
            self.at += 1
        value = self.postfix()
        while self.take("**"):
            value = self.emit(Op.BINARY, self.since(start), "**", (value, self.postfix()))
        for sign in reversed(signs):
            value = self.emit(Op.UNARY, self.since(start), sign, (value,))
        return value

    # -- operands ---------------------------------------------------------------------------------

    def postfix(self) -> int:
        """An operand and what hangs on it: attributes, items, calls, filters, tests."""
        start = self.offset()
        value = self.operand()
        while True:
            if self.take("."):
                value = self.attribute(start, value)
            elif self.take("["):
                key = self.key()
                value = self.emit(Op.ITEM, self.since(start), args=(value, key), value=self.last_key(key))
            elif self.take("("):
                value = self.call(start, value, [])
            elif self.take("|"):
                value = self.filter(start, value)
            elif self.take("is"):
                value = self.test(start, value)
            else:
                return value

    def operand(self) -> int:
        """A literal, a variable, or brackets."""
        if self.at >= len(self.tokens):
            return self.fail()
        token = self.tokens[self.at]
        place = Range(token.start, token.end)
        if token.kind == "string":
            return self.text_literal()
        if token.kind == "number":
            self.at += 1
            return self.emit(Op.CONST, place, value=number_value(token.text))
        if token.kind == "name" and token.text not in _WORDS:
            self.at += 1
            if token.text in _CONSTANTS:
                return self.emit(Op.CONST, place, value=_CONSTANTS[token.text])
            name = self.name_text(token)
            return self.emit(Op.LOAD, place, self.renames.get(name, name))
        if self.take("("):
            return self.brackets(token.start, ")", "tuple")
        if self.take("["):
            return self.brackets(token.start, "]", "list")
        if self.take("{"):
            return self.mapping(token.start)
        return self.fail()

    def text_literal(self) -> int:
        """Adjacent strings are one."""
        start = self.offset()
        text = ""
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "string":
            token = self.tokens[self.at]
            text += text_value(self.text[token.start + 1 : token.end - 1], "")
            self.at += 1
        return self.emit(Op.CONST, self.since(start), value=text)

    def brackets(self, start: int, end: str, name: str) -> int:
        """A list, a tuple, or an expression in parentheses."""
        values: list[int] = []
        commas = 0
        while self.at < len(self.tokens) and not self.next_is(end):
            values.append(self.expression())
            if not self.take(","):
                break
            commas += 1
        if not self.take(end):
            return self.fail()
        if name == "tuple" and len(values) == 1 and not commas:
            return values[0]
        return self.emit(Op.COLLECT, self.since(start), name, tuple(values), (None,) * len(values))

    def mapping(self, start: int) -> int:
        """A dict."""
        values: list[int] = []
        keys: list[str | None] = []
        while self.at < len(self.tokens) and not self.next_is("}"):
            key = self.last_constant(self.expression())
            if not self.take(":"):
                return self.fail()
            keys.append("?" if key is None else str(key.value))
            values.append(self.expression())
            if not self.take(","):
                break
        if not self.take("}"):
            return self.fail()
        return self.emit(Op.COLLECT, self.since(start), "dict", tuple(values), tuple(keys))

    def last_constant(self, value: int) -> Instr | None:
        """The instruction that made `value`, when it was the last and a constant."""
        last = self.block[-1] if self.block else None
        return last if type(last) is Instr and last.dst == value and last.op == Op.CONST else None

    def last_key(self, value: int) -> str | int | None:
        """The constant key that `value` is."""
        constant = self.last_constant(value)
        key = None if constant is None else constant.value
        return key if isinstance(key, str | int) and not isinstance(key, bool) else None

    def attribute(self, start: int, value: int) -> int:
        """`.name`, and Django's `.0`, which the lexer may have joined with a second as `0.1`."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "number":
            token = self.tokens[self.at]
            self.at += 1
            for digits in token.text.split("."):
                index = int(digits) if digits.isdecimal() and len(digits) < 10 else 0
                key = self.emit(Op.CONST, Range(token.start, token.end), value=index)
                value = self.emit(Op.ITEM, self.since(start), args=(value, key), value=index)
            return value
        name = self.take_name()
        if name is None:
            return self.fail()
        return self.emit(Op.ATTR, self.since(start), self.name_text(name), (value,))

    def key(self) -> int:
        """The key of an item, up to its bracket; a slice is `slice(a, b, c)`."""
        start = self.offset()
        parts: list[int] = []
        sliced = False
        while self.at < len(self.tokens) and not self.next_is("]"):
            if self.next_is(":"):
                parts.append(self.emit(Op.CONST, self.since(start)))
            else:
                parts.append(self.expression())
            if not self.take(":"):
                break
            sliced = True
        if not self.take("]") or not parts:
            return self.fail()
        if not sliced:
            return parts[0]
        callee = self.emit(Op.LOAD, self.since(start), "slice")
        return self.emit(Op.CALL, self.since(start), args=(callee, *parts))

    def call(self, start: int, callee: int, first: list[int]) -> int:
        """Arguments up to the closing parenthesis, and the call; `first` are values that come before them."""
        args = [callee, *first]
        keys: list[str | None] = [None] * len(first)
        while self.at < len(self.tokens) and not self.next_is(")"):
            key = "**" if self.take("**") else "*" if self.take("*") else self.keyword()
            keys.append(key)
            args.append(self.expression())
            if not self.take(","):
                break
        if not self.take(")"):
            return self.fail()
        named = any(key is not None for key in keys)
        return self.emit(Op.CALL, self.since(start), args=tuple(args), keys=tuple(keys) if named else ())

    def keyword(self) -> str | None:
        """Pass `name =`, if that is next."""
        after = self.at + 1
        if (
            after < len(self.tokens)
            and self.tokens[self.at].kind == "name"
            and self.tokens[after].text == "="
        ):
            self.at += 2
            return self.name_text(self.tokens[after - 1])
        return None

    def dotted_name(self) -> tuple[str, Range] | None:
        """The name of a filter or test, which may have dots."""
        first = self.take_name()
        if first is None:
            return None
        name = self.name_text(first)
        while (
            self.next_is(".") and self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].kind == "name"
        ):
            name += "." + self.name_text(self.tokens[self.at + 1])
            self.at += 2
        return name, self.since(first.start)

    def filter(self, start: int, value: int) -> int:
        """`value|name`, `value|name(arguments)`, `value|name:argument`."""
        named = self.dotted_name()
        if named is None:
            return self.fail()
        callee = self.emit(Op.LOAD, named[1], "filter:" + named[0])
        if self.take("("):
            return self.call(start, callee, [value])
        args = [callee, value]
        if self.next_is(":") and self.offset() == named[1].end_byte:
            self.at += 1
            args.append(self.simple())
        return self.emit(Op.CALL, self.since(start), args=tuple(args))

    def simple(self) -> int:
        """An operand with attributes and items only: a Django filter's argument, a test's operand."""
        start = self.offset()
        negative = self.take("-")
        value = self.operand()
        while self.take("."):
            value = self.attribute(start, value)
        return self.emit(Op.UNARY, self.since(start), "-", (value,)) if negative else value

    def test(self, start: int, value: int) -> int:
        """`value is name`, `is not`, with arguments in parentheses or one that follows."""
        negated = self.take("not")
        if self.next_is("none", "None", "true", "false", "True", "False"):
            constant = self.operand()
            return self.emit(Op.COMPARE, self.since(start), "is not" if negated else "is", (value, constant))
        named = self.dotted_name()
        if named is None:
            return self.fail()
        callee = self.emit(Op.LOAD, named[1], "test:" + named[0])
        if self.take("("):
            result = self.call(start, callee, [value])
        elif self.at < len(self.tokens) and self.begins_operand(self.tokens[self.at]):
            result = self.emit(Op.CALL, self.since(start), args=(callee, value, self.simple()))
        else:
            result = self.emit(Op.CALL, self.since(start), args=(callee, value))
        return self.emit(Op.UNARY, self.since(start), "not", (result,)) if negated else result

    def begins_operand(self, token: Token) -> bool:
        """Whether a token can begin a test's operand."""
        if token.kind == "operator":
            return token.text in ("[", "{")
        return token.kind != "name" or token.text not in _WORDS
