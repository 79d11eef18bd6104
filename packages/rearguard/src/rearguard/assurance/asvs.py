"""How each requirement of ASVS that a reader of code can decide is decided.

A row says which weaknesses violate the requirement, beside the checks that name it themselves, and what a
program must mention for it to apply at all. The second is a plain search for words: a mention too many only
takes a "not applicable" away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["RULES", "Decision"]


@dataclass(frozen=True, slots=True)
class Decision:
    """How one requirement is decided."""

    weaknesses: frozenset[int]
    """CWEs of findings that violate it."""
    subject: str = ""
    """What it is about, for "nothing here mentions ..."; "" when it applies to every program."""
    words: re.Pattern[str] | None = None
    """What a program that it applies to mentions."""
    told: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Check -> what those of its findings say that violate it, where the check is not about it alone."""


_SUBJECTS = {
    "archives": r"zipfile|tarfile|unpack_archive|unzip|adm-zip|yauzl|extract-zip|node-tar|decompress",
    "caches": r"memcache",
    "CORS": r"\bcors\b|access-control-allow",
    "CSV or spreadsheets": r"\bcsv\b|xlsx|openpyxl|exceljs|xlsxwriter",
    "cookies": r"cookie|session",
    "cryptography": r"crypt|cipher|\baes\b|fernet|\brsa\b|nacl|sodium|pbkdf2|argon2|hashlib|\bhmac\b",
    "databases": r"sql|postgres|mongo|redis|sequelize|prisma|knex|typeorm|models\.Model|execute\(",
    "downloads": r"content-disposition|send_file|sendFile|\.download\(|FileResponse|StreamingResponse",
    "GraphQL": r"apollo|graphql|graphene|strawberry|ariadne",
    "images": r"\bPIL\b|pillow|sharp|imagemagick|\bgm\b|jimp|wand\.image",
    "LDAP": r"ldap",
    "mail": r"smtp|sendmail|nodemailer|send_mail|flask_mail|mailer",
    "Markdown": r"markdown|marked|showdown|mistune|commonmark",
    "OAuth or OpenID Connect": r"oauth|openid|oidc|authlib|id_token|authorization_code",
    "one-time codes": r"\botp\b|totp|pyotp|otplib|speakeasy|one.?time|two.?factor|2fa|mfa|passcode|"
    r"(?:login|verif\w*|sms|reset|confirm\w*|access|email)_?code",
    "other providers of identities": r"oauth|openid|oidc|authlib|id_?token|saml",
    "outbound requests": r"requests\.|httpx|urllib|aiohttp|axios|fetch\(|got\(|node-fetch|undici",
    "passwords": r"passw(?:or)?d",
    "push authentication": r"push.{0,20}(?:auth|challenge|mfa)|number.?match|\bduo_|challenges\.create",
    "recovery codes": r"(?:recovery|backup|lookup).?(?:code|secret)",
    "refresh tokens": r"refresh_?token",
    "SAML": r"saml",
    "SVG": r"svg",
    "templates": r"jinja|render_template|\.ejs|pug|handlebars|nunjucks|mustache|Template\(|template",
    "tenants": r"tenant|organi[sz]ation_id|org_id|workspace_id|account_id",
    "tokens": r"\bjwt\b|jsonwebtoken|\bjose\b|pyjwt|itsdangerous|access_token",
    "uploads": r"upload|multer|busboy|UploadFile|request\.files|formidable|FileField",
    "WebAuthn": r"webauthn|fido2?\b|passkey",
    "WebSockets": r"websocket|socket\.io|\bws\b|wss?://",
    "XML": r"\bxml|lxml|etree|libxml|saxparser|xml2js|fast-xml",
    "XPath": r"xpath",
    "a limited stock": r"stock|quantity|inventory|seat|balance|coupon|voucher|ticket",
}
"""What a requirement may be about -> how a program mentions it."""

_TABLE = """
1.2.1 79,80,83,87,116 .
1.2.2 74,113,601,93 .
1.2.3 79,116,838 .
1.2.4 89,564,943 databases
1.2.5 77,78,88 .
1.2.6 90 LDAP
1.2.7 643,652 XPath
1.2.9 625,400 .
1.2.10 1236 CSV or spreadsheets
1.3.1 79,80 .
1.3.2 94,95,96,470 .
1.3.4 434,79 SVG
1.3.5 79,1336 Markdown
1.3.6 918 outbound requests
1.3.7 1336 templates
1.3.9 74,93 caches
1.3.10 134 .
1.3.11 93 mail
1.3.12 1333 .
1.5.1 611,776,827 XML
1.5.2 502 .
1.5.3 436,444 .
2.2.1 20,1284,1286,1287 .
2.2.2 602,20,501 .
2.3.3 662 databases
2.3.4 362,367 a limited stock
2.4.1 770,799,307 .
3.3.1 614 cookies
3.3.2 1275 cookies
3.3.3 614 cookies
3.3.4 1004 cookies
3.4.1 523,319 .
3.4.2 942,346 CORS
3.4.3 693,1021 .
3.4.4 693 .
3.4.5 200,116 .
3.4.6 1021 .
3.4.7 693 .
3.4.8 693,346 .
3.5.1 352 .
3.5.2 352 .
3.5.3 650 .
3.5.6 749 .
3.7.2 601 .
4.1.3 348,349,290 .
4.1.4 749 .
4.3.1 770,400,674 GraphQL
4.3.2 200 GraphQL
4.4.1 319 WebSockets
4.4.2 1385,346 WebSockets
5.2.1 770,400 uploads
5.2.2 434,351,646 uploads
5.2.3 409 archives
5.2.5 59,22 archives
5.2.6 789,400 images
5.3.1 434 uploads
5.3.2 22,23,36,73 .
5.3.3 22,23,36 archives
5.4.1 22,113 downloads
5.4.2 113,116 downloads
6.2.1 521 passwords
6.2.2 620 passwords
6.2.3 620 passwords
6.2.4 521 passwords
6.2.5 521 passwords
6.2.8 916 passwords
6.2.9 521 passwords
6.2.10 262,263 passwords
6.2.12 521 passwords
6.3.1 307,799 passwords
6.3.2 798,1392,1393 passwords
6.3.8 203,204 passwords
6.4.1 330,338,640 passwords
6.4.2 640 passwords
6.4.3 640,308 one-time codes
6.5.1 294,308 one-time codes
6.5.2 256,312 recovery codes
6.5.3 330,338 one-time codes
6.5.4 331,330 one-time codes
6.5.5 613 one-time codes
6.5.8 345 one-time codes
6.6.2 308 one-time codes
6.6.3 307,799 one-time codes
6.6.4 307,799 push authentication
6.7.2 330,331 WebAuthn
6.8.1 287 OAuth or OpenID Connect
6.8.2 347 other providers of identities
6.8.3 294 SAML
7.2.2 321,798 .
7.2.3 330,331,334,338 cookies
7.2.4 384 cookies
7.3.1 613 cookies
7.3.2 613 cookies
7.4.1 613 cookies
7.4.2 613 cookies
7.4.3 613,620 passwords
7.5.1 306,620 passwords
8.2.1 306,862,863 .
8.2.2 639,566 .
8.2.3 915,213,269 .
8.3.1 290,302,565,807,639 .
8.3.2 613,863 .
8.4.1 639,668 tenants
9.1.1 347,345 tokens
9.1.2 347,327,757 tokens
9.1.3 347,829 tokens
9.2.1 613 tokens
9.2.2 345,1270 tokens
9.2.3 345,1270 tokens
9.2.4 345,1270 tokens
10.1.2 352 OAuth or OpenID Connect
10.2.1 352 OAuth or OpenID Connect
10.3.1 345 OAuth or OpenID Connect
10.3.2 862,863 OAuth or OpenID Connect
10.3.3 287 OAuth or OpenID Connect
10.4.1 601 OAuth or OpenID Connect
10.4.2 294 OAuth or OpenID Connect
10.4.3 613 OAuth or OpenID Connect
10.4.4 287 OAuth or OpenID Connect
10.4.5 294,613 OAuth or OpenID Connect
10.4.6 345 OAuth or OpenID Connect
10.4.8 613 refresh tokens
10.5.1 294,352 OAuth or OpenID Connect
10.5.4 345 OAuth or OpenID Connect
11.2.1 1240 cryptography
11.2.3 326 cryptography
11.2.4 208 .
11.3.1 327,780 cryptography
11.3.2 327 cryptography
11.3.3 353,354 cryptography
11.3.4 323,329,1204 cryptography
11.4.1 328 .
11.4.2 916,256,257,759,760 passwords
11.4.4 916,326 cryptography
11.5.1 330,331,334,338,340 .
11.6.1 326,327 cryptography
12.1.1 326,327,757 .
12.2.1 319,523 .
12.3.1 319 databases
12.3.2 295,297,599 .
13.2.3 1392,1393,798 .
13.2.4 918 outbound requests
13.3.1 798,259,321,540,547,615 .
13.4.1 527,538 .
13.4.2 489,215 .
13.4.3 548 .
13.4.4 749 .
13.4.5 1188,1059 .
14.2.1 598 .
14.3.2 524,525 .
15.1.2 1104 .
15.2.1 1395,1104,937 .
15.2.3 489,531 .
15.2.4 1357,829,494 .
15.3.1 213,200,201 .
15.3.2 918,601 outbound requests
15.3.3 915 .
15.3.4 348,290 .
15.3.5 843,697,1287,943 .
15.3.6 1321 .
15.3.7 235 .
15.4.2 367,362 .
16.2.1 778,223 .
16.2.2 778 .
16.2.5 532 .
16.3.1 778,223 .
16.3.2 778,223 .
16.3.3 778 .
16.3.4 778,390,391 .
16.4.1 117 .
16.5.1 209,210,497 .
16.5.3 390,391,636,755 .
16.5.4 248,755 .
"""


_TOLD = """
1.2.3 cross-site-scripting script|JSON
1.3.1 cross-site-scripting .
1.3.4 unrestricted-upload .
1.3.5 cross-site-scripting [Mm]arkdown
1.3.9 cache-poisoning .
2.4.1 missing-rate-limit .
3.4.1 security-headers Strict-Transport
3.4.3 security-headers [Cc]ontent[ -][Ss]ecurity
3.4.3 content-security-policy [Cc]ontent[ -][Ss]ecurity
3.4.4 security-headers X-Content-Type
3.5.2 missing-csrf-protection .
4.4.1 cleartext-transmission ws://|[Ww]eb ?[Ss]ocket
5.2.5 archive-extraction .
5.3.1 unrestricted-upload .
5.4.1 header-injection [Dd]isposition|file ?name
5.4.2 header-injection [Dd]isposition|file ?name
6.2.12 weak-password-policy accepts any password|accepts every one
6.2.3 weak-recovery without asking for the old one
6.4.1 weak-recovery nothing secret goes into it|valid for ever|good for ever
6.5.1 weak-recovery nothing uses it up
6.5.3 predictable-random [Cc]ode|otp|OTP|pin\b
6.5.4 mfa-misuse one of at most
6.5.5 mfa-misuse codes are accepted at any time
6.6.3 missing-rate-limit [Cc]ode
6.8.2 jwt-unverified .
7.2.3 predictable-random [Ss]ession
7.3.2 session-expiration live for|never end
7.4.1 session-expiration ends no session|ends nothing|clears the cookie
7.5.1 weak-recovery without asking for the old one
8.2.3 mass-assignment .
8.2.3 excessive-data-exposure .
8.4.1 insecure-direct-object-reference [Tt]enant|[Oo]rgani
10.1.2 oauth-misuse .
11.2.3 weak-key bits is made
11.4.2 weak-key stretched
11.4.4 weak-key stretched
11.6.1 weak-key bits is made
12.1.1 weak-cipher TLS|SSL
13.2.3 default-credentials .
13.2.4 server-side-request-forgery .
15.2.3 debug-mode .
15.2.3 exposed-console .
15.3.2 server-side-request-forgery .
15.3.4 missing-rate-limit This limit counts by
15.3.5 nosql-injection .
16.3.4 swallowed-error .
"""
"""Requirement, check, and what its findings say that violate the requirement."""


def _told() -> dict[str, dict[str, re.Pattern[str]]]:
    found: dict[str, dict[str, re.Pattern[str]]] = {}
    for line in _TOLD.strip().splitlines():
        number, check, words = line.split(" ", 2)
        found.setdefault(number, {})[check] = re.compile(words)
    return found


def _rules() -> dict[str, Decision]:
    found: dict[str, Decision] = {}
    told = _told()
    for line in _TABLE.strip().splitlines():
        number, weaknesses, subject = line.split(" ", 2)
        cwes = frozenset(map(int, weaknesses.split(",")))
        if subject == ".":
            found[number] = Decision(cwes, told=told.get(number, {}))
        else:
            words = re.compile(_SUBJECTS[subject], re.IGNORECASE)
            found[number] = Decision(cwes, subject, words, told.get(number, {}))
    return found


RULES: Mapping[str, Decision] = _rules()
"""Requirement as `1.2.4` -> how it is decided."""
