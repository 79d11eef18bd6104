"""Endpoints that are meant for everyone: by what they do first, by the words of their path second."""

import re
from collections.abc import Iterable

from rearguard.analysis.access.atoms import Atom, Key
from rearguard.analysis.access.principals import USER_WORDS, is_caller, is_open
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.surface import Surface
from rearguard.models.routing import Endpoint

_PASSWORD = re.compile(
    r"passw(?:or)?d|passwd|pass_?(?:phrase|code|key)|pwd|(?:^|_)pass(?:_|$)|"
    r"(?:^|pass|pw|pin|code|secret|_of)_?hash(?:ed)?$|(?:^|_)pin(?:_|$)",
    re.IGNORECASE,
)
_OWN_PASSWORD = re.compile(
    r"(?:hashed|encrypted|crypted)?_?pass(?:word|wd)?(?:_?(?:hash|digest|crypt|encrypted))?|pwd(?:_?hash)?|passphrase",
    re.IGNORECASE,
)
"""Columns that hold what somebody logs in with."""
_ELSEWHERE = re.compile(r"(?:\w+_)?(?:host(?:_?name)?|port|server|url|dsn|endpoint|provider)", re.IGNORECASE)
"""Columns that say which other service a password is for."""
_OF_OPERATORS = re.compile(
    r"(?:super-?_?)?(?:admins?|administrators?|administration|operators?|staff|back-?_?office)"
)
_LOGIN = re.compile(
    r"e?_?mail(?:_?address)?|user_?name|login|phone(?:_?number)?|handle|nick_?name", re.IGNORECASE
)
"""What somebody logs in with, beside a password."""
_HOW = (
    r"(?:(?:magic|e?mail|phone|sms|otp|code|password-?less|password|local|ldap|social|guest|web|mobile|user)"
    r"[-_])?"
)
"""By what people log in or make an account, before the word for that: `magic-sign-in`."""
_WORDS = (
    (rf"{_HOW}(?:user_?)?(?:log-?_?in|sign-?_?in|authenticate|authorize)", "login"),
    (r"magic-?_?(?:links?|codes?)", "login"),
    (r"access-?_?tokens?", "login"),
    (rf"{_HOW}(?:register|registration|sign-?_?up|onboarding)", "registration"),
    (r"(?:log-?_?out|sign-?_?out)", "logout"),
    (r"(?:refresh|refresh-?_?tokens?|tokens?/refresh|renew)", "token refresh"),
    (
        r"(?:forgot|forgotten|reset|recover|recovery|lost)-?_?(?:password|pass|pw|account)?(?:[-_](?:request|link|email))?",
        "password reset",
    ),
    (r"(?:password|passwd)-?_?(?:reset|forgot|recover\w*)|new-?_?password", "password reset"),
    (r"(?:set-?_?up|install|first-?_?run|create-?_?admin|bootstrap)", "first installation"),
    (r"(?:invites?|invitations?|accept-?_?invit\w*|join)", "invitation"),
    (
        r"(?:verify|confirm|activate|activation|verification|confirmation)(?:-?_?(?:email|account|user|mail|token))?",
        "confirmation",
    ),
    (r"(?:email|account)-?_?(?:verify|confirm|verification|confirmation|activation)", "confirmation"),
    (r"(?:oauth2?|sso|saml|oidc|callback|social)", "login with another service"),
    (r"(?:2fa|mfa|otp|totp)", "second factor of a login"),
    (r"(?:track|tracking)", "followed by whoever has its reference"),
    (r"(?:unsubscribe|newsletter|subscribe|contact|contact-?us|feedback)", "open to visitors"),
)
_WITHOUT_RECORD = ("password reset", "followed by whoever has its reference")
"""Reasons that count only where the address names no record that can be counted up."""
_TOKEN_PATH = re.compile(
    r"(?:^|/)(?:auth|authentication|oauth2?|jwt|session|log-?_?in|sign-?_?in)/(?:tokens?|codes?|otps?|pins?)$"
)
"""Where a password is exchanged for a token (RFC 6749, 3.2), or a code is asked for to log in with."""
_HEALTH = re.compile(
    r"(?:healthz?|health-?_?checks?|ready|readyz|readiness|live|livez|liveness|ping|heartbeat|version|status|up|metrics|"
    r"info|about|time)",
    re.IGNORECASE,
)
_STATIC = re.compile(
    r"(?:docs?|openapi(?:\.json|\.yaml)?|swagger(?:-ui)?(?:\.json)?|redoc|favicon\.ico|robots\.txt|sitemap\.xml|static|"
    r"assets|public|manifest\.json|csrf(?:-?_?token)?|captcha|index\.html|\.well-known)",
    re.IGNORECASE,
)
_FOR_BROWSERS = re.compile(
    r"(?:service-?worker|sw)\.js|[\w-]+\.webmanifest|manifest\.json|favicon\.ico|robots\.txt|sitemap\.xml|browserconfig\.xml|"
    r"opensearch\.xml|apple-app-site-association|assetlinks\.json|security\.txt|humans\.txt|offline(?:\.html)?",
    re.IGNORECASE,
)
"""What browsers and search engines fetch before anybody logs in, whatever its texts come from."""
_RECORD = re.compile(r"(?:\w*_)?id|\w+Id|pk")
_CAPABILITY = re.compile(
    r"token|slug|secret|share|invite|invitation|code|uuid|public_?id|nonce|hash|permalink", re.I
)
_SIGNED = re.compile(r"unsign|signing|itsdangerous|constructEvent|verify_?signature", re.IGNORECASE)
_EQUAL = re.compile(r"compare_digest|timing_?safe|constant_?time|safe_?compare", re.IGNORECASE)
_IN_ADDRESS = re.compile(
    r"(?:^|_)(?:signed|signature|tokens?|secret|hash|nonce|otp)(?:_|$)|_key$|[a-z](?:Token|Secret|Signature|Key)$"
)
_ALSO_IN_ADDRESS = re.compile(r"code|key|uid")
"""Names that stand for a secret when no one can guess the value: a UUID."""
_SECRET = re.compile(
    r"token|secret|(?:reset|verif\w*|confirm\w*|activation|invite|log_?in|sign_?in|one_?time)_?code|otp",
    re.IGNORECASE,
)
_MADE = re.compile(rf"{_SECRET.pattern}|(?:^|_)code(?:_?hash)?$", re.IGNORECASE)
"""What a service makes up for somebody, beside the address that it is sent to."""
_PUBLISHED = re.compile(
    r"publish|public|visib|(?:^|_)(?:is_)?shared$|is_?live|active|approved|listed|enabled|featured|draft",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"e?_?mail|phone|mobile", re.IGNORECASE)
_SENDS = frozenset({"message", "request"})
_FOR_OPERATORS = frozenset({"admin", "backoffice", "back-office"})
"""Parts of a path below which a mark that opens a route to everyone is taken for a slip."""
_DEEDS = frozenset({"file", "command", "code"})
MAX_LINKS = 3
"""Objects found by way of others that are followed to what was handed out."""


def segments(path: str) -> tuple[str, ...]:
    """The constant parts of a path, in lower case."""
    parts = (part for part in path.lower().split("/") if part)
    return tuple(part for part in parts if not part.startswith((":", "{", "<", "*")))


MARKED = "marked as open to everyone"
"""Why an endpoint is public whose guards are lifted by name: `@Public()`."""
BY_SECRET = "called with a secret that its address holds"
"""Why an endpoint is public whose link was given to somebody."""
OPENS_SESSION = "verifies a password or code and opens a session"
"""Why an endpoint is public that says who one is."""


def why_public(surface: Surface) -> str:
    """Why an endpoint is meant for everyone, in a few words; "" when nothing says so."""
    endpoint = surface.endpoint
    if "authentication" in surface.exempt and _FOR_OPERATORS.isdisjoint(segments(endpoint.path)):
        return MARKED
    return purpose(surface)


def purpose(surface: Surface) -> str:
    """What an endpoint is there for that anybody calls, whether or not a mark says that anybody may."""
    found = _by_behaviour(surface) or _by_words(surface, surface.endpoint)
    # That a code must be known says less than what it is shown for.
    return found or (BY_SECRET if _must_know(surface) else "")


def _by_behaviour(surface: Surface) -> str:
    for fact in surface.facts[surface.handler_start :]:
        if fact.kind != "verify":
            continue
        given = any(is_open(atom) for atom in fact.atoms) and not any(is_caller(a) for a in fact.atoms)
        if given and (fact.of_password or _mentions_password(surface)):
            return OPENS_SESSION
        if any(
            is_open(a) and a.name in ("path", "query") and _CAPABILITY.search(".".join(a.path))
            for a in fact.atoms
        ):
            return "acts on a token that it verifies"
        if any(is_open(a) and a.name in ("path", "query") for a in fact.atoms) and _EQUAL.search(fact.what):
            # `/calendar/7/5f2a….ics`: whoever has the link was given it, whatever its parts are called.
            return BY_SECRET
        if any(a.kind == "input" for a in fact.atoms) and _SIGNED.search(fact.what):
            return "acts on a signed value that it verifies"
    if _knows_a_secret(surface):
        return BY_SECRET
    if _sends_to_its_owner(surface):
        return "sends a code or link to the owner of an account"
    for touch in surface.touches:
        if by_password(touch):
            return OPENS_SESSION
        if touch.operation == "create" and _makes_an_account(touch, surface.endpoint):
            return "creates an account"
    return ""


def by_password(touch: Touch) -> bool:
    """Whether an account is looked up by the password that is given."""
    return touch.operation in ("read", "list") and any(
        _PASSWORD.search(name) and any(is_open(atom) for atom in atoms) for name, atoms in touch.keys
    )


def _makes_an_account(touch: Touch, endpoint: Endpoint) -> bool:
    """Whether visitors make an account of their own: operators do that for others on pages of theirs."""
    parts = segments(endpoint.path)
    if any(_OF_OPERATORS.fullmatch(part) for part in parts):
        return False
    named = any(_PASSWORD.search(name) for name, _ in touch.written)
    if normal(touch.resource) in USER_WORDS and (named or parts[-1:] in (("users",), ("accounts",))):
        return True
    # A digest of a file, or the password of another service, makes no account of what holds it.
    secret = any(_OWN_PASSWORD.fullmatch(name) for name, _ in touch.written)
    elsewhere = any(_ELSEWHERE.fullmatch(name) for name, _ in touch.written)
    return secret and not elsewhere and any(_LOGIN.fullmatch(name) for name, _ in touch.written)


def _sends_to_its_owner(surface: Surface) -> bool:
    """Whether an account, named by its address, is given what the service makes, and a message goes out."""
    facts = surface.facts[surface.handler_start :]
    changed = [t for t in surface.touches if t.operation in ("create", "update", "delete")]
    return (
        bool(changed)
        and all(_is_given(touch) or _is_made_for(touch) for touch in changed)
        and any(fact.kind == "effect" and fact.what in _SENDS for fact in facts)
        and not any(
            fact.kind == "session" or (fact.kind == "effect" and fact.what in _DEEDS) for fact in facts
        )
    )


def _is_given(touch: Touch) -> bool:
    """Whether an account that is named by its address gets what the service makes."""
    return (
        touch.operation == "update"
        and normal(touch.resource) in USER_WORDS
        and (
            _by_address(touch.keys) or any(_is_found_by_address(a) for _, atoms in touch.keys for a in atoms)
        )
        and bool(touch.written)
        and not any(is_open(atom) for _, atoms in touch.written for atom in atoms)
    )


def _is_made_for(touch: Touch) -> bool:
    """Whether a code is kept for such an account, `resets.create({ userId: user.id, token })`, or for the
    address itself: `codes.create({ email, code, ends })`."""
    if touch.operation != "create":
        return False
    given = {name: any(map(is_open, atoms)) for name, atoms in touch.written}
    sent = [name for name, is_sent in given.items() if is_sent]
    if sent and all(map(_ADDRESS.search, sent)):
        return any(_MADE.search(name) for name, is_sent in given.items() if not is_sent)
    owned = any(_is_found_by_address(atom) for _, atoms in touch.written for atom in atoms)
    return not sent and owned and any(map(_SECRET.search, given))


def _is_found_by_address(atom: Atom) -> bool:
    """Whether a value is, or is of, the account that has the address which was given."""
    return atom.kind == "stored" and normal(atom.name) in USER_WORDS and _by_address(atom.keys)


def _by_address(keys: Iterable[Key]) -> bool:
    """Whether an account is found by its address, or by the key of one that was."""
    return any(
        (_ADDRESS.search(name) and any(map(is_open, atoms)))
        or any(a.kind == "stored" and normal(a.name) in USER_WORDS and _by_address(a.keys) for a in atoms)
        for name, atoms in keys
    )


def _knows_a_secret(surface: Surface) -> bool:
    """Whether objects are looked up by a part of the address that only those know who were given it."""
    if not surface.touches and any(_IN_ADDRESS.search(name) for name in _parameters(surface.endpoint.path)):
        # Where it is looked up is not known; that it must be known is said by its name.
        return True
    for touch in surface.touches:
        for _, atoms in touch.keys:
            for atom in atoms:
                name = atom.path[-1] if atom.kind == "input" and atom.name == "path" and atom.path else ""
                if name and (
                    _IN_ADDRESS.search(name) or (_ALSO_IN_ADDRESS.fullmatch(name) and _is_uuid(surface, name))
                ):
                    return True
    return False


def _must_know(surface: Surface) -> bool:
    """Whether whoever does not know a record's code is refused: `code != share_code(record)`."""
    for fact in surface.facts[surface.handler_start :]:
        if fact.kind != "denial" or not fact.leaves:
            continue
        for condition in fact.conditions:
            named = any(
                is_open(a) and a.name in ("path", "query") and a.path and _CAPABILITY.search(a.path[-1])
                for a in condition.atoms
            )
            of_record = any(a.kind == "stored" for a in condition.atoms)
            if named and of_record and condition.holds and not condition.excludes_owner:
                return True
    return False


def _parameters(path: str) -> list[str]:
    """Names of the parts of a path that the request chooses."""
    return re.findall(r"[:{<]\s*(?:\w+:)?(\w+)", path)


def _is_uuid(surface: Surface, name: str) -> bool:
    return "uuid" in surface.endpoint.inputs.get(name, "") or f"uuid:{name}" in surface.endpoint.path


def _mentions_password(surface: Surface) -> bool:
    for fact in surface.facts[surface.handler_start :]:
        for atom in fact.atoms:
            if any(_PASSWORD.search(key) for key in atom.path):
                return True
    return False


def _names_record(endpoint: Endpoint) -> bool:
    """Whether the address names a record by what can be counted up, without a secret: `/users/:id/reset`."""
    named = _parameters(endpoint.path)
    return any(_RECORD.fullmatch(name) for name in named) and not any(map(_CAPABILITY.search, named))


def _by_words(surface: Surface, endpoint: Endpoint) -> str:
    parts = segments(endpoint.path)
    changes = [t for t in surface.touches if t.operation in ("update", "delete")]
    if endpoint.method == "POST" and _TOKEN_PATH.search("/".join(parts)):
        return "login"
    for part in parts[-2:]:
        for pattern, reason in _WORDS:
            if re.fullmatch(pattern, part) and not (reason in _WITHOUT_RECORD and _names_record(endpoint)):
                return reason
    handler = endpoint.handler.label.rpartition(".")[2]
    for pattern, reason in _WORDS[:8]:
        if re.fullmatch(
            rf"(?:post_?|handle_?|do_?|user_?)?{pattern}(?:_?(?:user|handler|view|post|route|account))?",
            handler,
            re.I,
        ):
            return reason
    if (
        parts
        and _HEALTH.fullmatch(parts[-1])
        and not surface.touches
        and endpoint.method in ("GET", "HEAD", "QUERY", "*")
    ):
        return "health check"
    if parts and (_STATIC.fullmatch(parts[0]) or _STATIC.fullmatch(parts[-1])) and not surface.touches:
        return "documentation or static content"
    if "public" in parts and endpoint.method in ("GET", "HEAD", "POST", "*"):
        return "its path says that it is public"
    if parts and _FOR_BROWSERS.fullmatch(parts[-1]) and not changes:
        return "fetched by browsers"
    if "webhook" in endpoint.path.lower() and _verifies_signature(surface):
        return "webhook with a verified signature"
    if not parts and endpoint.method in ("GET", "HEAD", "QUERY", "*") and not changes:
        return "home page"
    return ""


def _verifies_signature(surface: Surface) -> bool:
    for fact in surface.facts:
        if fact.kind == "verify" and any(a.kind == "credential" for a in fact.atoms):
            return True
    return False


def is_one_time(touch: Touch) -> bool:
    """Whether the object is found by a secret that was handed to one person, or by way of one that is."""
    return any(_by_secret(name, atom) for name, atoms in touch.keys for atom in atoms)


def _by_secret(name: str, atom: Atom, depth: int = 0) -> bool:
    if _SECRET.search(name):
        return True
    if atom.kind != "stored" or depth > MAX_LINKS:
        return False
    return any(_by_secret(key, inner, depth + 1) for key, inners in atom.keys for inner in inners)


def _handed(name: str, atom: Atom, depth: int = 0) -> bool:
    """Whether an object is found by what those know who were given it, or by way of one that is."""
    if not name and atom.kind == "input" and atom.path:
        name = atom.path[-1]
    if _CAPABILITY.search(name):
        return True
    if atom.kind != "stored" or depth > MAX_LINKS:
        return False
    keys = [(key, inner) for key, inners in atom.keys for inner in inners]
    return bool(keys) and all(_handed(key, inner, depth + 1) for key, inner in keys)


def is_capability(touch: Touch) -> bool:
    """Whether the object is found by something only those have who were given it, or is published."""
    if any(_CAPABILITY.search(name) for name, atoms in touch.keys if atoms):
        return True
    found = [(name, atom) for name, atoms in touch.keys for atom in atoms]
    if found and all(_handed(name, atom) for name, atom in found):
        return True
    flags = (*touch.flags, *(name for name, atoms in touch.keys if not atoms))
    return any(_PUBLISHED.search(name) for name in flags)
