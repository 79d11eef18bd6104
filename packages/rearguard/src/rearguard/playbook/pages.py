"""The implementation playbook as data: one page per section of the Markdown resource.

The Markdown file is the only source. A section is a level-two heading followed by an HTML comment that
names the page and the capabilities it teaches::

    ## 3. CSRF protection for cookie sessions
    <!-- page: csrf-cookie-sessions | capabilities: C1 C2 C3 -->
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Page", "page", "pages", "parse", "playbook_text"]

_HEADING = re.compile(r"## (?:\d+\. )?(?P<title>\S.*)")
_MARK = re.compile(
    r"<!-- page: (?P<id>[a-z0-9]+(?:-[a-z0-9]+)*) \| capabilities: (?P<ids>[A-Z]\d+(?: [A-Z]\d+)*) -->"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One section of the playbook."""

    id: str
    """Stable name, lower case with hyphens."""
    title: str
    """The heading without its number."""
    capabilities: tuple[str, ...]
    """Ids of the capabilities that the page teaches, such as `A2`, in the order written."""
    body: str
    """Markdown below the heading and its comment, ending with one line feed."""


def playbook_text() -> str:
    """The whole playbook as Markdown."""
    resource = files("rearguard.playbook") / "data" / "implementation-playbook.md"
    return resource.read_text(encoding="utf-8")


def parse(text: str) -> tuple[Page, ...]:
    """The pages of a playbook, in its order. Text before the first section belongs to no page.

    Raises ValueError for a section without its comment and for an id that is used twice.
    """
    pages: dict[str, Page] = {}
    for heading, lines in _sections(text):
        title = _HEADING.fullmatch(heading)
        mark = _MARK.fullmatch(lines[0]) if lines else None
        if title is None or mark is None:
            raise ValueError(f"section {heading!r} has no page comment")
        if mark["id"] in pages:
            raise ValueError(f"page id {mark['id']!r} is used twice")
        body = "\n".join(lines[1:]).strip("\n") + "\n"
        pages[mark["id"]] = Page(mark["id"], title["title"], tuple(mark["ids"].split()), body)
    return tuple(pages.values())


@cache
def pages() -> tuple[Page, ...]:
    """The pages of the playbook that this package carries, in its order."""
    return parse(playbook_text())


def page(page_id: str) -> Page | None:
    """The page called `page_id`, or None."""
    return next((found for found in pages() if found.id == page_id), None)


def _sections(text: str) -> list[tuple[str, list[str]]]:
    """(heading, lines below it) of each level-two section; headings inside fenced code do not count."""
    sections: list[tuple[str, list[str]]] = []
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("## ") and not fenced:
            sections.append((line, []))
        elif sections:
            sections[-1][1].append(line)
    return sections
