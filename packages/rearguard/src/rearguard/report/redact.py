"""No report repeats a secret.

Two nets. String literals on the lines of a finding about a secret are cut to at most two characters, and
their values are cut wherever else they appear. Anywhere, text that has the form of a token, a key, or
an unguessable value assigned to a name such as `api_key` is cut too. Text of the reviewed code reaches a
report only through a `Redactor`.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rearguard.findings import Finding
from rearguard.program import Source

__all__ = ["MARK", "Redactor", "redactor"]

MARK = "[redacted]"

SECRET_WEAKNESSES = frozenset({256, 259, 260, 321, 522, 547, 798, 1391, 1392, 1393})
"""CWEs whose findings point at a secret's text."""

_LITERAL = re.compile(
    r'"""(?P<a>(?:\\.|[^\\])*?)"""|\'\'\'(?P<b>(?:\\.|[^\\])*?)\'\'\'|`(?P<c>(?:\\.|[^`\\])*)`'
    r'|"(?P<d>(?:\\.|[^"\\\n])*)"|\'(?P<e>(?:\\.|[^\'\\\n])*)\'',
    re.DOTALL,
)
_SUBSCRIPT = re.compile(r"[\w)\]]\[\s*$")
_MEMBER = re.compile(r"[{,]\s*$")
_LOOKUP = re.compile(r"(?:get|getenv|env|config)\(\s*$")
_RIGHT_SIDE = re.compile(r"^(?P<left>[^=:#\n]*[=:]\s*)(?P<right>\S.*)$")
_ELEMENT = re.compile(r">(?P<text>[^<>]*[^<>\s][^<>]*)<")
_KEY_BLOCK = re.compile(
    rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_CODE = frozenset({"python", "javascript", "typescript", "tsx", "jinja", "ejs", "handlebars", "pug"})

_TOKENS = (
    re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^\"'`]*"),
    re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"),
    re.compile(r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{16}\b"),
    re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-)[\w-]{20,}"),
    re.compile(r"\bxox[abeprs]-[\w-]{10,}"),
    re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_\w{10,}"),
    re.compile(r"\bsk-[\w-]{20,}"),
    re.compile(r"\bAIza[\w-]{30,}"),
    re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
)
_USERINFO = re.compile(
    r"(?P<head>\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@'\"`]+:)(?P<secret>[^\s@'\"`{}$<>]+)(?=@)"
)
_ASSIGNED = re.compile(
    r"(?P<head>(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?-?key|private_?-?key|access_?-?key|credential)"
    r"[\w-]{0,40}[\"']?\]?\s*(?:=>|[:=])\s*(?:[\w.]{1,80}\s*(?:\|\||\?\?|or)\s*)?[\"'`])(?P<secret>[^\s\"'`]{8,})(?=[\"'`])",
    re.IGNORECASE,
)
_OPTION = re.compile(r"""(?P<head>[:=]\s*)(?P<mark>["'`])(?:\\.|(?!(?P=mark)).)+(?P=mark)""")
_BITS_PER_CHARACTER = 3.0
"""Words lie below, random text of eight or more characters above."""


@dataclass(frozen=True, slots=True)
class Redactor:
    """Cuts secrets out of quoted lines and of any other text."""

    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """Lines known to hold a secret, as they may be shown."""
    values: tuple[str, ...] = ()
    """Secrets found on those lines that are long or odd enough to be cut everywhere, longest first."""
    _shown: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Texts that were asked for, as they may be shown: routes have those of their guards in common."""

    def line(self, path: str, number: int, text: str) -> str:
        """Line `number` of the file at `path`, whose text is `text`, as it may be shown."""
        return self.text(self.lines.get((path, number), text))

    def text(self, text: str) -> str:
        """Any text as it may be shown."""
        shown = self._shown.get(text)
        if shown is None:
            shown = self._shown[text] = self._cleaned(text)
        return shown

    def _cleaned(self, text: str) -> str:
        for value in self.values:
            text = text.replace(value, _cut(value))
        for pattern in _TOKENS:
            text = pattern.sub(lambda match: _cut(match[0]), text)
        text = _USERINFO.sub(lambda match: match["head"] + MARK, text)
        return _ASSIGNED.sub(
            lambda match: (
                match["head"] + (_cut(match["secret"]) if _random(match["secret"]) else match["secret"])
            ),
            text,
        )

    def label(self, text: str) -> str:
        """A call as it was written, `session({ secret: '...' })`: what its options are set to is left out."""
        return self.text(_OPTION.sub(r"\g<head>\g<mark>...\g<mark>", text))


def redactor(findings: Iterable[Finding], sources: Mapping[str, Source]) -> Redactor:
    """A redactor for reports about these findings."""
    lines: dict[tuple[str, int], str] = {}
    values: set[str] = set()
    paths: set[str] = set()
    for finding in findings:
        steps = (*finding.evidence.steps, *finding.evidence.contrast)
        paths.update((finding.location.path, *(step.span.path for step in steps)))
        source = sources.get(finding.location.path)
        if source is not None and finding.rule.cwe in SECRET_WEAKNESSES:
            for span in (finding.location, *(s.span for s in steps if s.span.path == source.path)):
                _cut_lines(source, span.start, span.end, lines, values)
    for path in sorted(paths & sources.keys()):
        _cut_key_blocks(sources[path], lines)
    everywhere = (value for value in values if _distinct(value))
    return Redactor(lines, tuple(sorted(everywhere, key=lambda value: (-len(value), value))))


def _cut_lines(
    source: Source, start: int, end: int, lines: dict[tuple[str, int], str], values: set[str]
) -> None:
    """Cut every literal on the lines from `start` to `end`."""
    first, last = source.line_of(start), source.line_of(max(start, end - 1))
    block = "\n".join(source.line_text(number) for number in range(first, last + 1))
    if source.language in _CODE or source.language == "sql":
        shown = _LITERAL.sub(lambda match: _cut_literal(match, values), block)
    elif source.language == "xml":
        shown = _ELEMENT.sub(lambda match: _cut_element(match, values), block)
    else:
        shown = "\n".join(_cut_setting(line, values) for line in block.split("\n"))
    for number, line in enumerate(shown.split("\n"), start=first):
        lines[source.path, number] = line


def _cut_literal(match: re.Match[str], values: set[str]) -> str:
    """A literal without its content; names (keys, variables looked up) stay readable."""
    before, after = match.string[: match.start()], match.string[match.end() :].lstrip()
    is_name = (
        (after.startswith("]") and _SUBSCRIPT.search(before))
        or (after.startswith(":") and _MEMBER.search(before))
        or (after[:1] in {",", ")"} and _LOOKUP.search(before))
    )
    content = match[match.lastgroup or 0]
    if is_name or not content:
        return match[0]
    values.update(line.strip() for line in content.split("\n"))
    cut = "\n".join(_cut(line) if line.strip() else line for line in content.split("\n"))
    quote = match[0][: (len(match[0]) - len(content)) // 2]
    return f"{quote}{cut}{quote}"


def _cut_element(match: re.Match[str], values: set[str]) -> str:
    values.add(match["text"].strip())
    return f">{_cut(match['text'].strip())}<"


def _cut_setting(line: str, values: set[str]) -> str:
    match = _RIGHT_SIDE.match(line)
    if match is None:
        return line
    values.add(match["right"].strip("\"'"))
    return match["left"] + _cut(match["right"].strip("\"'"))


def _cut_key_blocks(source: Source, lines: dict[tuple[str, int], str]) -> None:
    for match in _KEY_BLOCK.finditer(source.text):
        first, last = source.line_of(match.start()), source.line_of(match.end() - 1)
        for number in range(first + 1, last + 1):
            lines[source.path, number] = MARK


def _cut(value: str) -> str:
    return (value[:2] if len(value) >= 8 else "") + MARK


def _distinct(value: str) -> bool:
    """True for a value that does not occur in ordinary text by chance."""
    return len(value) >= 16 or (len(value) >= 8 and not value.isalpha())


def _random(value: str) -> bool:
    counts = [value.count(character) for character in set(value)]
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
    return MARK not in value and bits >= _BITS_PER_CHARACTER
