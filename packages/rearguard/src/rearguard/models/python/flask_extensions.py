"""Flask extensions that say who may do what, how often, and with which token.

API reference: https://flask-login.readthedocs.io/, https://flask-jwt-extended.readthedocs.io/,
https://flask-httpauth.readthedocs.io/, https://flask-wtf.readthedocs.io/, https://flask-limiter.readthedocs.io/,
https://flask-security.readthedocs.io/, https://flask-principal.readthedocs.io/
"""

from rearguard.models.concepts import (
    CallerLoader,
    CredentialRead,
    Exemption,
    Guard,
    LimiterMade,
    Principal,
    RateKey,
    RateLimit,
    SecretUse,
    TokenVerify,
)
from rearguard.models.dsl import Library

__all__ = ["FLASK_EXTENSIONS"]

_JWT = "{flask_jwt_extended,flask_jwt,flask_jwt_simple}"

LOGIN = Library(
    name="flask_login",
    language="python",
    packages=("flask_login", "flask_security", "flask_user"),
    types={
        "User": (
            "flask_login.{current_user,utils.current_user}",
            "flask_security.current_user",
            "flask_user.current_user",
        )
    },
    concepts=(
        Guard(
            "{flask_login,flask_login.utils}.{login_required,fresh_login_required}",
            kind="authentication",
            carrier="cookie",
        ),
        Guard("flask_security.{login_required,auth_required}", kind="authentication"),
        Guard(
            "flask_security.{auth_required,http_auth_required,auth_token_required}()", kind="authentication"
        ),
        Guard(
            "flask_security.{auth_token_required,http_auth_required}", kind="authentication", carrier="header"
        ),
        Guard("flask_security.{roles_required,roles_accepted}()", kind="authorization"),
        Guard("flask_security.{permissions_required,permissions_accepted}()", kind="authorization"),
        Guard("flask_user.{login_required,roles_required()}", kind="authentication", carrier="cookie"),
        Principal("User", carrier="cookie"),
        # `UserMixin.is_authenticated` is `is_active` (0.6).
        CallerLoader(
            "{flask_login,flask_login.login_manager}.LoginManager().{user_loader,request_loader}(0)",
            asks=("is_active", "is_authenticated"),
        ),
    ),
)

JWT_EXTENDED = Library(
    name="flask_jwt_extended",
    language="python",
    packages=("flask_jwt_extended", "flask_jwt", "flask_jwt_simple"),
    concepts=(
        # Tokens in cookies come with the library's own double-submit check, unless that is switched off.
        Guard(
            f"{_JWT}.jwt_required()",
            kind="authentication",
            optional_if=("(0|optional)", True),
            carrier="header",
        ),
        # Written without a call up to version 3.
        Guard(
            f"{_JWT}.{{jwt_required,fresh_jwt_required,jwt_refresh_token_required}}",
            kind="authentication",
            carrier="header",
        ),
        Guard(f"{_JWT}.jwt_optional", kind="authentication", strength="optional"),
        TokenVerify(f"{_JWT}.verify_jwt_in_request()", of_request=True),
        TokenVerify(f"{_JWT}.decode_token()"),
        Principal(f"{_JWT}.{{get_jwt_identity,get_jwt,get_jwt_claims,get_current_user}}()", carrier="header"),
        Principal(f"{_JWT}.{{current_user,current_identity}}", carrier="header"),
    ),
)

HTTPAUTH = Library(
    name="flask_httpauth",
    language="python",
    packages=("flask_httpauth",),
    types={"Auth": ("flask_httpauth.{HTTPBasicAuth,HTTPDigestAuth,HTTPTokenAuth,MultiAuth}()",)},
    concepts=(
        Guard("Auth.login_required", kind="authentication", carrier="header"),
        Guard(
            "Auth.login_required()",
            kind="authentication",
            optional_if=("(optional)", True),
            carrier="header",
        ),
        Principal("Auth.{current_user,username}()", carrier="header"),
        CredentialRead("Auth.get_auth()"),
    ),
)

WTF_CSRF = Library(
    name="flask_wtf",
    language="python",
    packages=("flask_wtf", "flask_seasurf"),
    types={
        "Protect": ("flask_wtf.{CSRFProtect,csrf.CSRFProtect,csrf.CsrfProtect}()", "flask_seasurf.SeaSurf()")
    },
    concepts=(
        Guard("Protect", kind="csrf"),
        Guard("Protect.protect()", kind="csrf"),
        # Forms of the extension carry a token, and ask for it when they are checked.
        Guard("flask_wtf.{FlaskForm,Form}().validate_on_submit", kind="csrf"),
        Exemption("Protect.exempt", kind="csrf"),
        SecretUse("flask:App.config.WTF_CSRF_SECRET_KEY", what="signing key"),
    ),
)

LIMITER = Library(
    name="flask_limiter",
    language="python",
    packages=("flask_limiter",),
    types={"Limiter": ("flask_limiter.{Limiter,extension.Limiter}()",)},
    concepts=(
        Guard("Limiter", kind="rate-limit"),
        RateLimit("flask_limiter.Limiter(default_limits)"),
        LimiterMade("flask_limiter.{Limiter,extension.Limiter}()"),
        RateKey("flask_limiter.{Limiter,extension.Limiter}(0|key_func)"),
        RateKey("Limiter.{limit,shared_limit}(key_func)"),
        Guard("Limiter.{limit,shared_limit}()", kind="rate-limit"),
        Exemption("Limiter.exempt", kind="rate-limit"),
        Exemption("Limiter.exempt()", kind="rate-limit"),
    ),
)

PRINCIPAL = Library(
    name="flask_principal",
    language="python",
    packages=("flask_principal",),
    types={"Permission": ("flask_principal.Permission()",)},
    concepts=(
        Guard("Permission.require()", kind="authorization"),
        Principal("flask.g.identity"),
    ),
)

FLASK_EXTENSIONS = (LOGIN, JWT_EXTENDED, HTTPAUTH, WTF_CSRF, LIMITER, PRINCIPAL)
