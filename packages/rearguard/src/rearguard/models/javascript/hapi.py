"""Hapi. API reference: https://hapi.dev/api/"""

from collections.abc import Iterator, Mapping

from rearguard.models.concepts import (
    Context,
    CredentialRead,
    Denial,
    FileAccess,
    ForgerySwitch,
    Guard,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    Sanitizer,
    TemplateRender,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import flatten, follow, link_of, texts_of
from rearguard.models.routing import Link, RouteNode
from rearguard.models.settings_concepts import CookieWrite
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["HAPI"]

AUTHENTICATED = "hapi:Server.auth.strategy()"
SCOPED = "hapi:Server.auth.lookup()"
VALIDATED = "hapi:Server.validator()"
_STATES = ("try", "optional")
MAX_SPREAD = 3
"""Objects within objects that are looked through for what routes share."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one route per object given to `server.route`, lists and functions that make them included."""
    default = _default(view)
    for call in view.calls("hapi:Server.route"):
        for value in call.args[:1]:
            for inner in flatten(view, value):
                config = _config(view, inner)
                if config is not None:
                    yield from _route(view, call, config, default)


def _config(view: ModelView, value: ValueView) -> ValueView | None:
    """The object that describes a route."""
    value = follow(value)
    if value.key("path") is not None:
        return value
    for ref in value.refs:
        if isinstance(ref.step, tuple):
            made = ValueView(view, *ref.step)
            if made.key("path") is not None:
                return made
    return None


def _default(view: ModelView) -> Link | None:
    """What `server.auth.default(...)` asks of every route."""
    for call in view.calls("hapi:Server.auth.default"):
        for value in call.args[:1]:
            return _auth(value)
    return None


def _auth(value: ValueView) -> Link | None:
    value = next((each for each in _whole(value) if each.instr is not None and each.instr.keys), value)
    mode = value.key("mode")
    if value.const is False or (mode is not None and mode.text in _STATES):
        return None
    label = value.text or " ".join(value.source_text.split())[:40]
    return Link(f"auth: {label}", (), (AUTHENTICATED,), value.span, (value.fid, value.value))


def _route(view: ModelView, call: CallView, config: ValueView, default: Link | None) -> Iterator[RouteNode]:
    options = _options(config)
    handler = config.key("handler") or _in(options, "handler")
    path, method = config.key("path"), config.key("method")
    if handler is None or path is None:
        return
    texts = texts_of(path)
    link = link_of(handler, "handler")
    for verb in _verbs(view, method):
        yield RouteNode(
            "hapi",
            "hapi server",
            verb,
            texts[0] if len(texts) == 1 else None,
            config.span,
            view.order(call.fid, call.call.end),
            tuple(_links(view, options, default)),
            link,
            inputs=_inputs(view, link),
            returns="" if not link.functions else "html",
        )


def _options(config: ValueView) -> tuple[ValueView, ...]:
    """`options` or `config`, which may be an object or a function that gives one."""
    found: list[ValueView] = []
    for key in ("options", "config"):
        given = config.key(key)
        if given is not None:
            found.extend(_whole(given))
    return tuple(found)


def _whole(given: ValueView, depth: int = 0) -> Iterator[ValueView]:
    """An object, and those that are spread into it, the last first: it has the last word."""
    made = follow(given)
    yield made
    seen = [ValueView(given.view, *ref.step) for ref in given.refs if isinstance(ref.step, tuple)]
    yield from seen
    for each in (made, *seen):
        instr = each.instr
        if instr is not None and instr.op == Op.COLLECT and depth < MAX_SPREAD:
            spread = [v for v, key in zip(instr.args, instr.keys, strict=False) if key == "**"]
            for value in reversed(spread):
                yield from _whole(ValueView(given.view, each.fid, value), depth + 1)


def _in(options: tuple[ValueView, ...], name: str) -> ValueView | None:
    return next((found for each in options if (found := each.key(name)) is not None), None)


def _verbs(view: ModelView, method: ValueView | None) -> tuple[str, ...]:
    if method is None:
        return ("*",)
    found = tuple(text.upper() for inner in flatten(view, method) for text in texts_of(inner)[:1])
    return found or ("*",)


def _links(view: ModelView, options: tuple[ValueView, ...], default: Link | None) -> Iterator[Link]:
    given = _in(options, "auth")
    auth = default if given is None else _auth(given)
    if auth is not None:
        yield auth
        yield from _scope(ValueView(view, *auth.value) if auth.value is not None else None)
    validate = _in(options, "validate")
    if validate is not None:
        place = (validate.fid, validate.value)
        yield Link("validate", (), (VALIDATED,), validate.span, place)
    before = _in(options, "pre")
    for value in flatten(view, before) if before is not None else ():
        method = value.key("method")
        yield link_of(value if method is None else method)


def _scope(auth: ValueView | None) -> Iterator[Link]:
    """What `auth: { scope: ["admin"] }` asks for beyond a login."""
    if auth is None:
        return
    for key in ("scope", "access"):
        given = follow(auth).key(key)
        if given is not None and given.const is not False:
            label = " ".join(given.source_text.split())[:40]
            yield Link(f"scope: {label}", (), (SCOPED,), given.span, (given.fid, given.value))


def _inputs(view: ModelView, link: Link) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for fid in link.functions:
        for param, channel in zip(view.function(fid).params, ("request", "response"), strict=False):
            found[param.name] = channel
    return found


HAPI = Library(
    name="hapi",
    language="javascript",
    packages=("@hapi/hapi", "hapi"),
    types={
        "Server": (
            "{@hapi/hapi,hapi}.{server,Server}()",
            "Plugin<0>",
        ),
        "Default": ("Server.auth.default()",),
        "Plugin": ("Server.register(0).plugin.register", "Server.register(0).register", "Server.register(0)"),
        "Handler": (
            "Server.route(0).handler",
            "Server.route(0).{options,config}.handler",
            "Server.route(0).{options,config}.pre.method",
            "Server.ext(1)",
            "Server.ext(0).method",
        ),
        "Request": ("Handler<0>", "{@hapi/hapi,hapi}.Request()"),
        "Toolkit": ("Handler<1>", "{@hapi/hapi,hapi}.{ResponseToolkit,ReplyNoContinue}()"),
        "Response": (
            "Toolkit.{response,redirect}()",
            "Toolkit()",
            "Response.{code,type,header,bytes,takeover}()",
        ),
    },
    shapes={"Server": "server"},
    concepts=(
        RequestInput("Request.payload", channel="body"),
        RequestInput("Request.query", channel="query"),
        RequestInput("Request.params", channel="path"),
        RequestInput("Request.headers", channel="headers"),
        RequestInput("Request.state", channel="cookies"),
        RequestInput("Request.{url,path}", channel="address"),
        CredentialRead("Request.headers.authorization"),
        Principal("Request.auth.credentials"),
        HtmlResponse("Toolkit.response(0)", unless_json=True),
        ResponseBody("Toolkit.response(0)"),
        Redirect("Toolkit.redirect(0)"),
        TemplateRender("Toolkit.view(0)", values="(1)"),
        FileAccess("Toolkit.file(0)", action="send"),
        Denial("Response.code(0)"),
        Sanitizer("Response.header()", (Context.HTML,)),
        Guard("Server.auth.strategy()", "authentication"),
        # What a route's configuration asks for beyond a login.
        Guard("Server.auth.lookup()", "authorization"),
        # Of the scheme of @hapi/cookie, whose flags are set unless they are taken away.
        CookieWrite(
            "Server.auth.strategy()",
            name="(2).cookie.name",
            secure="(2).cookie.isSecure",
            http_only="(2).cookie.isHttpOnly",
            same_site="(2).cookie.isSameSite",
            same_site_default=True,
            secure_default=True,
            http_only_default=True,
            session=True,
            only=("(1)", "cookie"),
        ),
        ForgerySwitch("Server.register(0)", serves="hapi", words="crumb"),
        Guard("Server.validator()", "validation"),
    ),
    routes=routes,
)
