"""What servers of Node do to be safe that no finding is about: sessions that end, errors that are caught.

References: https://github.com/expressjs/session, https://github.com/fastify/session,
https://expressjs.com/en/guide/error-handling.html, https://fastify.dev/docs/latest/Reference/Errors/,
https://hono.dev/docs/api/hono, https://github.com/winstonjs/logform, https://getpino.io/#/docs/api,
https://github.com/stems/graphql-depth-limit, https://expressjs.com/en/guide/behind-proxies.html
"""

from rearguard.models.dsl import Library
from rearguard.models.measure_concepts import (
    EntryMaker,
    IdleRenewal,
    LastResort,
    LogTime,
    OriginGate,
    PushSent,
    QueryLimit,
    ScopeGate,
    SessionEnd,
    SessionId,
)
from rearguard.models.settings_concepts import StaticFolder, TrustedProxies, UploadFolder
from rearguard.models.slip_concepts import CodeTime, KeyAddress, MixedSources, PixelLimit, Unpacking

__all__ = ["MEASURES"]

_APOLLO = "{apollo-server.ApolloServer,apollo-server-express.ApolloServer,@apollo/server.ApolloServer}"

MEASURES = Library(
    name="node-measures",
    language="javascript",
    packages=(
        "express-session",
        "@fastify/session",
        "express",
        "fastify",
        "hono",
        "winston",
        "pino",
        "@fastify/static",
        "koa-static",
        "multer",
    ),
    types={
        "SessionPlugin": ("@fastify/session",),
        "StaticPlugin": ("@fastify/static",),
        "Placing": ("multer.diskStorage(0).destination",),
    },
    concepts=(
        CodeTime("speakeasy.totp.{verify,verifyDelta}(0).time"),
        KeyAddress("jose.decodeProtectedHeader()"),
        MixedSources("express:Request.param()"),
        PixelLimit("sharp(1).limitInputPixels"),
        Unpacking("adm-zip().extractAllTo()"),
        Unpacking("{extract-zip,unzipper.Extract,decompress}()"),
        ScopeGate("express-oauth2-jwt-bearer.{requiredScopes,scopeIncludesAny}()", scopes="(0)"),
        ScopeGate("express-jwt-authz()", scopes="(0)"),
        ScopeGate("express-oauth2-jwt-bearer.auth()"),
        PushSent("twilio().verify.v2.services().entities().{challenges,newChallenges}.create()"),
        PushSent("@duosecurity/duo_api.Client().jsonApiCall()", only=("(1)", "/auth/v2/auth")),
        SessionEnd("express:Request.session.destroy()"),
        SessionEnd("fastify:Request.session.destroy()"),
        SessionId("express-session()", bits=192, given="(0).genid"),
        SessionId(
            "fastify:Instance.register()",
            bits=192,
            given="(1).idGenerator",
            only=("(0)", "node-measures:SessionPlugin"),
        ),
        IdleRenewal("express-session(0).rolling"),
        LastResort("express:App.use()", handler="(0:)", takes=4),
        LastResort("fastify:Instance.setErrorHandler()", handler="(0)"),
        LastResort("hono:App.onError()", handler="(0)"),
        EntryMaker("{pino,pino.pino}()", when=True, time="(0).timestamp", place="(0).base"),
        EntryMaker("winston.createLogger()", when=False, place="(0).defaultMeta", form="(0).format"),
        LogTime("winston.format.timestamp()", default=True),
        LogTime("{pino,pino.pino}(0).timestamp", utc=("pino.stdTimeFunctions.isoTime",)),
        QueryLimit("graphql-depth-limit(0)"),
        QueryLimit("graphql-query-complexity.{createComplexityRule,createComplexityLimitRule}(0)"),
        QueryLimit("graphql-validation-complexity.createComplexityLimitRule(0)"),
        QueryLimit(f"{_APOLLO}(0).validationRules", server=True),
        TrustedProxies("express:App.set(1)", only=("(0)", "trust proxy")),
        TrustedProxies("{fastify,fastify.fastify}(0).trustProxy"),
        StaticFolder("express.static(0)", hidden="(1).dotfiles", allows="allow"),
        StaticFolder("fastify:Instance.register(1).root", only=("(0)", "node-measures:StaticPlugin")),
        StaticFolder("koa-static(0)"),
        UploadFolder("multer.diskStorage(0).destination"),
        UploadFolder("Placing<2>(1)"),
        OriginGate("ws.{Server,WebSocketServer}(0).verifyClient"),
        OriginGate("socket.io.Server(1).allowRequest"),
    ),
)
