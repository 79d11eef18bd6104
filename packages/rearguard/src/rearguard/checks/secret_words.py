"""Which names and texts are credentials. Names decide what is looked at; the text decides whether it counts."""

import re
from functools import lru_cache

from rearguard.analysis.identity import words

_NAME = re.compile(
    r"(?:^|[_\-.\s]|(?<=[a-z0-9])(?=[A-Z]))"
    r"(passw(?:or)?d|passwd|pwd|passphrase|secret(?:[_\-]?key)?|api[_\-]?key|apikey|access[_\-]?key|private[_\-]?key|"
    r"auth[_\-]?token|access[_\-]?token|refresh[_\-]?token|bot[_\-]?token|signing[_\-]?key|encryption[_\-]?key|"
    r"client[_\-]?secret|jwt[_\-]?key|credential|token)s?$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_NAME = re.compile(
    r"(?:^|_)(?:csrf|xsrf|next|page|continuation|cancel(?:lation)?|field|label|placeholder|regex|pattern|url|uri|path|"
    r"header|prefix|type|algorithm|hash(?:er|ed)?|hint|error|message|policy|length|min|max|reset|name|id|fake|mock|"
    r"dummy)(?:_|$)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^(?:<.*>|\$\{.*\}|\{\{.*\}\}|%\(.*\)s|\{.*\}|x{3,}|\*{3,}|\.{3,}|-+|none|null|undefined|true|false|string|text|"
    r"password|passwd|token|secret|api[_-]?key|bearer|basic|required|optional|hidden|[_\[(*<-]*(?:redacted|masked)[_\])*>-]*|n/?a|"
    r"your[_\- ].*|my[_\- ]?(?:token|api[_\- ]?key)|insert[_\- ].*|replace[_\- ].*|todo.*|enter[_\- ].*|example.*|"
    r"no[_\- ](?:api[_\- ]?)?(?:key|token|password|secret)|dummy.*|"
    r"(?:read|write)[_\- ]only|unchanged|not[_\- ]set|unknown|include|omit|same-origin|default|disabled|enabled|auto\w*|anonymous|"
    r"(?:xox[abeprs]|gh[pousr]|sk|pk)[-_](?-i:[a-z]+(?:[-_][a-z]+)*)|\[.*\]|[\w.]+\(.*\).*)$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^[a-z][a-z0-9]*(?:[_.:/\-][a-z0-9]+)*$")
_CODE_WORD = re.compile(r"^[a-z]+(?:[_.:/\-][a-z]+)*$")
"""Words joined by dots, colons, slashes: a key, a path or a scope rather than a secret."""
_NAME_OF_SETTING = re.compile(r"^(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{2,8})$")
"""`CROWDIN_API_KEY`, `LDAP`: the name of a setting or of a kind."""
_STORED_UNDER = re.compile(
    r"^(?:x[_-])?(?:auth|access|refresh|id|session|bearer|api|jwt)[_-]?(?:token|key)s?$", re.IGNORECASE
)
"""`auth-token`, `accessToken`: the name under which clients keep or send one."""
_CAPTION = re.compile(
    r"^[A-Z][A-Za-z']*(?:\s+[A-Za-z']+)*\s+(?:password|token|key|credentials?)s?[?:*]?$", re.IGNORECASE
)
"""`API Key`, `Current password`: what a form says beside a field."""
_CODE_OF_ERROR = re.compile(r"^[a-z]+(?:[A-Z][a-z]+)*(?:Password|Token|Secret)(?:[A-Z][a-z]+)*$")
"""`incorrectPassword`: a message's key."""
_PATTERN = re.compile(r"\\[bBdDsSwW]|\.[*?+]|\(\?[:=!<]|^\w+(?:\|\w+)+$|^\(.*\)$")
"""Regular expressions, and words in parentheses: what a credential is looked for with, or called."""
_VERSION = re.compile(r"[\^~<>=v]*\d+\.\d+(?:\.[\w.\-]+)?")
"""`jsonwebtoken: "^9.0.2"`: a package."""
_CLASS = re.compile(r"(?:[a-z_]\w*\.)+[A-Z]\w*")
"""`accounts.serializers.TokenSerializer`: a class, to be imported."""
_SPOKEN = re.compile(r"[A-Z][a-z]+(?: [a-z]+)*")
"""`Forbidden`, `Token expired`: what an answer says."""
_PUBLIC = re.compile(r"(?:phc|pk_(?:live|test))_")
"""Keys that a provider hands out to be put into pages."""
_SEVERAL = re.compile(r"(?:keys|tokens|secrets|passwords|credentials)")
_OF_AN_ERROR = re.compile(r"(?:^|_)(?:not_found|invalid|missing|required|unknown)(?:_|$)")
_SENTENCE = re.compile(r"\s\S+\s")

_CHANGE_ME = re.compile(
    r"change[_\- ]?(?:me|this|it|in[_\- ]production)?|changeit|replace[_\- ]?me|fix[_\- ]?me|dummy|sample|test|testing|"
    r"(?:[a-z]+[_\- ])*(?:here|goes[_\- ]here|placeholder)|x+|\.+|\*+|1234|secret|password|notasecret|fake\w*|mock\w*",
    re.IGNORECASE,
)
"""What stands in a settings file until somebody puts a value there."""
_DIGEST = re.compile(
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}|"
    r"\$(?:2[abxy]?|argon2\w*|scrypt|pbkdf2\S*|[156])\$.+|(?:pbkdf2|scrypt|argon2|bcrypt)\w*[:$].+)",
    re.IGNORECASE,
)
"""What is stored of a password: no one logs in with that."""
_KEY_NAME = re.compile(
    r"(?:^|_)(?:secret_?key(?:_?base)?|(?:signing|encryption|jwt|session|cookie|fernet|aes|hmac|cipher|crypto|csrf|master)_?"
    r"(?:secret|key|secret_key|token_key)s?|(?:jwt|session|cookie|token|app|flask|auth|django)_?secret(?:_key)?|"
    r"private_?key|secret_cookie_key|secret_or_key|(?:access|refresh)_?token_?(?:secret|key))$"
)
_OF_A_SERVICE = re.compile(
    r"(?:^|_)(?:aws|s3|minio|stripe|paypal|google|gcp|azure|twilio|github|gitlab|slack|client|consumer|captcha|recaptcha|"
    r"cloudinary|mail\w*|smtp|pusher|algolia|sentry|facebook|twitter|spotify|openai|braintree|razorpay|square)(?:_|$)"
)

_SOME_KEY = re.compile(r"(?:^|_)key(?:_(?:hex|b64|base64|secret))?$")
_NO_SECRET_KEY = re.compile(
    r"(?:^|_)(?:pub|public|publishable|anon|site|primary|foreign|cache|sort|idempotency|partition|routing|index|object|lookup|"
    r"group|order|search|unique|storage|redis|query|row|column|map|dict|json|config|feature|flag|hot|shortcut|write|client|"
    r"analytics|maps?|tracking|test|demo|sample|spreadsheet|sheet|document|folder|file|record|channel|app|event|message|translation|i18n|data|state|license|product|project|commit|cell|item|tag)_"
)
_HEX_KEY = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]{16,128}|(?=.*[0-9])(?=.*[A-F])[0-9A-F]{16,128}")
_BASE64_KEY = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/]{24,128}={0,2}")
"""What a key of random bytes is written as."""
_PREFIXED = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9]{0,11}[_-]){1,3}((?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{14,128})"
)
"""`plc_live_7Qd2vXk90sJmWc4R8bTn`: what a service hands out, with its own name before it."""
MIXED_RUNS, MIXED_LETTERS = 6, 8
"""Changes between letters and digits, and different signs, that such a key has at least."""

PROVIDERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_\-]{20,}\b")),
    ("a Slack token", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}\b")),
    ("a Stripe key", re.compile(r"\b(?:sk|rk)_live_[A-Za-z0-9]{16,}\b")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_\-]{35}\b")),
    ("a SendGrid key", re.compile(r"\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}\b")),
    ("a Twilio key", re.compile(r"\bSK[0-9a-f]{32}\b")),
    (
        "a Slack webhook",
        re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,}"),
    ),
    ("a Discord webhook", re.compile(r"discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{50,}")),
    ("a Telegram bot token", re.compile(r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b")),
    ("an npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a PyPI token", re.compile(r"\bpypi-AgE[A-Za-z0-9_-]{40,}")),
    ("an OpenAI key", re.compile(r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{16,}T3BlbkFJ[A-Za-z0-9_-]{16,}")),
    ("an Anthropic key", re.compile(r"\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{60,}")),
    ("a Google client secret", re.compile(r"\bGOCSPX-[A-Za-z0-9_-]{28}\b")),
    ("an Azure storage key", re.compile(r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}")),
    ("a Mailgun key", re.compile(r"\bkey-[0-9a-f]{32}\b")),
    ("a Mailchimp key", re.compile(r"\b[0-9a-f]{32}-us\d{1,2}\b")),
    ("a Shopify token", re.compile(r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b")),
    ("a DigitalOcean token", re.compile(r"\bdo[opr]_v1_[0-9a-f]{64}\b")),
    ("a Vault token", re.compile(r"\bhvs\.[A-Za-z0-9_-]{24,}")),
    ("a Stripe webhook secret", re.compile(r"\bwhsec_[A-Za-z0-9]{24,}\b")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?!\s*$|[\s.\u2026]*-----END)")),
)
MAY_BE_PROVIDER = re.compile(r"[\w\-./:=+]{15}|PRIVATE KEY-----", re.ASCII)
"""What each of those forms has: a run of so many signs without a space, or the words of a key's first line."""
_URL_PASSWORD = re.compile(r"^[a-z][a-z0-9+.\-]*://[^\s:/@{}$<>%]*:([^\s/@{}$<>%]+)@[^\s/@]+", re.IGNORECASE)

_ON_THIS_MACHINE = re.compile(
    r"^@(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|db|postgres|mysql|redis|rabbitmq)(?::|/|$)"
)
_STANDS_FOR = re.compile(
    r"^(?:<.*>|\$\{.*\}|\{\{.*\}\}|%\(.*\)s|none|null|undefined|true|false|(?:foo|bar|baz|qux)+)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=50_000)
def is_credential_name(name: str) -> bool:
    """Whether a variable, key or field of this name holds a credential."""
    if "/" in name and (" " in name or name.startswith("/") or name.count("/") > 2):
        # A map of paths: `"post /one-time-tokens": "AddOneTimeTokens"`. The name of a place in a store of settings,
        # `prod/db/password`, is a name.
        return False
    snake = _CAMEL.sub("_", name)
    return _NAME.search(snake) is not None and _NOT_A_NAME.search(snake) is None


def is_secret_value(text: str) -> bool:
    """Whether a text under such a name can be one: no placeholder, no sentence, no name of something."""
    if not 4 <= len(text) <= 4096 or _PLACEHOLDER.match(text) or _SENTENCE.search(text):
        return "PRIVATE KEY-----" in text
    if not text.isascii() and any(ord(letter) > 127 and letter.isalpha() for letter in text):
        # What is written for people.
        return False
    if _NAME_OF_SETTING.match(text) or _CODE_OF_ERROR.match(text) or _PATTERN.search(text):
        return False
    if _VERSION.fullmatch(text) or _PUBLIC.match(text) or _CLASS.fullmatch(text):
        return False
    if "://" in text or text.startswith(("/", "./", "$", "%", "{")):
        return password_in_url(text)
    if _CODE_WORD.match(text):
        # One lower-case word, or several: a weak password or the name of something. A short single word
        # under a credential's name is the former; a longer joined one, mostly the latter.
        return len(text) <= 24 and not re.search(r"[.:/]", text)
    return True


@lru_cache(maxsize=50_000)
def is_key_name(name: str) -> bool:
    """Whether a value of this name signs or encrypts, rather than opening somebody's door."""
    spelled = words(name)
    if _OF_AN_ERROR.search(spelled):
        # `INVALID_ENCRYPTION_KEY = "the key was changed"`: what is said when there is none.
        return False
    return _KEY_NAME.search(spelled) is not None and _OF_A_SERVICE.search(spelled) is None


@lru_cache(maxsize=50_000)
def is_some_key(name: str) -> bool:
    """Whether a name says `key` and nothing that tells of what kind: its value decides (`card_key`)."""
    spelled = words(name)
    return _SOME_KEY.search(spelled) is not None and _NO_SECRET_KEY.search(spelled) is None


def is_random_key(text: str) -> bool:
    """Whether a text is written as a key of random bytes is, or as the keys that services hand out."""
    if _HEX_KEY.fullmatch(text) is not None:
        return True
    if _BASE64_KEY.fullmatch(text) is not None:
        return not _is_of_words(text)
    found = _PREFIXED.fullmatch(text)
    return found is not None and _PUBLIC.match(text) is None and _is_mixed(found.group(1))


def _is_of_words(text: str) -> bool:
    """Whether a text is words written together, as the key of a message is: `MessageTaskEncodingM4bDescription`."""
    return sum(map(len, re.findall(r"[A-Z]?[a-z]{3,}", text))) * 4 >= len(text) * 3


def _is_mixed(text: str) -> bool:
    """Whether letters and digits alternate as nobody writes them: `9d1c77e0b2`, not `november2024`."""
    runs = re.findall(r"[0-9]+|[A-Z]+|[a-z]+", text)
    return len(runs) >= MIXED_RUNS and len(set(text)) >= MIXED_LETTERS


def is_key_value(text: str) -> bool:
    """Whether a text is used as it stands when it is a key: any is, but what names or stands for one."""
    if not any(letter.isalnum() for letter in text) or (_NAME_OF_SETTING.match(text) and "_" in text):
        return False
    return _STANDS_FOR.match(text) is None


def is_digest(text: str) -> bool:
    """Whether a text is what is stored of a password."""
    return _DIGEST.fullmatch(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether a text of a settings file waits to be replaced."""
    return _PLACEHOLDER.match(text) is not None or _CHANGE_ME.fullmatch(text) is not None


def names_something(name: str, text: str) -> bool:
    """Whether a text under a credential's name is what people or code call it: `apiKey: "API Key"`,
    `updateAccessToken: "updateAccessToken"`, `TOKEN_KEY = "auth-token"`. Weak secrets such as `secret: "my secret"`
    stay secrets."""
    if re.fullmatch(r"__[A-Za-z]\w*__", text):
        # `"__UNCHANGED__"`: what a form sends back where it shows no secret.
        return True
    spelled, said = words(name), words(text)
    bare = re.sub(r"[?*+.\\]", "", text)
    if bare != text and words(bare) and spelled.replace("_", "").startswith(words(bare).replace("_", "")):
        # `"refresh tokens": r"refresh_?token"`: a pattern for what it is called.
        return True
    if _SEVERAL.fullmatch(said) and spelled.endswith(said):
        # `"api-keys": "keys"`: a page or a tab of several.
        return True
    if text != name and text[:1].isupper() and said == spelled:
        # `password: "Password"`: a caption.
        return True
    if (text == name and _CAMEL.search(name)) or text.lower().endswith(f".{name.lower()}"):
        return True
    if "_" in said and (said == spelled or spelled.endswith(f"_{said}")):
        # `INVALID_PASSWORD = "invalid_password"`, `ADMIN_API_TOKEN = "admin-api-token"`
        return True
    if spelled.endswith("cookie_key") and _NAMED.match(text) and ("_" in said or said in spelled.split("_")):
        # `SESSION_COOKIE_KEY = "app_session"`, `JWT_COOKIE_KEY = "jwt"`: what the cookie is called.
        return True
    if "_" in said and spelled.strip("_") == f"{said.strip('_')}_key":
        # `_csrf_token_key = "_csrf_token"`: what it is kept under.
        return True
    if (
        spelled.endswith("session_key")
        and re.fullmatch(r"[a-z]+(?:_[a-z]+)+", said)
        and not re.search(r"secret|key|pass|change|default|dev", said)
    ):
        # `SESSION_KEY = "auth_user_id"`, `sessionKey: "csrfToken"`: where a session keeps something.
        return True
    if _STORED_UNDER.match(text):
        return not name.lower().endswith(("secret", "secretkey", "secret_key", "password"))
    return name.upper() != name and "secret" not in name.lower() and _CAPTION.match(text) is not None


def is_code_of_error(text: str) -> bool:
    """Whether a text is the key of a message: `incorrectPassword`."""
    return _CODE_OF_ERROR.match(text) is not None


def is_uniform(text: str) -> bool:
    """Whether a text of a provider's form ends in one letter again and again: `XXXXXXXX`."""
    return len(set(text[-12:])) <= 2


def is_compared_secret(name: str, text: str) -> bool:
    """Whether comparing a credential of this name with this text makes the text one; else it is a keyword."""
    if "pass" in name.lower() or "pwd" in name.lower():
        return True
    return len(text) >= 8 and not _CODE_WORD.match(text) and not _SPOKEN.fullmatch(text)


def password_in_url(text: str) -> bool:
    """Whether the text is an address that carries a password."""
    match = _URL_PASSWORD.match(text)
    if match is None or _PLACEHOLDER.match(match.group(1)) or _CHANGE_ME.fullmatch(match.group(1)):
        return False
    user = text[: match.start(1) - 1].rpartition("/")[2]
    # `postgres://app:app@localhost`: what a developer's own database is set up with.
    return not (_ON_THIS_MACHINE.search(text[match.end(1) :]) and user.lower() == match.group(1).lower())
