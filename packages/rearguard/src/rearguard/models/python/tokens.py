"""Tokens and passwords: PyJWT, python-jose, Authlib, passlib, Werkzeug, bcrypt, argon2, ItsDangerous.

API reference: https://pyjwt.readthedocs.io/en/stable/api.html, https://python-jose.readthedocs.io/,
https://docs.authlib.org/en/latest/jose/, https://passlib.readthedocs.io/,
https://werkzeug.palletsprojects.com/en/stable/utils/, https://argon2-cffi.readthedocs.io/,
https://itsdangerous.palletsprojects.com/, https://github.com/pyca/bcrypt
"""

from rearguard.models.concepts import (
    Context,
    Denial,
    Exit,
    HtmlResponse,
    Redirect,
    RequestInput,
    Sanitizer,
    SecretUse,
    TokenVerify,
)
from rearguard.models.dsl import Library

__all__ = ["TOKENS"]

_STATUSES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    422: "UnprocessableEntity",
    429: "TooManyRequests",
}

JWT = Library(
    name="jwt",
    language="python",
    packages=("jwt", "jose", "authlib", "joserfc", "jwcrypto"),
    types={
        "Token": ("authlib.jose.JsonWebToken()", "authlib.jose.jwt"),
        "PyJwt": ("jwt.PyJWT()", "jwt.api_jwt.PyJWT()"),
    },
    concepts=(
        # Without a signature check nothing is verified: options and key are for the settings checks.
        TokenVerify("{PyJwt,jwt,jwt.api_jwt}.{decode,decode_complete}()"),
        TokenVerify("jose.{jwt.decode,jws.verify,jwe.decrypt}()"),
        TokenVerify("Token.decode()"),
        TokenVerify("joserfc.jwt.decode()"),
        TokenVerify("jwcrypto.jwt.JWT()"),
        TokenVerify("google.oauth2.id_token.{verify_oauth2_token,verify_firebase_token}()"),
        TokenVerify("firebase_admin.auth.{verify_id_token,verify_session_cookie}()"),
        SecretUse("{PyJwt,jwt,jwt.api_jwt}.encode(1|key)", what="signing key"),
        SecretUse("{PyJwt,jwt,jwt.api_jwt}.{decode,decode_complete}(1|key)", what="signing key"),
        SecretUse("jose.jwt.{encode,decode}(1|key)", what="signing key"),
        SecretUse("Token.encode(2|key)", what="signing key"),
        SecretUse("Token.decode(1|key)", what="signing key"),
    ),
)

PASSWORDS = Library(
    name="passwords",
    language="python",
    packages=("passlib", "bcrypt", "argon2", "pwdlib", "flask_bcrypt"),
    types={
        "Passlib": (
            "passlib.context.CryptContext()",
            "passlib.hash.{bcrypt,argon2,pbkdf2_sha256,sha512_crypt,scrypt}",
        ),
        "Argon2": ("argon2.PasswordHasher()",),
        "Pwdlib": ("pwdlib.PasswordHash()", "pwdlib.PasswordHash.recommended()"),
        "FlaskBcrypt": ("flask_bcrypt.Bcrypt()",),
    },
    concepts=(
        TokenVerify("{Passlib,Argon2,Pwdlib}.{verify,verify_and_update}()"),
        TokenVerify("bcrypt.checkpw()"),
        TokenVerify("FlaskBcrypt.check_password_hash()"),
        TokenVerify("flask_bcrypt.check_password_hash()"),
        SecretUse("{Passlib,Argon2,Pwdlib}.hash(0)", what="password"),
        SecretUse("bcrypt.hashpw(0|password)", what="password"),
    ),
)

WERKZEUG = Library(
    name="werkzeug",
    language="python",
    packages=("werkzeug", "itsdangerous"),
    types={
        "Request": ("werkzeug.{Request,wrappers.Request}()",),
        "Serializer": (
            "itsdangerous.{Serializer,URLSafeSerializer,URLSafeTimedSerializer,TimedSerializer}()",
            "itsdangerous.url_safe.{URLSafeSerializer,URLSafeTimedSerializer}()",
            "itsdangerous.{TimedJSONWebSignatureSerializer,JSONWebSignatureSerializer}()",
        ),
        "Signer": ("itsdangerous.{Signer,TimestampSigner}()",),
    },
    concepts=(
        RequestInput("Request.{args,values,query_string}", channel="query"),
        RequestInput("Request.form", channel="form"),
        RequestInput("Request.{data,json,stream}", channel="body"),
        RequestInput("Request.files", channel="files"),
        RequestInput("Request.{headers,cookies}", channel="$member"),
        # Slashes, leading dots and device names are taken out.
        Sanitizer(
            "werkzeug.{secure_filename,utils.secure_filename}()", (Context.PATH, Context.SHELL, Context.HTML)
        ),
        # Gives None when the result would lie outside the folder.
        Sanitizer("werkzeug.{utils,security}.safe_join()", (Context.PATH,)),
        TokenVerify("werkzeug.security.{check_password_hash,safe_str_cmp}()"),
        SecretUse("werkzeug.security.generate_password_hash(0|password)", what="password"),
        Redirect("werkzeug.utils.redirect(0|location)"),
        HtmlResponse(
            "werkzeug.{wrappers.Response,Response}(0|response)",
            content_type=("(3|mimetype)", "(4|content_type)", "(2|headers).Content-Type"),
        ),
        Denial("werkzeug.exceptions.abort(0)"),
        Exit("werkzeug.exceptions.abort()"),
        *(Denial(f"werkzeug.exceptions.{name}()", status=status) for status, name in _STATUSES.items()),
        TokenVerify("Serializer.{loads,load}()"),
        TokenVerify("Signer.{unsign,validate}()"),
        SecretUse(
            "itsdangerous.{Serializer,URLSafeSerializer,URLSafeTimedSerializer,TimedSerializer}(0|secret_key)",
            what="signing key",
        ),
        SecretUse("itsdangerous.{Signer,TimestampSigner}(0|secret_key)", what="signing key"),
    ),
)

TOKENS = (JWT, PASSWORDS, WERKZEUG)
