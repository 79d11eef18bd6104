"""What web frameworks of Node are told: cookies, headers, other origins, sizes.

References: https://expressjs.com/en/api.html#res.cookie, https://github.com/expressjs/session, https://helmetjs.github.io/,
https://github.com/expressjs/cors, https://github.com/fastify/fastify-cookie, https://docs.nestjs.com/security/cors,
https://github.com/expressjs/multer, https://nextjs.org/docs/app/api-reference/functions/cookies
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import (
    AnswerHook,
    Application,
    BodyLimit,
    CookieWrite,
    CorsPolicy,
    HeaderPolicy,
    HeaderText,
    ProtectiveHeaders,
    UploadParser,
)

__all__ = ["WEB_SETTINGS"]

_HELMET = (
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "strict-transport-security",
    "content-security-policy",
)
_HELMET_SAYS = (
    (
        "content-security-policy",
        (
            "default-src 'self'; base-uri 'self'; font-src 'self' https: data:; form-action 'self'; "
            "frame-ancestors 'self'; img-src 'self' data:; object-src 'none'; script-src 'self'; "
            "script-src-attr 'none'; style-src 'self' https: 'unsafe-inline'; upgrade-insecure-requests"
        ),
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)
_HELMETS = "{helmet,koa-helmet}"

WEB_SETTINGS = (
    Library(
        name="node-applications",
        language="javascript",
        packages=("express", "koa", "fastify", "hono", "@nestjs/core", "@hapi/hapi"),
        concepts=(
            Application("express()"),
            Application("koa()"),
            Application("{fastify,fastify.fastify,fastify.default}()"),
            Application("hono.Hono()"),
            Application("@nestjs/core.NestFactory.create()"),
            Application("@hapi/hapi.{server,Server}()"),
        ),
    ),
    Library(
        name="node-cookies",
        language="javascript",
        packages=("express", "express-session", "cookie-session", "@fastify/cookie", "koa", "next", "hono"),
        types={
            "Plugin": ("@fastify/session", "fastify-session"),
            "SealedPlugin": ("@fastify/secure-session", "fastify-secure-session"),
            "NextCookies": (
                "next/headers.cookies()",
                "next/server.NextResponse.{json,next,redirect}().cookies",
            ),
        },
        concepts=(
            CookieWrite(
                "{express:Response,fastify:Reply}.cookie()",
                name="(0)",
                value="(1)",
                secure="(2).secure",
                http_only="(2).httpOnly",
                same_site="(2).sameSite",
            ),
            CookieWrite(
                "fastify:Reply.setCookie()",
                name="(0)",
                value="(1)",
                secure="(2).secure",
                http_only="(2).httpOnly",
                same_site="(2).sameSite",
            ),
            CookieWrite(
                "koa:Context.cookies.set()",
                name="(0)",
                value="(1)",
                secure="(2).secure",
                http_only="(2).httpOnly",
                same_site="(2).sameSite",
                # Secure whenever the request itself came over TLS.
                secure_default=True,
                http_only_default=True,
            ),
            CookieWrite(
                "NextCookies.set()",
                name="(0)",
                value="(1)",
                secure="(2).secure",
                http_only="(2).httpOnly",
                same_site="(2).sameSite",
            ),
            CookieWrite(
                "hono/cookie.setCookie()",
                name="(1)",
                value="(2)",
                secure="(3).secure",
                http_only="(3).httpOnly",
                same_site="(3).sameSite",
            ),
            # The key that signs it comes before the options.
            CookieWrite(
                "hono/cookie.setSignedCookie()",
                name="(1)",
                value="(2)",
                secure="(4).secure",
                http_only="(4).httpOnly",
                same_site="(4).sameSite",
            ),
            CookieWrite(
                "{cookie.serialize,cookie.default.serialize}()",
                name="(0)",
                value="(1)",
                secure="(2).secure",
                http_only="(2).httpOnly",
                same_site="(2).sameSite",
            ),
            CookieWrite(
                "express-session()",
                secure="(0).cookie.secure",
                http_only="(0).cookie.httpOnly",
                same_site="(0).cookie.sameSite",
                http_only_default=True,
                session=True,
            ),
            CookieWrite(
                "cookie-session()",
                secure="(0).secure",
                http_only="(0).httpOnly",
                same_site="(0).sameSite",
                http_only_default=True,
                session=True,
            ),
            CookieWrite(
                "koa-session()",
                secure="(0).secure",
                http_only="(0).httpOnly",
                same_site="(0).sameSite",
                http_only_default=True,
                session=True,
            ),
            CookieWrite(
                "fastify:Instance.register()",
                secure="(1).cookie.secure",
                http_only="(1).cookie.httpOnly",
                same_site="(1).cookie.sameSite",
                secure_default=True,
                http_only_default=True,
                session=True,
                only=("(0)", "node-cookies:Plugin"),
            ),
            # Keeps the whole session in the cookie, and says nothing of its own about flags.
            CookieWrite(
                "fastify:Instance.register()",
                secure="(1).cookie.secure",
                http_only="(1).cookie.httpOnly",
                same_site="(1).cookie.sameSite",
                session=True,
                only=("(0)", "node-cookies:SealedPlugin"),
            ),
        ),
    ),
    Library(
        name="node-headers",
        language="javascript",
        packages=("helmet", "koa-helmet", "@fastify/helmet", "hono", "@hapi/hapi"),
        types={"Plugin": ("@fastify/helmet", "fastify-helmet")},
        concepts=(
            ProtectiveHeaders(f"{_HELMETS}()", headers=_HELMET, says=_HELMET_SAYS),
            ProtectiveHeaders(f"{_HELMETS}.default()", headers=_HELMET, says=_HELMET_SAYS),
            ProtectiveHeaders("helmet.{frameguard,xFrameOptions}()", headers=("x-frame-options",)),
            ProtectiveHeaders("helmet.contentSecurityPolicy()", headers=("content-security-policy",)),
            ProtectiveHeaders(
                "helmet.{hsts,strictTransportSecurity}()", headers=("strict-transport-security",)
            ),
            ProtectiveHeaders("helmet.{noSniff,xContentTypeOptions}()", headers=("x-content-type-options",)),
            ProtectiveHeaders("hono/secure-headers.secureHeaders()", headers=_HELMET[:4]),
            ProtectiveHeaders("lusca()", headers=("x-frame-options", "x-content-type-options")),
            ProtectiveHeaders(
                "fastify:Instance.register()",
                headers=_HELMET,
                says=_HELMET_SAYS,
                only=("(0)", "node-headers:Plugin"),
            ),
            AnswerHook("fastify:Instance.addHook(1)", only=("(0)", "onSend")),
            HeaderPolicy(f"{_HELMETS}(0).contentSecurityPolicy", header="content-security-policy"),
            # No other plugin of Fastify's has an option of this name.
            HeaderPolicy(
                "fastify:Instance.register(1).contentSecurityPolicy", header="content-security-policy"
            ),
            HeaderPolicy(f"{_HELMETS}(0).{{frameguard,xFrameOptions}}", header="x-frame-options"),
            *(
                HeaderPolicy(f"hono/secure-headers.secureHeaders(0).{name}", header=header)
                for name, header in (
                    ("xFrameOptions", "x-frame-options"),
                    ("xContentTypeOptions", "x-content-type-options"),
                    ("strictTransportSecurity", "strict-transport-security"),
                )
            ),
            HeaderPolicy(
                f"{_HELMETS}(0).{{hsts,strictTransportSecurity}}", header="strict-transport-security"
            ),
            HeaderPolicy(f"{_HELMETS}(0).{{noSniff,xContentTypeOptions}}", header="x-content-type-options"),
            # `true` is all of them, and an object leaves on what it does not name (https://hapi.dev/api).
            *(
                HeaderPolicy(f"{place}{name}", header=header)
                for place in (
                    "@hapi/hapi.{server,Server}(0).routes.security",
                    "hapi:Server.route(0).options.security",
                )
                for name, header in (
                    ("", "x-content-type-options"),
                    (".noSniff", "x-content-type-options"),
                    (".xframe", "x-frame-options"),
                    (".hsts", "strict-transport-security"),
                )
            ),
            HeaderText(f"{_HELMETS}(0).contentSecurityPolicy", header="content-security-policy", adds=True),
            HeaderText(
                f"{_HELMETS}(0).{{crossOriginOpenerPolicy,crossOriginOpenerPolicy.policy}}",
                header="cross-origin-opener-policy",
            ),
            HeaderText(f"{_HELMETS}(0).{{hsts,strictTransportSecurity}}", header="strict-transport-security"),
            HeaderText(
                f"{_HELMETS}(0).{{hsts,strictTransportSecurity}}.maxAge",
                header="strict-transport-security",
                form="max-age={}; includeSubDomains",
            ),
            HeaderText(f"{_HELMETS}(0).{{noSniff,xContentTypeOptions}}", header="x-content-type-options"),
            HeaderText(f"{_HELMETS}(0).{{referrerPolicy,referrerPolicy.policy}}", header="referrer-policy"),
        ),
    ),
    Library(
        name="node-cors",
        language="javascript",
        packages=("cors", "@fastify/cors", "@koa/cors", "hono", "@hapi/hapi", "@nestjs/common"),
        types={"Plugin": ("@fastify/cors", "fastify-cors")},
        concepts=(
            CorsPolicy(
                "{cors,cors.default}()",
                origins="(0).origin",
                credentials="(0).credentials",
                any_by_default=True,
                reflects=("True",),
            ),
            CorsPolicy(
                "@koa/cors()",
                origins="(0).origin",
                credentials="(0).credentials",
                any_by_default=True,
                reflects=("True",),
            ),
            CorsPolicy(
                "hono/cors.cors()", origins="(0).origin", credentials="(0).credentials", any_by_default=True
            ),
            CorsPolicy(
                "nestjs:Application.enableCors()",
                origins="(0).origin",
                credentials="(0).credentials",
                any_by_default=True,
                reflects=("True",),
            ),
            CorsPolicy(
                "fastify:Instance.register()",
                origins="(1).origin",
                credentials="(1).credentials",
                any_by_default=True,
                reflects=("True",),
                only=("(0)", "node-cors:Plugin"),
            ),
            # Sends the origin that asks back, `*` or not (https://hapi.dev/api, `route.options.cors`).
            CorsPolicy(
                "@hapi/hapi.{server,Server}()",
                origins="(0).routes.cors.origin",
                credentials="(0).routes.cors.credentials",
                reflects=("*",),
            ),
            CorsPolicy(
                "socket.io.Server()",
                origins="(1).cors.origin",
                credentials="(1).cors.credentials",
                reflects=("True",),
            ),
        ),
    ),
    Library(
        name="node-sizes",
        language="javascript",
        packages=("express", "body-parser", "multer", "express-fileupload", "@fastify/multipart", "busboy"),
        concepts=(
            BodyLimit("express.{json,urlencoded,raw,text}(0).limit"),
            BodyLimit("body-parser.{json,urlencoded,raw,text}(0).limit"),
            BodyLimit("{fastify,fastify.fastify}(0).bodyLimit"),
            UploadParser("{multer,multer.default}()", limit="(0).limits.fileSize"),
            UploadParser("express-fileupload()", limit="(0).limits.fileSize"),
            UploadParser("{busboy,busboy.default}()", limit="(0).limits.fileSize"),
            UploadParser(
                "@nestjs/platform-express.{FileInterceptor,FilesInterceptor}()", limit="(-1).limits.fileSize"
            ),
        ),
    ),
)
