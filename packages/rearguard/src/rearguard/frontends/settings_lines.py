"""Settings written a line at a time: `.env`, INI and properties, requirements, Dockerfile, directives of
servers."""

import re
from collections.abc import Iterator

from rearguard.frontends.settings_base import MAX_DEPTH, Draft

# No pattern may run over the same blanks twice: lines are of any length.
_ENV = re.compile(r"\s*(?:export\s+)?(?P<key>[\w.:/@-]+)\s*=\s*(?P<value>.*)")
_INI = re.compile(r"(?P<key>[^\s=:#;\[][^=:]*)[=:]\s*(?P<value>.*)")
_SECTION = re.compile(r"\s*\[(?P<name>[^\]]+)\]\s*")
_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?P<rest>[^#;\\]*)")
_INSTRUCTION = re.compile(r"\s*(?P<name>[A-Za-z]+)\s+")
_PAIR = re.compile(r'(?P<key>[\w.-]+)=(?P<value>"(?:[^"\\]|\\.)*"|\'[^\']*\'|(?:[^\s\\]|\\.)*)')
_BLOCK = re.compile(r"(?P<kind>datasource|generator|model|enum|type|view)\s+\w+\s*\{")
_SETTING = re.compile(r"\s+(?P<key>\w+)\s*=\s*(?P<value>\S.*)")
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s;{}"\']+|[;{}]')


def _lines(text: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in text.split("\n"):
        yield position, line
        position += len(line) + 1


def read_dotenv(draft: Draft) -> None:
    """`NAME=value`, with or without `export` and quotation marks."""
    for position, line in _lines(draft.text):
        if line.lstrip().startswith("#"):
            draft.comment(position, position + len(line))
            continue
        match = _ENV.fullmatch(line.rstrip())
        if match is not None:
            _pair(draft, (), position, match, hash_ends=True)


def _pair(
    draft: Draft, section: tuple[str, ...], position: int, match: "re.Match[str]", hash_ends: bool
) -> None:
    value, start = match["value"], position + match.start("value")
    if len(value) > 1 and value[0] in "\"'" and value.find(value[0], 1) > 0:
        end = value.find(value[0], 1)
        held, stop = value[1:end], start + end + 1
    else:
        held = value.split(" #")[0].rstrip() if hash_ends else value
        stop = start + len(held)
    if hash_ends and "#" in match["value"]:
        draft.comment(stop, position + match.end())
    draft.add((*section, match["key"].strip()), held, position + match.start("key"), start, stop)


def read_prisma(draft: Draft) -> None:
    """`name = value` in the blocks of Prisma's schema, under the block's kind; models have no such lines."""
    section: tuple[str, ...] = ()
    for position, line in _lines(draft.text):
        opened = _BLOCK.match(line)
        match = _SETTING.fullmatch(line.rstrip())
        if line.lstrip().startswith("//"):
            draft.comment(position, position + len(line))
        elif opened is not None:
            section = (opened["kind"],)
        elif match is not None and not match["value"].startswith("env("):
            _pair(draft, section, position, match, hash_ends=False)


def read_ini(draft: Draft) -> None:
    """`[section]`, `key = value`, `key: value`; lines that go on are taken with the key above."""
    section: tuple[str, ...] = ()
    for position, line in _lines(draft.text):
        if line.lstrip().startswith(("#", ";")):
            draft.comment(position, position + len(line))
            continue
        header = _SECTION.fullmatch(line)
        if header is not None:
            section = (header["name"].strip(),)
            continue
        match = _INI.fullmatch(line.rstrip())
        if match is not None:
            _pair(draft, section, position, match, hash_ends=False)
        elif line[:1] in (" ", "\t") and line.strip() and draft.entries:
            start = position + len(line) - len(line.lstrip())
            stripped = line.strip()
            draft.add(draft.entries[-1].keys, stripped, start, start, start + len(stripped))


def read_requirements(draft: Draft) -> None:
    """One requirement a line; the value is what stands behind the name: bounds, a URL, or nothing."""
    for position, line in _lines(draft.text):
        mark = line.find("#")
        if mark != -1:
            draft.comment(position + mark, position + len(line))
        if line.lstrip().startswith(("#", "-")):
            if not line.lstrip().startswith("#"):
                _option(draft, position, line)
            continue
        match = _REQUIREMENT.match(line)
        if match is not None:
            rest = match["rest"].split(" #")[0].strip()
            start = position + match.start("name")
            begin = position + match.start("rest") if rest else position + match.end("name")
            draft.add((match["name"],), rest, start, begin, begin + len(rest))


def _option(draft: Draft, position: int, line: str) -> None:
    """`--index-url http://…`, `-e git+https://…`: the key is the option as written."""
    name, _, value = line.strip().replace("=", " ", 1).partition(" ")
    start = position + len(line) - len(line.lstrip())
    draft.add((name,), value.strip(), start, start, start + len(line.strip()))


def read_dockerfile(draft: Draft) -> None:
    """Instructions with their continuation lines; keys are the instruction, its number, and a name where it
    sets one."""
    text = draft.text
    number = 0
    pending: list[tuple[int, int]] = []
    for position, line in _lines(text):
        stripped = line.strip()
        if stripped.startswith("#"):
            draft.comment(position, position + len(line))
            continue
        if not stripped and not pending:
            continue
        pending.append((position, position + len(line.rstrip())))
        if stripped.endswith("\\"):
            continue
        _instruction(draft, pending, number)
        number += 1
        pending = []
    if pending:
        _instruction(draft, pending, number)


def _instruction(draft: Draft, pending: list[tuple[int, int]], number: int) -> None:
    start, end = pending[0][0], pending[-1][1]
    match = _INSTRUCTION.match(draft.text, start, end)
    if match is None:
        return
    name, body = match["name"].upper(), match.end()
    keys = (name, str(number))
    if name in ("ENV", "LABEL", "ARG"):
        pairs = list(_PAIR.finditer(draft.text, body, end))
        for pair in pairs:
            value = pair["value"]
            if value[:1] in ("'", '"'):
                value = value[1:-1]
            draft.add((*keys, pair["key"]), value, pair.start(), pair.start("value"), pair.end())
        if not pairs:
            key, _, value = draft.text[body:end].partition(" ")
            draft.add((*keys, key), value.strip(), body, min(body + len(key) + 1, end), end)
        return
    parts = (draft.text[a:b].removesuffix("\\") for a, b in ((max(a, body), b) for a, b in pending))
    draft.add(keys, " ".join(part.strip() for part in parts), match.start("name"), body, end)


def read_directives(draft: Draft) -> None:
    """nginx, Caddy, Apache and Redis: a directive's words; blocks in braces give the keys above. One line,
    one directive where no semicolon ends it."""
    keys: list[str] = []
    words: list[tuple[str, int, int]] = []

    def finish() -> None:
        if words:
            name, start, name_end = words[0]
            value = " ".join(word for word, _, _ in words[1:])
            value_start = words[1][1] if len(words) > 1 else name_end
            draft.add((*keys, name), value, start, value_start, words[-1][2])
            words.clear()

    for position, line in _lines(draft.text):
        mark = line.find("#")
        if mark != -1 and (mark == 0 or line[mark - 1].isspace()):
            draft.comment(position + mark, position + len(line))
            line = line[:mark]
        for match in _WORD.finditer(line):
            token = match.group()
            if token == ";":
                finish()
            elif token == "{":
                if len(keys) < MAX_DEPTH:
                    keys.append(words[0][0] if words else "")
                words.clear()
            elif token == "}":
                finish()
                if keys:
                    keys.pop()
            else:
                if len(token) > 1 and token[0] in "\"'":
                    token = token[1:-1]
                words.append((token, position + match.start(), position + match.end()))
        if ";" not in draft.text:
            finish()
    finish()
