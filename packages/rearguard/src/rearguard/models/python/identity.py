"""Accounts, logins and sessions of Python frameworks, as far as checks of authentication ask for them.

API reference: https://docs.djangoproject.com/en/stable/topics/auth/, https://docs.djangoproject.com/en/stable/ref/settings/,
https://docs.djangoproject.com/en/stable/topics/http/sessions/, https://flask-login.readthedocs.io/,
https://flask-session.readthedocs.io/, https://flask-jwt-extended.readthedocs.io/en/stable/options.html,
https://aiohttp-session.readthedocs.io/, https://django-axes.readthedocs.io/,
https://www.django-rest-framework.org/api-guide/throttling/, https://docs.authlib.org/en/latest/client/
"""

from rearguard.models.concepts import (
    AccountCreation,
    KeyDerivation,
    Lifetime,
    PasswordGate,
    PasswordHash,
    PasswordPolicy,
    PasswordRules,
    PasswordScheme,
    PasswordVerify,
    RandomSource,
    RateLimit,
    ServerSession,
    SessionRenewal,
    TokenFromUrl,
    TokenIssue,
)
from rearguard.models.dsl import Library

__all__ = ["IDENTITY"]

DJANGO_AUTH = Library(
    name="django_auth",
    language="python",
    packages=("django.contrib.auth", "axes", "rest_framework", "rest_framework_simplejwt"),
    types={
        "Manager": (
            "django.contrib.auth.models.{User.objects,UserManager()}",
            "django.contrib.auth.get_user_model().objects",
        ),
    },
    concepts=(
        PasswordVerify("django.contrib.auth.authenticate()"),
        PasswordGate("django.contrib.auth.views.LoginView.as_view()"),
        PasswordGate("rest_framework_simplejwt.views.{TokenObtainPairView,TokenObtainSlidingView}.as_view()"),
        PasswordGate("rest_framework.authtoken.views.ObtainAuthToken.as_view()"),
        PasswordHash("django.contrib.auth.hashers.make_password(0|password)"),
        PasswordScheme("django.contrib.auth.hashers.make_password(2|hasher)"),
        PasswordScheme("@settings.PASSWORD_HASHERS"),
        PasswordPolicy("django.contrib.auth.password_validation.validate_password()", refuses="listed"),
        PasswordRules(
            "@settings.AUTH_PASSWORD_VALIDATORS",
            name="NAME",
            options="OPTIONS",
            rules=(
                ("django.contrib.auth.password_validation.CommonPasswordValidator", "common"),
                ("django.contrib.auth.password_validation.MinimumLengthValidator", "length"),
                ("django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "similar"),
                ("pwned_passwords_django.validators.PwnedPasswordsValidator", "breached"),
            ),
            shortest=("min_length", 8),
        ),
        RandomSource("django.utils.crypto.get_random_string()", kind="secure"),
        RandomSource("django.utils.timezone.{now,localtime}()", kind="clock"),
        AccountCreation("Manager.{create_user,create_superuser}(2|password)", name="(0|username)"),
        ServerSession("django:Request.session"),
        SessionRenewal("django:Request.session.{cycle_key,flush}()"),
        SessionRenewal("django.contrib.auth.login()", bound=True),
        RateLimit("@settings.{INSTALLED_APPS,MIDDLEWARE}", words="ratelimit|throttl"),
        # They count what `authenticate()` refuses, and see nothing else.
        RateLimit("@settings.{INSTALLED_APPS,MIDDLEWARE}", words="axes|defender", passwords=True),
        RateLimit("@settings.{AXES_ENABLED,AXES_FAILURE_LIMIT,DEFENDER_LOGIN_FAILURE_LIMIT}", passwords=True),
        RateLimit("@settings.RATELIMIT_ENABLE"),
        Lifetime("@settings.SESSION_COOKIE_AGE"),
        Lifetime("@settings.PASSWORD_RESET_TIMEOUT"),
    ),
)

SESSIONS = Library(
    name="python_sessions",
    language="python",
    packages=("aiohttp_session", "flask_session", "flask_login", "flask_jwt_extended"),
    concepts=(
        ServerSession("aiohttp_session.get_session()"),
        SessionRenewal("aiohttp_session.new_session()"),
        SessionRenewal("flask_login.{login_user,utils.login_user}()"),
        TokenIssue(
            "flask_jwt_extended.{create_access_token,create_refresh_token}()",
            endless=(("(expires_delta)", False),),
        ),
        Lifetime("flask:App.config.{PERMANENT_SESSION_LIFETIME,JWT_ACCESS_TOKEN_EXPIRES}"),
        Lifetime("@settings.{PERMANENT_SESSION_LIFETIME,JWT_ACCESS_TOKEN_EXPIRES}"),
        TokenFromUrl("flask:App.config.JWT_TOKEN_LOCATION", values=("query_string",)),
        TokenFromUrl("@settings.JWT_TOKEN_LOCATION", values=("query_string",)),
        KeyDerivation(
            "django.utils.crypto.pbkdf2(0|password)", cost="(2|iterations)", least=100_000, salt="(1|salt)"
        ),
    ),
)

IDENTITY = (DJANGO_AUTH, SESSIONS)
