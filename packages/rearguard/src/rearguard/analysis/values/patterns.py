"""Which characters a regular expression lets through.

A pattern that matches the whole value makes it safe in a context when no text that matches can hold a
character that is special there. Only the alphabet of the pattern is looked at, never its language.
"""

import re
import warnings
from collections.abc import Mapping
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from rearguard.analysis.values.sinks import fixes_host
from rearguard.models.concepts import Context
from rearguard.program import Instr, Op

_SPECIAL: dict[Context, str] = {
    Context.SQL: "'\"`;\\ ()",
    Context.NOSQL: "$'\"{}",
    Context.SHELL: ";|&$`<>(){}[]*?!~'\"\\\n #%^=",
    Context.PATH: "/\\",
    Context.HTML: "<>\"'&`",
    Context.URL: "/\\@:.?#%",
    Context.REDIRECT: "/\\:@",
    Context.CODE: "()'\"`[]{};=+. ",
    Context.TEMPLATE: "{}<%$",
    Context.LDAP: "()*\\,=",
    Context.XPATH: "'\"[]()/ ",
    Context.HEADER: "\r\n",
    Context.LOG: "\r\n",
    Context.REGEX: "()[]{}*+?|\\^$.",
    Context.XML: "<>&!",
    Context.ARGUMENT: "-",
    Context.KEY: "_.",
    Context.FORMAT: "{}%",
    Context.CELL: "=+-@\t\r",
    Context.FILE_TYPE: ".",
    Context.CACHE: ".:/@",
}
_QUOTING = ("\\$&", "\\\\$&", "\\\\\\g<0>", "\\\\\\0", "\\\\&")
"""Replacements that put a backslash before what was matched, as the two languages write them."""
SHELL_QUOTES = ("'\\''", "'\"'\"'")
"""What stands for a quote within a shell's quotes: whoever escapes so puts the text into such."""
_OPENING = frozenset(b"<")
_ASCII = frozenset(range(128))
_CATEGORIES = {
    constants.CATEGORY_DIGIT: frozenset(b"0123456789"),
    constants.CATEGORY_SPACE: frozenset(b" \t\n\r\f\v"),
    constants.CATEGORY_WORD: frozenset(c for c in range(128) if chr(c).isalnum() or c == 95),
}
_NEGATED = {
    constants.CATEGORY_NOT_DIGIT: constants.CATEGORY_DIGIT,
    constants.CATEGORY_NOT_SPACE: constants.CATEGORY_SPACE,
    constants.CATEGORY_NOT_WORD: constants.CATEGORY_WORD,
}
MAX_PATTERN = 2000
"""Length beyond which a pattern is taken to let everything through."""


def has_lines(literal: Instr) -> bool:
    """Whether a literal of JavaScript says that `^` and `$` hold at every line (`/^a$/m`)."""
    return literal.name.startswith("regex:") and "m" in literal.name


def by_lines(call: Instr, definitions: Mapping[int, Instr]) -> bool:
    """Whether a flag of the call says so: `re.compile(pattern, re.M | re.I)`."""
    pending = [definitions.get(number) for number in call.args[2:]] if call.op in (Op.CALL, Op.NEW) else []
    for instr in pending:
        if instr is not None and instr.op == Op.ATTR and instr.name in ("M", "MULTILINE"):
            return True
        if instr is not None and instr.op == Op.BINARY:
            pending.extend(definitions.get(number) for number in instr.args)
    return False


def safe_contexts(pattern: str, whole: bool) -> tuple[Context, ...]:
    """Contexts in which a value that matches `pattern` is safe; none unless it is anchored at both ends,
    but that a local redirect is told by how it begins.

    `whole` says that the call anchors by itself (`fullmatch`). An unreadable pattern is safe nowhere.
    """
    if len(pattern) > MAX_PATTERN:
        return ()
    start = whole or pattern.startswith(("^", "\\A"))
    end = whole or (pattern.endswith(("$", "\\Z", "\\z")) and not pattern.endswith("\\$"))
    if not start:
        return ()
    tree = parsed(pattern)
    if tree is None:
        return ()
    if not whole and len(tree) and tree[0][0] is constants.BRANCH:
        # `^a|b$` anchors neither alternative.
        return ()
    address: tuple[Context, ...]
    if fixes_host(_beginning(tree)):
        address = (Context.URL, Context.REDIRECT)
    else:
        address = (Context.REDIRECT,) if _starts_local(tree, whole=False) else ()
    if not end:
        return address
    letters = alphabet(tree)
    return tuple(
        context
        for context, special in _SPECIAL.items()
        if letters.isdisjoint(special.encode("ascii"))
        or context in address
        or (context is Context.REDIRECT and _starts_local(tree, whole=True))
        or (context is Context.PATH and _stays_below(tree, letters))
    )


def _stays_below(tree: Any, letters: frozenset[int]) -> bool:
    """Whether what matches is a relative path without a dot, which names nothing above: `@scope/name`."""
    return letters.isdisjoint(b".\\:") and frozenset(b"/").isdisjoint(_firsts(tree)[0])


def _firsts(tree: Any) -> tuple[frozenset[int], bool]:
    """Characters that a text that matches may begin with, and whether it may be empty."""
    found: frozenset[int] = frozenset()
    for op, argument in tree:
        empty = False
        if op is constants.AT:
            continue
        if op in (constants.MAX_REPEAT, constants.MIN_REPEAT):
            first, empty = _firsts(argument[2])
            empty = empty or argument[0] == 0
        elif op is constants.SUBPATTERN:
            first, empty = _firsts(argument[3])
        elif op is constants.BRANCH:
            sides = [_firsts(side) for side in argument[1]]
            first = frozenset().union(*(side[0] for side in sides))
            empty = any(side[1] for side in sides)
        elif op in (constants.ASSERT, constants.ASSERT_NOT):
            continue
        else:
            first = alphabet([(op, argument)])
        found |= first
        if not empty:
            return found, False
    return found, True


def _beginning(tree: Any) -> str:
    """The text with which everything begins that the pattern matches."""
    found = ""
    for op, argument in tree:
        if op is constants.LITERAL:
            found += chr(argument)
        elif op is not constants.AT:
            break
    return found


_PUT_BACK = re.compile(r"\$[$&`'<\d]|\\[\\\dg]|\\$")
"""In a replacement: a part of what was matched."""


def removed_contexts(pattern: str, instead: str) -> tuple[Context, ...]:
    """Contexts in which a text is safe once each match of `pattern` was replaced by `instead`.

    Only patterns that match one character of a set, or a run of them, take every such character out.
    """
    tree = parsed(pattern)
    if tree is not None and _climbs(tree) and "." not in instead:
        return (Context.PATH, Context.SEGMENTS)
    if tree is None or len(tree) != 1:
        return ()
    op, argument = tree[0]
    if (op, argument) == (constants.LITERAL, ord("'")) and instead in SHELL_QUOTES:
        return (Context.SHELL,)
    if op is constants.SUBPATTERN and len(argument[3]) == 1:
        op, argument = argument[3][0]
    if op in (constants.MAX_REPEAT, constants.MIN_REPEAT) and argument[0] == 1 and len(argument[2]) == 1:
        op, argument = argument[2][0]
    if op not in (constants.IN, constants.LITERAL, constants.NOT_LITERAL, constants.ANY):
        return ()
    gone = alphabet([(op, argument)])
    if _PUT_BACK.search(instead):
        quoted = instead in _QUOTING and gone.issuperset(_SPECIAL[Context.REGEX].encode("ascii"))
        return (Context.REGEX,) if quoted else ()
    left = frozenset(instead.encode("ascii", "replace"))
    safe = [
        context
        for context, special in _SPECIAL.items()
        if gone.issuperset(special.encode("ascii")) and left.isdisjoint(special.encode("ascii"))
    ]
    if gone >= _OPENING and left.isdisjoint(b"<>") and Context.HTML not in safe:
        # Without it no tag begins; quotes and `&` are often replaced by calls of their own.
        safe.append(Context.HTML)
    if ord("\n") in gone and b"\n" not in instead.encode():
        safe += [context for context in (Context.LOG, Context.HEADER) if context not in safe]
    return tuple(safe)


def escapes_markup(pattern: str) -> bool:
    """Whether what begins and ends a tag is among the characters that the pattern matches one by one."""
    tree = parsed(pattern)
    if tree is None or len(tree) != 1:
        return False
    op, argument = tree[0]
    if op is constants.SUBPATTERN and len(argument[3]) == 1:
        op, argument = argument[3][0]
    return op in (constants.IN, constants.LITERAL) and alphabet([(op, argument)]) >= _OPENING


def finds_climbing(pattern: str) -> bool:
    """Whether every text with `..` in it matches."""
    tree = parsed(pattern)
    if tree is None:
        return False
    if len(tree) == 1 and tree[0][0] is constants.BRANCH:
        return any(_climbs(branch) for branch in tree[0][1][1])
    return _climbs(tree)


def strips_climbing(pattern: str) -> bool:
    """Whether the pattern matches every `..` with which a path may begin: all, in its shortest form."""
    tree = parsed(pattern)
    if tree is None or len(tree) != 2 or tree[0][0] is not constants.AT:
        return False
    op, argument = tree[1]
    if op is not constants.MAX_REPEAT or argument[1] is not constants.MAXREPEAT or len(argument[2]) != 1:
        return False
    op, argument = argument[2][0]
    return op is constants.SUBPATTERN and _climbs(argument[3][:2])


def _climbs(tree: Any) -> bool:
    """Whether this is two dots, or two and more, and nothing else."""
    if len(tree) != 2 or tree[0] != (constants.LITERAL, ord(".")):
        return False
    op, argument = tree[1]
    if op is constants.MAX_REPEAT and argument[0] == 1 and len(argument[2]) == 1:
        return bool(argument[2][0] == (constants.LITERAL, ord(".")))
    return bool(tree[1] == (constants.LITERAL, ord(".")))


def parsed(pattern: str) -> Any:
    """Python's reading of a pattern, little different from JavaScript's; `None` if it cannot be read."""
    if len(pattern) > MAX_PATTERN:
        return None
    try:
        with warnings.catch_warnings():
            # What Python will read otherwise one day (`[[`) is no news to who runs a review.
            warnings.simplefilter("ignore")
            return parser.parse(python_spelling(pattern))
    except (re.error, RecursionError, OverflowError, ValueError):
        return None


def python_spelling(pattern: str) -> str:
    """A pattern of JavaScript's as Python spells it: names of groups, `[^]`, classes of Unicode."""
    pattern = pattern.replace("\\z", "\\Z")
    pattern = re.sub(r"\(\?<(?=[A-Za-z_$])", "(?P<", pattern)
    pattern = re.sub(r"\\k<(\w+)>", r"(?P=\1)", pattern)
    pattern = pattern.replace("[^]", "[\\s\\S]")
    return re.sub(r"\\p\{[^}]*\}", r"\\w", pattern)


def _starts_local(tree: Any, whole: bool) -> bool:
    """Whether the pattern begins with one slash that no second slash or backslash can follow.

    `whole` says that nothing but what the pattern matches can follow.
    """
    parts = [part for part in tree if part[0] is not constants.AT]
    if parts and parts[0][0] in (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.SUBPATTERN):
        # `(/\w+)+`: the first round decides how it begins, where none is left out.
        op, argument = parts[0]
        if op is not constants.SUBPATTERN and argument[0] == 0:
            return False
        return _starts_local(argument[3] if op is constants.SUBPATTERN else argument[2], whole=False)
    if not parts or parts[0] != (constants.LITERAL, ord("/")):
        return False
    slashes = frozenset(b"/\\")
    if whole and slashes.isdisjoint(alphabet(parts[1:])):
        return True
    if len(parts) == 1:
        return False
    op, argument = parts[1]
    if op is constants.ASSERT_NOT:
        # What no place of the whole lets through need not be kept out here.
        kept_out = slashes - alphabet(parts[2:]) if whole else frozenset[int]()
        return slashes <= alphabet(argument[1]) | kept_out
    if op in (constants.MAX_REPEAT, constants.MIN_REPEAT) and argument[0] == 0:
        return False
    return slashes.isdisjoint(alphabet(parts[1:2]))


def begins_with_slash(pattern: str, whole: bool) -> bool:
    """Whether all that matches begins with a slash; what comes behind it another test may say."""
    if not (whole or pattern.startswith(("^", "\\A"))):
        return False
    tree = parsed(pattern)
    return tree is not None and _beginning(tree).startswith("/")


def alphabet(tree: Any) -> frozenset[int]:
    """ASCII characters that some part of the pattern can match."""
    found: set[int] = set()
    stack = [tree]
    while stack:
        for op, argument in stack.pop():
            if op is constants.LITERAL:
                found.add(argument)
            elif op is constants.NOT_LITERAL:
                found |= _ASCII - {argument}
            elif op is constants.ANY:
                found |= _ASCII
            elif op is constants.IN:
                found |= _set(argument)
            elif op is constants.BRANCH:
                stack.extend(argument[1])
            elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT) or op.name == "POSSESSIVE_REPEAT":
                stack.append(argument[2])
            elif op is constants.SUBPATTERN:
                stack.append(argument[3])
            elif op.name == "ATOMIC_GROUP":
                stack.append(argument)
            elif op in (constants.GROUPREF, constants.GROUPREF_EXISTS):
                found |= _ASCII
    return frozenset(found)


def _set(items: Any) -> frozenset[int]:
    found: set[int] = set()
    negate = False
    for op, argument in items:
        if op is constants.NEGATE:
            negate = True
        elif op is constants.LITERAL:
            found.add(argument)
        elif op is constants.RANGE:
            found.update(c for c in range(argument[0], min(argument[1], 127) + 1))
        elif op is constants.CATEGORY:
            if argument in _CATEGORIES:
                found |= _CATEGORIES[argument]
            else:
                found |= _ASCII - _CATEGORIES[_NEGATED[argument]]
    return frozenset(_ASCII - found) if negate else frozenset(found)
