"""In which environment code runs, and what a setting is when the environment says nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rearguard.link import Kind
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Block, Const, If, Instr, Op, Statement, children

__all__ = [
    "Setting",
    "branch_conditions",
    "evaluate",
    "is_development_branch",
    "is_development_name",
    "is_on",
]

_DEVELOPMENT_WORD = re.compile(
    r"(?:^|[/._\-\s])(?:dev|devel|develop|development|local|localhost|test|tests|testing|ci|example|examples|sample|"
    r"override|e2e|mocks?|fixtures?)(?=$|[/._\-\s\d])",
    re.IGNORECASE,
)
_DEVELOPMENT_CLASS = re.compile(
    r"^(?:Dev|Local|Test|Debug|CI)|(?:Dev|Development|Testing|Test|Local)(?:Config|Settings)?$"
)
_DEVELOPMENT_VALUE = r"['\"](?:dev|develop|development|local|localhost|test|testing|debug|ci)['\"]"
_PRODUCTION_VALUE = r"['\"](?:prod|production|live|staging)['\"]"
_EQUAL = r"(?:(?<![!=])={2,3}|\bin\b[^=]*|\bis\b)\s*[\[(]?\s*"
_SAYS_DEVELOPMENT = re.compile(
    rf"{_EQUAL}{_DEVELOPMENT_VALUE}|{_DEVELOPMENT_VALUE}\s*={{2,3}}|!={{1,2}}\s*{_PRODUCTION_VALUE}",
    re.IGNORECASE,
)
_SAYS_PRODUCTION = re.compile(
    rf"{_EQUAL}{_PRODUCTION_VALUE}|{_PRODUCTION_VALUE}\s*={{2,3}}|!={{1,2}}\s*{_DEVELOPMENT_VALUE}",
    re.IGNORECASE,
)
_NAMES_DEVELOPMENT = re.compile(
    r"\b(?:is_?(?:dev|debug|local|test)\w*|(?:settings|config|app|self|options|opts|env)\.debug|__dev__|debug|"
    r"(?:dev|development)_?mode|development|local_?dev)\b",
    re.IGNORECASE,
)
_NAMES_PRODUCTION = re.compile(r"\b(?:is_?prod\w*|production|prod_?mode)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_ENVIRONMENT = re.compile(
    r"\b(?:environ|getenv|env|config|decouple|process\.env|configservice|strtobool|env_bool|get_env)\b|\bgetenv|\benv[._(]|\.env\b",
    re.IGNORECASE,
)
_TRUE = frozenset(("1", "true", "yes", "on", "y", "t", "enabled"))
MAX_STEPS = 40
"""Instructions that one evaluation looks at."""


def is_development_name(path: str, qualified: str = "") -> bool:
    """Whether a file, or a class in it, says by its name that it is for development, tests or show."""
    if _DEVELOPMENT_WORD.search(path):
        return True
    return bool(qualified) and any(_DEVELOPMENT_CLASS.search(part) for part in qualified.split("."))


def is_development_branch(view: ModelView, fid: str, start: int) -> bool:
    """Whether the place at `start` of a function lies in a branch that production never takes."""
    for condition, taken in _conditions(view.branches(fid), start):
        text = ValueView(view, fid, condition).source_text
        negated = text.lstrip().startswith(("not ", "!")) and not text.lstrip().startswith("!=")
        holds = taken != negated
        if _is_development_test(text) if holds else _is_production_test(text):
            return True
    return False


def branch_conditions(view: ModelView, fid: str, start: int) -> tuple[tuple[str, bool], ...]:
    """Texts of the conditions around a place, outermost first, and whether each holds there."""
    found = _conditions(view.branches(fid), start)
    return tuple((ValueView(view, fid, condition).source_text, taken) for condition, taken in found)


def _is_development_test(text: str) -> bool:
    words = _QUOTED.sub("", text)
    if _SAYS_PRODUCTION.search(text) or _NAMES_PRODUCTION.search(words):
        return False
    return bool(_SAYS_DEVELOPMENT.search(text) or _NAMES_DEVELOPMENT.search(words))


def _is_production_test(text: str) -> bool:
    words = _QUOTED.sub("", text)
    if _SAYS_DEVELOPMENT.search(text) or _NAMES_DEVELOPMENT.search(words):
        return False
    return bool(_SAYS_PRODUCTION.search(text) or _NAMES_PRODUCTION.search(words))


def _conditions(block: Sequence[Statement], start: int) -> Iterator[tuple[int, bool]]:
    """Conditions of the branches around a place, outermost first, and whether each holds there."""
    for statement in block:
        if type(statement) is Instr or not _may_hold(statement, start):
            continue
        for index, inner in enumerate(children(statement)):
            if any(_lies_in(one, start) for one in inner):
                if isinstance(statement, If):
                    yield statement.cond, index == 0
                yield from _conditions(inner, start)
                return


def _may_hold(statement: Statement, start: int) -> bool:
    return getattr(statement, "start", start) <= start < getattr(statement, "end", start + 1)


def _lies_in(statement: Statement, start: int) -> bool:
    if type(statement) is Instr:
        return statement.start == start
    first, last = getattr(statement, "start", None), getattr(statement, "end", None)
    if first is not None and last is not None:
        return bool(first <= start < last)
    return any(_lies_in(one, start) for inner in children(statement) for one in inner)


@dataclass(frozen=True, slots=True)
class Setting:
    """What an expression gives when no variable is set in the environment."""

    value: Const = None
    known: bool = False
    """Whether `value` is that; else the expression was not understood."""
    from_environment: bool = False
    """Whether the environment can say otherwise."""


_UNKNOWN = Setting()


def is_on(setting: Setting) -> bool:
    """Whether a switch is on: true, 1, or a word for it."""
    if not setting.known:
        return False
    if isinstance(setting.value, str):
        return setting.value.strip().lower() in _TRUE
    return bool(setting.value)


def evaluate(value: ValueView) -> Setting:
    """What a value is where the environment says nothing: constants, `os.getenv("X", "True") == "True"`,
    `env.bool("X", default=True)`, `process.env.X || true`, and plain logic over them."""
    return _Evaluation(value.view, value.fid).of(value.value)


class _Evaluation:
    def __init__(self, view: ModelView, fid: str) -> None:
        self.view, self.fid = view, fid
        self.steps = 0

    def of(self, number: int) -> Setting:
        self.steps += 1
        if self.steps > MAX_STEPS:
            return _UNKNOWN
        value = ValueView(self.view, self.fid, number)
        instr = value.instr
        if instr is None:
            return _UNKNOWN
        # What is chosen between a constant and something unknown has the constant as its only reference.
        is_choice = (
            instr.op == Op.LOGIC
            or (instr.op == Op.LOAD and instr.name.startswith("$"))
            or (instr.op in (Op.CALL, Op.NEW) and self._may_give_else(instr))
        )
        if not is_choice and len(value.refs) == 1 and value.refs[0].kind is Kind.CONST:
            return Setting(value.const, known=True)
        match instr.op:
            case Op.CONST:
                return Setting(instr.value, known=True)
            case Op.LOAD:
                return self._stored(instr.name)
            case Op.UNARY if instr.name in ("not", "!"):
                inner = self.of(instr.args[0])
                return Setting(not inner.value, inner.known, inner.from_environment)
            case Op.LOGIC:
                return self._logic(instr)
            case Op.COMPARE:
                return self._compare(instr)
            case Op.AWAIT:
                return self.of(instr.args[0])
            case Op.CALL | Op.NEW:
                return self._call(instr)
            case Op.ATTR | Op.ITEM if _ENVIRONMENT.search(value.source_text):
                return Setting(None, known=True, from_environment=True)
        return _UNKNOWN

    def _may_give_else(self, call: Instr) -> bool:
        """Whether a function of the project returns something that is no constant as well."""
        linker = self.view.linker
        for fid in ValueView(self.view, self.fid, call.args[0]).functions:
            for instr in linker.code(fid):
                if instr.op == Op.RETURN and instr.args:
                    given = ValueView(self.view, fid, instr.args[0]).refs
                    if not given or any(ref.kind is not Kind.CONST for ref in given):
                        return True
        return False

    def _stored(self, name: str) -> Setting:
        """The one value that is given to a local name; of a conditional expression, the branch that is
        taken."""
        stores = [
            each for each in self.view.linker.code(self.fid) if each.op == Op.STORE and each.name == name
        ]
        if len(stores) == 1:
            return self.of(stores[0].args[0])
        if name.startswith("$") and len(stores) == 2:
            return self._branches(name)
        return _UNKNOWN

    def _branches(self, name: str) -> Setting:
        for statement in _regions(self.view.function(self.fid).body):
            sides = [_store_of(block, name) for block in (statement.then, statement.orelse)]
            if any(side is not None for side in sides):
                condition = self.of(statement.cond)
                if not condition.known:
                    return _UNKNOWN
                side = sides[0] if condition.value else sides[1]
                if side is None:
                    # `a or b()`: the left side was stored before the branch.
                    return condition
                found = self.of(side)
                return Setting(found.value, found.known, found.from_environment or condition.from_environment)
        return _UNKNOWN

    def _logic(self, instr: Instr) -> Setting:
        left, right = self.of(instr.args[0]), self.of(instr.args[1])
        either = left.from_environment or right.from_environment
        if not left.known:
            return _UNKNOWN
        if instr.name in ("or", "||"):
            chosen = left if left.value else right
        elif instr.name == "??":
            chosen = left if left.value is not None else right
        else:
            chosen = right if left.value else left
        return Setting(chosen.value, chosen.known, either)

    def _compare(self, instr: Instr) -> Setting:
        left = self.of(instr.args[0])
        if not left.known:
            return _UNKNOWN
        right = ValueView(self.view, self.fid, instr.args[1])
        if instr.name in ("in", "not in"):
            options = [self.of(one.value) for one in right.elements()]
            if not options or not all(one.known for one in options):
                return _UNKNOWN
            result = left.value in [one.value for one in options]
            return Setting(result == (instr.name == "in"), True, left.from_environment)
        other = self.of(instr.args[1])
        if not other.known or instr.name not in ("==", "===", "!=", "!==", "is", "is not"):
            return _UNKNOWN
        equal = left.value == other.value and type(left.value) is type(other.value)
        either = left.from_environment or other.from_environment
        return Setting(equal == (instr.name in ("==", "===", "is")), True, either)

    def _call(self, instr: Instr) -> Setting:
        callee = ValueView(self.view, self.fid, instr.args[0])
        text = callee.source_text
        name = text.rpartition(".")[2]
        arguments = [
            (instr.keys[index] if instr.keys else None, number) for index, number in enumerate(instr.args[1:])
        ]
        made = callee.instr
        if name in ("lower", "upper", "strip", "toLowerCase", "toUpperCase", "trim") and not arguments:
            inner = self.of(made.args[0]) if made is not None and made.args else _UNKNOWN
            if not isinstance(inner.value, str):
                return inner
            changed = {
                "lower": str.lower,
                "toLowerCase": str.lower,
                "upper": str.upper,
                "toUpperCase": str.upper,
            }
            return Setting(changed.get(name, str.strip)(inner.value), True, inner.from_environment)
        if name in ("bool", "Boolean", "int", "str", "String", "Number", "strtobool") and len(arguments) == 1:
            return self._converted(name, self.of(arguments[0][1]))
        if _ENVIRONMENT.search(text):
            for keyword, number in arguments:
                if keyword == "default":
                    return self._default(number)
            plain = [number for keyword, number in arguments if keyword is None]
            if len(plain) > 1:
                return self._default(plain[1])
            return Setting(None, known=True, from_environment=True)
        return _UNKNOWN

    def _default(self, number: int) -> Setting:
        found = self.of(number)
        return Setting(found.value, found.known, from_environment=True)

    @staticmethod
    def _converted(name: str, inner: Setting) -> Setting:
        if not inner.known:
            return _UNKNOWN
        held: Const = inner.value
        if name in ("bool", "Boolean"):
            held = bool(held)
        elif name == "strtobool":
            held = isinstance(held, str) and held.lower() in _TRUE
        elif name in ("int", "Number") and isinstance(held, str):
            held = int(held) if held.isdecimal() and len(held) < 10 else held
        return Setting(held, True, inner.from_environment)


def _regions(block: Block) -> Iterator[If]:
    for statement in block:
        if isinstance(statement, If):
            yield statement
        if type(statement) is not Instr:
            for inner in children(statement):
                yield from _regions(inner)


def _store_of(block: Block, name: str) -> int | None:
    for statement in block:
        if type(statement) is Instr and statement.op == Op.STORE and statement.name == name:
            return statement.args[0]
    return None
