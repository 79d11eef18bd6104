"""GraphQL servers with resolver maps: Apollo, GraphQL Yoga, graphql-tools, express-graphql, graphql-js.

API references: https://www.apollographql.com/docs/apollo-server/data/resolvers,
https://the-guild.dev/graphql/yoga-server/docs, https://the-guild.dev/graphql/tools/docs/resolvers,
https://github.com/graphql/express-graphql, https://www.graphql-js.org/api-v16/type/

A field of a root type answers a request of its own, so each resolver is an endpoint: `QUERY /graphql#user`.
"""

from collections.abc import Iterator

from rearguard.link import Kind, Ref
from rearguard.models.concepts import CredentialRead, Denial, ForgerySwitch, Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import call_of, follow, link_of, wrapper_links
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Instr, Op

__all__ = ["GRAPHQL_SERVERS"]

ROOTS = {"Query": "QUERY", "Mutation": "MUTATION", "Subscription": "SUBSCRIPTION"}
_SCHEMAS = (
    (
        "{apollo-server,apollo-server-express,apollo-server-koa,apollo-server-fastify,apollo-server-lambda,"
        "apollo-server-micro,@apollo/server,@apollo/server.default}.ApolloServer(0)"
    ),
    "{@graphql-tools/schema,graphql-tools}.makeExecutableSchema(0)",
    "{graphql-yoga,graphql-modules}.{createSchema,GraphQLServer,createModule}(0)",
    "{@apollo/subgraph,@apollo/federation}.{buildSubgraphSchema,buildFederatedSchema}(0)",
    "@graphql-tools/merge.mergeResolvers(0)",
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per field of the root types in resolver maps, `rootValue` and object types."""
    if not _serves(view):
        return
    for fid in view.linker.functions:
        if view.family(fid) != "javascript":
            continue
        for instr in view.linker.code(fid):
            if instr.op == Op.COLLECT and instr.name == "dict":
                for key in ROOTS.keys() & set(instr.keys):
                    for name, value in fields(ValueView(view, fid, instr.args[instr.keys.index(key)])):
                        yield from _field(view, ROOTS[key], name, value)
    for call in view.calls("express-graphql.graphqlHTTP", "graphql-http.createHandler", "express-graphql"):
        for options in call.args[:1]:
            root = options.key("rootValue")
            for name, entry in fields(root) if root is not None else ():
                yield from _field(view, "QUERY", name, entry, first=0)
    for call in view.calls("graphql.GraphQLObjectType"):
        yield from _object_type(view, call.args[:1])


def _serves(view: ModelView) -> bool:
    """Whether any file imports a GraphQL server or schema library."""
    for path, module in view.linker.modules.items():
        body = view.linker.functions.get(f"{path}::<module>")
        if body is None or module.language not in ("javascript", "typescript", "tsx"):
            continue
        for instr in view.linker.code(f"{path}::<module>"):
            text = instr.name if instr.op == Op.IMPORT else ""
            if "graphql" in text or "apollo-server" in text or text.startswith("@apollo/server"):
                return True
    return False


def fields(value: ValueView, depth: int = 0) -> Iterator[tuple[str, ValueView]]:
    """Entries of an object, those of objects that are spread into it included."""
    for ref in value.refs:
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple) and depth < 4:
            whole = ValueView(value.view, *ref.step)
            instr = whole.instr
            if instr is None:
                continue
            for key, number in zip(instr.keys, instr.args, strict=False):
                inner = ValueView(value.view, whole.fid, number)
                if key == "**":
                    yield from fields(inner, depth + 1)
                elif key not in (None, "*", "?"):
                    yield str(key), inner
        elif ref.kind is Kind.MODULE:
            yield from _exports(value, ref)


def _exports(value: ValueView, module: Ref) -> Iterator[tuple[str, ValueView]]:
    """Exported functions of a module that is used as a map: `Query: require('./queries')`."""
    body = f"{module.id}::<module>"
    function = value.view.linker.functions.get(body)
    for instr in value.view.linker.code(body) if function is not None else ():
        if instr.op == Op.EXPORT and instr.name not in ("*", "=", "default"):
            yield instr.name, ValueView(value.view, body, instr.args[0])


def _field(
    view: ModelView, operation: str, name: str, value: ValueView, first: int = 1
) -> Iterator[RouteNode]:
    resolver, links = _resolver(value)
    if not resolver.functions:
        return
    fid = resolver.functions[0]
    given = [param.name for param in view.function(fid).params if param.kind == "positional"]
    yield RouteNode(
        "graphql",
        "graphql schema",
        operation,
        f"/graphql#{name}",
        value.span,
        view.order(value.fid, value.span.start),
        (*links, *wrapper_links(view, resolver.functions)),
        link_of(resolver, "handler"),
        inputs=dict.fromkeys(given[first : first + 1], "body"),
        returns="json",
    )


def _resolver(value: ValueView) -> tuple[ValueView, tuple[Link, ...]]:
    """The function that answers, and what `combine(isAuthenticated, resolve)` runs before it."""
    subscribe = value.key("subscribe") or value.key("resolve")
    if subscribe is not None:
        value = subscribe
    call = call_of(follow(value))
    if call is not None and len(call.args) > 1 and call.args[-1].functions:
        return call.args[-1], tuple(link_of(each) for each in call.args[:-1] if each.functions)
    if call is not None and not value.functions and call.args and call.args[-1].functions:
        return call.args[-1], ()
    return value, ()


def _object_type(view: ModelView, configs: tuple[ValueView, ...]) -> Iterator[RouteNode]:
    for config in configs:
        name, listed = config.key("name"), config.key("fields")
        operation = ROOTS.get(str(name.text).removeprefix("Root").removesuffix("Type")) if name else None
        if listed is None or operation is None:
            continue
        for field, entry in _thunk(view, listed):
            for inner in _objects(entry):
                resolve = inner.key("resolve")
                if resolve is not None:
                    yield from _field(view, operation, field, resolve)


def _thunk(view: ModelView, value: ValueView) -> Iterator[tuple[str, ValueView]]:
    """The fields of an object type, which may be given by a function."""
    yield from fields(value)
    for fid in value.functions:
        for instr in _returned(view, fid):
            yield from fields(ValueView(view, fid, instr.args[0]))


def _returned(view: ModelView, fid: str) -> Iterator[Instr]:
    return (i for i in view.linker.code(fid) if i.op == Op.RETURN and i.args)


def _objects(value: ValueView) -> Iterator[ValueView]:
    for ref in value.refs:
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
            yield ValueView(value.view, *ref.step)


GRAPHQL_SERVERS = Library(
    name="graphql-servers",
    language="javascript",
    packages=("@apollo/server", "apollo-server", "graphql-yoga", "graphql", "express-graphql"),
    types={
        "Resolver": (
            *(f"{schema}.resolvers.*.*" for schema in _SCHEMAS),
            "graphql.GraphQLObjectType(0).fields.*.resolve",
            "graphql-resolvers.{combineResolvers,pipeResolvers}(0:)",
        ),
        "RootResolver": ("{express-graphql,express-graphql.graphqlHTTP}(0).rootValue.*",),
        "Context": ("Resolver<2>", "RootResolver<1>"),
        "HttpRequest": ("{Context,Maker<0>}.{req,request}",),
        "Old": ("apollo-server", "apollo-server-express", "apollo-server-errors"),
        "Maker": (
            *(f"{schema}.context" for schema in _SCHEMAS[:1]),
            "{@apollo/server/express4,@as-integrations/express4}.expressMiddleware(1).context",
            "@apollo/server/standalone.startStandaloneServer(1).context",
            "graphql-yoga.createYoga(0).context",
        ),
    },
    concepts=(
        ForgerySwitch("@option.csrfPrevention", serves="graphql"),
        RequestInput("Resolver<1>", channel="body"),
        RequestInput("RootResolver<0>", channel="body"),
        RequestInput("HttpRequest.headers", channel="headers"),
        CredentialRead("HttpRequest.headers.authorization"),
        Principal("Context.{user,userId,currentUser,me,viewer,auth,account}"),
        Principal("Context.session.{user,userId}"),
        Denial("Old.AuthenticationError()", status=401),
        Denial("Old.ForbiddenError()", status=403),
        Denial("graphql.GraphQLError(1).extensions.code"),
    ),
    routes=routes,
)
