"""A login begins a new session, in the way of the library that keeps it.

https://docs.djangoproject.com/en/stable/topics/http/sessions/, https://expressjs.com/en/resources/middleware/session.html
"""

import re
from collections.abc import Iterator

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError

__all__ = ["new_session"]

_TITLE = "Give the session a new identifier before it says who is logged in"
_HOLDS = r"\b(?:req|request)\.session"
_KEPT = re.compile(rf"{_HOLDS}(?:\??\.(\w+)|(?:\?\.)?\[\s*(?:['\"`]([^'\"`]+)['\"`]|([^\]]+))\s*\])")
_TAKEN = re.compile(rf"\{{([^{{}}]*)\}}\s*=\s*{_HOLDS}\b(?!\??[.\[])")
_WHOLE = re.compile(
    rf"\w\s*=\s*{_HOLDS}\b(?!\??[.\[])|(?:\b(?!(?:if|while|switch)\()\w+\(|,)\s*{_HOLDS}\s*[,)]"
)
_FLASH = re.compile(r"\breq(?:uest)?\.flash\(")
_WHO = re.compile(
    r"(?:user|uid|account|member|customer|admin|logged|auth|is_?(?:logged|auth)|email|login|person|role|staff|save"
    r"|destroy|regenerate|cookie|reload|touch|id$)",
    re.IGNORECASE,
)


def new_session(context: RepairContext) -> Fix:
    """Put the renewal before the first statement that stores who is logged in."""
    tree = context.here
    place = context.finding.location
    statement = tree.statement(tree.at(place.start, place.end))
    text = tree.text(statement)
    if tree.is_python:
        match = re.match(r"((?:self\.)?request\.session)\[", text)
        if match is None or not any(b"django" in s.text for s in context.sources.values()):
            raise RepairError("how this session is renewed is not seen here")
        return proposed(_TITLE, Disposition.REVIEW, tree.before(statement, f"{match[1]}.cycle_key()"))
    match = re.match(r"(\w+\.session)(?:\.\w+|\[['\"`]\w+['\"`]\])\s*=", text)
    packages = any(b"express-session" in s.text for s in context.sources.values())
    if match is None or not packages:
        raise RepairError("how this session is renewed is not seen here")
    if not tree.waits(tree.function(statement)):
        raise RepairError("the session is renewed by a callback, around all that follows")
    others = {
        name
        for source in context.sources.values()
        if source.language in ("javascript", "typescript", "tsx") and b"session" in source.text
        for name in _kept(source.text.decode("utf-8", "replace"))
        if not _WHO.match(name)
    }
    if others:
        raise RepairError(f"the session holds more, which would be lost: {', '.join(sorted(others)[:3])}")
    unit, end = tree.unit, tree.semicolon
    lines = (
        f"await new Promise((resolve, reject) => {{\n"
        f"{unit}{match[1]}.regenerate((error) => (error ? reject(error) : resolve())){end}\n"
        f"}}){end}"
    )
    if tree.source.language != "javascript":
        lines = lines.replace("new Promise((", "new Promise<void>((")
    return proposed(_TITLE, Disposition.REVIEW, tree.before(statement, lines))


def _kept(text: str) -> Iterator[str]:
    """Names of what a file keeps in a session or takes from it. Raises RepairError where that is not seen."""
    if _FLASH.search(text):
        raise RepairError("the session holds messages for the next page, which would be lost")
    for dotted, quoted, computed in _KEPT.findall(text):
        if computed:
            raise RepairError(
                f"what the session holds under `{computed.strip()}` is not seen, and would be lost"
            )
        yield dotted or quoted
    for taken in _TAKEN.findall(text):
        for name in taken.split(","):
            if name.strip():
                yield re.split(r"[:=]", name)[0].strip(" \n\t'\"")
    if _WHOLE.search(_TAKEN.sub("", text)):
        raise RepairError("the session is handed on as a whole: what it holds is not seen, and would be lost")
