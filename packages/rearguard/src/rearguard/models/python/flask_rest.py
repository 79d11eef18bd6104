"""Resource classes on Flask: Flask-RESTful, Flask-RESTX, flask-smorest.

API reference: https://flask-restful.readthedocs.io/en/latest/api.html,
https://flask-restx.readthedocs.io/en/latest/api.html, https://flask-smorest.readthedocs.io/en/latest/api_reference.html
"""

from collections.abc import Iterator

from rearguard.link import Kind, Ref
from rearguard.models.concepts import Denial, Exit, Guard, RequestInput, ResponseBody
from rearguard.models.dsl import Library
from rearguard.models.python.expansion import Bound, bound_arguments, resolve, sites, texts
from rearguard.models.python.flask import rule_inputs
from rearguard.models.python.support import (
    class_attribute,
    class_methods,
    class_name,
    decorator_links,
    follow,
    function_link,
    items,
    link,
    options,
    parameters,
    router_refs,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op, Span

__all__ = ["FLASK_REST"]

_MODULES = "{flask_restful,flask_restx,flask_restplus}"
_APIS = ("flask_restful.Api", "flask_restx.Api", "flask_restplus.Api", "flask_smorest.Api")
_NAMESPACES = ("flask_restx.Namespace", "flask_restplus.Namespace", "flask_rest:Api.namespace")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield resources, namespaces, and where APIs are put."""
    yield from _attached(view)
    yield from _namespaces(view)
    yield from _resources(view)


def _attached(view: ModelView) -> Iterator[RouteNode]:
    """`Api(app, prefix=...)` and `api.init_app(app)`, on an application or a blueprint."""
    placed: set[RouterKey] = set()
    for call in view.calls(*_APIS):
        given = call.arg(0, "app") or call.keyword("blueprint")
        for api in call.refs:
            if given is not None and "flask_rest:Api" in api.names:
                placed.add(api)
                yield from _put(view, call, given, api)
    for call in view.members("flask_rest:Router", ("init_app",)):
        given = call.arg(0, "app")
        if given is not None and call.receiver is not None:
            for api in router_refs(call.receiver, ("flask_rest:Api",)):
                if api not in placed:
                    yield from _put(view, call, given, api)


def _put(view: ModelView, call: CallView, target: ValueView, api: Ref) -> Iterator[RouteNode]:
    given = options(view, api, "prefix")
    prefix = given[-1].text if given else ""
    for router in router_refs(target, ("flask:Router",)):
        yield _mount(view, call, router, prefix, (api,))


def _mount(
    view: ModelView, call: CallView, router: RouterKey, path: str | None, children: tuple[RouterKey, ...]
) -> RouteNode:
    order = view.order(call.fid, call.span.start)
    return RouteNode("flask", router, "*", path, call.span, order, mounts=children, is_prefix=True)


def _namespaces(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("flask_rest:Router", ("add_namespace",)):
        child, given = call.arg(0, "ns"), call.arg(1, "path")
        for namespace in router_refs(child, ("flask_rest:Namespace",)) if child is not None else ():
            path = given.text if given is not None else _own_path(view, namespace)
            for api in router_refs(call.receiver, ("flask_rest:Api",)) if call.receiver else ():
                yield _mount(view, call, api, path, (namespace,))
    for call in view.members("flask_rest:Api", ("namespace",)):
        for namespace in call.refs:
            for api in router_refs(call.receiver, ("flask_rest:Api",)) if call.receiver else ():
                yield _mount(view, call, api, _own_path(view, namespace), (namespace,))
    for call in view.members("flask_rest:Router", ("register_blueprint",)):
        # flask-smorest: the API hands the blueprint on to its application.
        child, given = call.arg(0, "blp"), call.keyword("url_prefix")
        for blueprint in router_refs(child, ("flask:Blueprint",)) if child is not None else ():
            prefix = options(view, blueprint, "url_prefix")
            path = given.text if given is not None else prefix[-1].text if prefix else ""
            for api in router_refs(call.receiver, ("flask_rest:Api",)) if call.receiver else ():
                yield _mount(view, call, api, path, (blueprint,))


def _own_path(view: ModelView, namespace: Ref) -> str | None:
    """The path of a namespace: `path`, or its name after a slash."""
    given = options(view, namespace, "path")
    if given:
        return given[-1].text
    for call in view.calls(*_NAMESPACES):
        if namespace in call.refs:
            name = call.arg(0, "name")
            return f"/{name.text}" if name is not None and name.text is not None else None
    return None


def _resources(view: ModelView) -> Iterator[RouteNode]:
    for call in view.members("flask_rest:Router", ("add_resource",)):
        for parts in _listed(view, call):
            rules = tuple(part.text for part in parts[1:])
            for cid in _classes(parts[0], ()):
                yield from _nodes(view, call, cid, rules, parts[0].span)
        for chain in sites(view, call.fid) if _is_handed_through(call) else ((),):
            place = chain[0].span if chain else call.span
            resource = bound_arguments(call, chain, 0)[:1]
            rules = _rules(bound_arguments(call, chain, 1))
            for given in resource:
                for cid in _classes(given.value, chain):
                    yield from _nodes(view, call, cid, rules, place)
    for call in view.members("flask_rest:Router", ("route",)):
        target = call.decorates
        if target is not None and view.function(target).kind == "class":
            yield from _nodes(view, call, target, _rules(bound_arguments(call, (), 0)), call.span)


def _listed(view: ModelView, call: CallView) -> Iterator[tuple[ValueView, ...]]:
    """What a loop registers: `for route in ROUTES: api.add_resource(*route)`, a class and its rules each."""
    keys = call.call.keys
    if len(keys) != 1 or keys[0] != "*":
        return
    definitions = view.definitions(call.fid)
    given = definitions.get(call.call.args[1])
    if given is None or given.op != Op.LOAD:
        return
    for instr in view.linker.code(call.fid):
        looped = definitions.get(instr.args[0]) if instr.op == Op.STORE and instr.name == given.name else None
        if looped is not None and looped.op == Op.ITER:
            for element in items(ValueView(view, call.fid, looped.args[0])):
                parts = items(element)
                if len(parts) > 1:
                    yield parts


def _is_handed_through(call: CallView) -> bool:
    """Whether the resource comes in through a parameter."""
    return (
        not call.args
        or not any(ref.kind is Kind.CLASS for ref in call.args[0].refs[:1])
        or "*" in call.call.keys
    )


def _classes(value: ValueView, chain: tuple[CallView, ...]) -> tuple[str, ...]:
    found = [
        ref.id for each in resolve(Bound(value, chain)) for ref in each.value.refs if ref.kind is Kind.CLASS
    ]
    return tuple(dict.fromkeys(found))


def _rules(given: tuple[Bound, ...]) -> tuple[str | None, ...]:
    found: list[str | None] = []
    for each in given:
        found.extend(texts(each) or (None,))
    return tuple(dict.fromkeys(found)) or (None,)


def _nodes(
    view: ModelView, call: CallView, cid: str, rules: tuple[str | None, ...], place: Span
) -> Iterator[RouteNode]:
    routers = router_refs(call.receiver, ("flask_rest:Router",)) if call.receiver is not None else ()
    for router in routers:
        around = tuple(
            link(v, "class") for given in options(view, router, "decorators") for v in items(given)
        )
        for name, fid in class_methods(view, cid).items():
            handler = function_link(view, fid, "handler", f"{class_name(cid)}.{name}", cid)
            links = (*around, *_class_links(view, cid, name), *decorator_links(view, fid, ()))
            names = parameters(view.function(fid))
            for rule in rules:
                yield RouteNode(
                    "flask",
                    router,
                    name.upper(),
                    rule,
                    place,
                    view.order(call.fid, call.span.start),
                    links,
                    handler,
                    inputs=rule_inputs(rule, names),
                    returns="json",
                )


def _class_links(view: ModelView, cid: str, method: str) -> tuple[Link, ...]:
    """`method_decorators`: a list for all methods, or one for each; the last is outermost."""
    found: list[Link] = []
    for name in ("decorators", "method_decorators"):
        given = class_attribute(view, cid, name)
        if given is not None:
            instr = follow(given).instr
            by_method = instr is not None and instr.op == Op.COLLECT and instr.name == "dict"
            chosen = follow(given).key(method) if by_method else given
            if chosen is not None:
                found.extend(link(value, "class") for value in reversed(items(chosen)))
    return tuple(found)


FLASK_REST = Library(
    name="flask_rest",
    language="python",
    packages=("flask_restful", "flask_restx", "flask_restplus", "flask_smorest"),
    types={
        "Api": tuple(f"{path}()" for path in _APIS),
        "Namespace": (
            "{flask_restx,flask_restplus}.Namespace()",
            "Api.namespace()",
        ),
        "Router": ("Api", "Namespace"),
        "Registered": (
            "Router.{add_resource,add_namespace,init_app,register_blueprint}()",
            "Router.route()()",
        ),
        "Resource": (f"{_MODULES}.Resource",),
        "Parser": (f"{_MODULES}.reqparse.RequestParser()", "Router.parser()", "Parser.copy()"),
    },
    sites=("Api", "Namespace"),
    concepts=(
        RequestInput("Parser.parse_args()", channel="body", declared=True),
        RequestInput("Router.payload", channel="body"),
        Denial(f"{_MODULES}.abort(0)"),
        Exit(f"{_MODULES}.abort()"),
        Denial("flask_smorest.abort(0)"),
        Exit("flask_smorest.abort()"),
        Denial("Router.abort(0|code)"),
        Exit("Router.abort()"),
        ResponseBody(f"{_MODULES}.marshal(0|data)"),
        Guard("flask:Blueprint.arguments()", kind="validation"),
        Guard("Router.expect()", kind="validation"),
    ),
    routes=routes,
)
