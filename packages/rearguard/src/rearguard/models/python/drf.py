"""Django REST framework. API reference: https://www.django-rest-framework.org/api-guide/"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rearguard.link import Kind, Ref, function_id
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    Exemption,
    FieldKind,
    Guard,
    Principal,
    RequestInput,
    ResponseBody,
    Schema,
)
from rearguard.models.dsl import Library
from rearguard.models.python.drf_permissions import Chosen, by_action
from rearguard.models.python.support import (
    HTTP_METHODS,
    behind_views,
    call_of,
    class_attribute,
    class_methods,
    class_name,
    class_span,
    constants,
    decorator_links,
    follow,
    function_link,
    items,
    parameters,
    router_refs,
)
from rearguard.models.routing import UNASKED, VOID, Implied, Link, RouteNode, join_paths
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import MODULE_BODY, Op

__all__ = [
    "DRF",
    "explicit_policies",
    "generic_methods",
    "implied",
    "mapped_handlers",
    "policies",
    "steps",
    "asks_object",
    "unasked",
    "without_object",
]

_SCOPE = "throttle_scope"
_SCOPED = re.compile(r"rest_framework\.throttling\.ScopedRateThrottle")
_POLICIES = ("authentication_classes", "permission_classes", "throttle_classes")
_CHECKS = ("has_permission", "has_object_permission", "authenticate", "allow_request")
_VERDICTS = (".has_permission", ".has_object_permission", ".allow_request")
_ACTIONS = {
    "list": ("GET", ""),
    "create": ("POST", ""),
    "retrieve": ("GET", "/<{key}>"),
    "update": ("PUT", "/<{key}>"),
    "partial_update": ("PATCH", "/<{key}>"),
    "destroy": ("DELETE", "/<{key}>"),
}
_MIXINS = {
    "ListModelMixin": ("list",),
    "CreateModelMixin": ("create",),
    "RetrieveModelMixin": ("retrieve",),
    "UpdateModelMixin": ("update", "partial_update"),
    "DestroyModelMixin": ("destroy",),
    "ReadOnlyModelViewSet": ("list", "retrieve"),
    "ModelViewSet": tuple(_ACTIONS),
}
_GENERIC = {
    "ListAPIView": ("GET",),
    "CreateAPIView": ("POST",),
    "RetrieveAPIView": ("GET",),
    "UpdateAPIView": ("PUT", "PATCH"),
    "DestroyAPIView": ("DELETE",),
    "ListCreateAPIView": ("GET", "POST"),
    "RetrieveUpdateAPIView": ("GET", "PUT", "PATCH"),
    "RetrieveDestroyAPIView": ("GET", "DELETE"),
    "RetrieveUpdateDestroyAPIView": ("GET", "PUT", "PATCH", "DELETE"),
}
_DEEDS = {
    "list": "list",
    "create": "create",
    "retrieve": "read",
    "update": "update",
    "partial_update": "update",
    "destroy": "delete",
}
"""What the actions of a view set do to the objects that it names."""
_STEPS = {
    "list": ("get_queryset",),
    "create": ("perform_create",),
    "read": ("get_object", "get_queryset"),
    "update": ("get_object", "get_queryset", "perform_update"),
    "delete": ("get_object", "get_queryset", "perform_destroy"),
}
"""Methods that a deed runs, where a class has them."""
_EVERYBODY = re.compile(r"rest_framework\.permissions\.(?:AllowAny|IsAuthenticated)")
_OBJECTS = frozenset({"get_object", "check_object_permissions"})
"""Calls that ask `has_object_permission`; nothing else does."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the endpoints of view sets registered on routers."""
    for call in view.members("rest_framework:Router", ("register",)):
        prefix, given = call.arg(0, "prefix"), call.arg(1, "viewset")
        if given is None:
            continue
        text = prefix.text if prefix is not None else None
        for cid in given.classes:
            for router in router_refs(call.receiver, ("rest_framework:Router",)) if call.receiver else ():
                yield from _registered(view, call, router, text, cid)


def _registered(
    view: ModelView, call: CallView, router: Ref, prefix: str | None, cid: str
) -> Iterator[RouteNode]:
    base = None if prefix is None else "/" + prefix.removeprefix("^")
    for action, method, suffix, fid in (*_standard(view, cid), *_extra(view, cid)):
        own = decorator_links(view, fid, ()) if fid is not None else ()
        replaced = _action_policies(view, fid, cid) if fid is not None else ()
        asked = replaced or policies(view, cid, action, method)
        if not suffix.startswith("/<"):
            asked = without_object(asked)
        elif not asks_object(view, cid, fid):
            asked = unasked(asked)
        chain = (*asked, *_plain(own))
        deed = implied(view, cid, _DEEDS[action], suffix.strip("/<>")) if fid is None else None
        functions = steps(view, cid, deed) if deed is not None else ()
        label = f"{class_name(cid)}.{action}"
        handler = Link(label, functions, (), class_span(view, cid), None, "handler", cls=cid)
        if fid is not None:
            handler = function_link(view, fid, "handler", label, cid)
        names = parameters(view.function(fid)) if fid is not None else ()
        yield RouteNode(
            "django",
            router,
            method,
            None if base is None else join_paths(base, suffix),
            call.span,
            view.order(call.fid, call.span.start),
            chain,
            handler,
            inputs=dict.fromkeys(names[:1], "request") | dict.fromkeys(names[1:], "path"),
            returns="json",
            implied=deed,
        )


def mapped_handlers(
    view: ModelView, cid: str, actions: ValueView
) -> Iterator[tuple[str, Link, tuple[Link, ...], Implied | None]]:
    """(method, handler, chain, what it does by itself) of `Notes.as_view({"get": "list"})`."""
    for method in HTTP_METHODS:
        named = actions.key(method)
        action = named.text if named is not None else None
        if action is None:
            continue
        around = policies(view, cid, action, method.upper())
        label = f"{class_name(cid)}.{action}"
        fid = view.linker.method(cid, action)
        if fid is not None:
            asked = _action_policies(view, fid, cid) or around
            asked = asked if asks_object(view, cid, fid) else without_object(asked)
            links = _plain(decorator_links(view, fid, ()))
            yield method.upper(), function_link(view, fid, "handler", label, cid), (*asked, *links), None
            continue
        deed = implied(view, cid, _DEEDS[action], _key(view, cid)) if action in _DEEDS else None
        functions = steps(view, cid, deed) if deed is not None else ()
        handler = Link(label, functions, (), class_span(view, cid), None, "handler", cls=cid)
        yield (
            method.upper(),
            handler,
            around if deed is not None and deed.key else without_object(around),
            deed,
        )


def implied(view: ModelView, cid: str, operation: str, key: str) -> Implied | None:
    """What a view does by itself; nothing where its class does not say to which objects."""
    named = any(class_attribute(view, cid, name) is not None for name in ("queryset", "model"))
    if not named and view.linker.method(cid, "get_queryset") is None:
        return None
    return Implied(operation, cid, "" if operation in ("list", "create") else key)


def steps(view: ModelView, cid: str, deed: Implied) -> tuple[str, ...]:
    """The methods of the class that run for a deed; of both ways to find an object the first."""
    found = class_methods(view, cid, _STEPS[deed.operation])
    if "get_object" in found:
        found.pop("get_queryset", None)
    return tuple(found.values())


def asks_object(view: ModelView, cid: str, fid: str | None) -> bool:
    """Whether an action asks for the permission to its object: one that is written out by a call, in itself
    or in methods that it calls; any other unless its class finds the object in another way."""
    start = fid if fid is not None else view.linker.method(cid, "get_object")
    pending, seen = [start] if start is not None else [], set[str]()
    while pending:
        current = pending.pop()
        seen.add(current)
        definitions = view.definitions(current)
        for instr in view.linker.code(current):
            callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
            if callee is None:
                continue
            own = view.linker.method(cid, callee.name) if callee.op == Op.ATTR else None
            if own is not None and own not in seen:
                pending.append(own)
            elif callee.name == "super" or (callee.name in _OBJECTS and own is None):
                return True
    return start is None


def unasked(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Permissions where nobody asks `has_object_permission`, and those to be told of that never run."""
    found = list(without_object(links))
    for each in links:
        never = tuple(fid for fid in each.functions if fid.endswith(".has_object_permission"))
        found.extend([replace(each, functions=never, how=UNASKED)] if never else [])
    return tuple(found)


def without_object(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """The same permissions where no single object is looked up: nobody asks `has_object_permission` then."""
    found: list[Link] = []
    for each in links:
        kept = tuple(fid for fid in each.functions if not fid.endswith(".has_object_permission"))
        if kept or not each.functions or _inherits_verdict(each):
            found.append(replace(each, functions=kept))
    return tuple(found)


def _inherits_verdict(link: Link) -> bool:
    """Whether a class of the project leaves `has_permission` to a library's class that refuses somebody:
    `class Permitted(DjangoObjectPermissions)`."""
    return not any(fid.endswith(".has_permission") for fid in link.functions) and any(
        name.startswith("rest_framework.permissions.") and not name.endswith(".BasePermission")
        for name in link.names
    )


def _plain(links: tuple[Link, ...]) -> tuple[Link, ...]:
    return tuple(each for each in links if "rest_framework.decorators.action()" not in each.names)


def _standard(view: ModelView, cid: str) -> Iterator[tuple[str, str, str, str | None]]:
    """(action, method, path below the prefix, function) of list, create and so on."""
    ref = view.linker.table.make(Kind.CLASS, None, cid)
    kinds = {name.rpartition(".")[2] for name in ref.names if name.startswith("rest_framework.")}
    inherited = {action for kind in kinds for action in _MIXINS.get(kind, ())}
    for action, (method, suffix) in _ACTIONS.items():
        fid = view.linker.method(cid, action)
        if fid is not None or action in inherited:
            yield action, method, suffix.format(key=_key(view, cid)), fid


def _key(view: ModelView, cid: str) -> str:
    for name in ("lookup_url_kwarg", "lookup_field"):
        given = class_attribute(view, cid, name)
        if given is not None and given.text:
            return given.text
    return "pk"


def _extra(view: ModelView, cid: str) -> Iterator[tuple[str, str, str, str | None]]:
    """Methods marked with `@action(detail=..., methods=..., url_path=...)`."""
    for current in view.linker.lineage(cid):
        path, _, name = current.rpartition("::")
        for member, qualified in view.linker.modules[path].classes[name].methods.items():
            fid = function_id(path, qualified)
            for value in view.decorators(fid):
                call = call_of(value)
                if call is None or "rest_framework.decorators.action()" not in call.names:
                    continue
                given, detail, named = (
                    call.keyword("url_path"),
                    call.keyword("detail"),
                    call.keyword("methods"),
                )
                below = f"/<{_key(view, cid)}>" if detail is not None and detail.const is True else ""
                text = given.text if given is not None else member
                for method in constants(named) or ("GET",):
                    yield member, method.upper(), f"{below}/{text}", fid


def _action_policies(view: ModelView, fid: str, cid: str) -> tuple[Link, ...]:
    """What is given to `@action` replaces what the class says; nothing where the action says nothing."""
    calls = [call for call in map(call_of, view.decorators(fid)) if call is not None]
    given = {name: held for call in calls for name in _POLICIES if (held := call.keyword(name)) is not None}
    if not given:
        return ()
    found: list[Link] = []
    for name in _POLICIES:
        held = given.get(name) or class_attribute(view, cid, name)
        elements = _parts(held) if held is not None else _defaults(view, name)
        found.extend(link for element in elements for link in _policy(element, name))
    return tuple(found)


def generic_methods(view: ModelView, cid: str) -> tuple[str, ...]:
    """HTTP methods that a generic view answers without code of its own."""
    ref = view.linker.table.make(Kind.CLASS, None, cid)
    kinds = [name.rpartition(".")[2] for name in ref.names if name.startswith("rest_framework.generics.")]
    return tuple(dict.fromkeys(method for kind in kinds for method in _GENERIC.get(kind, ())))


def policies(view: ModelView, cid: str, action: str = "", method: str = "") -> tuple[Link, ...]:
    """Who may call a view class: its own classes, else the defaults of the settings; for one action, what
    `get_permissions` says of that."""
    found: list[Link] = []
    # `class Items(ListAPIView, Guarded)`: the view's own settings go before those of what stands behind it.
    late = behind_views(view, cid)
    asked = view.linker.method(cid, "get_permissions") if method else None
    chosen = by_action(view, cid, asked, action, method) if asked is not None else None
    for name in _POLICIES:
        given = class_attribute(view, cid, name, late)
        elements = _parts(given) if given is not None else _defaults(view, name)
        if chosen is not None and name == "permission_classes":
            elements = tuple(_chosen(chosen, elements))
        if name == "throttle_classes" and class_attribute(view, cid, _SCOPE) is None:
            # Without a scope it lets everything through.
            elements = tuple(one for one in elements if not any(map(_SCOPED.fullmatch, _paths(one))))
        found.extend(link for element in elements for link in _policy(element, name))
    for name in ("get_permissions", "initial", "check_permissions"):
        fid = view.linker.method(cid, name)
        if fid is not None and not (chosen is not None and fid == asked):
            found.append(function_link(view, fid, "class", f"{class_name(cid)}.{name}", cid))
    return tuple(found)


def _chosen(chosen: Chosen, as_ever: Iterable[ValueView]) -> Iterator[ValueView]:
    """The classes that `get_permissions` gives."""
    for part in chosen:
        if isinstance(part, str):
            yield from as_ever
        elif isinstance(part, list):
            yield from part
        else:
            yield from _parts(part)


def explicit_policies(view: ModelView, fid: str) -> tuple[Link, ...]:
    """Who may call a view function: its decorators, else the defaults of the settings."""
    found: list[Link] = []
    given: dict[str, ValueView] = {}
    for value in view.decorators(fid):
        call = call_of(value)
        for name in _POLICIES:
            if call is not None and f"rest_framework.decorators.{name}()" in call.names and call.args:
                given[name] = call.args[0]
    for name in _POLICIES:
        elements = _parts(given[name]) if name in given else _defaults(view, name)
        found.extend(link for element in elements for link in _policy(element, name))
    return tuple(found)


def _paths(element: ValueView) -> tuple[str, ...]:
    return element.names if element.text is None else (element.text,)


def _parts(given: ValueView) -> tuple[ValueView, ...]:
    """The classes of a list; `A & B` is both."""
    found: list[ValueView] = []
    for element in items(given):
        instr = follow(element).instr
        if instr is not None and instr.op == Op.BINARY and instr.name == "&":
            found.extend(ValueView(element.view, follow(element).fid, value) for value in instr.args)
        else:
            found.append(element)
    return tuple(found)


def _policy(value: ValueView, kind: str) -> Iterator[Link]:
    """The links of an element: of `IsHead | IsAuthenticated` the one that everybody passes, and the others
    as what decides nothing."""
    instr = follow(value).instr
    if instr is not None and instr.op == Op.BINARY and instr.name == "|":
        sides = [ValueView(value.view, follow(value).fid, one) for one in instr.args]
        open_to = next((one for one in sides if any(map(_EVERYBODY.fullmatch, one.names))), None)
        if open_to is not None:
            yield _checking(open_to, kind)
            yield from (replace(_checking(one, kind), how=VOID) for one in sides if one is not open_to)
            return
    yield _checking(value, kind)


def _checking(value: ValueView, kind: str) -> Link:
    """The link of a permission, authentication or throttle class; text in settings is its path.

    What tells who calls refuses nobody who sends nothing: permissions do.
    """
    view = value.view
    if value.text is not None:
        module, _, member = value.text.rpartition(".")
        file = view.linker.index.python_module(view.linker.module_of[value.fid], module)
        classes: tuple[str, ...] = (function_id(file, member),) if file is not None else ()
        names: tuple[str, ...] = (value.text,)
        label = member
    else:
        classes, names, label = value.classes, value.names, " ".join(value.source_text.split())
    functions = tuple(fid for cid in classes for fid in class_methods(view, cid, _CHECKS).values())
    decides = any(fid.endswith(_VERDICTS) for fid in functions)
    inputs: dict[str, str] = {}
    for fid in functions:
        if fid.endswith(".has_object_permission"):
            inputs |= dict.fromkeys(parameters(view.function(fid))[2:3], "object")
    return Link(
        label or "?",
        functions,
        names,
        value.span,
        (value.fid, value.value),
        "class",
        inputs,
        verdict=decides,
        identifies=kind == "authentication_classes",
        cls=classes[0] if len(classes) == 1 and kind == "authentication_classes" else "",
    )


def _defaults(view: ModelView, name: str) -> tuple[ValueView, ...]:
    """`DEFAULT_PERMISSION_CLASSES` and the like, of the `REST_FRAMEWORK` setting."""
    wanted = f"DEFAULT_{name.upper()}"
    for path in view.linker.modules:
        body = function_id(path, MODULE_BODY)
        for instr in view.linker.contents(body).stores.get("REST_FRAMEWORK", ()):
            setting = ValueView(view, body, instr.args[0]).key(wanted)
            if setting is not None:
                return items(setting)
    return ()


_VERBS = "{get,post,put,patch,delete,list,create,retrieve,update,partial_update,destroy}"

_FIELDS = "{rest_framework.serializers,rest_framework.fields}"

DRF = Library(
    name="rest_framework",
    language="python",
    packages=("rest_framework",),
    types={
        "Router": ("rest_framework.routers.{DefaultRouter,SimpleRouter,BaseRouter}()",),
        "Registered": ("Router.register()",),
        "Urls": ("Router.urls",),
        "ViewClass": (
            "rest_framework.views.APIView",
            "rest_framework.viewsets.{ViewSet,GenericViewSet,ModelViewSet,ReadOnlyModelViewSet}",
            "rest_framework.generics.{GenericAPIView,ListAPIView,CreateAPIView,RetrieveAPIView,UpdateAPIView}",
            "rest_framework.generics.{DestroyAPIView,ListCreateAPIView,RetrieveUpdateAPIView}",
            "rest_framework.generics.{RetrieveDestroyAPIView,RetrieveUpdateDestroyAPIView}",
            "rest_framework.mixins.{ListModelMixin,CreateModelMixin,RetrieveModelMixin,UpdateModelMixin}",
            "rest_framework.mixins.DestroyModelMixin",
        ),
        # Kept so that classes that extend it can be told.
        "SessionLogin": ("rest_framework.authentication.SessionAuthentication",),
        "AsView": ("ViewClass.as_view()",),
        "Handler": ("rest_framework.decorators.action()(0)",),
        "Request": (
            "django:Request",
            "Handler<0>",
            f"ViewClass.{_VERBS}<0>",
            "ViewClass().request",
            "rest_framework.authentication.{BaseAuthentication,TokenAuthentication}.authenticate<0>",
            "rest_framework.request.Request()",
        ),
        "Policy": (
            "rest_framework.decorators.{permission_classes,authentication_classes,throttle_classes}()",
        ),
        "ApiView": ("rest_framework.decorators.api_view()",),
        "Serializer": (
            "rest_framework.serializers.{Serializer,ModelSerializer,HyperlinkedModelSerializer}()",
            "ViewClass().get_serializer()",
            "ViewClass.{perform_create,perform_update}<0>",
        ),
    },
    sites=("Router",),
    concepts=(
        RequestInput("Serializer.validated_data", channel="body", declared=True),
        FieldKind(f"{_FIELDS}.{{IntegerField,FloatField,DecimalField,BooleanField}}()", harmless=True),
        FieldKind(
            f"{_FIELDS}.{{DateField,DateTimeField,TimeField,DurationField,UUIDField}}()", harmless=True
        ),
        FieldKind(f"{_FIELDS}.{{ChoiceField,MultipleChoiceField,PrimaryKeyRelatedField}}()", harmless=True),
        FieldKind(f"{_FIELDS}.{{SlugField,IPAddressField,NullBooleanField}}()", harmless=True),
        FieldKind(f"{_FIELDS}.RegexField()", pattern="(0|regex)"),
        FieldKind(f"{_FIELDS}.{{FileField,ImageField}}()", upload=True),
        FieldKind(f"{_FIELDS}.{{CharField,EmailField,URLField}}()"),
        RequestInput("Request.{data,DATA}", channel="body"),
        RequestInput("Request.query_params", channel="query"),
        RequestInput("Request.FILES", channel="files"),
        # What is not its own it takes from Django's request.
        RequestInput("Request.{META,headers}", channel="$member"),
        RequestInput("Request.GET", channel="query"),
        RequestInput("Request.POST", channel="form"),
        RequestInput("Request.body", channel="body"),
        RequestInput("Request.COOKIES", channel="cookies"),
        RequestInput("ViewClass().kwargs", channel="path"),
        RequestInput("ViewClass.{dispatch,initial}<1>", channel="path"),
        RequestInput("ViewClass.{dispatch,initial}<2>", channel="path"),
        CredentialRead("Request.auth"),
        CredentialRead("rest_framework.authentication.get_authorization_header()"),
        Principal("Request.user"),
        Guard("rest_framework.permissions.IsAuthenticated", kind="authentication"),
        Guard(
            "rest_framework.permissions.IsAuthenticatedOrReadOnly", kind="authentication", strength="optional"
        ),
        Guard(
            "rest_framework.permissions.{IsAdminUser,DjangoModelPermissions,DjangoObjectPermissions}",
            kind="authorization",
        ),
        Exemption("rest_framework.permissions.AllowAny", kind="authentication"),
        Guard(
            "rest_framework.throttling.{UserRateThrottle,AnonRateThrottle,ScopedRateThrottle}",
            kind="rate-limit",
        ),
        Denial("rest_framework.exceptions.{NotAuthenticated,AuthenticationFailed}()", status=401),
        Denial("rest_framework.exceptions.PermissionDenied()", status=403),
        Denial("rest_framework.response.Response(status)"),
        ResponseBody("rest_framework.response.Response(0|data)"),
        Schema("Serializer.is_valid(self)", result="validated_data"),
    ),
    routes=routes,
)
