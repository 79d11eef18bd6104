"""What handlers return: it is sent, and as what depends on the framework and on the handler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rearguard.analysis.values import templates, uses
from rearguard.analysis.values.domain import ANY_KEY, UNCERTAIN, Value
from rearguard.models.concepts import HtmlResponse, Redirect, ResponseBody

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions
    from rearguard.program import Instr

_RETURNED_HTML = HtmlResponse("", unless_json=True)
"""What a handler returns where the framework sends returned text as HTML."""
_RETURNED_BODY = ResponseBody("")
_RETURNED_REDIRECT = Redirect("")


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
    if value.text is None:
        # What a call gives back is as often an object, which becomes JSON: only input itself is text.
        labels = run.program.without_stored(run, value.labels)
        if labels & run.origins.repeated(UNCERTAIN):
            return
        value = Value(labels, None, None, value.origin)
    uses.use_at(run, instr, _RETURNED_HTML, number, value)


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
