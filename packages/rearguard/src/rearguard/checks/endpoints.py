"""What the checks of access control share: where an endpoint's handler is, its siblings, its findings."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import UNVERIFIED
from rearguard.checks.base import Context
from rearguard.checks.inventory import described
from rearguard.checks.requests import curl, filled_path, json_body, shell
from rearguard.findings import Endpoint
from rearguard.program import Span, Step

MAX_CONTRAST = 3
MAX_LINES_ABOVE = 8
"""Lines of a registration above its handler, beyond which the handler is the better place to look."""
_TRACES = frozenset(
    [
        "token",
        "code",
        "otp",
        "nonce",
        "session",
        "ticket",
        "verification",
        "invitation",
        "log",
        "audit",
        "view",
        "visit",
        "hit",
        "click",
        "count",
        "counter",
        "read",
        "seen",
        "access",
        "download",
        "login",
        "event",
        "stat",
        "metric",
        "history",
    ]
)
_SAFE = ("GET", "HEAD", "OPTIONS")


def location(context: Context, row: Row) -> Span:
    """The line where an endpoint's handler is defined, or registered when it has no name."""
    linker = context.view.linker
    for fid in row.endpoint.handler.functions:
        function = linker.functions.get(fid)
        if row.endpoint.implied is not None and fid.rpartition(".")[0] != row.endpoint.handler.cls:
            # A step of a mixin's, which other views share.
            continue
        if function is not None and linker.module_of[fid].endswith(".py") and function.kind != "arrow":
            return Span(linker.module_of[fid], function.start, function.name_end)
        if function is not None and not function.name.rpartition(".")[2].startswith("<"):
            return Span(linker.module_of[fid], function.name_start, function.name_end)
    by_class = row.endpoint.implied is not None or bool(row.endpoint.handler.cls)
    if by_class or _is_far_below(context, row):
        return first_line(context, row.endpoint.handler.span)
    return first_line(context, row.endpoint.span)


def _is_far_below(context: Context, row: Row) -> bool:
    """Whether options stand between a registration and the handler that is written out in it."""
    registered, handler = row.endpoint.span, row.endpoint.handler.span
    source = context.sources.get(registered.path)
    if source is None or handler.path != registered.path:
        return False
    return source.text.count(b"\n", registered.start, handler.start) > MAX_LINES_ABOVE


def repair_place(context: Context, row: Row, kept: Iterable[Row]) -> Span:
    """Where a guard is missing: in the registration, where endpoints that have it name it there."""
    own = location(context, row)
    span = row.endpoint.span
    beside = [other for other in kept if other.endpoint.span.path == span.path]
    if own.path != span.path and any(_is_guarded_there(other) for other in beside):
        return first_line(context, span)
    return own


def _is_guarded_there(row: Row) -> bool:
    """Whether an endpoint's own registration names a guard: `router.get("/x", isOwner, show)`."""
    span, checks = row.endpoint.span, row.surface.checks if row.surface is not None else ()
    named = {check.name for check in checks if check.kind in ("authentication", "authorization", "ownership")}
    return any(
        link.label in named and link.span.path == span.path and span.start <= link.span.start < span.end
        for link in row.endpoint.chain
    )


def first_line(context: Context, span: Span) -> Span:
    """The part of a place that lies on its first line."""
    source = context.sources.get(span.path)
    if source is None:
        return span
    end = source.text.find(b"\n", span.start, span.end)
    return Span(span.path, span.start, span.end if end < 0 else end)


def endpoint_of(context: Context, row: Row) -> Endpoint:
    """The endpoint as findings name it."""
    return described(row.endpoint, context.matrix)


def by_handler(rows: Iterable[Row]) -> Iterator[Row]:
    """One row per handler, the first registered for a method that may change something: one repair mends all."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        if row.endpoint.implied is not None:
            # One class answers for many methods without code for them: what it shows, and what it changes.
            key: tuple[object, ...] = (row.endpoint.handler.span, row.endpoint.method in _SAFE)
            held = found.setdefault(key, row)
            found[key] = max(held, row, key=_weight)
            continue
        key = row.endpoint.handler.functions or (row.endpoint.span,)
        held = found.setdefault(key, row)
        if held.endpoint.method in _SAFE and row.endpoint.method not in _SAFE:
            found[key] = row
        elif held.endpoint.handler.cls != row.endpoint.handler.cls:
            # Classes that inherit one handler, and what it calls from each: the one that asks least is told.
            found[key] = max(held, row, key=_laxness)
    yield from found.values()


def _laxness(row: Row) -> int:
    return sum(access.restricted.state == "open" for access in row.accesses)


def _weight(row: Row) -> tuple[bool, bool, int]:
    """How much harm a view does that does it by itself: what asks least comes first, then what destroys most."""
    implied = row.endpoint.implied
    return (
        row.authentication.state != "required",
        row.authorization.state != "required",
        ("create", "list", "read", "update", "delete").index(implied.operation) if implied else 0,
    )


def is_trace(access: Access) -> bool:
    """Whether a change merely records the request: a counter, a log, a token that is used up."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", access.resource).lower().split("_")
    return any(word.rstrip("s") in _TRACES for word in words)


def handler_id(row: Row) -> str:
    """The id of the handler's function, or ""."""
    return row.endpoint.handler.functions[0] if row.endpoint.handler.functions else ""


def same_router(one: Row, other: Row) -> bool:
    """Whether two endpoints are registered side by side."""
    return one.endpoint.router == other.endpoint.router and one.endpoint.span.path == other.endpoint.span.path


def contrast(rows: Iterable[Row], text: str) -> tuple[Step, ...]:
    """Endpoints that do it right."""
    steps: dict[Span, Step] = {}
    for row in rows:
        steps.setdefault(
            row.endpoint.span,
            Step(row.endpoint.span, f"{row.endpoint.method} {row.endpoint.path} {text}", "contrast"),
        )
    return tuple(steps.values())[:MAX_CONTRAST]


def request(endpoint: Endpoint, header: str = "", body: str = "") -> str:
    """A curl command for an endpoint, with an identifier for every parameter of its path."""
    before = ["-H", shell(header)] if header else []
    return curl(endpoint, filled_path(endpoint.path, {}), json_body(body) if body else (), before)


def believes_token(row: Row) -> bool:
    """Whether callers are refused by a token that nobody verifies, which is told where it is read."""
    checks = row.surface.checks if row.surface is not None else ()
    return any(
        atom.bound == UNVERIFIED
        for check in checks
        if check.fact is not None
        for condition in check.fact.conditions
        for atom in condition.atoms
    )
