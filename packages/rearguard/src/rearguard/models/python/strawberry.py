"""Strawberry. API reference: https://strawberry.rocks/docs/types/resolvers,
https://strawberry.rocks/docs/guides/permissions, https://strawberry.rocks/docs/django
"""

from collections.abc import Iterator

from rearguard.link import function_id
from rearguard.models.concepts import CredentialRead, Guard, Principal
from rearguard.models.dsl import Library
from rearguard.models.python.graphql import (
    annotated,
    camel,
    field_node,
    operation_of,
    permission_links,
    stored_name,
)
from rearguard.models.python.support import class_name, decorator_links, definition, function_link
from rearguard.models.routing import RouteNode
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Param

__all__ = ["STRAWBERRY"]

_OPERATIONS = {"mutation": "MUTATION", "subscription": "SUBSCRIPTION"}
_GIVEN = ("self", "root", "info", "parent")
"""Parameters that Strawberry fills itself (https://strawberry.rocks/docs/types/resolvers)."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield decorated methods, and functions given as `resolver`."""
    for fid in view.linker.functions:
        for decorator in view.decorators(fid):
            if "strawberry:Field" in decorator.names or "strawberry:Made" in decorator.names:
                yield from _node(view, fid, decorator)
    for call in view.calls("strawberry:Field"):
        given = call.keyword("resolver")
        for fid in given.functions if given is not None else ():
            name = stored_name(view, call)
            yield from _node(view, fid, call, name, call.fid)


def _node(
    view: ModelView, fid: str, field: ValueView, stored: str = "", home: str = ""
) -> Iterator[RouteNode]:
    function = view.function(fid)
    cid = home or (function_id(view.linker.module_of[fid], function.owner) if function.owner else "")
    if fid not in view.linker.functions or function.kind == "class":
        return
    inputs = {p.name: annotated(view, fid, p) for p in function.params if not _is_given(p)}
    operation = _operation(field, cid)
    if not operation and not inputs:
        # A field of some type that takes no argument: it answers what another field asked for.
        return
    instr = field.instr
    call = CallView(view, field.fid, field.value, instr, "") if instr is not None and instr.args else None
    guards = tuple(call.keyword(key) for key in ("permission_classes", "extensions")) if call else ()
    registering = ((field.fid, field.value),)
    own = camel(stored or fid.rpartition("::")[2].rpartition(".")[2])
    label = fid.rpartition("::")[2]
    around = (each for given in guards for each in permission_links(view, given, "has_permission"))
    links = (*around, *decorator_links(view, fid, registering))
    name = own if operation or not cid else f"{class_name(cid)}.{own}"
    yield from field_node(
        "strawberry",
        view,
        operation or "QUERY",
        name,
        function_link(view, fid, "handler", label),
        links,
        inputs,
        definition(view, fid),
    )


def _is_given(param: Param) -> bool:
    return (
        param.name in _GIVEN
        or param.kind in ("rest", "rest-map")
        or param.annotation_text.rpartition(".")[2].startswith(("Info", "Parent["))
    )


def _operation(field: ValueView, cid: str) -> str:
    """By the decorator, else by the name of the type that the field is on."""
    for name in field.names:
        member = name.removesuffix("()").rpartition(".")[2]
        if member in _OPERATIONS:
            return _OPERATIONS[member]
    return operation_of(class_name(cid)) if cid else ""


_FIELDS = "{field,mutation,subscription}"
_ROOTS = "{strawberry,strawberry.django,strawberry_django,strawberry_django_plus.gql.django}"

STRAWBERRY = Library(
    name="strawberry",
    language="python",
    packages=("strawberry", "strawberry_django"),
    types={
        "Field": (f"{_ROOTS}.{_FIELDS}",),
        "Made": ("Field()",),
        "Info": ("strawberry.{Info,types.Info}()",),
        "Context": ("Info.context",),
        "Permission": ("strawberry.{BasePermission,permission.BasePermission}",),
    },
    concepts=(
        Principal("Context.{user,request.user,current_user}"),
        CredentialRead("Context.request.{session,headers.Authorization}"),
        Guard("{strawberry_django,strawberry_django.permissions}.IsAuthenticated()", kind="authentication"),
        Guard(
            "{strawberry_django,strawberry_django.permissions}.{IsStaff,IsSuperuser,HasPerm}()",
            kind="authorization",
        ),
    ),
    shapes={"Info": r"info|_info"},
    routes=routes,
)
