"""Check pages as test cases: headings name cases, a path line before a fenced block names its file.

Blocks under one `## ` heading are one program. A `### Fixed ...` heading below it starts a twin: the
program with the files it names replaced, and no finding left. A block without a path line is `main`
with the ending of its language; blocks in other languages (a shell session, JSON) are prose.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_HEADING = re.compile(r"(?P<level>#{1,6}) (?P<title>.+)")
_FENCE = re.compile(r"```(?P<language>\w*)\s*")
_PATH = re.compile(r"`(?P<path>[\w./\-\[\]]+)`:\s*")
_ENDINGS = {
    "python": ".py",
    "py": ".py",
    "javascript": ".js",
    "js": ".js",
    "typescript": ".ts",
    "ts": ".ts",
    "tsx": ".tsx",
    "jinja": "",
    "html": "",
    "ejs": "",
    "yaml": "",
    "json": "",
    "toml": "",
    "ini": "",
    "dotenv": "",
    "dockerfile": "",
    "requirements": "",
    "nginx": "",
    "sql": "",
    "xml": "",
}
"""Ending of a block's file by its language; "" when it must be named."""


@dataclass(frozen=True, slots=True)
class PageCase:
    """One program of a page."""

    check: str
    title: str
    files: Mapping[str, str]
    named: frozenset[str]
    """Files whose tags count: all of a case, those that a twin replaces."""
    fixed: bool
    """Whether it is a twin, which must be silent."""

    @property
    def id(self) -> str:
        """As test reports name it: `sql-injection: In one handler`."""
        return f"{self.check}: {self.title}"


@dataclass(slots=True)
class _Section:
    title: str
    files: dict[str, str] = field(default_factory=dict)
    twins: "list[_Section]" = field(default_factory=list)


def cases(check: str, page: str) -> list[PageCase]:
    """The programs of a page, in order. Raises ValueError on a page that breaks the form."""
    found: list[PageCase] = []
    for section in _sections(check, page):
        if section.files:
            found.append(PageCase(check, section.title, section.files, frozenset(section.files), False))
        for twin in section.twins:
            if not set(twin.files) <= set(section.files):
                raise ValueError(f"{check}: {section.title}: {twin.title} names a file that the case lacks")
            files = {**section.files, **twin.files}
            title = f"{section.title}: {twin.title}"
            found.append(PageCase(check, title, files, frozenset(twin.files), True))
    titles = [case.title for case in found]
    if len(titles) != len(set(titles)):
        raise ValueError(f"{check}: two cases have the same heading")
    return found


def _sections(check: str, page: str) -> list[_Section]:
    sections: list[_Section] = []
    current: _Section | None = None
    path = ""
    lines = iter(page.splitlines())
    for line in lines:
        heading, fence, named = _HEADING.fullmatch(line), _FENCE.fullmatch(line), _PATH.fullmatch(line)
        if heading:
            current = _opened(check, sections, heading["level"], heading["title"])
            path = ""
        elif named:
            path = named["path"]
        elif fence:
            block: list[str] = []
            for inner in lines:
                if inner.startswith("```"):
                    break
                block.append(inner)
            if fence["language"] in _ENDINGS and current is not None:
                _add(check, current, path, fence["language"], "\n".join(block) + "\n")
            path = ""
        elif line.strip():
            path = ""
    return sections


def _opened(check: str, sections: list[_Section], level: str, title: str) -> _Section | None:
    if level == "##":
        sections.append(_Section(title))
        return sections[-1]
    if level == "###" and title.startswith("Fixed"):
        twin = _Section(title)
        sections[-1].twins.append(twin)
        return twin
    if level == "#":
        return None
    raise ValueError(f"{check}: a heading {level} {title!r} has no meaning on a check's page")


def _add(check: str, section: _Section, path: str, language: str, text: str) -> None:
    if not path:
        ending = _ENDINGS[language]
        if not ending:
            raise ValueError(f"{check}: {section.title}: a {language} block needs a path line")
        path = f"main{ending}"
    if path in section.files:
        raise ValueError(f"{check}: {section.title}: two blocks are {path}")
    section.files[path] = text
