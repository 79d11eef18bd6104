"""Loggers that take credentials out of what they are given."""

import re
from functools import cached_property

from rearguard.checks.base import Context
from rearguard.program import Span

_REDACTS = re.compile(rb"redact[^\n]{0,20}[\s\S]{0,300}(?:authorization|cookie)", re.IGNORECASE)
"""What a logger, or a filter of the project's own, takes out of every entry."""
_FOR_ALL = re.compile(rb"addFilter\s*\(|['\"]filters['\"]\s*:|setLogRecordFactory|structlog\.configure")
"""What puts a filter before whatever any part of a Python program logs."""
_SERVERS_OWN = re.compile(r"(?:req|request|app|server|fastify|instance|this)\.log\.")
"""The logger that a server makes for itself, with what it was told to take out."""
_CONSOLE = re.compile(r"console\.|print\(")
MAX_LEVELS = 3
"""Imports of imports: a logger is made in a file of its own."""


class Redactions:
    """One review's loggers of that kind, by the files that set them up."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @cached_property
    def _places(self) -> frozenset[str]:
        sources = self.context.sources.items()
        return frozenset(path for path, source in sources if _REDACTS.search(source.text))

    def cover(self, line: Span) -> bool:
        """Whether one of them writes a line: it was set up in this file or in what that imports, or for all."""
        if not self._places:
            return False
        text = self.context.text(line)
        if _CONSOLE.match(text):
            return False
        if _SERVERS_OWN.match(text):
            return True
        if line.path.endswith(".py") and any(
            _FOR_ALL.search(self.context.sources[path].text) for path in self._places
        ):
            return True
        linker, level, seen = self.context.view.linker, {line.path}, set[str]()
        for _ in range(MAX_LEVELS):
            if level & self._places:
                return True
            seen |= level
            level = {found for path in level for found in linker.imports(path)} - seen
        return bool(level & self._places)


__all__ = ["Redactions"]
