"""The little Markdown that public pages know."""

import re

BOLD = re.compile(r"\*\*([^*]+)\*\*")


def to_html(body: str) -> str:
    paragraphs = BOLD.sub(r"<strong>\1</strong>", body).split("\n\n")
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
