"""What Node's frameworks do with errors: whom they hand them to, and exceptions whose text they send.

References: https://docs.nestjs.com/exception-filters, https://hono.dev/docs/api/hono#error-handling,
https://hapi.dev/api/#-response-objects, https://koajs.com/#ctx-throw-status-msg-properties,
https://www.apollographql.com/docs/apollo-server/data/errors, https://trpc.io/docs/server/error-handling,
https://svelte.dev/docs/kit/errors, https://nuxt.com/docs/api/utils/create-error
"""

from collections.abc import Iterator

from rearguard.link import function_id
from rearguard.models.concepts import ErrorDetail, ErrorHandler, ResponseBody
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import flatten
from rearguard.models.javascript.decorators import decorated
from rearguard.models.settings_concepts import ErrorTrace
from rearguard.models.view import ModelView

__all__ = ["PROBLEMS"]

_NEST = (
    "@nestjs/common.{HttpException,InternalServerErrorException,BadRequestException,NotFoundException,ConflictException,"
    "ForbiddenException,UnauthorizedException,UnprocessableEntityException,ServiceUnavailableException,"
    "BadGatewayException,NotAcceptableException}"
)
_BOOM = "{@hapi/boom,boom}.{badRequest,notFound,conflict,forbidden,unauthorized,badData,preconditionFailed}"
"""Those of 400 and more; the text of the others is kept from the client."""
_H3 = "{h3,#imports,global,nitropack/runtime}"
_APOLLO = (
    "{apollo-server,apollo-server-express,apollo-server-koa,apollo-server-fastify,apollo-server-lambda,"
    "@apollo/server,@apollo/server.default}.ApolloServer"
)


def caught(view: ModelView) -> Iterator[tuple[str, str]]:
    """Yield Nest filters of all errors, or of such as no request is to blame for, and their parameter."""
    for path, module in view.linker.modules.items():
        for name in module.classes:
            cid = function_id(path, name)
            for call in decorated(view.class_decorators(cid), "@nestjs/common", ("Catch",)):
                kinds = [inner for value in call.args for inner in flatten(view, value)]
                foreseen = [
                    kind
                    for kind in kinds
                    if kind.classes or any(text.startswith("@nestjs/") for text in kind.names)
                ]
                fid = view.linker.method(cid, "catch")
                if fid is not None and len(foreseen) == len(kinds) * bool(kinds) and kinds:
                    continue
                if fid is not None and view.function(fid).params:
                    yield fid, view.function(fid).params[0].name


PROBLEMS = Library(
    name="problems-node",
    language="javascript",
    packages=(
        "@nestjs/common",
        "hono",
        "@hapi/hapi",
        "koa",
        "@apollo/server",
        "@trpc/server",
        "@sveltejs/kit",
        "h3",
    ),
    types={
        "Filter": ("@nestjs/common.Catch",),
        "Failure": (f"{_H3}.createError",),
        "Formatter": (f"{_APOLLO}(0).formatError",),
        "Apollo": (_APOLLO, "@nestjs/graphql.GraphQLModule.forRoot"),
        "HttpException": (_NEST,),
        "Boomed": (_BOOM,),
    },
    concepts=(
        ErrorHandler("hono:App.onError(0)"),
        ErrorDetail("hono:Problem<0>"),
        ErrorDetail("hapi:Request.response.{stack,message}"),
        ErrorHandler("Apollo(0).formatError"),
        ErrorDetail("Formatter<0>.{stack,originalError}"),
        ErrorDetail("Formatter<0>.extensions.{exception,stacktrace}"),
        ErrorTrace("Apollo(0).includeStacktraceInErrorResponses"),
        ResponseBody("HttpException(0)"),
        ResponseBody("Boomed(0)"),
        ResponseBody("Failure(0).{message,statusMessage,data}"),
        ResponseBody("@sveltejs/kit.error(1)"),
        ResponseBody("@trpc/server.TRPCError(0).message"),
        ResponseBody("graphql.GraphQLError(0)"),
    ),
    caught=caught,
)
