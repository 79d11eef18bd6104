"""GraphQL resolvers as classes: TypeGraphQL and NestJS.

API references: https://typegraphql.com/docs/resolvers.html, https://typegraphql.com/docs/authorization.html,
https://docs.nestjs.com/graphql/resolvers
"""

from collections.abc import Iterator
from dataclasses import replace

from rearguard.models.concepts import Guard, Principal
from rearguard.models.dsl import Library
from rearguard.models.javascript.decorators import classes, decorated, inputs, links, methods
from rearguard.models.javascript.nestjs import application_nodes, guard_links, parameter_channels
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Span

__all__ = ["TYPE_GRAPHQL"]

PACKAGES = ("type-graphql", "@nestjs/graphql")
OPERATIONS = {
    "Query": "QUERY",
    "Mutation": "MUTATION",
    "Subscription": "SUBSCRIPTION",
    "ResolveField": "QUERY",
    "FieldResolver": "QUERY",
}
CHANNELS = {"Arg": "body", "Args": "body"}
NEST = "@nestjs/graphql"
_GUARDS = ("Authorized", "UseMiddleware")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per decorated method of a resolver."""
    resolvers = tuple(classes(view, NEST, ("Resolver",)))
    for node in application_nodes(view) if resolvers else ():
        if node.everywhere:
            yield replace(node, router="graphql schema")
    for package in PACKAGES:
        for cid, _call in classes(view, package, ("Resolver",)):
            around = _links(view, package, tuple(view.class_decorators(cid)))
            for name, fid in methods(view, cid):
                yield from _method(view, package, cid, name, fid, around)


def _method(
    view: ModelView, package: str, cid: str, name: str, fid: str, around: tuple[Link, ...]
) -> Iterator[RouteNode]:
    decorators = view.decorators(fid)
    function, path = view.function(fid), view.linker.module_of[fid]
    own = _links(view, package, tuple(decorators))
    for call in decorated(decorators, package, OPERATIONS):
        given = inputs(view, fid, package, CHANNELS)
        if package == NEST:
            given = parameter_channels(view, fid) | given
        if call.member in ("ResolveField", "FieldResolver") and not given:
            continue
        label = f"{cid.rpartition('::')[2]}.{name}"
        span = Span(path, function.name_start, function.name_end)
        yield RouteNode(
            "graphql",
            "graphql schema",
            OPERATIONS[call.member],
            f"/graphql#{name}",
            call.span,
            ((path, function.start),),
            (*around, *own),
            Link(label, (fid,), (), span, None, "handler"),
            inputs=given,
            returns="json",
        )


def _links(view: ModelView, package: str, decorators: tuple[ValueView, ...]) -> tuple[Link, ...]:
    """Guards that decorators name; NestJS has the same ones for resolvers and controllers."""
    if package == NEST:
        return guard_links(view, decorators)
    return links(view, decorators, package, _GUARDS)


TYPE_GRAPHQL = Library(
    name="type-graphql",
    language="javascript",
    packages=("type-graphql", "@nestjs/graphql"),
    types={
        "Decorator": (
            "{type-graphql,@nestjs/graphql}.{Resolver,Query,Mutation,Subscription,Args,Arg}()",
            "type-graphql.{FieldResolver,UseMiddleware,Ctx}()",
            "@nestjs/graphql.{ResolveField,Context}()",
        ),
        "Middleware": ("type-graphql.UseMiddleware(0:)",),
        "Context": ("Middleware<0>.context",),
    },
    concepts=(
        Guard("type-graphql.Authorized()", "authentication", roles="(0:)"),
        Principal("Context.{user,userId,currentUser}"),
    ),
    routes=routes,
)
