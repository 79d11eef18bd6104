"""What backends in Python do to be safe that no finding is about: sessions that end, errors that are caught.

References: https://docs.djangoproject.com/en/stable/topics/http/sessions/,
https://flask.palletsprojects.com/en/stable/errorhandling/, https://fastapi.tiangolo.com/tutorial/handling-errors/,
https://docs.python.org/3/library/logging.html#formatter-objects, https://www.structlog.org/en/stable/api.html,
https://werkzeug.palletsprojects.com/en/stable/middleware/proxy_fix/, https://strawberry.rocks/docs/extensions/query-depth-limiter
"""

from rearguard.models.dsl import Library
from rearguard.models.measure_concepts import (
    EntryForm,
    ErrorsPassOn,
    IdleRenewal,
    LastResort,
    LogTime,
    OpenRoutes,
    OriginGate,
    PushSent,
    QueryLimit,
    ScopeGate,
    SessionEnd,
    SessionId,
    TiedLogin,
)
from rearguard.models.settings_concepts import StaticFolder, TrustedProxies
from rearguard.models.slip_concepts import CodeTime, KeyAddress, MixedSources, PixelLimit, Unpacking

__all__ = ["MEASURES"]

_EVERY = ("Exception", "BaseException", "InternalServerError", "500")

MEASURES = Library(
    name="measures",
    language="python",
    packages=("django", "flask", "fastapi", "starlette", "werkzeug", "logging", "structlog", "strawberry"),
    types={
        "Protector": ("authlib.integrations.{flask_oauth2,django_oauth2}.ResourceProtector()",),
        "Tied": (
            "authlib.integrations.{flask_client,starlette_client,django_client}.OAuth().*",
            "authlib.integrations.{flask_client,starlette_client,django_client}.OAuth().{register,create_client}()",
        ),
    },
    concepts=(
        CodeTime("pyotp.{TOTP,totp.TOTP}().verify(1|for_time)"),
        KeyAddress("{jwt,jose.jwt}.get_unverified_header()"),
        MixedSources("flask:Request.values"),
        PixelLimit("PIL.Image.MAX_IMAGE_PIXELS"),
        Unpacking("{zipfile.ZipFile(),tarfile.open()}.extractall()"),
        Unpacking("shutil.unpack_archive()"),
        OpenRoutes("django.contrib.admin.site.urls"),
        ScopeGate(
            "authlib.integrations.{flask_oauth2,django_oauth2}.ResourceProtector()()", scopes="(0|scopes)"
        ),
        ScopeGate("oauth2_provider.decorators.protected_resource()", scopes="(0|scopes)"),
        PushSent("duo_client.Auth().auth()", only=("(0|factor)", "push", "auto")),
        PushSent("twilio.rest.Client().verify.v2.services().entities().challenges.create()"),
        SessionEnd("django:Request.session.flush()"),
        SessionEnd("django.contrib.auth.logout()"),
        SessionId(
            "@settings.{MIDDLEWARE,MIDDLEWARE_CLASSES}",
            bits=165,
            entry="django.contrib.sessions.middleware.SessionMiddleware",
        ),
        IdleRenewal("@settings.SESSION_SAVE_EVERY_REQUEST"),
        IdleRenewal("@settings.SESSION_REFRESH_EACH_REQUEST"),
        IdleRenewal("flask.session.permanent"),
        LastResort("{flask:App.errorhandler,flask:Blueprint.app_errorhandler}()", errors="(0)", every=_EVERY),
        LastResort("flask:App.register_error_handler()", handler="(1|f)", errors="(0)", every=_EVERY),
        LastResort("fastapi:App.exception_handler()", errors="(0)", every=_EVERY),
        LastResort("fastapi:App.add_exception_handler()", handler="(1|handler)", errors="(0)", every=_EVERY),
        ErrorsPassOn("@settings.{DEBUG_PROPAGATE_EXCEPTIONS,PROPAGATE_EXCEPTIONS}"),
        EntryForm("logging.{basicConfig(format),Formatter(0|fmt)}"),
        LogTime("logging.Formatter.converter", utc=("time.gmtime", "gmtime"), local=("time.localtime",)),
        LogTime("structlog.processors.TimeStamper(utc)", utc=("True",), local=("False",), default=True),
        QueryLimit("strawberry.extensions.QueryDepthLimiter(max_depth)"),
        QueryLimit("strawberry.Schema(extensions)", server=True),
        QueryLimit("graphene.validation.depth_limit_validator(max_depth)"),
        TrustedProxies("werkzeug.middleware.proxy_fix.ProxyFix(1|x_for)", fallback=1),
        TrustedProxies("uvicorn.run(forwarded_allow_ips)"),
        TiedLogin("Tied.{authorize_redirect,authorize_access_token}()"),
        OriginGate("channels.security.websocket.{AllowedHostsOriginValidator,OriginValidator}()"),
        StaticFolder("{starlette,fastapi}.staticfiles.StaticFiles(directory)"),
        StaticFolder("flask.Flask(static_folder)"),
    ),
)
