"""Authentication and protection middleware for Node.js.

API references: https://github.com/auth0/node-jsonwebtoken, https://github.com/panva/jose,
https://www.passportjs.org/api/1.x/, https://expressjs.com/en/resources/middleware/session.html,
https://github.com/auth0/express-jwt, https://github.com/kelektiv/node.bcrypt.js,
https://github.com/ranisalt/node-argon2/wiki/Options, https://github.com/Psifi-Solutions/csrf-csrf,
https://github.com/krakenjs/lusca, https://express-rate-limit.mintlify.app/,
https://github.com/animir/node-rate-limiter-flexible/wiki, https://docs.nestjs.com/security/authentication
"""

from rearguard.models.concepts import (
    CallerLoader,
    Denial,
    ErrorHandler,
    Guard,
    Lifetime,
    LimiterMade,
    OtpVerify,
    PasswordGate,
    PasswordHash,
    PasswordPolicy,
    PasswordVerify,
    Principal,
    PrincipalGiven,
    RateKey,
    RequestInput,
    SameSite,
    SecretUse,
    ServiceToken,
    ServiceTokenSettings,
    TokenDecode,
    TokenFromUrl,
    TokenIssue,
    TokenVerify,
    UserVerification,
    Verification,
)
from rearguard.models.dsl import Library

__all__ = ["FASTIFY_TOKENS", "HTTP_ERRORS", "NEST_TOKENS", "PASSWORDS", "PROTECTION", "SESSIONS", "TOKENS"]

_HASHES = "{bcrypt,bcryptjs,bcrypt-nodejs,@node-rs/bcrypt}"

TOKENS = Library(
    name="tokens",
    language="javascript",
    packages=("jsonwebtoken", "jose", "jwt-simple", "express-jwt", "express-oauth2-jwt-bearer", "passport"),
    types={
        "Passport": (
            "{passport,koa-passport,@fastify/passport,@fastify/passport.default}",
            "{passport,koa-passport,@fastify/passport}.{Passport,Authenticator,KoaPassport}()",
        ),
        "Required": (
            "express-oauth2-jwt-bearer.auth()",
            "express-openid-connect.requiresAuth()",
            "Passport.{authenticate,authorize}()",
            "connect-ensure-login.ensureLoggedIn()",
            "express-basic-auth()",
            "@clerk/express.requireAuth()",
            "supertokens-node/recipe/session/framework/express.verifySession()",
        ),
        "Unsigned": (
            "jose.SignJWT()",
            "Unsigned.{setProtectedHeader,setIssuedAt,setSubject,setAudience,setIssuer,setJti,setNotBefore}()",
            "Unsigned.setExpirationTime()",
        ),
        # Verification callbacks of `jwt.verify(token, key, (error, claims) => ...)`.
        "Verified": ("jsonwebtoken.verify(-1)",),
        "JwtVerify": ("passport-jwt.Strategy(-1)",),
        "Deserializer": ("Passport.deserializeUser(-1)",),
        "LocalVerify": ("{passport-local,passport-local.Strategy}(-1)",),
    },
    concepts=(
        TokenVerify(
            "jsonwebtoken.verify()",
            key="(1)",
            algorithms="(2).algorithms",
            audience="(2).audience",
            endless=(("(2).ignoreExpiration", True),),
        ),
        TokenVerify("Verified<1>"),
        TokenVerify(
            "jose.{jwtVerify,jwtDecrypt,compactVerify}()",
            key="(1)",
            algorithms="(2).algorithms",
            audience="(2).audience",
        ),
        TokenVerify(
            "jwt-simple.decode()", key="(1)", algorithms="(3)", needs_algorithms=True, off=(("(2)", True),)
        ),
        Verification(
            "{express-jwt,express-jwt.expressjwt}()",
            key="(0).secret",
            algorithms="(0).algorithms",
            audience="(0).audience",
        ),
        # A class that extends it says the same to `super(...)`, where the object is made.
        *(
            Verification(
                made,
                key="(0).secretOrKey",
                algorithms="(0).algorithms",
                audience="(0).audience",
                endless=(("(0).ignoreExpiration", True),),
            )
            for made in (
                "passport-jwt.Strategy()",
                "passport-jwt.Strategy()()",
                "@nestjs/passport.PassportStrategy()()",
            )
        ),
        TokenVerify("google-auth-library.OAuth2Client().verifyIdToken()", audience="(0).audience"),
        TokenDecode("jsonwebtoken.decode()"),
        TokenDecode("jose.decodeJwt()"),
        TokenDecode("{jwt-decode,jwt-decode.jwtDecode,jwt-decode.default}()"),
        TokenIssue("jsonwebtoken.sign()", payload="(0)", expiry=("(2).expiresIn",), key="(1)"),
        TokenIssue("Unsigned.sign()", chain="setExpirationTime", key="(0)"),
        TokenIssue("jwt-simple.encode()", payload="(0)", key="(1)"),
        TokenFromUrl("passport-jwt.ExtractJwt.fromUrlQueryParameter()"),
        SecretUse("jsonwebtoken.{sign,verify}(1)", what="signing key"),
        SecretUse("Unsigned.sign(0)", what="signing key"),
        SecretUse("jose.{jwtVerify,jwtDecrypt,compactVerify}(1)", what="signing key"),
        SecretUse("jwt-simple.{encode,decode}(1)", what="signing key"),
        SecretUse("{express-jwt,express-jwt.expressjwt}(0).secret", what="signing key"),
        SecretUse("{passport-jwt.Strategy,passport-jwt}(0).secretOrKey", what="signing key"),
        SecretUse(
            "{passport-google-oauth20,passport-github2,passport-facebook}.Strategy(0).clientSecret",
            what="client secret",
        ),
        Principal("JwtVerify<0>"),
        CallerLoader("Passport.deserializeUser(-1)"),
        CallerLoader("passport-jwt.Strategy(-1)"),
        PrincipalGiven("{Deserializer,JwtVerify}<1>(1)"),
        RequestInput("LocalVerify<0>", channel="body"),
        RequestInput("LocalVerify<1>", channel="body"),
        Guard("Required", "authentication"),
        PasswordGate(
            "Passport.authenticate()", strategy="(0)", strategies=("local", "ldapauth", "basic", "login")
        ),
        Guard(
            "{express-jwt,express-jwt.expressjwt,express-jwt.default}()",
            "authentication",
            optional_if=("(0).credentialsRequired", False),
        ),
        Guard("express-oauth2-jwt-bearer.{requiredScopes,claimCheck,claimEquals}()", "authorization"),
        Guard("express-jwt-permissions().check()", "authorization"),
        Guard("connect-roles().can()", "authorization"),
    ),
)

NEST_TOKENS = Library(
    name="nest-tokens",
    language="javascript",
    packages=("@nestjs/jwt",),
    types={"JwtService": ("@nestjs/jwt.JwtService()",)},
    concepts=(
        TokenVerify(
            "JwtService.{verify,verifyAsync}()",
            algorithms="(1).algorithms",
            endless=(("(1).ignoreExpiration", True),),
        ),
        TokenDecode("JwtService.decode()"),
        ServiceToken("JwtService.{sign,signAsync}()", service="nest"),
        ServiceTokenSettings(
            "@nestjs/jwt.JwtModule.register()", service="nest", settings="(0)", options="signOptions"
        ),
        ServiceTokenSettings(
            "@nestjs/jwt.JwtModule.registerAsync()",
            service="nest",
            settings="(0).useFactory",
            options="signOptions",
        ),
        SecretUse("@nestjs/jwt.JwtModule.register(0).secret", what="signing key"),
        SecretUse("JwtService.{sign,signAsync,verify,verifyAsync}(1).secret", what="signing key"),
    ),
)

FASTIFY_TOKENS = Library(
    name="fastify-tokens",
    language="javascript",
    packages=("@fastify/jwt",),
    concepts=(
        TokenVerify("fastify:Instance.jwt.verify()"),
        TokenDecode("fastify:Instance.jwt.decode()"),
        ServiceToken("fastify:Instance.jwt.sign()", service="fastify"),
        ServiceToken("fastify:Reply.jwtSign()", service="fastify", expiry="(1).sign.expiresIn"),
        ServiceTokenSettings(
            "fastify:Instance.register()",
            service="fastify",
            settings="(1)",
            options="sign",
            plugin="(0)",
            words="jwt",
        ),
    ),
)

SESSIONS = Library(
    name="sessions",
    language="javascript",
    packages=("express-session", "cookie-session", "cookie-parser", "client-sessions", "iron-session"),
    concepts=(
        SecretUse("express-session(0).secret", what="signing key"),
        SameSite("express-session(0).cookie.sameSite"),
        SameSite("cookie-session(0).sameSite"),
        SecretUse("cookie-session(0).secret", what="signing key"),
        SecretUse("cookie-session(0).keys", what="signing key"),
        SecretUse("cookie-parser(0)", what="signing key"),
        SecretUse("client-sessions(0).secret", what="signing key"),
        Principal("iron-session.getIronSession()"),
        Lifetime("express-session(0).cookie.maxAge", per_second=1000),
        Lifetime("cookie-session(0).maxAge", per_second=1000),
    ),
)

PASSWORDS = Library(
    name="passwords",
    language="javascript",
    packages=("bcrypt", "bcryptjs", "argon2", "@node-rs/argon2", "scrypt-kdf"),
    concepts=(
        PasswordVerify(f"{_HASHES}.{{compare,compareSync,verify,verifySync}}()"),
        PasswordVerify("{argon2,@node-rs/argon2}.verify()"),
        PasswordVerify("scrypt-kdf.verify()"),
        PasswordHash(f"{_HASHES}.{{hash,hashSync}}(0)", cost="(1)", least=10),
        PasswordHash(f"{_HASHES}.{{genSalt,genSaltSync}}()", cost="(0)", least=10),
        PasswordHash("{argon2,@node-rs/argon2}.hash(0)", cost="(1).memoryCost", least=7_168),
        PasswordHash("scrypt-kdf.kdf(0)"),
        OtpVerify("otplib.{authenticator,totp,hotp}.{verify,check}()", window="(0).window"),
        OtpVerify("speakeasy.{totp,hotp}.{verify,verifyDelta}()", window="(0).window"),
        PasswordPolicy("zxcvbn()", refuses="common"),
        PasswordPolicy("hibp.{pwnedPassword,pwnedPasswordRange}()", refuses="breached"),
        PasswordPolicy("password-validator().validate()"),
        PasswordPolicy("owasp-password-strength-test.test()"),
        UserVerification(
            "@simplewebauthn/server.{generateAuthenticationOptions,verifyAuthenticationResponse}(0)."
            "{userVerification,requireUserVerification}"
        ),
        SecretUse(f"{_HASHES}.{{hash,hashSync}}(0)", what="password"),
        SecretUse("{argon2,@node-rs/argon2}.hash(0)", what="password"),
    ),
)

PROTECTION = Library(
    name="protection",
    language="javascript",
    packages=(
        "csurf",
        "csrf-csrf",
        "lusca",
        "express-rate-limit",
        "express-slow-down",
        "rate-limiter-flexible",
    ),
    types={
        "Limiter": (
            "express-rate-limit()",
            "express-rate-limit.{rateLimit,default}()",
            "express-brute().{prevent,getMiddleware()}",
            "express-limiter()()",
        ),
        "Csrf": (
            "csurf()",
            "csrf-csrf.doubleCsrf().doubleCsrfProtection",
            "csrf-sync.csrfSync().csrfSynchronisedProtection",
            "lusca.csrf()",
            "tiny-csrf()",
        ),
        "Flexible": (
            "rate-limiter-flexible.{RateLimiterMemory,RateLimiterRedis,RateLimiterMongo,RateLimiterMySQL}()",
            "rate-limiter-flexible.{RateLimiterPostgres,RateLimiterMemcache,RateLimiterCluster}()",
            "rate-limiter-flexible.{RateLimiterUnion,RLWrapperBlackAndWhite,BurstyRateLimiter}()",
        ),
    },
    concepts=(
        Guard("Limiter", "rate-limit"),
        LimiterMade("express-rate-limit()"),
        LimiterMade("express-rate-limit.rateLimit()"),
        RateKey("express-rate-limit(0).keyGenerator"),
        RateKey("express-rate-limit.rateLimit(0).keyGenerator"),
        # Rejects when the points are used up, so whatever awaits it is limited.
        Guard("Flexible.consume()", "rate-limit"),
        Guard("Csrf", "csrf"),
    ),
)

HTTP_ERRORS = Library(
    name="http-errors",
    language="javascript",
    packages=("http-errors", "@hapi/boom", "errorhandler", "express-error-handler"),
    concepts=(
        Denial("http-errors(0)"),
        Denial("http-errors.{Unauthorized,unauthorized}()", status=401),
        Denial("http-errors.{Forbidden,forbidden}()", status=403),
        Denial("http-errors.NotFound()", status=404),
        Denial("http-errors.TooManyRequests()", status=429),
        Denial("{@hapi/boom,boom}.unauthorized()", status=401),
        Denial("{@hapi/boom,boom}.forbidden()", status=403),
        Denial("{@hapi/boom,boom}.notFound()", status=404),
        ErrorHandler("errorhandler()"),
    ),
)
