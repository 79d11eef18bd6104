"""`rate-limit`: a share of requests for every address, a small one for logins."""

import re

from rearguard.implement.controls.django import middleware, require
from rearguard.implement.controls.script import exports
from rearguard.implement.controls.script import require as brought_in
from rearguard.implement.controls.seen import limited, logins, paths
from rearguard.implement.draft import Draft, template
from rearguard.implement.layout import is_esm
from rearguard.implement.plan import Package, PresentError, RefusedError
from rearguard.implement.settings import Settings
from rearguard.models import Endpoint

__all__ = ["put"]

_EXPRESS = Package(
    "express-rate-limit", "^8.7.0", "maintained, counts IPv6 by network, sends the headers of the IETF draft"
)
_LIMITS = Package(
    "limits", ">=5.8,<6", "the counting library below slowapi and Flask-Limiter; memory, Redis, Memcached"
)
_FLASK = Package("flask-limiter", ">=4.1,<5", "the maintained rate limiter of Flask")
_LIBRARIES = (
    "express-rate-limit", "rate-limiter-flexible", "express-slow-down", "express-brute", "slowapi",
    "fastapi_limiter", "flask_limiter", "ratelimit", "django_ratelimit", "axes", "strongback.http.rates",
)  # fmt: skip

_ROUTE = re.compile(r"^@[\w.]+\.(?:route|get|post)\(")

_MORE = "Tests that ask more often than that, or log in more often, need larger limits in their environment: "
_TESTS = {
    "express": f"{_MORE}RATE_LIMIT and LOGIN_RATE_LIMIT, as numbers.",
    "django": f"{_MORE}RATE_LIMIT and LOGIN_RATE_LIMIT, as numbers.",
    "fastapi": f"{_MORE}RATE_LIMIT and LOGIN_RATE_LIMIT, as 100000/minute.",
    "flask": "Tests that ask more often turn it off in their configuration: RATELIMIT_ENABLED = False.",
}


def put(draft: Draft, settings: Settings) -> None:
    """Put limits into the application."""
    found = draft.app.imports(*_LIBRARIES)
    if found:
        raise PresentError(f"a rate limiter is imported at {found}")
    counted = limited(draft.app)
    if counted:
        raise PresentError(f"requests are counted already, at {counted}")
    rate = _number(settings, "rate", 300)
    login_rate = _number(settings, "login-rate", 10)
    routes = logins(draft.app)
    if routes:
        draft.saw(
            f"Logins: {', '.join(paths(routes))}. They get {login_rate} requests in five minutes per "
            f"address, "
            f"everything else {rate} in a minute."
        )
    else:
        draft.saw(f"No route takes a password: every address gets {rate} requests in a minute.")
    draft.leave(
        "Behind a proxy, say which one is believed about the client's address, or all clients count as one."
    )
    draft.leave(
        "With several processes, configure a shared storage: in memory each process counts by itself."
    )
    draft.leave(_TESTS[draft.app.framework])
    {"express": _express, "fastapi": _fastapi, "flask": _flask, "django": _django}[draft.app.framework](
        draft, rate, login_rate, routes
    )


def _number(settings: Settings, name: str, default: int) -> int:
    text = settings.get(name, str(default))
    if not re.fullmatch(r"[1-9]\d{0,6}", text):
        raise RefusedError(f"--set {name}: write a whole number of requests")
    return int(text)


def _listed(routes: tuple[Endpoint, ...]) -> str:
    return ", ".join(f'"{path}"' for path in paths(routes))


def _express(draft: Draft, rate: int, login_rate: int, routes: tuple[Endpoint, ...]) -> None:
    app = draft.app
    prefix = "export " if is_esm(app) else ""
    listed = ", ".join(f"'{path.lower()}'" for path in paths(routes))
    login = (
        f"\nconst loginPaths = new Set([{listed}]);\n\n"
        f"// A password may be guessed far less often than a page may be read. Express matches paths in "
        f"any case.\n"
        f"{prefix}const loginLimit = rateLimit({{\n  ...shared,\n  windowMs: 5 * 60_000,\n"
        f"  limit: Number(process.env.LOGIN_RATE_LIMIT ?? {login_rate}),\n"
        "  skip: (req) =>\n"
        "    req.method !== 'POST' || !loginPaths.has(req.path.toLowerCase().replace(/\\/+$/, '')),\n});\n"
    )
    names = ("loginLimit", "requestLimit") if routes else ("requestLimit",)
    brought = "{ rateLimit, type Options }" if app.is_typescript else "{ rateLimit }"
    draft.package(_EXPRESS)
    draft.module(
        "rate limits",
        "express/rate-limits.js",
        {
            **exports(app, *names),
            "import_limit": brought_in(app, brought, "express-rate-limit"),
            "rate": str(rate),
            "login": login if routes else "",
        },
        ", ".join(names),
        "the limits",
    )
    draft.before_registrations(
        f"{app.variable}.use({', '.join(reversed(names))}){app.tree.semicolon}",
        "before everything that costs something",
    )
    login_test = (
        template(
            "express/rate-limits-login.test.txt",
            {"path": routes[0].path, "path_upper": routes[0].path.upper()},
        )
        if routes
        else ""
    )
    draft.test("rate limits", "express/rate-limits.test.mjs", {"login_test": "\n" + login_test})


def _fastapi(draft: Draft, rate: int, login_rate: int, routes: tuple[Endpoint, ...]) -> None:
    draft.package(_LIMITS)
    module = draft.module(
        "rate limits",
        "fastapi/rate_limits.py",
        {"rate": f"{rate}/minute", "login_rate": f"{login_rate}/5 minutes", "paths": _listed(routes)},
        "RateLimits",
        "the limits",
    )
    draft.around(f"{draft.app.variable}.add_middleware(RateLimits)", "before everything that costs something")
    login_test = template("fastapi/test_rate_limits_login.txt", {"path": routes[0].path}) if routes else ""
    draft.test(
        "rate limits",
        "fastapi/test_rate_limits.py",
        {
            "module": draft.name_of(module),
            "login_test": f"\n\n{login_test}\n\n" if routes else "\n",
        },
    )


def _flask(draft: Draft, rate: int, login_rate: int, routes: tuple[Endpoint, ...]) -> None:
    app = draft.app
    draft.package(_FLASK)
    module = draft.module(
        "rate limits",
        "flask/rate_limits.py",
        {"rate": f"{rate} per minute", "login_rate": f"{login_rate} per 5 minutes"},
        "limiter",
        "the limits",
    )
    # It reads RATELIMIT_ENABLED and the like of the configuration when it is told of the application.
    draft.after_configuration(f"limiter.init_app({app.variable})", "before every view")
    limited = [route for route in routes if _decorate(draft, route, module)]
    login_test = ""
    if limited:
        fields = {"path": limited[0].path, "login_amount": str(login_rate)}
        login_test = f"\n\n{template('flask/test_rate_limits_login.txt', fields)}\n\n"
    draft.test(
        "rate limits",
        "flask/test_rate_limits.py",
        {
            "module": draft.name_of(module),
            "login_import": "",
            "amount": str(rate),
            "login_test": login_test or "\n",
        },
    )


def _decorate(draft: Draft, route: Endpoint, module: str) -> bool:
    """Put the limit of logins directly below what registers the view: a decorator that asks for a password
    has to stand inside of it, or those who fail are never counted.
    """
    functions = route.handler.functions
    if len(functions) != 1:
        draft.leave(f"{route.path} is answered by something that is no plain function: limit it by hand.")
        return False
    function = draft.app.program.view.function(functions[0])
    path = draft.app.program.linker.module_of[functions[0]]
    tree = draft.tree(path)
    node = tree.at(function.start, function.end)
    while node.type == "decorated_definition":
        inner = node.child_by_field_name("definition")
        if inner is None:
            break
        node = inner
    if node.type != "function_definition" or (
        node.parent is not None
        and node.parent.parent is not None
        and node.parent.parent.type == "class_definition"
    ):
        draft.leave(f"{route.path} is answered by a method: limit it by hand.")
        return False
    place = node
    decorated = (
        node.parent if node.parent is not None and node.parent.type == "decorated_definition" else node
    )
    for each in reversed([child for child in decorated.named_children if child.type == "decorator"]):
        if _ROUTE.search(tree.text(each)):
            break
        place = each
    indent = tree.indent(place.start_byte)
    quote = tree.quote
    line = f"{indent}@limiter.limit(LOGIN, methods=[{quote}POST{quote}])\n"
    draft.edit(tree.insert(tree.line_start(place.start_byte), line), "limits logins")
    draft.import_into(path, module, "LOGIN, limiter")
    return True


def _django(draft: Draft, rate: int, login_rate: int, routes: tuple[Endpoint, ...]) -> None:
    app = draft.app
    require(draft)
    name = draft.new_module(
        "rate limits",
        "django/rate_limits.py",
        {"amount": str(rate), "login_amount": str(login_rate), "paths": _listed(routes)},
        "the limits; a file of its own, since django-ratelimit has no release since 2023",
    )
    middleware(
        draft, f"{draft.name_of(name)}.RateLimits", after="django.middleware.security.SecurityMiddleware"
    )
    draft.saw(f"{app.path} lists the middleware; it runs directly after the security headers.")
    draft.test("rate limits", "django/test_rate_limits.py", {"module": draft.name_of(name)})
