"""What handlers return: it is sent, and as what depends on the framework and on the handler."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rearguard.analysis.values import templates, uses
from rearguard.analysis.values.domain import ANY_KEY, UNCERTAIN, Maybe, Value
from rearguard.models.concepts import HtmlResponse, Redirect, ResponseBody
from rearguard.models.routing import OWN_ANSWER

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions
    from rearguard.program import Instr

_RETURNED_HTML = HtmlResponse("", unless_json=True)
"""What a handler returns where the framework sends returned text as HTML."""
_OWN_HTML = HtmlResponse("")
"""The body of an answer that the program itself makes."""
_RETURNED_BODY = ResponseBody("")
_RETURNED_REDIRECT = Redirect("")
_TYPE = re.compile(r"(?:text|application|image|audio|video|multipart|font)/[\w.+-]+\s*(?:;|$)")
_MARKUP_TYPES = ("html", "xml", "svg")
_MAX_NESTED = 4


def answer(run: Regions, instr: Instr) -> None:
    """What a handler returns is sent."""
    kind = run.program.answers.get(run.fid)
    number = instr.args[0]
    value = run.values[number]
    templates.fill(run, instr, value)
    if not kind or value is None:
        return
    uses.use_at(run, instr, _RETURNED_BODY, number, value)
    if kind == "redirect":
        uses.use_at(run, instr, _RETURNED_REDIRECT, number, run.member_of(value, "url") or Value())
        return
    if kind.startswith(OWN_ANSWER):
        _answer_own(run, instr, value, kind)
        return
    if kind == "parts":
        _answer_parts(run, instr, value)
        return
    if run.program.returns_sheet(run.fid) and uses.may_be_lines(value):
        if not value.deep() & run.origins.repeated(UNCERTAIN):
            uses.use_at(run, instr, uses.SHEET, number, value)
        return
    if kind == "told":
        kind = "html" if run.program.sends_markup(run.fid) else ""
    if kind == "lines":
        if run.program.sends_other_type(run.fid):
            return
        kind = "html"
        if value.fields:
            value = run.member_of(value, ANY_KEY)
    if value is not None and value.container == "tuple":
        parts = value.fields or {}
        _note_location(run, instr, parts)
        if any(_says_other_type(part) for part in parts.values()):
            return
        value = parts.get("0")
    if kind != "html" or value is None or value.container in ("dict", "list", "set"):
        return
    text = _as_text(run, value)
    if text is not None:
        uses.use_at(run, instr, _RETURNED_HTML, number, text)


def _as_text(run: Regions, value: Value) -> Maybe:
    """A value that is answered, as the text that it becomes; `None` where it may as well become JSON: what a
    call gives back is as often an object, and only input itself is text."""
    if value.text is not None:
        return value
    labels = run.program.without_stored(run, value.labels)
    return None if labels & run.origins.repeated(UNCERTAIN) else Value(labels, None, None, value.origin)


def _answer_parts(run: Regions, instr: Instr, value: Value) -> None:
    """A map that holds body and headers of the answer."""
    number = instr.args[0]
    fields = (run.member_of(value, "headers") or Value()).fields or {}
    headers = {name.lower(): held for name, held in fields.items()}
    kind, body = headers.get("content-type"), (value.fields or {}).get("body")
    if (
        kind is not None
        and kind.constant is not None
        and "html" in str(kind.constant[0])
        and body is not None
    ):
        uses.use_at(run, instr, _RETURNED_HTML, number, body)
    target = headers.get("location")
    if target is not None:
        uses.use_at(run, instr, _RETURNED_REDIRECT, number, target)


def _answer_own(run: Regions, instr: Instr, value: Value, kind: str) -> None:
    """What the program itself makes an answer of: an object, map or tuple that holds a body, or a text."""
    names, _, default = kind.removeprefix(OWN_ANSWER).partition(":")
    number, fields = instr.args[0], value.fields or {}
    body: Maybe = value if value.container not in ("dict", "list", "tuple", "set", "object") else None
    others = [value]
    for name in names.split(","):
        if name and name in fields:
            body = fields[name]
            others = [held for other, held in fields.items() if other != name]
            break
    said = [text for held in others for text in _types(held, 0)] if others != [value] else []
    for held in others if others != [value] else ():
        for target in _locations(held, 0):
            uses.use_at(run, instr, _RETURNED_REDIRECT, number, target)
    is_markup = any(mark in text for text in said for mark in _MARKUP_TYPES) if said else default == "html"
    if not is_markup or body is None or body.container in ("dict", "list", "set"):
        return
    text = _as_text(run, body)
    if text is not None:
        uses.use_at(run, instr, _OWN_HTML, number, text)


def _types(value: Maybe, depth: int) -> Iterator[str]:
    """Content types among what an answer holds."""
    if value is None or depth > _MAX_NESTED:
        return
    if value.constant is not None:
        text = str(value.constant[0])
        if _TYPE.match(text):
            yield text
    for held in (value.fields or {}).values():
        yield from _types(held, depth + 1)


def _locations(value: Maybe, depth: int) -> Iterator[Value]:
    """Where an answer sends the browser: `{"Location": address}`, `[("Location", address)]`."""
    if value is None or depth > _MAX_NESTED:
        return
    fields = value.fields or {}
    name = fields.get("0")
    if name is not None and name.constant is not None and str(name.constant[0]).lower() == "location":
        if fields.get("1") is not None:
            yield fields["1"]
        return
    for key, held in fields.items():
        if key.lower() == "location":
            yield held
        else:
            yield from _locations(held, depth + 1)


def _note_location(run: Regions, instr: Instr, parts: Mapping[str, Value]) -> None:
    """`return "", 302, {"Location": address}`; browsers follow it for this sort of status alone."""
    status = parts.get("1", Value())
    known = status.constant is not None and not str(status.constant[0]).startswith("3")
    if known or status.container == "dict":
        return
    for name, value in (parts.get("2", Value()).fields or {}).items():
        if name.lower() == "location":
            uses.use_at(run, instr, _RETURNED_REDIRECT, instr.args[0], value)


def _says_other_type(headers: Value) -> bool:
    """Whether a map of headers holds a content type that is no markup."""
    for name, value in (headers.fields or {}).items():
        if name.lower() == "content-type" and value.constant is not None:
            return not any(kind in str(value.constant[0]) for kind in ("html", "xml", "svg"))
    return False
