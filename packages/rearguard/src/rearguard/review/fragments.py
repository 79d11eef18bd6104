"""Pasted code: what language it is, and where it stands in a text around it."""

import re
from collections.abc import Collection

__all__ = ["FRAGMENT_PATHS", "extract", "guess", "is_fragment", "named"]

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
