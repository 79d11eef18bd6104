"""HTML from users, cleaned by an allowlist; pages of ours, escaped by default.

ASVS v5.0.0-1.2.1 to 1.2.3 (output encoding), 1.3.1 (HTML), 1.3.7 (template injection). Needs the extra
`strongback[html]`.
"""

import json
import re
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

try:
    import nh3
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.inputs.markup needs the extra: pip install 'strongback[html]'") from error

from strongback.errors import ConfigurationError

__all__ = [
    "PageEnvironment",
    "css_token",
    "json_for_attribute",
    "json_for_script",
    "sanitize_html",
    "safe_link",
    "strip_html",
]

_TAGS = frozenset(
    {
        *(
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "em",
            "h2",
            "h3",
            "h4",
            "hr",
            "i",
            "li",
            "ol",
            "p",
            "pre",
            "s",
        ),
        *("strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
    }
)
_CSS = re.compile(
    r"#[0-9a-fA-F]{3,8}\Z|-?[0-9]+(?:\.[0-9]+)?(?:px|em|rem|%|vh|vw)?\Z|[a-zA-Z][a-zA-Z-]{0,40}\Z"
)


def sanitize_html(text: str, *, max_chars: int = 100_000) -> str:
    """Rich text from users: structure and emphasis, links to https and mailto, nothing that runs or loads.

    No images, styles, classes, ids, forms, SVG or MathML. Longer input is cut before parsing.
    """
    return nh3.clean(
        text[:max_chars],
        tags=set(_TAGS),
        attributes={"a": {"href", "title"}},
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
        strip_comments=True,
    )


def strip_html(text: str, *, max_chars: int = 100_000) -> str:
    """Text without any markup, escaped for HTML."""
    return nh3.clean(text[:max_chars], tags=set(), attributes={})


def json_for_script(value: object) -> Markup:
    """JSON that may stand inside a `<script>` element; in an attribute its own quotes would end the value.

    For attributes there is `json_for_attribute`.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # rearguard: ignore[cross-site-scripting] every character that could end the element was replaced above
    return Markup(text)


def json_for_attribute(value: object) -> Markup:
    """JSON that may stand between the quotes of an HTML attribute, single or double."""
    return escape(json.dumps(value, ensure_ascii=True, allow_nan=False))


def css_token(value: object) -> str:
    """One colour, length or keyword for a style sheet. Raises ValueError for anything else."""
    text = str(value)
    if not _CSS.match(text):
        raise ValueError("not one CSS token")
    return text


def safe_link(value: object) -> str:
    """A link target: https, mailto, or a path of this site. Anything else becomes `#`."""
    text = str(value).strip()
    # Browsers drop these inside a URL, so that a scheme can hide behind them; and read a backslash as a
    # slash.
    if re.search(r"[\x00-\x20\x7f\\]", text):
        return "#"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "#"
    local = not parts.scheme and not parts.netloc and text.startswith("/") and not text.startswith("//")
    remote = parts.scheme == "https" and bool(parts.netloc)
    return text if local or remote or (parts.scheme == "mailto" and parts.path) else "#"


class PageEnvironment(Environment):
    """Jinja2 with autoescape for every template, errors for missing variables, and no template from text.

    Filters: `script_json` inside `<script>`, `attribute_json` between the quotes of an attribute, `css` in
    styles, `link` in href, `query` in a URL's query.
    """

    def __init__(self, directory: str | Path, **options: Any) -> None:
        if options.get("autoescape", True) is not True:
            raise ConfigurationError("PageEnvironment escapes every template; mark trusted parts with Markup")
        options = {"autoescape": True, "undefined": StrictUndefined, **options}
        super().__init__(loader=FileSystemLoader(directory, followlinks=False), **options)
        self.filters["script_json"] = json_for_script
        self.filters["attribute_json"] = json_for_attribute
        self.filters["css"] = css_token
        self.filters["link"] = safe_link
        self.filters["query"] = lambda value: quote(str(value), safe="")

    def from_string(self, *arguments: Any, **keywords: Any) -> NoReturn:
        """Refused: text that becomes a template is code (ASVS v5.0.0-1.3.7). Raises ConfigurationError."""
        raise ConfigurationError("templates come from files; pass text as a variable")
