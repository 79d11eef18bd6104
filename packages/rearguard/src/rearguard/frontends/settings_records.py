"""Files that hold records rather than settings, as far as they set up accounts: SQL scripts, XML."""

import html
import re

from rearguard.frontends.settings_base import MAX_DEPTH, Draft
from rearguard.program import inserted

_COMMENT = re.compile(r"--[^\n]*")
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<[?!][^>]*>|<(?P<close>/)?(?P<name>[A-Za-z_][\w.:-]*)(?P<rest>[^<>]*)>|(?P<text>[^<]+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?P<name>[\w.:-]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")


def read_sql(draft: Draft) -> None:
    """Texts that `INSERT` and `CREATE USER` write, under table, row and column."""
    for match in _COMMENT.finditer(draft.text):
        draft.comment(match.start(), match.end())
    for held in inserted(draft.text):
        keys = (held.table, str(held.row), held.column)
        draft.add(keys, held.value, held.start, held.start, held.end)


def read_xml(draft: Draft) -> None:
    """Texts and attributes, under the names of the elements around them. No entities are expanded."""
    path: list[str] = []
    for match in _TAG.finditer(draft.text):
        if match["text"] is not None:
            text = match["text"].strip()
            if text and path:
                start = match.start() + match["text"].index(text)
                draft.add(tuple(path), html.unescape(text), start, start, start + len(text))
        elif match["close"]:
            while path and path.pop() != match["name"]:
                continue
        elif match["name"]:
            for given in _ATTRIBUTE.finditer(match["rest"]):
                kind = "double" if given["double"] is not None else "single"
                start = match.start("rest")
                draft.add(
                    (*path, match["name"], given["name"]),
                    html.unescape(given[kind]),
                    start + given.start("name"),
                    start + given.start(kind),
                    start + given.end(kind),
                )
            if not match["rest"].endswith("/") and len(path) < MAX_DEPTH:
                path.append(match["name"])
        elif match.group().startswith("<!--"):
            draft.comment(match.start(), match.end())
