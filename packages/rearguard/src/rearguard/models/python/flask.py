"""Flask 2 and 3. API reference: https://flask.palletsprojects.com/en/stable/api/"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from rearguard.link import Kind, Ref
from rearguard.models.concepts import (
    TEXT,
    AutoEscape,
    Context,
    CredentialRead,
    DebugSwitch,
    Denial,
    ErrorDetail,
    ErrorHandler,
    Exemption,
    Exit,
    FileAccess,
    HtmlMarkup,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    SameSite,
    Sanitizer,
    SecretUse,
    ServedType,
    SessionStore,
    StateRead,
    StateWrite,
    TemplateRender,
    TemplateSource,
)
from rearguard.models.dsl import Library
from rearguard.models.python.expansion import Bound, resolve, sites, texts
from rearguard.models.python.support import (
    call_of,
    class_attribute,
    class_methods,
    class_name,
    constants,
    creation,
    decorator_links,
    definition,
    function_link,
    handlers,
    is_guess,
    is_none,
    items,
    link,
    made,
    parameters,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op, Span

__all__ = ["FLASK", "Registration", "registrations", "rule_inputs"]

_SHORTCUTS = ("get", "post", "put", "patch", "delete", "websocket")
"""The last is Quart's."""
_HOOKS = ("before_request", "before_app_request")
_CONVERTER = re.compile(r"<(?:(?P<type>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
_TYPED = {"int": "path:int", "float": "path:float", "uuid": "path:uuid"}
"""Converters that let only numbers or UUIDs through (Werkzeug, URL routing, built-in converters)."""
UNREGISTERED = "flask:unregistered"
"""The router of blueprints that no application is seen to register."""


def rule_inputs(rule: str | None, names: tuple[str, ...]) -> dict[str, str]:
    """The channel of each parameter of a view: all come from the rule, or from a prefix before it."""
    typed = {m["name"]: _TYPED.get(m["type"] or "", "path") for m in _CONVERTER.finditer(rule or "")}
    return {name: typed.get(name, "path") for name in names}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield registrations: decorators, `add_url_rule`, blueprints, hooks, extensions that guard all."""
    yield from _decorated(view)
    yield from _rules(view)
    yield from _blueprints(view)
    yield from _hooks(view)
    yield from _guards(view)


def _apps(view: ModelView) -> tuple[Ref, ...]:
    return made(view, "flask:App", *_APPS)


def _routers(view: ModelView, value: ValueView | None) -> tuple[RouterKey, ...]:
    """The routers meant; `current_app` and an annotated parameter mean the program's one application."""
    found = router_refs(value, ("flask:Router",)) if value is not None else ()
    if found and not any(isinstance(ref.step, tuple) for ref in found) and "flask:App" in found[0].names:
        apps = _apps(view)
        if len(apps) == 1:
            return apps
    return found


def _constructed_prefix(view: ModelView, router: RouterKey) -> str | None:
    """`url_prefix` that a blueprint was made with; "" without, `None` when not constant."""
    call = creation(view, router) if isinstance(router, Ref) else None
    given = call.keyword("url_prefix") if call is not None else None
    return "" if given is None or is_none(given) else given.text


@dataclass(frozen=True, slots=True)
class Registration:
    """One way through which a registration is made: the call itself, or a call of a function around it."""

    call: CallView
    routers: tuple[RouterKey, ...]
    rules: tuple[str | None, ...]
    span: Span
    order: tuple[tuple[str, int], ...]
    chain: tuple[CallView, ...] = ()

    def argument(self, position: int, keyword: str) -> ValueView | None:
        """An argument, taken from the call around when it is handed through."""
        given = self.call.arg(position, keyword)
        return resolve(Bound(given, self.chain))[0].value if given is not None else None


def registrations(view: ModelView, call: CallView, position: int = 0) -> Iterator[Registration]:
    """The registrations that one call in the text stands for; its path is the argument at `position`."""
    given = call.arg(position, "rule")
    rules = texts(Bound(given)) if given is not None else None
    routers = _routers(view, call.receiver)
    if rules is None or not routers:
        found = False
        for chain in sites(view, call.fid):
            bound = texts(Bound(given, chain)) if given is not None else None
            receiver = resolve(Bound(call.receiver, chain))[0].value if call.receiver is not None else None
            if bound is not None and receiver is not None:
                found = True
                place = chain[0].span
                order = view.order(chain[0].fid, place.start)
                yield Registration(call, _routers(view, receiver), bound, place, order, chain)
        if found:
            return
    yield Registration(call, routers, rules or (None,), call.span, view.order(call.fid, call.span.start))


def _prefix(view: ModelView, given: ValueView) -> str | None:
    """A prefix written here, or the one constant that the project's settings hold under its name."""
    instr = given.instr
    if given.text is not None or is_none(given):
        return given.text or ""
    if instr is None or instr.op != Op.ITEM or not isinstance(instr.value, str) or not instr.value.isupper():
        return None
    found = {
        ValueView(view, fid, each.args[0]).text
        for fid, function in view.linker.functions.items()
        if function.kind in ("module", "class")
        for each in view.linker.code(fid)
        if each.op == Op.STORE and each.name == instr.value
    }
    return found.pop() if len(found) == 1 else None


def _methods(registration: Registration) -> tuple[str, ...]:
    """Methods that a registration of a function names; GET when it names none."""
    if registration.call.member in _SHORTCUTS:
        return (registration.call.member.upper(),)
    given = registration.call.keyword("methods")
    if given is None:
        return ("GET",)
    named = constants(given)
    return tuple(name.upper() for name in named) if named else ("*",)


def _decorated(view: ModelView) -> Iterator[RouteNode]:
    calls = tuple(view.members("flask:Router", ("route", *_SHORTCUTS)))
    registering = frozenset((call.fid, call.value) for call in calls)
    for call in calls:
        target = call.decorates
        if call.member in _SHORTCUTS and is_guess(_routers(view, call.receiver)):
            # FastAPI and others are written alike, and more often.
            continue
        for registration in registrations(view, call):
            if target is None:
                # `app.route("/x")(view)`: the decorator called by hand.
                yield from _called_by_hand(view, registration, registering)
            elif target in view.linker.functions and view.function(target).kind != "class":
                below = decorator_links(view, target, registering, call.value)
                above = _exemptions(view, target)
                links = (*(each for each in above if each not in below), *below)
                yield from _nodes(
                    view, registration, function_link(view, target), links, _methods(registration)
                )
            else:
                yield from _class_nodes(view, registration, target, ())


def _exemptions(view: ModelView, fid: str) -> tuple[Link, ...]:
    """Decorators that lift a guard work by the view's name, so their place among the others is free."""
    rows = view.models
    return tuple(
        link(value, "decorator")
        for value in view.decorators(fid)
        if rows.value_rows("python", value.names, Exemption)
    )


def _called_by_hand(
    view: ModelView, registration: Registration, registering: Collection[tuple[str, int]]
) -> Iterator[RouteNode]:
    call = registration.call
    for outer in view.calls(f"{call.name}()"):
        if outer.fid == call.fid and outer.call.args[0] == call.value and outer.args:
            functions, wrappers = handlers(outer.args[0])
            for fid in functions:
                links = (*wrappers, *decorator_links(view, fid, registering))
                yield from _nodes(view, registration, function_link(view, fid), links, _methods(registration))


def _nodes(
    view: ModelView,
    registration: Registration,
    handler: Link,
    links: tuple[Link, ...],
    methods: tuple[str, ...],
) -> Iterator[RouteNode]:
    names = parameters(view.function(handler.functions[0])) if handler.functions else ()
    for router in registration.routers:
        for rule in registration.rules:
            for method in methods:
                yield RouteNode(
                    "flask",
                    router,
                    method,
                    rule,
                    registration.span,
                    registration.order,
                    links,
                    handler,
                    inputs=rule_inputs(rule, names),
                    returns="html",
                )


def view_classes(value: ValueView) -> tuple[tuple[str, ...], tuple[Link, ...]]:
    """The classes whose `as_view()` an expression is, and the wrappers around it."""
    found = tuple(
        ref.base.base.id
        for ref in value.refs
        if ref.kind is Kind.CALL
        and ref.base is not None
        and ref.base.step == "as_view"
        and ref.base.base is not None
        and ref.base.base.kind is Kind.CLASS
    )
    if found:
        return tuple(dict.fromkeys(found)), ()
    call = call_of(value)
    if call is not None:
        for argument in call.args:
            inner, wrappers = view_classes(argument)
            if inner:
                callee = ValueView(value.view, call.fid, call.call.args[0])
                return inner, (link(callee, "wrapper"), *wrappers)
    return (), ()


def _class_nodes(
    view: ModelView, registration: Registration, cid: str, links: tuple[Link, ...]
) -> Iterator[RouteNode]:
    """Nodes of a `View` or `MethodView`: one for each method it answers."""
    given = class_attribute(view, cid, "decorators")
    # The list is applied from first to last, so the last is outermost.
    own = tuple(link(value, "class") for value in reversed(items(given))) if given is not None else ()
    named = registration.call.keyword("methods") or class_attribute(view, cid, "methods")
    chosen = constants(named) if named is not None else None
    found = class_methods(view, cid)
    for name, fid in found.items():
        if chosen is None or name.upper() in (method.upper() for method in chosen):
            handler = function_link(view, fid, "handler", f"{class_name(cid)}.{name}", cid)
            below = decorator_links(view, fid, ())
            yield from _nodes(view, registration, handler, (*links, *own, *below), (name.upper(),))
    dispatch = view.linker.method(cid, "dispatch_request")
    if dispatch is not None and not found:
        handler = function_link(view, dispatch, "handler", f"{class_name(cid)}.dispatch_request", cid)
        default = tuple(method.upper() for method in chosen) if chosen else ("GET",)
        yield from _nodes(view, registration, handler, (*links, *own), default)


def _rules(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("flask:Router", ("add_url_rule",)):
        for registration in registrations(view, call):
            given = registration.argument(2, "view_func")
            if given is not None:
                yield from _ruled(view, registration, given)


def _ruled(view: ModelView, registration: Registration, given: ValueView) -> Iterator[RouteNode]:
    classes, wrappers = view_classes(given)
    for cid in classes:
        yield from _class_nodes(view, registration, cid, wrappers)
    if classes:
        return
    functions, wrappers = handlers(given)
    for fid in functions:
        below = decorator_links(view, fid, ())
        yield from _nodes(
            view, registration, function_link(view, fid), (*wrappers, *below), _methods(registration)
        )
    if not functions:
        yield from _nodes(view, registration, link(given, "handler"), (), _methods(registration))


def _blueprints(view: ModelView) -> Iterator[RouteNode]:
    registered: set[RouterKey] = set()
    for call in view.members("flask:Router", ("register_blueprint",)):
        child = call.arg(0, "blueprint")
        if child is None:
            continue
        for blueprint in router_refs(child, ("flask:Blueprint",)):
            registered.add(blueprint)
            given = call.keyword("url_prefix")
            # A prefix given here replaces the blueprint's own (Flask, `Blueprint.register`).
            prefix = _prefix(view, given) if given is not None else _constructed_prefix(view, blueprint)
            for router in _routers(view, call.receiver):
                yield RouteNode(
                    "flask",
                    router,
                    "*",
                    prefix,
                    call.span,
                    view.order(call.fid, call.span.start),
                    mounts=(blueprint,),
                    is_prefix=True,
                )
    apps = _apps(view)
    for blueprint in made(view, "flask:Blueprint", *_BLUEPRINTS):
        call_made = creation(view, blueprint)
        if blueprint not in registered and call_made is not None:
            yield RouteNode(
                "flask",
                apps[0] if len(apps) == 1 else UNREGISTERED,
                "*",
                _constructed_prefix(view, blueprint),
                call_made.span,
                view.order(call_made.fid, call_made.span.start),
                mounts=(blueprint,),
                is_prefix=True,
            )


def _hooks(view: ModelView) -> Iterator[RouteNode]:
    """`before_request` functions: they run before every view of the router, wherever they stand."""
    for member in _HOOKS:
        for call in view.members("flask:Router", (member,)):
            if not call.args:
                continue
            hook = link(call.args[0], "hook")
            if hook.functions:
                place = definition(view, hook.functions[0])
                hook = Link(
                    hook.functions[0].rpartition("::")[2], hook.functions, hook.names, place, None, "hook"
                )
            routers = _routers(view, call.receiver)
            if member == "before_app_request":
                routers = _apps(view) or routers
            for router in routers:
                yield _everywhere(view, router, hook, call)


def _everywhere(view: ModelView, router: RouterKey, guard: Link, call: CallView) -> RouteNode:
    order = view.order(call.fid, call.span.start)
    return RouteNode("flask", router, "*", "", call.span, order, (guard,), is_prefix=True, everywhere=True)


_PROTECTS = (
    *("flask_wtf.csrf.CSRFProtect", "flask_wtf.CSRFProtect", "flask_wtf.csrf.CsrfProtect"),
    "flask_seasurf.SeaSurf",
)


def _guards(view: ModelView) -> Iterator[RouteNode]:
    """Extensions that check every request of the application they are put on.

    `CSRFProtect(app)` and `csrf.init_app(app)`; a limiter only when it has default limits.
    """
    for call in view.calls(*_PROTECTS):
        for argument in call.args[:1]:
            for router in _routers(view, argument):
                yield _everywhere(view, router, link(call, "hook"), call)
    for call in view.members("flask:Extension", ("init_app",)):
        for argument in call.args[:1]:
            if call.receiver is not None and _limits_all(view, call.receiver):
                for router in _routers(view, argument):
                    yield _everywhere(view, router, link(call.receiver, "hook"), call)
    for call in view.members("flask:Extension", ("exempt",)):
        # Of a blueprint: all of its routes are taken out.
        lifted = link(ValueView(view, call.fid, call.call.args[0]), "exemption")
        for argument in call.args[:1]:
            for router in _routers(view, argument):
                yield _everywhere(view, router, replace(lifted, span=call.span), call)
    for call in view.calls("flask_limiter.Limiter"):
        app = call.keyword("app") or (call.args[1] if len(call.args) > 1 else None)
        if app is not None and call.keyword("default_limits") is not None:
            for router in _routers(view, app):
                yield _everywhere(view, router, link(call, "hook"), call)


def _limits_all(view: ModelView, value: ValueView) -> bool:
    made_by = [creation(view, ref) for ref in value.refs]
    return any(
        call is not None
        and ("flask_limiter.Limiter()" not in value.names or call.keyword("default_limits") is not None)
        for call in made_by
    )


_APPS = ("flask.Flask", "flask.app.Flask", "flask_openapi3.OpenAPI", "apiflask.APIFlask", "quart.Quart")
_BLUEPRINTS = (
    "flask.Blueprint",
    "flask.blueprints.Blueprint",
    "flask_smorest.Blueprint",
    "apiflask.APIBlueprint",
    "flask_openapi3.APIBlueprint",
    "quart.Blueprint",
)

_RESPONSE = "{flask.Response,flask.wrappers.Response,quart.Response,App.response_class}"

FLASK = Library(
    name="flask",
    language="python",
    packages=("flask", "quart", "apiflask", "flask_smorest"),
    types={
        "ErrorHandler": ("Router.{errorhandler,app_errorhandler}()(0)",),
        "CaughtError": ("ErrorHandler<0>",),
        "App": (*(f"{path}()" for path in _APPS), "flask.current_app", "flask.globals.current_app"),
        "Blueprint": tuple(f"{path}()" for path in _BLUEPRINTS),
        "Router": ("App", "Blueprint"),
        "Registered": (
            f"Router.{{route,{','.join(_SHORTCUTS)}}}()()",
            f"Router.{{add_url_rule,register_blueprint,{','.join(_HOOKS)}}}()",
            "Extension.{init_app,exempt}()",
        ),
        "Extension": (
            "flask_wtf.csrf.{CSRFProtect,CsrfProtect}()",
            "flask_wtf.CSRFProtect()",
            "flask_seasurf.SeaSurf()",
            "flask_limiter.Limiter()",
        ),
        "ViewClass": ("flask.views.{View,MethodView}",),
        "View": ("ViewClass.as_view()",),
        "Request": (
            "flask.request",
            "flask.globals.request",
            "quart.request",
            "graphene:Context",
            "werkzeug:Request",
        ),
        "Upload": ("Request.files[]", "Request.files.get()", "Request.files.getlist()[]"),
        "Response": ("flask.Response()", "flask.make_response()", "flask.wrappers.Response()"),
        "Session": ("flask.session", "flask.globals.session", "quart.session"),
    },
    sites=("App", "Blueprint", "Extension"),
    shapes={"Request": "request", "Session": "session", "App": "app", "Blueprint": r"bp|blueprint|\w+_bp"},
    concepts=(
        RequestInput("Request.{args,values,query_string}", channel="query"),
        RequestInput("Request.form", channel="form"),
        RequestInput("Request.{json,data,stream}", channel="body"),
        RequestInput("Request.{get_json,get_data}()", channel="body"),
        RequestInput("Request.files", channel="files"),
        # A message waits for the next page, whose template asks for it by the function's bare name.
        StateWrite("flask.flash(0|message)", store="flash"),
        StateRead("{flask,builtins}.get_flashed_messages()", store="flash"),
        RequestInput("Upload.{filename,mimetype,content_type}", channel="files"),
        RequestInput("Upload.{read,stream.read}()", channel="files"),
        RequestInput("Request.{headers,user_agent,authorization,host,origin}", channel="headers"),
        RequestInput("Request.cookies", channel="cookies"),
        SessionStore("flask.session"),
        RequestInput("Request.view_args", channel="path"),
        RequestInput("Request.{path,full_path,url,base_url,host_url,url_root,referrer}", channel="address"),
        # Built from the application's own routes; only the query can hold input.
        Sanitizer("flask.url_for()", contexts=(Context.REDIRECT, Context.URL)),
        Sanitizer(
            "Request.{args,form,values,headers,cookies}.get()",
            TEXT,
            when="(type)",
            values=("builtins.int", "builtins.float", "builtins.bool", "uuid.UUID"),
        ),
        CredentialRead("Session"),
        SameSite("App.config.SESSION_COOKIE_SAMESITE"),
        SameSite("App.config.{update,from_mapping}(SESSION_COOKIE_SAMESITE)"),
        CredentialRead("Request.authorization"),
        CredentialRead("Request.headers.Authorization"),
        Principal("flask.g.{user,current_user}"),
        # Whoever a project's own login manager finds: `current_user = LocalProxy(lambda: _get_user())`.
        Principal(
            "werkzeug.local.LocalProxy()",
            named=r"(?:current|logged_in|auth)_?(?:user|account|member|identity)",
        ),
        FileAccess("flask.send_file(0|path_or_file)", action="send"),
        FileAccess("Upload.save(0|dst)", action="write"),
        # What is below the folder is contained (werkzeug.utils.safe_join); the folder itself is not.
        FileAccess("flask.send_from_directory(0|directory)", action="send"),
        FileAccess("App.{open_resource,open_instance_resource}(0|resource)"),
        Redirect("flask.redirect(0|location)"),
        TemplateRender(
            "flask.{render_template,stream_template}(0|template_name_or_list)", values="**", escapes="html"
        ),
        AutoEscape("App.jinja_env.autoescape"),
        TemplateSource("flask.{render_template_string,stream_template_string}(0|source)"),
        HtmlResponse("flask.make_response(0)", unless_json=True),
        HtmlResponse(
            f"{_RESPONSE}(0|response)",
            content_type=("(3|mimetype)", "(4|content_type)", "(2|headers).Content-Type"),
        ),
        ServedType(f"{_RESPONSE}(3|mimetype)"),
        ServedType(f"{_RESPONSE}(4|content_type)"),
        ServedType("flask.send_file(1|mimetype)", unless="(as_attachment)"),
        HtmlResponse("Response.set_data(0|value)"),
        Redirect("Response.{location,headers.Location}"),
        Redirect(f"{_RESPONSE}(2|headers).Location"),
        Redirect("Response.headers.{add,set,add_header}(1)", header="(0)"),
        HtmlMarkup("flask.Markup(0)"),
        ResponseBody("flask.{jsonify,make_response}(*)"),
        ResponseBody(
            "{flask.Response,flask.wrappers.Response,quart.Response,App.response_class}(0|response)"
        ),
        ResponseBody("flask.abort(1|description)"),
        Denial("flask.abort(0)"),
        Exit("flask.abort()"),
        Denial("flask.{make_response,Response}(1|status)"),
        DebugSwitch("App.run(2|debug)"),
        DebugSwitch("App.debug"),
        DebugSwitch("App.config.{DEBUG,PROPAGATE_EXCEPTIONS,TRAP_HTTP_EXCEPTIONS}"),
        DebugSwitch("App.config.{update,from_mapping}(DEBUG)"),
        SecretUse("App.{secret_key,config.SECRET_KEY}", what="signing key"),
        ErrorHandler("Router.{errorhandler,app_errorhandler}()(0)", returns="html"),
        ErrorDetail("CaughtError"),
        ErrorHandler("Router.register_error_handler(1|f)", returns="html"),
    ),
    routes=routes,
)
