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
    Hashing,
    HtmlResponse,
    KeyDerivation,
    OtpVerify,
    PasswordHash,
    PasswordPolicy,
    PasswordScheme,
    PasswordVerify,
    RandomSource,
    Redirect,
    RequestInput,
    Sanitizer,
    SecretUse,
    TokenDecode,
    TokenIssue,
    TokenVerify,
    UserVerification,
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
    packages=("jwt", "jose", "authlib", "joserfc", "jwcrypto", "rest_framework_simplejwt"),
    types={
        "Token": ("authlib.jose.JsonWebToken()", "authlib.jose.jwt"),
        "PyJwt": ("jwt.PyJWT()", "jwt.api_jwt.PyJWT()"),
    },
    concepts=(
        TokenVerify(
            "{PyJwt,jwt,jwt.api_jwt}.{decode,decode_complete}()",
            key="(1|key)",
            algorithms="(2|algorithms)",
            off=(("(verify)", False), ("(3|options).verify_signature", False)),
            audience="(audience)",
            endless=(("(3|options).verify_exp", False),),
        ),
        TokenVerify(
            "jose.jwt.decode()",
            key="(1|key)",
            algorithms="(2|algorithms)",
            needs_algorithms=True,
            off=(("(3|options).verify_signature", False),),
            audience="(4|audience)",
            endless=(("(3|options).verify_exp", False),),
        ),
        TokenVerify(
            "jose.jws.verify()", key="(1|key)", algorithms="(2|algorithms)", off=(("(3|verify)", False),)
        ),
        TokenVerify("jose.jwe.decrypt()"),
        TokenDecode("jose.jwt.{get_unverified_claims,get_unverified_headers}()"),
        TokenDecode("jose.jws.get_unverified_claims()"),
        TokenIssue("{PyJwt,jwt,jwt.api_jwt}.encode()", payload="(0|payload)", key="(1|key)"),
        TokenIssue("jose.jwt.encode()", payload="(0|claims)", key="(1|key)"),
        TokenIssue("Token.encode()", payload="(1|payload)", key="(2|key)"),
        TokenIssue("joserfc.jwt.encode()", payload="(1|claims)", key="(2|key)"),
        TokenVerify("Token.decode()"),
        TokenVerify("joserfc.jwt.decode()"),
        TokenVerify("jwcrypto.jwt.JWT()"),
        TokenVerify(
            "google.oauth2.id_token.{verify_oauth2_token,verify_firebase_token}()", audience="(2|audience)"
        ),
        # Audience and issuer are settings of it.
        Sanitizer(
            "rest_framework_simplejwt.tokens.{AccessToken,RefreshToken,SlidingToken,UntypedToken}()",
            (*Context,),
        ),
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
        PasswordVerify("{Passlib,Argon2,Pwdlib}.{verify,verify_and_update}()"),
        PasswordVerify("bcrypt.checkpw()"),
        PasswordVerify("FlaskBcrypt.check_password_hash()"),
        PasswordVerify("flask_bcrypt.check_password_hash()"),
        PasswordHash("{Passlib,Argon2,Pwdlib}.hash(0)"),
        PasswordHash("Passlib.encrypt(0)"),
        PasswordHash("bcrypt.hashpw(0|password)", salt="(1|salt)"),
        PasswordHash("bcrypt.gensalt()", cost="(0|rounds)", least=10),
        # In kibibytes; the least that OWASP's cheat sheet on storing passwords names is 7 MiB.
        PasswordHash("argon2.PasswordHasher()", cost="(1|memory_cost)", least=7_168),
        PasswordHash("passlib.hash.{pbkdf2_sha256,pbkdf2_sha512}.using()", cost="(rounds)", least=100_000),
        PasswordHash("passlib.hash.{bcrypt,bcrypt_sha256}.using()", cost="(rounds)", least=10),
        *(
            PasswordHash("passlib.context.CryptContext()", cost=f"({scheme}__{name})", least=least)
            for scheme, least in (("bcrypt", 10), ("pbkdf2_sha256", 100_000), ("pbkdf2_sha512", 100_000))
            for name in ("rounds", "default_rounds", "max_rounds")
        ),
        PasswordHash("FlaskBcrypt.generate_password_hash(0|password)", cost="(1|rounds)", least=10),
        PasswordHash("flask_bcrypt.generate_password_hash(0|password)", cost="(1|rounds)", least=10),
        PasswordScheme("passlib.context.CryptContext(schemes)"),
        PasswordScheme("passlib.apps.LazyCryptContext(schemes)"),
        KeyDerivation("bcrypt.kdf(0|password)", cost="(3|rounds)", least=50, salt="(1|salt)"),
        *(
            Hashing(f"passlib.hash.{{{names}}}.{{hash,encrypt}}()", algorithm=algorithm, data="(0|secret)")
            for names, algorithm in (
                ("hex_md5,ldap_md5,ldap_salted_md5,md5_crypt,apr_md5_crypt", "md5"),
                ("hex_sha1,ldap_sha1,ldap_salted_sha1", "sha1"),
                ("hex_sha256,hex_sha512", "sha256"),
                ("des_crypt,lmhash,nthash,mysql323,mysql41", "des_crypt"),
            )
        ),
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
        "Timed": (
            "itsdangerous.{URLSafeTimedSerializer,TimedSerializer}()",
            "itsdangerous.url_safe.URLSafeTimedSerializer()",
        ),
        "Untimed": (
            "itsdangerous.{Serializer,URLSafeSerializer,JSONWebSignatureSerializer}()",
            "itsdangerous.url_safe.URLSafeSerializer()",
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
        PasswordVerify("werkzeug.security.check_password_hash()"),
        TokenVerify("werkzeug.security.safe_str_cmp()"),
        PasswordHash("werkzeug.security.generate_password_hash(0|password)"),
        PasswordScheme("werkzeug.security.generate_password_hash(1|method)"),
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
        TokenVerify("Timed.loads()", lifetime="(1|max_age)"),
        TokenVerify("Untimed.{loads,load}()", untimed=True),
        TokenVerify("Signer.{unsign,validate}()"),
        SecretUse(
            "itsdangerous.{Serializer,URLSafeSerializer,URLSafeTimedSerializer,TimedSerializer}(0|secret_key)",
            what="signing key",
        ),
        SecretUse("itsdangerous.{Signer,TimestampSigner}(0|secret_key)", what="signing key"),
    ),
)

OTP = Library(
    name="otp",
    language="python",
    packages=("pyotp", "webauthn", "zxcvbn", "password_strength", "captcha"),
    types={"Otp": ("pyotp.{TOTP,HOTP}()", "pyotp.totp.TOTP()", "pyotp.hotp.HOTP()")},
    concepts=(
        OtpVerify("Otp.verify()", window="(valid_window)"),
        SecretUse("pyotp.{TOTP,HOTP}(0|s)", what="one-time password secret"),
        RandomSource("pyotp.{random_base32,random_hex}()", kind="secure"),
        PasswordPolicy("zxcvbn.zxcvbn()", refuses="common"),
        PasswordPolicy("pwnedpasswords.{check,Password}()", refuses="breached"),
        PasswordPolicy("password_strength.{PasswordPolicy.from_names().test,PasswordStats}()"),
        UserVerification("webauthn.verify_authentication_response(require_user_verification)"),
        UserVerification("webauthn.generate_authentication_options(user_verification)"),
    ),
)

TOKENS = (JWT, PASSWORDS, WERKZEUG, OTP)
