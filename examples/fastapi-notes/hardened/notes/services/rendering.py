"""The little Markdown that public pages know."""

import re

from markupsafe import Markup, escape

BOLD = re.compile(r"\*\*([^*]+)\*\*")


def to_html(body: str) -> Markup:
    # Escaped first: the only markup in the result is what this function adds.
    paragraphs = BOLD.sub(r"<strong>\1</strong>", str(escape(body))).split("\n\n")
    return Markup("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))
