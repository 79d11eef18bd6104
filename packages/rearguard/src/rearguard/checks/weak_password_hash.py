"""Passwords must be kept by a slow, salted hash."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.identity import is_password, words
from rearguard.analysis.settings import is_development_name
from rearguard.checks.base import Context, Draft
from rearguard.checks.hashes import Hashed, hashed, is_cut, is_stretched
from rearguard.checks.logins import logins
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import PasswordScheme
from rearguard.program import Span
from rearguard.repair.targets import Target

_WHY = (
    "Graphics cards try billions of such hashes a second, so whoever gets hold of the table has most of the "
    "passwords within hours, and people use them elsewhere too."
)
_ADVICE = (
    "Hash passwords with Argon2id, scrypt or bcrypt by a library that salts them itself, verify with the same "
    "library, and replace old hashes when their owners log in next."
)
_STEPS = (
    Request(
        "Register two accounts with the same password and compare what is stored.", "", "The two differ."
    ),
)
_WEAK_SCHEME = re.compile(
    r"plain|md5|md4|lmhash|nthash|(?:^|[._])hex_|ldap_|des_crypt|crypt16|mysql|unsalted|^sha(?:1|224|256|384|512)$|"
    r"[._]sha1|^sha1|pbkdf2_sha1\b|SHA1PasswordHasher|MD5PasswordHasher|oracle10|mssql|cisco|postgres_md5",
    re.IGNORECASE,
)
_FEWEST = {"PBKDF2": 100_000, "BCrypt": 10, "Scrypt": 2**13}
"""The least cost of hashers that are derived from a library's, by the beginning of its name."""
_ROUNDS = re.compile(r"pbkdf2:\w+:(\d{1,9})")
"""How Werkzeug is told to hash."""
_COSTS = ("iterations", "rounds", "work_factor")
_TYPED = re.compile(r"(?:\w+_)?(?:pin|pin_code|passcode|security_answer|secret_answer)")
"""What people type in place of a password; a few thousand guesses find it."""
_MAKES_HASH = re.compile(r"hash|encrypt|digest|encode|make|generate|crypt|set|check|verify|match")
_STRONG_NAME = re.compile(r"(?:^|_)(?:passw(?:or)?d|passwd|pwd|pass)(?:_|$)")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    found = [(one, _password(context, one)) for one in hashed(context) if one.is_fast and one.data]
    weak = [
        (one, password)
        for one, password in found
        if password
        and not is_stretched(context, one.use.fid, one.use.instr.dst)
        and not is_cut(context, one.use.fid, one.use.instr.dst)
    ]
    # Whoever makes one place slow has to make all of them slow, or what is stored matches nothing.
    places = tuple(place for one, _ in weak for place in _places(context, one))
    ways: set[tuple[str, str, str]] = set()
    for one, password in weak:
        use = one.use
        owner = context.view.function(use.fid).owner
        way = use.span.path, owner, one.shown
        if owner and way in ways:
            # A class that sets a password and compares one has one way to hash them.
            continue
        ways.add(way)
        yield told(
            rule,
            use.span,
            f"A password is hashed with {one.shown}, which is made to be fast.",
            why=_WHY,
            advice=_ADVICE,
            step=f"{password} is hashed once, with {one.shown}",
            certain=password != "what a function about passwords is given",
            reason="the value is called a password, and no slow hash follows"
            if password != "what a function about passwords is given"
            else "the function's name says that it hashes passwords",
            subject="hash",
            verification=_STEPS,
            endpoint=context.first_endpoint(use.fid),
            target=Target("slow-hash", use.fid, use.instr.dst, also=places),
        )
    yield from _schemes(context, rule)
    yield from _hurried(context, rule)


def _hurried(context: Context, rule: Rule) -> Iterator[Draft]:
    """Hashers that are derived from a library's and told to work less."""
    for path, module in context.view.linker.modules.items():
        for name, cls in module.classes.items():
            fewest = next(
                (n for kind, n in _FEWEST.items() if any(kind in base for base in cls.base_texts)), None
            )
            body = f"{path}::{name}"
            if fewest is None or body not in context.view.linker.functions or is_development_name(path):
                continue
            for field in _COSTS:
                for store in context.view.linker.contents(body).stores.get(field, ()):
                    cost = ValueView(context.view, body, store.args[0]).const
                    if isinstance(cost, int) and not isinstance(cost, bool) and cost < fewest:
                        yield _few(context, rule, context.view.span(body, store.start, store.end), name, cost)


def _few(context: Context, rule: Rule, place: Span, name: str, cost: int) -> Draft:
    return told(
        rule,
        place,
        f"`{name}` hashes passwords with a cost of {cost:,}, far below what keeps guesses slow.",
        why=_WHY,
        advice="Leave the library's own number, which grows with its versions, or set a higher one; buy a larger machine rather "
        "than a faster hash.",
        step="the cost of every hash",
        certain=True,
        reason="the number is a constant",
        subject=name,
        verification=(Request("Time one hash.", "", "A tenth of a second, or more."),),
    )


def _places(context: Context, one: Hashed) -> Iterator[Target]:
    """The hash, and the calls of the function that makes it, with that function as their owner."""
    fid = one.use.fid
    yield Target("slow-hash", fid, one.use.instr.dst)
    for home, call in context.naming.calls_of(fid):
        yield Target("slow-hash", home, call.dst, owner=fid)


def _password(context: Context, one: Hashed) -> str:
    """How a reader sees that a password is hashed; "" when none is."""
    fid = one.use.fid
    for value in one.data:
        names = sorted(
            name
            for name in context.naming.of(fid, value)
            if is_password(name) or _TYPED.fullmatch(words(name))
        )
        if names:
            return f"`{names[0]}`"
    if any(_given_typed(context, fid, value) for value in one.data):
        return "what callers give as a password"
    function = words(context.view.function(fid).name.rpartition(".")[2])
    named = _STRONG_NAME.search(function) is not None and _MAKES_HASH.search(function) is not None
    if named and any(True for value in one.data for _ in context.naming.parameters(fid, value)):
        return "what a function about passwords is given"
    return ""


def _given_typed(context: Context, fid: str, value: int) -> bool:
    """Whether callers give a password as it was typed, not what is stored of one."""
    for name in context.naming.parameters(fid, value):
        for home, given in context.naming.given(fid, name):
            if context.naming.is_called(home, given, is_password) and not logins(context).is_kept(
                home, given
            ):
                return True
    return False


def _schemes(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(PasswordScheme):
        if is_development_name(use.span.path):
            # Settings of tests, which want a fast one.
            continue
        for value in use.selected:
            first = _first(value)
            if first is None or first.text is None:
                continue
            rounds = _ROUNDS.fullmatch(first.text)
            if rounds is not None and int(rounds[1]) < _FEWEST["PBKDF2"]:
                yield _few(context, rule, use.span, first.text, int(rounds[1]))
            if not _WEAK_SCHEME.search(first.text):
                continue
            yield told(
                rule,
                use.span,
                f"New passwords are kept as `{first.text}`, which protects them hardly or not at all.",
                why=_WHY,
                advice=_ADVICE,
                step="the first scheme is used for new passwords",
                certain=True,
                reason="the scheme is a constant",
                subject=first.text,
                verification=_STEPS,
            )


def _first(value: ValueView) -> ValueView | None:
    elements = value.elements()
    return elements[0] if elements else (value if value.text is not None else None)


WEAK_PASSWORD_HASH = PlainCheck(
    id="weak-password-hash",
    title="Passwords are hashed by a fast or unsalted function",
    cwe=916,
    severity=Severity.HIGH,
    asvs=("v5.0.0-11.4.2",),
    find=_find,
    related=(328, 759, 760),
)
