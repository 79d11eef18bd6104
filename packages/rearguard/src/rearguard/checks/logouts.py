"""Logouts by what they do: the browser is told to forget the cookie by which callers are known."""

from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context
from rearguard.checks.logins import logins

__all__ = ["cleared", "forgets_caller", "session_cookies"]


def session_cookies(context: Context) -> frozenset[str]:
    """Names of the cookies under which a record is looked up that says who calls: sessions of the program's own."""
    return frozenset(_looked_up(context))


def _looked_up(context: Context) -> Iterator[str]:
    for row in context.matrix:
        surface = row.surface
        for fact in surface.facts[: surface.handler_start] if surface is not None else ():
            touch = fact.touch
            if (
                touch is None
                or touch.operation != "read"
                or normal(touch.resource) in context.matrix.accounts
            ):
                continue
            for _, atoms in touch.keys:
                yield from (
                    str(a.path[0]) for a in atoms if a.kind == "credential" and a.name == "cookie" and a.path
                )


def forgets_caller(context: Context, row: Row, cookies: frozenset[str]) -> bool:
    """Whether all that an endpoint does is to clear such a cookie, whatever it is called."""
    surface = row.surface
    if surface is None or not cookies or row.authentication.state == "unknown":
        return False
    does = any(f.touch is not None or f.kind == "denial" for f in surface.facts[surface.handler_start :])
    return not does and not cookies.isdisjoint(cleared(context, logins(context).reached(row)))


def cleared(context: Context, fids: tuple[str, ...]) -> Iterator[str]:
    """Names of the cookies that functions tell the browser to forget."""
    for fid in fids:
        definitions = context.view.definitions(fid)
        for call in context.view.linker.contents(fid).calls:
            callee = definitions.get(call.args[0])
            if callee is not None and "cookie" in callee.name.lower() and len(call.args) > 1:
                name = context.matrix.origins.constant(fid, call.args[1])
                if name:
                    yield name
