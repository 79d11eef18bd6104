"""What controls ask of an application: its login routes, its cookies, the methods that it answers."""

import re

from rearguard.analysis.settings import Uses
from rearguard.checks.inventory import described
from rearguard.implement.application import Application
from rearguard.models import Endpoint
from rearguard.models.concepts import ErrorHandler, RateLimit

__all__ = [
    "cookies",
    "error_handlers",
    "last_handlers",
    "limited",
    "logins",
    "methods",
    "paths",
]

_LOGIN_PATH = re.compile(r"(?:^|/)(?:log-?in|sign-?in|tokens?|auth|authenticate|sessions?)/?$", re.IGNORECASE)
_PASSWORD = re.compile(r"\bpass(?:word|wd|phrase)?$", re.IGNORECASE)
_COOKIE_PYTHON = re.compile(
    rb"\.set_cookie\(|\brequest\.cookies\b|SessionMiddleware|\bflask_login\b|from flask "
    rb"import[^\n]*\bsession\b"
    rb"|\bCookie\(|APIKeyCookie"
)
_COOKIE_SCRIPT = re.compile(
    rb"\bres(?:ponse)?\.cookie\(|\breq(?:uest)?\.(?:signedC|c)ookies\b|['\"](?:express|cookie)-session['\"]"
)


def logins(app: Application) -> tuple[Endpoint, ...]:
    """Routes that take a password or issue a token: by what they read, else by their path."""
    found: list[Endpoint] = []
    for route in app.routes:
        if route.method in ("POST", "*") and route.path_known and not re.search(r"[:{<*]", route.path):
            reads = described(route, app.program.matrix).inputs
            if any(_PASSWORD.search(each) for each in reads) or _LOGIN_PATH.search(route.path):
                found.append(route)
    return tuple(found)


def paths(routes: tuple[Endpoint, ...]) -> tuple[str, ...]:
    """Their paths, each once."""
    return tuple(dict.fromkeys(route.path for route in routes))


def cookies(app: Application) -> str:
    """Where the application sets or reads a cookie, as `path:line`, or ""."""
    languages = ("python",) if app.is_python else ("javascript", "typescript", "tsx")
    pattern = _COOKIE_PYTHON if app.is_python else _COOKIE_SCRIPT
    for source in app.texts(*languages):
        match = pattern.search(source.text)
        if match:
            return f"{source.path}:{source.line_of(match.start())}"
    return ""


def methods(app: Application) -> tuple[str, ...]:
    """Methods that the routes answer, in the usual order."""
    usual = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    answered = {route.method for route in app.routes}
    if "*" in answered or not answered:
        return usual
    return tuple(each for each in usual if each in answered or each in ("GET", "HEAD", "POST"))


def error_handlers(app: Application) -> str:
    """Where the application handles errors by itself, as `path:line`, or ""."""
    for use in Uses(app.program.view).of(ErrorHandler):
        span = use.span
        return f"{span.path}:{app.program.sources[span.path].line_of(span.start)}"
    return ""


def limited(app: Application) -> str:
    """Where requests are counted, as `path:line`, or "": by whatever library, under whatever name."""
    for use in Uses(app.program.view).of(RateLimit):
        if use.concept.words:
            continue  # a setting that limits requests only if it holds one of these words
        return f"{use.span.path}:{app.program.sources[use.span.path].line_of(use.span.start)}"
    for row in app.program.matrix:
        checks = row.surface.checks if row.surface is not None else ()
        if any(check.kind == "rate-limit" for check in checks):
            return f"{row.endpoint.method} {row.endpoint.path}"
    return ""


def last_handlers(app: Application) -> str:
    """Where Express is given a function of four parameters, which is how it knows a handler of errors."""
    view = app.program.view
    for call in view.calls("express:Router.use", "express:App.use"):
        for each in call.args:
            if any(len(view.function(fid).params) == 4 for fid in each.functions):
                return f"{call.span.path}:{app.program.sources[call.span.path].line_of(call.span.start)}"
    return ""
