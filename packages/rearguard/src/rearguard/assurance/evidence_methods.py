"""Positive evidence about methods: which ones endpoints answer to, and that all others are refused.

A router refuses a method under which nothing is registered. That holds for the endpoints that are registered
under methods by name, if these are all that there are.
"""

import re
from collections.abc import Mapping

from rearguard.analysis.access import Row
from rearguard.assurance.code import SHOWN, Code, Evidence
from rearguard.checks.endpoints import by_handler, location
from rearguard.checks.logins import before, logins
from rearguard.models.measure_concepts import OpenRoutes
from rearguard.program import Span, Step

__all__ = ["BROKEN", "MET"]

_ANY = "*"
_TRACE = "TRACE"
_SOCKET = "WEBSOCKET"
_ASKS = re.compile(rb"\bmethod\b")
_REFUSES = re.compile(rb"\b405\b|NotAllowed|METHOD_NOT_ALLOWED", re.IGNORECASE)
_IS_NOTHING = re.compile(rb"\b404\b|Not_?Found", re.IGNORECASE)
_REST = re.compile(r"[*]|\(\.\*\)|<path:|\{\w+:path\}|\[\.\.\.")
"""Paths under which whatever is left is answered: there the answer is usually that nothing is there."""


def _texts(code: Code, row: Row) -> bytes:
    """What is written in the functions that run for an endpoint."""
    found = b""
    for fid in dict.fromkeys((*before(row), *logins(code.context).reached(row))):
        function = code.context.view.function(fid)
        span = code.context.view.span(fid, function.start, function.end)
        source = code.context.sources.get(span.path)
        found += source.slice(span.start, span.end).encode() if source is not None else b""
    return found


def _names_methods(code: Code, row: Row) -> bool:
    """Whether an endpoint is registered under a method by name, or refuses others itself."""
    if row.endpoint.method != _ANY:
        return True
    text = _texts(code, row)
    if _is_rest(row) and _IS_NOTHING.search(text):
        return True
    return _ASKS.search(text) is not None and _REFUSES.search(text) is not None


def _is_rest(row: Row) -> bool:
    """Whether it answers whatever nothing else does."""
    return row.endpoint.path in ("", "/") or _REST.search(row.endpoint.path) is not None


def _hands_on(code: Code, row: Row) -> bool:
    """Whether its function may leave the request to what comes after it."""
    view = code.context.view
    functions = row.endpoint.handler.functions
    return any(view.family(fid) == "javascript" and len(view.function(fid).params) > 2 for fid in functions)


def _is_closed(code: Code) -> bool:
    """Whether every endpoint is known, and none is a library's that answers to any method."""
    return code.is_whole and not code.uses.of(OpenRoutes)


def unused_methods_are_refused(code: Code) -> tuple[Step, ...]:
    """4.1.4: every endpoint names its methods, so that the router refuses all others."""
    rows = list(code.rows())
    if not _is_closed(code) or not all(_names_methods(code, row) for row in rows):
        return ()
    named: dict[Span, list[str]] = {}
    for row in rows:
        if row.endpoint.method != _SOCKET:
            named.setdefault(row.endpoint.span, []).append(row.endpoint.method)
    return tuple(
        Step(span, f"answers to {' and '.join(sorted(set(methods)))} alone", "note")
        if _ANY not in methods
        else Step(span, "refuses other methods itself", "note")
        for span, methods in named.items()
    )[:SHOWN]


def any_method_is_answered(code: Code) -> tuple[Step, ...]:
    """4.1.4, the contrary: an endpoint is registered for every method, and never asks which one it is."""
    bad = [
        row
        for row in by_handler(code.rows())
        if row.endpoint.method == _ANY
        and row.endpoint.handler.functions
        and row.endpoint.path_known
        and not _is_rest(row)
        and not _hands_on(code, row)
        and not _ASKS.search(_texts(code, row))
    ]
    places = dict.fromkeys(location(code.context, row) for row in bad)
    return tuple(Step(span, "answers to every method there is", "note") for span in places)[:SHOWN]


def trace_is_refused(code: Code) -> tuple[Step, ...]:
    """13.4.4: every endpoint names its methods, and TRACE is none of them."""
    if any(row.endpoint.method == _TRACE for row in code.rows()):
        return ()
    return unused_methods_are_refused(code)


def trace_is_answered(code: Code) -> tuple[Step, ...]:
    """13.4.4, the contrary."""
    rows = [row for row in code.rows() if row.endpoint.method == _TRACE]
    places = dict.fromkeys(location(code.context, row) for row in rows)
    return tuple(Step(span, "answers to TRACE", "note") for span in places)[:SHOWN]


MET: Mapping[str, Evidence] = {
    "4.1.4": unused_methods_are_refused,
    "13.4.4": trace_is_refused,
}
BROKEN: Mapping[str, Evidence] = {
    "4.1.4": any_method_is_answered,
    "13.4.4": trace_is_answered,
}
