"""GraphQL resolvers as classes: TypeGraphQL and NestJS.

API references: https://typegraphql.com/docs/resolvers.html, https://typegraphql.com/docs/authorization.html,
https://docs.nestjs.com/graphql/resolvers
"""

from collections.abc import Iterator

from rearguard.models.concepts import Guard, Principal
from rearguard.models.dsl import Library
from rearguard.models.javascript.decorators import classes, decorated, inputs, links, methods
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView
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
_GUARDS = (("type-graphql", ("Authorized", "UseMiddleware")), ("@nestjs/common", ("UseGuards", "UsePipes")))


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per decorated method of a resolver."""
    for package in PACKAGES:
        for cid, _call in classes(view, package, ("Resolver",)):
            around = tuple(
                link
                for home, names in _GUARDS
                for link in links(view, view.class_decorators(cid), home, names)
            )
            for name, fid in methods(view, cid):
                yield from _method(view, package, cid, name, fid, around)


def _method(
    view: ModelView, package: str, cid: str, name: str, fid: str, around: tuple[Link, ...]
) -> Iterator[RouteNode]:
    decorators = view.decorators(fid)
    function, path = view.function(fid), view.linker.module_of[fid]
    own = tuple(link for home, names in _GUARDS for link in links(view, decorators, home, names))
    for call in decorated(decorators, package, OPERATIONS):
        given = inputs(view, fid, package, CHANNELS)
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
        Guard("type-graphql.Authorized()", "authentication"),
        Principal("Context.{user,userId,currentUser}"),
    ),
    routes=routes,
)
