"""Graphene, with its Django and SQLAlchemy layers. API reference: https://docs.graphene-python.org/en/latest/,
https://docs.graphene-python.org/projects/django/en/latest/, https://django-graphql-jwt.domake.io/decorators.html
"""

from collections.abc import Iterator

from rearguard.models.concepts import CredentialRead, Guard, Principal, TokenVerify
from rearguard.models.dsl import Library
from rearguard.models.python.graphql import camel, field_node, operation_of, stored_name
from rearguard.models.python.support import (
    call_of,
    class_attribute,
    class_name,
    class_span,
    decorator_links,
    extending,
    function_link,
    methods,
)
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Op, instructions

__all__ = ["GRAPHENE"]

_RESOLVER = "resolve_"
_MUTATES = ("mutate", "mutate_and_get_payload")
_ARGUMENTS = ("Arguments", "Input")
_HARMLESS = {
    "Int": "int",
    "Float": "float",
    "Decimal": "float",
    "BigInt": "int",
    "Boolean": "bool",
    "UUID": "uuid",
    "Date": "date",
    "DateTime": "date",
    "Time": "date",
    "Enum": "enum",
}
"""Scalars whose every value is a number, UUID, date or a fixed name."""


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the fields of root types, fields with arguments of other types, and mutations."""
    roots = _roots(view)
    for cid in extending(view, "graphene:Type"):
        yield from _fields(view, cid, roots.get(cid, ""))
    yield from _mutations(view)


def _roots(view: ModelView) -> dict[str, str]:
    """Class id -> the operation that its fields begin: what a schema is made of, and what that extends."""
    found: dict[str, str] = {}
    for call in view.calls("graphene.Schema"):
        for position, operation in enumerate(("query", "mutation", "subscription")):
            given = call.arg(position, operation)
            for cid in given.classes if given is not None else ():
                found.update(dict.fromkeys(view.linker.lineage(cid), operation.upper()))
    for cid in extending(view, "graphene:Type"):
        operation = operation_of(class_name(cid))
        if operation:
            found.setdefault(cid, operation)
    return found


def _fields(view: ModelView, cid: str, operation: str) -> Iterator[RouteNode]:
    path, _, name = cid.rpartition("::")
    for method, qualified in view.linker.modules[path].classes[name].methods.items():
        fid = f"{path}::{qualified}"
        if not method.startswith(_RESOLVER):
            continue
        declared = class_attribute(view, cid, method.removeprefix(_RESOLVER))
        inputs = _inputs(view, fid, _declared(declared))
        if not operation and len(inputs) == 0:
            continue
        field = camel(method.removeprefix(_RESOLVER))
        label = f"{class_name(cid)}.{method}"
        yield from field_node(
            "graphene",
            view,
            operation or "QUERY",
            field if operation else f"{class_name(cid)}.{field}",
            function_link(view, fid, "handler", label),
            decorator_links(view, fid, ()),
            inputs,
            function_link(view, fid).span,
        )


def _declared(given: ValueView | None) -> dict[str, str]:
    """Argument -> kind, of a field's declaration: `Field(User, id=Int())`."""
    call = call_of(given) if given is not None else None
    found: dict[str, str] = {}
    if call is not None:
        nested = call.keyword("args")
        pairs = list(zip(call.call.keys, call.call.args[1:], strict=False))
        inner = nested.instr if nested is not None else None
        if inner is not None and inner.op == Op.COLLECT:
            pairs.extend(zip(inner.keys, inner.args, strict=False))
        for key, number in pairs:
            if key not in (None, "*", "**", "?"):
                found[str(key)] = _kind(ValueView(view=call.view, fid=call.fid, value=number))
    return found


def _kind(value: ValueView) -> str:
    """What kind of scalar an argument's declaration allows, when that can do no harm."""
    call = call_of(value)
    names = ValueView(call.view, call.fid, call.call.args[0]).names if call is not None else value.names
    for name in names:
        member = name.rpartition(".")[2].removesuffix("()")
        if member == "Argument" and call is not None and call.args:
            return _kind(call.args[0])
        if member in _HARMLESS:
            return _HARMLESS[member]
    return ""


def _inputs(view: ModelView, fid: str, declared: dict[str, str]) -> dict[str, str]:
    """Parameters of a resolver that clients fill: all but the parent and the context."""
    function = view.function(fid)
    params = list(function.params)
    first = 1 if function.receiver and function.kind != "classmethod" else 2
    if params and params[0].name in ("info", "_info"):
        first = 1
    return {
        param.name: f"body:{kind}" if (kind := declared.get(param.name, "")) else "body"
        for param in params[first:]
        if param.kind != "rest"
    }


def _mutations(view: ModelView) -> Iterator[RouteNode]:
    seen: set[str] = set()
    for call in view.calls("graphene:Mutation.Field"):
        named = stored_name(view, call)
        for cid in call.receiver.classes if call.receiver is not None else ():
            seen.add(cid)
            yield from _mutation(view, cid, camel(named) or _default_name(cid))
    extended = {
        above for cid in extending(view, "graphene:Mutation") for above in tuple(view.linker.lineage(cid))[1:]
    }
    for cid in extending(view, "graphene:Mutation"):
        if cid not in seen and cid not in extended:
            yield from _mutation(view, cid, _default_name(cid))


def _default_name(cid: str) -> str:
    name = class_name(cid)
    return name[:1].lower() + name[1:]


def _mutation(view: ModelView, cid: str, field: str) -> Iterator[RouteNode]:
    own = methods(view, cid)
    name = next((each for each in _MUTATES if each in own), "")
    if not name:
        return
    fid = own[name]
    declared = _arguments(view, cid)
    yield from field_node(
        "graphene",
        view,
        "MUTATION",
        field,
        function_link(view, fid, "handler", f"{class_name(cid)}.{name}", cid),
        decorator_links(view, fid, ()),
        _inputs(view, fid, declared),
        class_span(view, cid),
    )


def _arguments(view: ModelView, cid: str) -> dict[str, str]:
    """Argument -> kind, of the class `Arguments` or `Input` inside a mutation."""
    found: dict[str, str] = {}
    for current in view.linker.lineage(cid):
        for inner in _ARGUMENTS:
            body = view.linker.functions.get(f"{current}.{inner}")
            for instr in instructions(body.body) if body is not None else ():
                if instr.op == Op.STORE:
                    value = ValueView(view, f"{current}.{inner}", instr.args[0])
                    found.setdefault(instr.name, _kind(value))
    return found


_JWT = "graphql_jwt.decorators"
_FLASK_JWT = "flask_graphql_auth"

GRAPHENE = Library(
    name="graphene",
    language="python",
    packages=("graphene", "graphene_django", "graphene_sqlalchemy", "graphql_jwt", "flask_graphql_auth"),
    types={
        "Type": (
            "graphene.{ObjectType,Interface}",
            "graphene_django.DjangoObjectType",
            "graphene_django.types.DjangoObjectType",
            "graphene_sqlalchemy.SQLAlchemyObjectType",
            "graphene_mongo.MongoengineObjectType",
        ),
        "Mutation": (
            "graphene.Mutation",
            "graphene.relay.{ClientIDMutation,mutation.ClientIDMutation}",
            "graphene_django.rest_framework.mutation.SerializerMutation",
            "graphene_django.forms.mutation.{DjangoFormMutation,DjangoModelFormMutation}",
        ),
        "MutationField": ("Mutation.Field()",),
        "Scalar": ("graphene.{" + ",".join(_HARMLESS) + ",Argument}()",),
        "ScalarClass": ("graphene.{" + ",".join(_HARMLESS) + "}",),
        "Info": (
            "graphene.ResolveInfo()",
            "graphql.GraphQLResolveInfo()",
            "graphql.type.GraphQLResolveInfo()",
        ),
        "Context": ("Info.context",),
    },
    concepts=(
        Principal("Context.user"),
        CredentialRead("Context.session"),
        Guard(f"{_JWT}.login_required", kind="authentication"),
        Guard(
            f"{_JWT}.{{staff_member_required,superuser_required,permission_required(),user_passes_test()}}",
            kind="authorization",
        ),
        Guard(f"{_FLASK_JWT}.{{query_jwt_required,mutation_jwt_required}}", kind="authentication"),
        TokenVerify(f"{_FLASK_JWT}.{{get_jwt_identity,get_jwt_data}}()"),
    ),
    shapes={"Info": r"info|_info"},
    routes=routes,
)
