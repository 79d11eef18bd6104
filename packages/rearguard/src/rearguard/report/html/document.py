"""The page around the sections: head, navigation, style and script.

Nothing is loaded: style and script stand in the file, and the policy names them by their hashes (CSP
Level 3, 2.3.1), so that even a mistake in an escape could run nothing else.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from rearguard import __version__
from rearguard.findings import ReviewResult
from rearguard.report.html.markup import Markup, code, joined, tag, trusted

__all__ = ["Section", "document"]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page, with its entry in the navigation."""

    id: str
    title: str
    body: Markup
    count: str = ""
    """What the navigation says beside the title."""


def document(result: ReviewResult, sections: Sequence[Section], timestamp: str) -> str:
    """The whole file."""
    style, script = _data("review.css"), _data("review.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    named = result.root or "this fragment"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"Security review of {named}"),
        tag("style", trusted(style)),
    )
    made = f"Made by Rearguard {__version__}" + (f" at {timestamp}" if timestamp else "")
    body = tag(
        "body",
        tag("a", "Skip to the findings", href="#findings", class_="skip"),
        tag(
            "header",
            tag("h1", "Security review of ", code(named)),
            tag(
                "p",
                f"{made}. Text in code type is quoted from the reviewed code; secrets are cut.",
                class_="dim",
            ),
        ),
        tag("nav", *(_entry(section) for section in sections), aria_label="Sections"),
        tag("main", *(_section(section) for section in sections)),
        tag("script", trusted(script)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en').text}\n"


def _entry(section: Section) -> Markup:
    counted = tag("span", section.count, class_="count") if section.count else ""
    return tag("a", section.title, " ", counted, href=f"#{section.id}")


def _section(section: Section) -> Markup:
    heading = tag("h2", section.title, id=f"{section.id}-title")
    return tag(
        "section",
        joined(heading, section.body),
        id=section.id,
        aria_labelledby=f"{section.id}-title",
        tabindex="-1",
    )


def _data(name: str) -> str:
    return files("rearguard.report").joinpath("data", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
