"""Pasted code: what language it is, where it stands in a text around it, and what was cut off around it."""

import builtins
import re
from collections.abc import Collection

import msgspec

from rearguard.program import MODULE_BODY, Instr, Module, Op, Param, instructions

__all__ = ["FRAGMENT_PATHS", "cut_out", "extract", "guess", "is_fragment", "named"]

FRAGMENT_PATHS = frozenset(("fragment.py", "fragment.js", "fragment.ts", "fragment.tsx"))
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^(?P=fence)",
    re.DOTALL | re.MULTILINE,
)
_NAMES = {
    "py": "python",
    "python": "python",
    "python3": "python",
    "js": "javascript",
    "javascript": "javascript",
    "node": "javascript",
    "mjs": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "typescript": "typescript",
    "tsx": "tsx",
}
# Whole texts are searched with these: nothing in them may run over a line's end, or on from every letter.
_PYTHON = re.compile(
    r"^[ \t]*(?:def \w+\(|async def \w+\(|class \w+[(:]|from [\w.]+ import |import [\w.]+[ \t]*(?:as \w+[ \t]*)?$|"
    r"@\w|(?:if|for|while|with|try|elif|except)\b[^{;\n]*:[ \t]*(?:#.*)?$|return [^;{\n]*[^;{\s][ \t]*$)",
    re.MULTILINE,
)
_SCRIPT = re.compile(
    r"(?:=>|^[ \t]*(?:const|let|var|function|export|import .* from )\b|;[ \t]*$|\brequire\(|\}\);?[ \t]*$|===|"
    r"\bawait \w+\.)",
    re.MULTILINE,
)
_TYPED = re.compile(
    r"(?:^[ \t]*(?:interface|type|enum) \w|\b\w+[ \t]*:[ \t]*(?:string|number|boolean|any|Promise<)|\bas \w+;)",
    re.MULTILINE,
)


def is_fragment(paths: Collection[str]) -> bool:
    """Whether these are the sources of a pasted piece of code."""
    return len(paths) == 1 and all(path in FRAGMENT_PATHS for path in paths)


def cut_out(module: Module) -> Module:
    """The module of a fragment, with names that it puts into texts but never assigns as its parameters.

    Statements that were cut out of a function speak of what was assigned before them: as a parameter would, it
    comes from whoever runs them. Constants, by their names, do not.
    """
    body = module.functions[MODULE_BODY]
    code = list(instructions(body.body))
    loads = {i.dst: i for i in code if i.op == Op.LOAD}
    found: dict[str, Instr] = {}
    for instr in code:
        for value in instr.args if instr.op == Op.JOIN else ():
            load = loads.get(value)
            if load is not None and _is_free(load.name, module):
                found.setdefault(load.name, load)
    if not found:
        return module
    params = tuple(
        Param(name, "positional", -1, -1, "", (), load.start, load.end) for name, load in found.items()
    )
    opened = msgspec.structs.replace(body, params=params, locals=body.locals | frozenset(found))
    return msgspec.structs.replace(module, functions={**module.functions, MODULE_BODY: opened})


def _is_free(name: str, module: Module) -> bool:
    is_known = name in module.functions[MODULE_BODY].locals or name.isupper() or hasattr(builtins, name)
    return name.isidentifier() and not is_known


def extract(text: str) -> tuple[str, str]:
    """The code in a text, and its language ("" when the text does not say).

    Markdown fences are opened; of several, the first whose language is known is taken. The code keeps its line numbers.
    """
    for match in _FENCE.finditer(text):
        language = _NAMES.get(match.group("language").lower(), "")
        if language or not match.group("language"):
            before = text[: match.start("code")]
            return "\n" * before.count("\n") + match.group("code"), language
    return text, ""


def guess(text: str) -> str:
    """The language that a piece of code is most likely written in."""
    python, script = len(_PYTHON.findall(text)), len(_SCRIPT.findall(text))
    if python > script:
        return "python"
    return "typescript" if _TYPED.search(text) else "javascript"


def named(language: str) -> str:
    """The language that a user's word means. Raises KeyError when it is none that is reviewed."""
    return _NAMES[language.lower()]
