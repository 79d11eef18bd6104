"""LoopBack 4. API references: https://loopback.io/doc/en/lb4/Decorators_openapi.html,
https://loopback.io/doc/en/lb4/Authentication-component-decorator.html,
https://loopback.io/doc/en/lb4/Decorators_authorize.html, https://loopback.io/doc/en/lb4/Repository.html
"""

from collections.abc import Iterable, Iterator

from rearguard.models.concepts import (
    Denial,
    Exemption,
    FileAccess,
    Guard,
    ResourceAccess,
    SqlExecution,
    StoredInput,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import call_of, follow, link_of, texts_of
from rearguard.models.javascript.decorators import methods
from rearguard.models.routing import Link, RouteNode, join_paths
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Span

__all__ = ["LOOPBACK"]

_PACKAGES = ("@loopback/rest", "@loopback/openapi-v3")
_VERBS = {"get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "del": "DELETE", "head": "HEAD"}
_PLACES = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
_KINDS = {
    "string": "",
    "number": ":int",
    "integer": ":int",
    "long": ":int",
    "float": ":int",
    "double": ":int",
}
_BODIES = ("requestBody", "requestBody.array", "requestBody.file")
_INJECTED = {
    "RestBindings.Http.REQUEST": "request",
    "RestBindings.Http.RESPONSE": "response",
    "SecurityBindings.USER": "principal",
    "AuthenticationBindings.CURRENT_USER": "principal",
}


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per decorated method; `@authenticate` may stand on the class or on the method."""
    for path, module in view.linker.modules.items():
        for name in module.classes:
            cid = f"{path}::{name}"
            for method, fid in methods(view, cid):
                for verb, place, call in _verbs(view.decorators(fid)):
                    yield _node(view, cid, f"{name}.{method}", fid, verb, place, call)


def _called(value: ValueView) -> tuple[CallView, tuple[str, ...]] | None:
    """A decorator's call, and what it calls, without the package's name."""
    call = call_of(follow(value))
    if call is None:
        return None
    names = ValueView(call.view, call.fid, call.call.args[0]).names
    found = tuple(n.removeprefix(f"{p}.") for n in names for p in _PACKAGES if n.startswith(f"{p}."))
    return call, found


def _verbs(values: Iterable[ValueView]) -> Iterator[tuple[str, ValueView | None, CallView]]:
    for value in values:
        found = _called(value)
        if found is None:
            continue
        call, names = found
        for name in names:
            if name in _VERBS:
                yield _VERBS[name], call.args[0] if call.args else None, call
            elif name == "operation" and len(call.args) > 1:
                yield ("".join(texts_of(call.args[0])[:1]) or "*").upper(), call.args[1], call


def _node(
    view: ModelView, cid: str, label: str, fid: str, verb: str, place: ValueView | None, call: CallView
) -> RouteNode:
    function, path = view.function(fid), view.linker.module_of[fid]
    texts = texts_of(place) if place is not None else ("",)
    span = Span(path, function.name_start, function.name_end)
    base = _base(view, cid)
    whole = join_paths(base, texts[0]) if base is not None and len(texts) == 1 else None
    return RouteNode(
        "loopback",
        "loopback application",
        verb,
        whole,
        call.span,
        ((path, function.start),),
        (*_links(view.class_decorators(cid)), *_links(view.decorators(fid))),
        Link(label, (fid,), (), span, None, "handler"),
        inputs={**_inputs(view, fid), **_of_object(view, cid)},
        returns="json",
    )


def _base(view: ModelView, cid: str) -> str | None:
    """The `basePath` that `@api` gives to a controller."""
    for value in view.class_decorators(cid):
        found = _called(value)
        if found is not None and "api" in found[1] and found[0].args:
            given = found[0].args[0].key("basePath")
            if given is not None:
                texts = texts_of(given)
                return texts[0] if len(texts) == 1 else None
    return ""


def _links(values: Iterable[ValueView]) -> tuple[Link, ...]:
    """Decorators that say who may call, that lift such a one, or that run something around the method."""
    return tuple(link_of(value, "decorator") for value in values if value.has_type("loopback:Restriction"))


def _of_object(view: ModelView, cid: str) -> dict[str, str]:
    """Members that hold the caller: a controller is made for each request, with what `@inject` names."""
    fid = view.linker.constructor(cid)
    given = _inputs(view, fid) if fid is not None else {}
    return {f"this.{name}": channel for name, channel in given.items() if channel == "principal"}


def _inputs(view: ModelView, fid: str) -> dict[str, str]:
    """Parameter -> channel, by its decorator."""
    function = view.function(fid)
    parent = f"{view.linker.module_of[fid]}::{function.parent}"
    found: dict[str, str] = {}
    for param in function.params:
        for number in param.decorators:
            channel = _channel(ValueView(view, parent, number))
            if channel:
                found[param.name] = channel
    return found


def _channel(value: ValueView) -> str:
    found = _called(value)
    if found is None:
        return ""
    call, names = found
    for name in names:
        head, _, kind = name.removeprefix("param.").partition(".")
        if name in _BODIES:
            return "body"
        if name.startswith("param.") and head in _PLACES:
            return _PLACES[head] + _KINDS.get(kind, "")
        if name in ("param.filter", "param.where"):
            return "query"
        if name == "param.array" and len(call.args) > 1:
            return _PLACES.get("".join(texts_of(call.args[1])[:1]), "")
        if name == "param" and call.args and (given := call.args[0].key("in")) is not None:
            return _PLACES.get("".join(texts_of(given)[:1]), "")
    if value.has_type("loopback:Inject") and call.args:
        return _INJECTED.get("".join(call.args[0].source_text.split()), "")
    return ""


_REST = "{@loopback/rest,@loopback/openapi-v3}"
_WHERES = "{string,number,integer,boolean,date,dateTime,object,long,float,double,byte,binary,password}"

LOOPBACK = Library(
    name="loopback",
    language="javascript",
    packages=("@loopback/rest", "@loopback/core", "@loopback/repository", "@loopback/authentication"),
    types={
        "Decorator": (
            f"{_REST}.{{get,post,put,patch,del,head,operation,api,param,requestBody}}()",
            f"{_REST}.param.{{path,query,header,cookie}}.{_WHERES}()",
            f"{_REST}.param.{{filter,where,array}}()",
            f"{_REST}.requestBody.{{array,file}}()",
        ),
        "Inject": ("{@loopback/core,@loopback/context}.inject()",),
        "Restriction": (
            "@loopback/authentication.authenticate()",
            "@loopback/authorization.authorize()",
            "{@loopback/core,@loopback/context}.intercept()",
            "@loopback/{authentication.authenticate,authorization.authorize}.skip()",
            "loopback4-authentication.authenticate()",
            "loopback4-authorization.authorize()",
        ),
        "Repository": (
            "@loopback/repository.{DefaultCrudRepository,DefaultTransactionalRepository,CrudRepository}()",
            "@loopback/repository.{EntityCrudRepository,HasManyRepository,DefaultHasManyRepository}()",
            "loopback4-soft-delete.{SoftCrudRepository,DefaultTransactionSoftCrudRepository}()",
        ),
        "Source": (
            "@loopback/repository.{juggler.DataSource,DataSource}()",
            "Repository.dataSource",
            "loopback-datasource-juggler.DataSource()",
        ),
        "Response": ("@loopback/rest.Response()",),
    },
    concepts=(
        Guard("@loopback/authentication.authenticate()", "authentication"),
        Guard("@loopback/authorization.authorize()", "authorization"),
        Guard("loopback4-authentication.authenticate()", "authentication"),
        Guard("loopback4-authorization.authorize()", "authorization"),
        Exemption("@loopback/authentication.authenticate.skip()", kind="authentication"),
        Exemption("@loopback/authorization.authorize.skip()", kind="authorization"),
        Denial("@loopback/rest.HttpErrors.Unauthorized()", status=401),
        Denial("@loopback/rest.HttpErrors.Forbidden()", status=403),
        Denial("@loopback/rest.HttpErrors.NotFound()", status=404),
        Denial("@loopback/rest.HttpErrors(0)"),
        Denial("@loopback/repository.EntityNotFoundError()", status=404),
        FileAccess("Response.{download,sendFile}(0)", action="send"),
        SqlExecution("{Repository,Source}.execute(0)", parameters="(1)", style="dollar"),
        StoredInput("Repository.{findById,findOne,create}()"),
        StoredInput("Repository.find()[]"),
        ResourceAccess("Repository.{findById,exists}(self)", op="read", key="(0)"),
        ResourceAccess("Repository.findOne(self)", op="read", key="(0).where"),
        ResourceAccess("Repository.find(self)", op="list", key="(0).where"),
        ResourceAccess("Repository.count(self)", op="list", key="(0)"),
        ResourceAccess("Repository.{create,createAll,save}(self)", op="create", key="(0)"),
        ResourceAccess("Repository.{updateById,replaceById}(self)", op="update", key="(0)"),
        ResourceAccess("Repository.updateAll(self)", op="update", key="(1)"),
        ResourceAccess("Repository.deleteById(self)", op="delete", key="(0)"),
        ResourceAccess("Repository.deleteAll(self)", op="delete", key="(0)"),
    ),
    routes=routes,
)
