"""What names say of values: password, secret, signature. `resetToken` is read as `reset_token`."""

import re
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^A-Za-z0-9]+")

_PASSWORD = re.compile(
    r"(?:^|_)(?:passw(?:or)?d|passwd|passphrase|pass_?code|pwd|pass|pw|plain_?(?:text)?_?pass\w*)(?:s|_?[0-9]|_(?:one|two|text|input|raw|"
    r"plain|attempt|confirm(?:ation)?|again|new|old|current|value|field|bytes|utf8|str|string|encoded))?$"
)
_NO_PASSWORD = re.compile(
    r"(?:^|_)(?:hash(?:ed|es)?|digest|salt(?:ed)?|encrypted|crypt(?:ed)?|reset|forgot|hint|policy|min|max|length|regex|"
    r"pattern|error|errors|message|url|path|id|type|name|count|first_pass|second_pass|by|multi|single|boarding|bypass|"
    r"render|low|high|is|has|needs|require[sd]?|valid|check|db|database|smtp|redis|mail|file)(?:_|$)"
)
_PASSWORD_HASH = re.compile(
    r"(?:^|_)(?:(?:passw(?:or)?d|passwd|pwd|pass|pw)_?(?:hash(?:ed)?|digest)|hash(?:ed)?_?(?:passw(?:or)?d|passwd|pwd|pass|pw))$"
)
_SECRET = re.compile(
    r"(?:^|_)(?:tokens?|secrets?(?:_key)?|passw(?:or)?ds?|passwd|passphrase|pwd|otps?|otp_code|totp|one_time_\w+|"
    r"session_?(?:ids?|keys?|tokens?|hash)|sess_?id|sid|(?:api|access|private|encryption|signing|auth|hmac|license|master|"
    r"account|secret|session|activation|recovery)_?keys?|apikeys?|csrf\w*|xsrf\w*|nonce|salt|"
    r"(?:reset|verif\w*|confirm\w*|activation|auth\w*|access|security|login|mfa|2fa|sms|email|recovery|backup|invite|"
    r"invitation|one_time|temp|temporary|pin|oauth)_?(?:codes?|keys?|pins?|links?|hash)|pin|pin_?codes?|credentials?|"
    r"refresh_token\w*|jti|voucher_code|gift_code)$"
)
_NO_SECRET = re.compile(
    r"(?:^|_)(?:token_?(?:type|count|limit|index|name|length|budget|usage|class|list_length|position|expir\w*|ttl|"
    r"lifetime|url|uri|id)|max|min|num|n|total|count|prompt|completion|input|output|special|pad|eos|bos|mask|page|next|"
    r"continuation|cursor|sample|dummy|fake|mock|placeholder|syntax|lexer|parse[rd]?|expires?|expiry|design|color|theme|"
    r"per|avg|average|price|amount|balance|supply|erc20|contract)(?:_|$)"
)
_SIGNATURE = re.compile(
    r"(?:^|_)(?:signatures?|sig|hmac|mac|digest|checksum_key|sign|hub_signature\w*|computed_hash|expected_hash)(?:_?(?:hex|256|"
    r"header|value|b64|base64|bytes|buffer))?$"
)
_PUBLIC_TOKEN = re.compile(
    r"(?:^|_)(?:csrf|xsrf|fcm|device|push|apns|registration|stripe|recaptcha|captcha|payment|card|public|page|next|"
    r"continuation|sync|cancel\w*|abort|id)_?tokens?(?:_|$)"
)


@lru_cache(maxsize=50_000)
def words(name: str) -> str:
    """The name as lower-case words joined by `_`."""
    return _OTHER.sub("_", _CAMEL.sub("_", name)).strip("_").lower()


@lru_cache(maxsize=50_000)
def is_password(name: str) -> bool:
    """Whether a value of this name is a password as a person types it."""
    spelled = words(name)
    return _PASSWORD.search(spelled) is not None and _NO_PASSWORD.search(spelled) is None


@lru_cache(maxsize=50_000)
def is_password_hash(name: str) -> bool:
    """Whether a value of this name is what is stored of a password."""
    return _PASSWORD_HASH.search(words(name)) is not None


@lru_cache(maxsize=50_000)
def is_secret(name: str) -> bool:
    """Whether a value of this name must not be guessed: a token, a code, a session, a key."""
    spelled = words(name)
    return _SECRET.search(spelled) is not None and _NO_SECRET.search(spelled) is None


@lru_cache(maxsize=50_000)
def is_signature(name: str) -> bool:
    """Whether a value of this name proves who made a message."""
    return _SIGNATURE.search(words(name)) is not None


@lru_cache(maxsize=50_000)
def is_public_token(name: str) -> bool:
    """Whether what is called a token grants nothing to whoever has it."""
    return _PUBLIC_TOKEN.search(words(name)) is not None
