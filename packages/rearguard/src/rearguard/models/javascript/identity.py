"""Logins and sessions of Node frameworks, as far as checks of authentication ask for them.

API references: https://expressjs.com/en/resources/middleware/session.html, https://www.passportjs.org/concepts/authentication/,
https://github.com/fastify/session, https://github.com/fastify/fastify-rate-limit, https://github.com/koajs/ratelimit,
https://docs.nestjs.com/security/rate-limiting
"""

from rearguard.models.concepts import (
    ClientSession,
    FormBodies,
    Guard,
    LimiterMade,
    OAuthRedirect,
    RateKey,
    RateLimit,
    ServerSession,
    SessionRenewal,
)
from rearguard.models.dsl import Library

__all__ = ["IDENTITY"]

IDENTITY = Library(
    name="identity",
    language="javascript",
    packages=(
        "express-session",
        "@fastify/session",
        "koa-ratelimit",
        "@fastify/rate-limit",
        "@nestjs/throttler",
    ),
    concepts=(
        ServerSession("express:Request.session"),
        SessionRenewal("express:Request.session.{regenerate,reset}()"),
        SessionRenewal("express:Request.{login,logIn}()"),
        ServerSession("fastify:Request.session"),
        SessionRenewal("fastify:Request.session.regenerate()"),
        FormBodies("fastify:Instance.register(0)", words="form-?body|multipart"),
        Guard("{koa-ratelimit,koa2-ratelimit.RateLimit.middleware}()", "rate-limit"),
        Guard("@nestjs/throttler.{ThrottlerGuard,Throttle()}", "rate-limit"),
        RateKey("{koa-ratelimit,koa2-ratelimit.RateLimit.middleware}(0).id"),
        RateKey("fastify:Instance.register(1).keyGenerator"),
        LimiterMade("@nestjs/throttler.ThrottlerModule.{forRoot,forRootAsync}()"),
        RateLimit("fastify:Instance.register(0)", words="rate-?limit", everywhere="(1).global"),
        # https://docs.nestjs.com/techniques/performance: plugins are registered with the application.
        RateLimit("nestjs:Application.register(0)", words="rate-?limit", everywhere="(1).global"),
        ClientSession("cookie-session()"),
        OAuthRedirect(
            "{passport-oauth2,passport-google-oauth20,passport-github2,passport-facebook}.Strategy()",
            state="(0).state (0).store (0).pkce",
        ),
    ),
)
