"""What makes consoles, dashboards and listings of Node programs reachable.

References: https://github.com/felixmosh/bull-board, https://docs.adminjs.co/installation/plugins/express,
https://github.com/scottie1984/swagger-ui-express, https://docs.nestjs.com/openapi/introduction, https://github.com/expressjs/serve-index
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import Console, DirectoryListing, Introspection, Printed

__all__ = ["CONSOLES"]

CONSOLES = Library(
    name="consoles-node",
    language="javascript",
    packages=("@bull-board/express", "bull-arena", "@adminjs/express", "swagger-ui-express", "serve-index"),
    types={"StaticPlugin": ("@fastify/static",)},
    concepts=(
        Console(
            "@adminjs/express.{buildRouter,default.buildRouter}()",
            what="the admin of the database",
            severity="high",
        ),
        Console("bull-arena()", what="the dashboard of jobs", severity="high"),
        Console(
            "@bull-board/express.ExpressAdapter().getRouter()", what="the dashboard of jobs", severity="high"
        ),
        Console("mongo-express/lib/middleware()", what="the admin of the database", severity="high"),
        Console("express-status-monitor()", what="the page of metrics"),
        Console(
            "express-graphql.graphqlHTTP()", what="the GraphQL console", switch="(0).graphiql", default=False
        ),
        Console(
            "{apollo-server.ApolloServer,apollo-server-express.ApolloServer}()",
            what="the GraphQL console",
            switch="(0).playground",
            default=False,
        ),
        Console(
            "@nestjs/graphql.GraphQLModule.forRoot()",
            what="the GraphQL console",
            switch="(0).playground",
            default=False,
        ),
        Console("graphql-playground-middleware-express()", what="the GraphQL console"),
        Console("swagger-ui-express.setup()", what="the description of the interface", severity="low"),
        Console(
            "@nestjs/swagger.SwaggerModule.setup()", what="the description of the interface", severity="low"
        ),
        Introspection(
            "{apollo-server.ApolloServer,apollo-server-express.ApolloServer,@apollo/server.ApolloServer}(0).introspection"
        ),
        Introspection("@nestjs/graphql.GraphQLModule.forRoot(0).introspection"),
        Printed("global.console.{log,info,warn,error,debug,trace}(0:)"),
        Printed("fastify:{Instance,Request}.log.{info,warn,error,debug,trace,fatal}(0:)"),
        DirectoryListing("{serve-index,koa-serve-index}()"),
        DirectoryListing("fastify:Instance.register(1).list", only=("(0)", "consoles-node:StaticPlugin")),
    ),
)
