"""What stands in the code as text: headers that are written, addresses, commands. Found in one pass over the
program."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rearguard.models.view import ModelView, ValueView
from rearguard.program import Instr, Op, Span

__all__ = ["HeaderWritten", "Literals", "TextPlace", "text_parts"]

_HEADERS = frozenset(
    (
        *(
            "x-frame-options",
            "content-security-policy",
            "x-content-type-options",
            "strict-transport-security",
        ),
        *("referrer-policy", "permissions-policy", "access-control-allow-origin"),
        *("access-control-allow-credentials", "set-cookie", "cache-control", "cross-origin-opener-policy"),
    )
)
"""Headers of answers whose names mean the same everywhere."""
_WRITERS = frozenset(
    (
        *(
            "set",
            "setHeader",
            "header",
            "append",
            "add",
            "send_header",
            "add_header",
            "setdefault",
            "set_header",
        ),
        *("Header", "putheader", "setResponseHeader", "writeHeader"),
    )
)
_LONGEST = max(map(len, _HEADERS))
_TEXTS = re.compile(r"://|set-cookie|\bcurl\b|\bwget\b|<html|^text/html", re.IGNORECASE)
MAX_TEXT = 4_000
"""Characters of a constant that are looked at."""


@dataclass(frozen=True, slots=True)
class HeaderWritten:
    """One header of an answer, written by name."""

    view: ModelView = field(repr=False)
    fid: str
    instr: Instr
    """The call, assignment, or map that writes it."""
    name: str
    """In lower case."""
    value: ValueView

    @property
    def text(self) -> str | None:
        """The one constant that is written; `None` when something else may be, as in `origin || '*'`."""
        instr = self.value.instr
        if instr is None or instr.op == Op.LOGIC or (instr.op == Op.LOAD and instr.name.startswith("$")):
            return None
        return self.value.text

    @property
    def span(self) -> Span:
        """The statement; of a map, the value alone."""
        if self.instr.op == Op.COLLECT:
            return self.value.span
        return self.view.span(self.fid, self.instr.start, self.instr.end)


@dataclass(frozen=True, slots=True)
class TextPlace:
    """A constant with an address, a command, a header or a page in it."""

    view: ModelView = field(repr=False)
    fid: str
    instr: Instr
    text: str

    @property
    def span(self) -> Span:
        """The constant."""
        return self.view.span(self.fid, self.instr.start, self.instr.end)


class Literals:
    """The index, built on the first question, in program order."""

    def __init__(self, view: ModelView) -> None:
        self._view = view
        self._headers: list[HeaderWritten] | None = None
        self._texts: list[TextPlace] = []
        self._maps: list[tuple[str, Instr]] = []

    def headers(self, *names: str) -> tuple[HeaderWritten, ...]:
        """Where headers are written; all of them without names."""
        return tuple(one for one in self._built() if not names or one.name in names)

    def texts(self) -> tuple[TextPlace, ...]:
        """Constants with an address (`://`), a command that fetches one, a cookie, a page or its type."""
        self._built()
        return tuple(self._texts)

    def maps(self) -> tuple[tuple[str, Instr], ...]:
        """Maps written out with constant keys, and the functions that hold them."""
        self._built()
        return tuple(self._maps)

    def _built(self) -> list[HeaderWritten]:
        if self._headers is None:
            self._headers = []
            for fid in self._view.linker.functions:
                for instr in self._view.linker.code(fid):
                    if instr.op == Op.CONST:
                        if isinstance(instr.value, str) and _TEXTS.search(instr.value, 0, MAX_TEXT):
                            self._texts.append(TextPlace(self._view, fid, instr, instr.value[:MAX_TEXT]))
                    elif instr.op in (Op.SETITEM, Op.COLLECT) or (
                        instr.op in (Op.CALL, Op.NEW) and len(instr.args) == 3
                    ):
                        self._headers.extend(self._written(fid, instr))
        return self._headers

    def _written(self, fid: str, instr: Instr) -> Iterator[HeaderWritten]:
        if instr.op == Op.SETITEM:
            name = _header(instr.value)
            if name:
                yield self._one(fid, instr, name, instr.args[-1])
        elif instr.op == Op.COLLECT:
            if instr.keys and instr.keys[0]:
                self._maps.append((fid, instr))
            for key, value in zip(instr.keys, instr.args, strict=False):
                name = _header(key)
                if name:
                    yield self._one(fid, instr, name, value)
            yield from self._paired(fid, instr)
        elif len(instr.args) == 3:
            callee = self._view.definitions(fid).get(instr.args[0])
            if callee is not None and callee.name in _WRITERS:
                name = _header(ValueView(self._view, fid, instr.args[1]).const)
                if name:
                    yield self._one(fid, instr, name, instr.args[2])

    def _paired(self, fid: str, instr: Instr) -> Iterator[HeaderWritten]:
        """`("X-Frame-Options", "DENY")` and `{ key: "X-Frame-Options", value: "DENY" }`."""
        if len(instr.args) == 2 and (
            instr.keys[:2] in ((), (None, None), ("key", "value"), ("name", "value"))
        ):
            first = self._view.definitions(fid).get(instr.args[0])
            name = _header(first.value) if first is not None and first.op == Op.CONST else ""
            if name:
                yield self._one(fid, instr, name, instr.args[1])

    def _one(self, fid: str, instr: Instr, name: str, value: int) -> HeaderWritten:
        return HeaderWritten(self._view, fid, instr, name, ValueView(self._view, fid, value))


def _header(name: object) -> str:
    if not isinstance(name, str) or len(name) > _LONGEST:
        return ""
    lowered = name.lower()
    return lowered if lowered in _HEADERS else ""


def text_parts(value: ValueView, depth: int = 0) -> str:
    """The constant text of a value, and of what it is joined from; other parts are left out."""
    text = value.text
    if text is not None:
        return text
    instr = value.instr
    if instr is None or depth > 4:
        return ""
    if instr.op in (Op.JOIN, Op.BINARY, Op.COLLECT):
        parts = (text_parts(ValueView(value.view, value.fid, number), depth + 1) for number in instr.args)
        return (" " if instr.op == Op.COLLECT else "").join(parts)
    return ""
