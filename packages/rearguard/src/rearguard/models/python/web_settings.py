"""What web frameworks of Python are told: cookies, headers, other origins, hosts, sizes.

References: https://flask.palletsprojects.com/en/stable/config/, https://docs.djangoproject.com/en/stable/ref/settings/,
https://www.starlette.io/middleware/, https://flask-cors.readthedocs.io/, https://github.com/adamchainz/django-cors-headers,
https://github.com/wntrblm/flask-talisman, https://secure.readthedocs.io/, https://aiohttp-session.readthedocs.io/
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import (
    AnswerHook,
    Application,
    BodyLimit,
    CookieFlag,
    CookieWrite,
    CorsPolicy,
    HeaderPolicy,
    HeaderText,
    HostCheck,
    ProtectiveHeaders,
    SessionUse,
)

__all__ = ["WEB_SETTINGS"]

_COMMON = ("x-content-type-options", "x-frame-options", "referrer-policy", "strict-transport-security")
_TALISMAN = "flask_talisman.{Talisman,talisman.Talisman}"
_STORAGES = (
    "aiohttp_session.{SimpleCookieStorage,cookie_storage.EncryptedCookieStorage,redis_storage.RedisStorage,"
    "nacl_storage.NaClCookieStorage,memcached_storage.MemcachedStorage}"
)

_FLASK = Library(
    name="flask_settings",
    language="python",
    packages=("flask", "flask_cors", "flask_talisman"),
    concepts=(
        Application("{flask.Flask,quart.Quart}()", sessions="setting"),
        SessionUse("flask:Session[]"),
        SessionUse("flask_login.login_user()"),
        CookieFlag("@settings.SESSION_COOKIE_SECURE", flag="secure"),
        CookieFlag("@settings.SESSION_COOKIE_HTTPONLY", flag="http-only", default=True),
        CookieFlag("@settings.SESSION_COOKIE_SAMESITE", flag="same-site"),
        CookieFlag("@settings.REMEMBER_COOKIE_SECURE", flag="secure", cookie="remember"),
        CookieFlag("@settings.REMEMBER_COOKIE_HTTPONLY", flag="http-only", cookie="remember", default=True),
        CookieFlag("@settings.JWT_COOKIE_SECURE", flag="secure"),
        BodyLimit("@settings.MAX_CONTENT_LENGTH"),
        CorsPolicy(
            "flask_cors.CORS()",
            origins="(origins)",
            credentials="(supports_credentials)",
            any_by_default=True,
            reflects=("*", "True"),
        ),
        CorsPolicy(
            "flask_cors.CORS().init_app()",
            origins="(origins)",
            credentials="(supports_credentials)",
            any_by_default=True,
            reflects=("*", "True"),
        ),
        CorsPolicy(
            "flask_cors.cross_origin()",
            origins="(0|origins)",
            credentials="(supports_credentials)",
            any_by_default=True,
            reflects=("*", "True"),
        ),
        ProtectiveHeaders(
            "flask_talisman.{Talisman,talisman.Talisman}()",
            headers=(*_COMMON, "content-security-policy"),
            says=(
                ("content-security-policy", "default-src 'self'; object-src 'none'"),
                ("referrer-policy", "strict-origin-when-cross-origin"),
                ("strict-transport-security", "max-age=31556926; includeSubDomains"),
                ("x-content-type-options", "nosniff"),
            ),
        ),
        HeaderPolicy(
            "flask_talisman.{Talisman,talisman.Talisman}(content_security_policy)",
            header="content-security-policy",
        ),
        HeaderPolicy(
            "flask_talisman.{Talisman,talisman.Talisman}(strict_transport_security)",
            header="strict-transport-security",
        ),
        HeaderPolicy("flask_talisman.{Talisman,talisman.Talisman}(frame_options)", header="x-frame-options"),
        HeaderText(
            "flask_talisman.{Talisman,talisman.Talisman}(content_security_policy)",
            header="content-security-policy",
        ),
        HeaderText(
            "flask_talisman.{Talisman,talisman.Talisman}(strict_transport_security)",
            header="strict-transport-security",
        ),
        HeaderText(
            f"{_TALISMAN}(strict_transport_security_max_age)",
            header="strict-transport-security",
            form="max-age={}; includeSubDomains",
        ),
        HeaderText(f"{_TALISMAN}(referrer_policy)", header="referrer-policy"),
        AnswerHook("{flask.Flask,quart.Quart}().after_request(0)"),
    ),
)

_DJANGO = Library(
    name="django_settings",
    language="python",
    packages=("django", "corsheaders"),
    concepts=(
        SessionUse("django.contrib.auth.login()"),
        Application("@settings.ROOT_URLCONF", sessions="setting"),
        ProtectiveHeaders(
            "@settings.{MIDDLEWARE,MIDDLEWARE_CLASSES}",
            headers=("x-content-type-options", "referrer-policy"),
            says=(
                ("cross-origin-opener-policy", "same-origin"),
                ("referrer-policy", "same-origin"),
                ("x-content-type-options", "nosniff"),
            ),
            entry="django.middleware.security.SecurityMiddleware",
        ),
        ProtectiveHeaders(
            "@settings.{MIDDLEWARE,MIDDLEWARE_CLASSES}",
            headers=("x-frame-options",),
            entry="django.middleware.clickjacking.XFrameOptionsMiddleware",
        ),
        ProtectiveHeaders(
            "@settings.{MIDDLEWARE,MIDDLEWARE_CLASSES}",
            headers=("content-security-policy",),
            entry="csp.middleware.CSPMiddleware",
        ),
        HeaderPolicy("@settings.SECURE_CONTENT_TYPE_NOSNIFF", header="x-content-type-options"),
        HeaderPolicy("@settings.SECURE_HSTS_SECONDS", header="strict-transport-security"),
        HeaderText("@settings.SECURE_HSTS_SECONDS", header="strict-transport-security", form="max-age={}"),
        HeaderText(
            "@settings.SECURE_HSTS_INCLUDE_SUBDOMAINS",
            header="strict-transport-security",
            form="includeSubDomains",
        ),
        HeaderText("@settings.SECURE_CONTENT_TYPE_NOSNIFF", header="x-content-type-options"),
        HeaderText("@settings.SECURE_CROSS_ORIGIN_OPENER_POLICY", header="cross-origin-opener-policy"),
        HeaderText("@settings.SECURE_REFERRER_POLICY", header="referrer-policy"),
        HeaderPolicy("@settings.X_FRAME_OPTIONS", header="x-frame-options"),
        HeaderPolicy("@settings.SECURE_REFERRER_POLICY", header="referrer-policy"),
        HostCheck("@settings.ALLOWED_HOSTS"),
        CookieFlag("@settings.CSRF_COOKIE_SECURE", flag="secure", cookie="csrf"),
        BodyLimit("@settings.{DATA_UPLOAD_MAX_MEMORY_SIZE,FILE_UPLOAD_MAX_SIZE}"),
        CorsPolicy(
            "@settings.{CORS_ALLOW_ALL_ORIGINS,CORS_ORIGIN_ALLOW_ALL}", setting="all", reflects=("*", "True")
        ),
        CorsPolicy("@settings.CORS_ALLOW_CREDENTIALS", setting="credentials"),
        CorsPolicy("@settings.{CORS_ALLOWED_ORIGINS,CORS_ORIGIN_WHITELIST}", setting="origins"),
        CorsPolicy("@settings.{CORS_ALLOWED_ORIGIN_REGEXES,CORS_ORIGIN_REGEX_WHITELIST}", setting="patterns"),
    ),
)

_ASGI = Library(
    name="asgi_settings",
    language="python",
    packages=("starlette", "fastapi", "aiohttp", "aiohttp_session", "sanic", "secure"),
    types={
        "Cors": ("{starlette,fastapi}.middleware.cors.CORSMiddleware()",),
        "Sessions": ("starlette.middleware.sessions.SessionMiddleware()",),
        "Hosts": ("{starlette,fastapi}.middleware.trustedhost.TrustedHostMiddleware()",),
    },
    # What is added is made later, with the same arguments.
    provides=(
        "{starlette,fastapi}.middleware.Middleware(0|cls)",
        "fastapi:App.add_middleware(0|middleware_class)",
        "starlette:App.add_middleware(0|middleware_class)",
    ),
    concepts=(
        Application("{fastapi.FastAPI,fastapi.applications.FastAPI,starlette.applications.Starlette}()"),
        Application("{aiohttp.web.Application,sanic.Sanic,tornado.web.Application,bottle.Bottle}()"),
        Application("{falcon.App,falcon.asgi.App,pyramid.config.Configurator}()"),
        CorsPolicy(
            "Cors",
            origins="(allow_origins)",
            pattern="(allow_origin_regex)",
            whole=True,
            credentials="(allow_credentials)",
            reflects=("*", "True"),
        ),
        CookieWrite(
            "Sessions",
            secure="(https_only)",
            same_site="(same_site)",
            same_site_default=True,
            http_only_default=True,
            session=True,
        ),
        HostCheck("Hosts", names="(allowed_hosts)"),
        CookieWrite(
            f"{_STORAGES}()",
            secure="(secure)",
            http_only="(httponly)",
            same_site="(samesite)",
            http_only_default=True,
            session=True,
        ),
        BodyLimit("aiohttp.web.Application(client_max_size)"),
        ProtectiveHeaders("secure.{Secure,SecureHeaders,Secure.with_default_headers}()", headers=_COMMON),
        ProtectiveHeaders("secweb.SecWeb()", headers=_COMMON),
    ),
)

_COOKIES = Library(
    name="response_cookies",
    language="python",
    packages=("flask", "django", "starlette", "aiohttp", "bottle", "falcon", "tornado", "pyramid", "sanic"),
    concepts=(
        # Flask, Django, Starlette, aiohttp, Bottle and others write it alike.
        CookieWrite(
            "*.{set_cookie,set_signed_cookie}()",
            name="(0|key)",
            value="(1|value)",
            secure="(secure)",
            http_only="(httponly)",
            same_site="(samesite)",
        ),
        CookieWrite(
            "*.{set_secure_cookie,add_cookie}()",
            name="(0|name)",
            value="(1|value)",
            secure="(secure)",
            http_only="(httponly)",
            same_site="(samesite)",
        ),
    ),
)

WEB_SETTINGS = (_FLASK, _DJANGO, _ASGI, _COOKIES)
