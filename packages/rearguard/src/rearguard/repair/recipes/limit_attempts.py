"""How often a login may be asked is limited by the limiter that the project has.

https://flask-limiter.readthedocs.io/en/stable/, https://slowapi.readthedocs.io/en/latest/,
https://django-ratelimit.readthedocs.io/en/stable/usage.html, https://express-rate-limit.mintlify.app/reference/configuration
"""

import re

from rearguard.findings import Disposition, Edit, Fix
from rearguard.program import Param
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import imported_modules, top_level
from rearguard.repair.imports import imported, script_module
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.recipes.handlers.script_login import registered
from rearguard.repair.recipes.handlers.sibling_guard import above, known
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["limit_attempts"]

_TITLE = "Allow five attempts a minute from one address"
_LIMITER = re.compile(r"^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?Limiter\(", re.MULTILINE)
_EXPRESS = "express-rate-limit"


def limit_attempts(context: RepairContext) -> Fix:
    """Put a limiter before the handler. Raises RepairError where the project has none."""
    if context.route is None or not context.handler:
        raise RepairError("the handler is not known")
    if not context.is_python:
        return _express(context)
    framework = context.route.framework
    if framework.startswith("flask"):
        return proposed(_TITLE, Disposition.REVIEW, *_decorated(context, "flask_limiter", "5 per minute"))
    if framework in ("fastapi", "starlette"):
        return proposed(_TITLE, Disposition.REVIEW, *_decorated(context, "slowapi", "5/minute"))
    if framework == "django" and imported_modules(context) & {
        "django_ratelimit",
        "django_ratelimit.decorators",
    }:
        name, edits = imported(context, _tree(context), "django_ratelimit.decorators.ratelimit")
        q = _tree(context).quote
        line = f"@{name}(key={q}ip{q}, rate={q}5/m{q}, method={q}POST{q}, block=True)"
        return proposed(_TITLE, Disposition.REVIEW, *edits, _above(context, line))
    raise RepairError("the project has no limiter: choose one, and where it counts")


def _tree(context: RepairContext) -> Tree:
    return context.tree(context.path(context.handler))


def _decorated(context: RepairContext, library: str, rate: str) -> list[Edit]:
    """The decorator of the project's limiter."""
    tree = _tree(context)
    name = next(
        (
            match[1]
            for _, source in sorted(context.sources.items())
            if source.language == "python" and library.encode() in source.text
            for match in [_LIMITER.search(source.text.decode("utf-8", "replace"))]
            if match is not None
        ),
        "",
    )
    if not name:
        raise RepairError("the project has no limiter: choose one, and where it counts")
    function = context.view.function(context.handler)
    if library == "slowapi" and not any(_is_request(context, param) for param in function.params):
        raise RepairError("the limiter needs the request, which the handler does not take")
    edits = known(context, tree, name)
    q = tree.quote
    text = tree.slice(function.start, function.end)
    both = library == "flask_limiter" and re.search(r"request\.method\s*==\s*['\"]POST", text)
    only = f", methods=[{q}POST{q}]" if both else ""
    return [*edits, _above(context, f"@{name}.limit({q}{rate}{q}{only})")]


def _is_request(context: RepairContext, param: Param) -> bool:
    """Whether slowapi finds the request in a parameter: without the type, FastAPI fills it from the query."""
    written = param.annotation_text.rpartition(".")[2]
    bare = context.route is not None and context.route.framework == "starlette" and not written
    return param.name == "request" and (bare or written == "Request")


def _above(context: RepairContext, line: str) -> Edit:
    if context.view.function(context.handler).owner:
        raise RepairError("the handler is not a plain function")
    return above(context, line)


def _express(context: RepairContext) -> Fix:
    """A limiter of its own for this route: counts are kept for each that is made."""
    handler = ScriptHandler(context)
    tree = handler.tree
    place = registered(handler)
    limiter, edits = script_module(tree, _EXPRESS, "rateLimit")
    name = handler.free("loginLimit", "attemptLimit")
    options = "{ windowMs: 60_000, limit: 5 }"
    line = f"const {name} = {limiter}({options}){tree.semicolon}\n\n"
    top = top_level(tree, place)
    apart = f",\n{tree.indent(place.start_byte)}" if tree.begins_line(place) else ", "
    needs = "" if _EXPRESS in imported_modules(context) else f" (needs the package {_EXPRESS})"
    return proposed(
        _TITLE + needs,
        Disposition.REVIEW,
        *edits,
        tree.insert(tree.line_start(top.start_byte), line),
        tree.insert(place.start_byte, f"{name}{apart}"),
    )
