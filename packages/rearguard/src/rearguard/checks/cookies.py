"""Cookies of sessions and logins: one finding a cookie, for the flag that it misses most."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.access.resources import normal
from rearguard.analysis.settings import (
    HeaderWritten,
    Option,
    Use,
    evaluate,
    is_development_branch,
    is_development_name,
    option_of,
    text_parts,
)
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import spot
from rearguard.checks.twin_cookies import twins
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.settings_concepts import (
    Application,
    CookieFlag,
    CookieWrite,
    ProtectiveHeaders,
    SessionUse,
)
from rearguard.program import Const, Op, Span
from rearguard.repair.targets import Target

_SESSION = re.compile(
    r"sess|(?:^|[_-])s?id(?:$|[_-])|auth|token|jwt|login|logged|user|remember|credential|account|identity|access|refresh|"
    r"^admin|role|secret|password",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"theme|lang|locale|consent|banner|timezone|^tz$|color|layout|sidebar|flash|visited|utm|referr?al|currency|redirect|"
    r"next|return|state|nonce|verifier|csrf|xsrf|anonymous|guest",
    re.IGNORECASE,
)
_VALUE = re.compile(r"token|jwt|sess|auth|secret|password|user|encode\(|sign\(|encrypt", re.IGNORECASE)
_JSON = re.compile(r"\bJSON\.stringify\(|\bjson\.dumps\(")
_RAW = re.compile(r"(?:^|[\s\"'<=;])set-cookie[\"'\s:=]", re.IGNORECASE)

_SESSIONS = frozenset(("session", "login", "user_session", "auth_session"))
"""Records that stand for a login."""
_WHY = {
    "secure": "Without Secure, browsers send the cookie over plain HTTP too: whoever is on the way reads it and is logged in.",
    "http-only": "Without HttpOnly, every script on the page can read the cookie: one hole for scripts hands over the session.",
    "same-site": "With SameSite=None, browsers send the cookie along with requests that other sites cause.",
}
_MARKS = frozenset(("true", "false", "1", "0", "yes", "no"))
_NAMES = {"secure": "Secure", "http-only": "HttpOnly", "same-site": "SameSite"}


@dataclass(frozen=True, slots=True)
class _Lack:
    """What one cookie misses, and where."""

    flags: tuple[str, ...]
    place: Span
    cookie: str
    reason: str
    confidence: Confidence = Confidence.CERTAIN
    target: Target | None = None
    default: bool = False
    """Whether it is what the framework does when nothing is set, which many switch on when they deploy."""


class CookieCheck:
    """One of the three; see insecure_cookie.md and its sisters."""

    def __init__(self, id: str, flag: str, title: str, cwe: int, severity: Severity, asvs: str) -> None:
        self._id, self._flag, self._title = id, flag, title
        self._cwe, self._severity, self._asvs = cwe, severity, asvs

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        related = {614: (1004, 1275), 1004: (614,), 1275: (352,)}
        return Rule(
            id=self._id,
            title=self._title,
            cwe=self._cwe,
            severity=self._severity,
            asvs=(self._asvs,),
            api_top10=("API8:2023",),
            related=related[self._cwe],
            absence=True,
            page=page(self._id),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per cookie whose worst lack is this one."""
        if self._flag == "same-site" and _tells_sites_apart(context):
            return
        for lack in _lacks(context):
            if lack.flags[0] == self._flag:
                yield self._draft(lack)

    def _draft(self, lack: _Lack) -> Draft:
        missing = " and ".join(_NAMES[flag] for flag in lack.flags)
        if lack.flags == ("same-site",):
            message = f"{lack.cookie} is sent along with requests from other sites (SameSite=None)."
        else:
            message = f"{lack.cookie} is set without {missing}."
        return spot(
            self.rule.for_audit() if lack.default else self.rule,
            lack.place,
            message,
            " ".join(_WHY[flag] for flag in lack.flags),
            "Set it with Secure, HttpOnly and SameSite=Lax (or Strict), in the code or in one setting for all.",
            lack.reason,
            step=f"no {missing}" if lack.flags != ("same-site",) else "SameSite=None",
            confidence=lack.confidence,
            subject=lack.cookie,
            target=lack.target,
            verification=(
                Request(
                    "Log in and look at the Set-Cookie header.",
                    "",
                    "It ends with Secure; HttpOnly; SameSite=Lax.",
                ),
            ),
        )


INSECURE_COOKIE = CookieCheck(
    "insecure-cookie", "secure", "A session cookie lacks Secure", 614, Severity.MEDIUM, "v5.0.0-3.3.1"
)
COOKIE_WITHOUT_HTTPONLY = CookieCheck(
    "cookie-without-httponly",
    "http-only",
    "A session cookie can be read by scripts",
    1004,
    Severity.LOW,
    "v5.0.0-3.3.4",
)
COOKIE_SAMESITE = CookieCheck(
    "cookie-samesite", "same-site", "A session cookie crosses sites", 1275, Severity.LOW, "v5.0.0-3.3.2"
)


def _tells_sites_apart(context: Context) -> bool:
    """Whether requests are checked against forgery, so that a cookie may cross sites; or it is told that they are
    not, with the handlers."""
    return any(
        row.csrf.state == "missing" or any(check.kind == "csrf" for check in row.surface.checks)
        for row in context.matrix
        if row.surface is not None and not row.public
    )


def _lacks(context: Context) -> Iterator[_Lack]:
    yield from _written(context)
    yield from _by_hand(context)
    explicit = list(_flags(context))
    yield from explicit
    if not explicit:
        yield from _unset(context)


def _written(context: Context) -> Iterator[_Lack]:
    found: dict[tuple[object, ...], list[tuple[Use[CookieWrite], tuple[str, ...], str]]] = {}
    for use in context.uses.of(CookieWrite):
        if is_development_branch(context.view, use.fid, use.instr.start):
            continue
        name = _name(context, use)
        if name is None or _is_removal(use):
            continue
        flags = tuple(_missing(context, use, name))
        if flags:
            # One cookie of one file is one thing to repair, however often it is set.
            key = (use.span.path, name, flags) if name else (use.span,)
            found.setdefault(key, []).append((use, flags, name))
    for together in found.values():
        use, flags, name = together[0]
        first, *others = (_target(each) for each, _, _ in together)
        yield _Lack(
            flags,
            use.span,
            f'The cookie "{name}"' if name else "The session cookie",
            "the options of the call are written out, and the flag is not among them",
            target=replace(first, also=tuple(others)),
        )


def _target(use: Use[CookieWrite]) -> Target:
    return Target("cookie-flags", use.fid, use.instr.dst, concept=use.concept)


def _missing(context: Context, use: Use[CookieWrite], name: str) -> Iterator[str]:
    concept = use.concept
    secure = option_of(use, concept.secure) if concept.secure else None
    if _is_off(context, use, secure, concept.secure_default):
        yield "secure"
    http_only = option_of(use, concept.http_only) if concept.http_only else None
    if _is_off(context, use, http_only, concept.http_only_default):
        yield "http-only"
    if concept.same_site:
        given = option_of(use, concept.same_site)
        chosen = given.const if given.const is not None else _in_production(given)
        if isinstance(chosen, str) and chosen.lower() == "none":
            yield "same-site"


def _in_production(given: Option) -> Const:
    """What `NODE_ENV === "production" ? "none" : "lax"` is where the service runs; `None` where that is not said."""
    instr = given.value.instr if given.value is not None else None
    if given.value is None or instr is None or instr.op != Op.LOAD or not instr.name.startswith("$"):
        return None
    fid, view = given.value.fid, given.value.view
    stores = [each for each in view.linker.code(fid) if each.op == Op.STORE and each.name == instr.name]
    taken = [each for each in stores if not is_development_branch(view, fid, each.start)]
    return ValueView(view, fid, taken[0].args[0]).const if len(taken) == 1 and len(stores) > 1 else None


def _is_off(context: Context, use: Use[CookieWrite], given: Option | None, default: bool) -> bool:
    if given is None or given.is_absent:
        return not default
    if given.value is None:
        return False
    setting = evaluate(given.value)
    if not setting.known or setting.from_environment or setting.value:
        return False
    return not is_development_branch(context.view, use.fid, given.value.span.start)


def _name(context: Context, use: Use[CookieWrite]) -> str | None:
    """The cookie's name; "" for the session's own, `None` for a cookie that carries no login."""
    if use.concept.session:
        return ""
    given = option_of(use, use.concept.name)
    value = option_of(use, use.concept.value)
    text = given.const if isinstance(given.const, str) else ""
    if (
        not text
        and given.value is not None
        and given.value.instr is not None
        and given.value.instr.op != Op.CALL
    ):
        text = given.value.source_text.rpartition(".")[2].lower()
    if not text or _HARMLESS.search(text) or _is_data(context, value) or _is_mark(value):
        return None
    if any(twin.cookie == text for twin in twins(context)):
        # Pages must read it to send it back in a header, and it says nothing of who calls.
        return None
    if _SESSION.search(text) or text in _logging_in(context):
        return text
    held = value.value.source_text if value.value is not None else ""
    return text if _VALUE.search(held) else None


def _logging_in(context: Context) -> frozenset[str]:
    """Names of cookies by which accounts are looked up, whatever they are called."""
    held = context.notes.get("login-cookies")
    if not isinstance(held, frozenset):
        held = frozenset(
            atom.path[0]
            for row in context.matrix
            for fact in (row.surface.facts if row.surface is not None else ())
            if fact.touch is not None and _is_account(context, fact.touch.resource)
            for _, atoms in fact.touch.keys
            for atom in atoms
            if atom.kind == "credential" and atom.name == "cookie" and atom.path
        )
        context.notes["login-cookies"] = held
    return held


def _is_account(context: Context, resource: str) -> bool:
    return normal(resource) in context.matrix.accounts or normal(resource) in _SESSIONS


def _is_data(context: Context, value: Option) -> bool:
    """Whether a cookie holds a map written out as JSON, with nothing in it that proves who somebody is."""
    if value.value is None:
        return False
    found = context.matrix.origins.resolved(value.value.fid, value.value.value)
    held = context.text(context.view.span(found[0], found[1].start, found[1].end)) if found else ""
    return _JSON.search(held) is not None and _VALUE.search(held) is None


def _is_mark(value: Option) -> bool:
    """Whether a cookie only says yes or no, for scripts to read: whoever has it has nothing."""
    const = value.const
    return isinstance(const, bool) or (isinstance(const, str) and const.lower() in _MARKS)


def _is_removal(use: Use[CookieWrite]) -> bool:
    """Whether the call ends a cookie: an empty value, or a lifetime of nothing."""
    if not use.concept.value:
        return False
    given = option_of(use, use.concept.value)
    if given.is_const("", None):
        return True
    ends = ("(max_age)", "(expires)", "(2).maxAge", "(2).expires", "(3).maxAge")
    return any(option_of(use, selector).is_const(0) for selector in ends)


def _by_hand(context: Context) -> Iterator[_Lack]:
    """`Set-Cookie` written as a header, or in a page."""
    for written in context.literals.headers("set-cookie"):
        found = _raw(context, written)
        if found is not None:
            yield found
    seen: set[tuple[str, int]] = set()
    for place in context.literals.texts():
        text = place.text
        if _RAW.search(text) and "http-equiv" in text.lower() and _SESSION.search(text):
            flags = _absent_in(text)
            key = (place.span.path, context.sources[place.span.path].line_of(place.span.start))
            if flags and key not in seen:
                seen.add(key)
                yield _Lack(
                    flags, place.span, "A session cookie", "the page that sets it is written out here"
                )


def _raw(context: Context, written: HeaderWritten) -> _Lack | None:
    text = text_parts(written.value)
    source = written.value.source_text
    if "OutputString" in source or "output(" in source:
        module = context.sources[written.span.path].text.lower()
        flags = tuple(
            flag for flag, word in (("secure", b"secure"), ("http-only", b"httponly")) if word not in module
        )
        if flags:
            return _Lack(
                flags,
                written.span,
                "The cookie",
                "nothing in this file sets the flag",
                Confidence.LIKELY,
                _header_target(written),
            )
        return None
    if "=" not in text or not _SESSION.search(text) or _HARMLESS.search(text.partition("=")[0]):
        return None
    flags = _absent_in(text)
    if not flags or "expires=thu, 01 jan 1970" in text.lower() or "max-age=0" in text.lower():
        return None
    return _Lack(
        flags,
        written.span,
        f'The cookie "{text.partition("=")[0]}"',
        "the header is written out here",
        target=_header_target(written),
    )


def _header_target(written: HeaderWritten) -> Target:
    return Target("cookie-header", written.value.fid, written.instr.dst, written.value.value)


def _absent_in(text: str) -> tuple[str, ...]:
    lowered = text.lower()
    return tuple(
        flag for flag, word in (("secure", "secure"), ("http-only", "httponly")) if word not in lowered
    )


def _flags(context: Context) -> Iterator[_Lack]:
    """Settings that switch a flag off."""
    for use in context.uses.of(CookieFlag):
        value = use.value
        name = context.view.function(use.fid).name
        if value is None or is_development_name(use.span.path, name):
            continue
        if is_development_branch(context.view, use.fid, use.instr.start):
            continue
        setting = evaluate(value)
        if not setting.known or setting.from_environment:
            continue
        off = setting.value is False
        if use.concept.flag == "same-site":
            off = isinstance(setting.value, str) and setting.value.lower() == "none"
        if off and use.is_written_here:
            cookie = f"The {use.concept.cookie} cookie"
            target = Target("flag-on", use.fid, use.instr.dst, value.value)
            yield _Lack(
                (use.concept.flag,), use.span, cookie, "the setting is written out here", target=target
            )


def _unset(context: Context) -> Iterator[_Lack]:
    """A framework's session cookie that nothing makes Secure, where logins are kept in it."""
    said = any(use.concept.flag == "secure" for use in context.uses.of(CookieFlag))
    sessions = context.uses.of(SessionUse)
    if (
        said
        or not sessions
        or any("strict-transport-security" in u.concept.headers for u in _installed(context))
    ):
        return
    for use in context.uses.of(Application):
        if use.concept.sessions and not is_development_name(use.span.path):
            yield _Lack(
                ("secure",),
                use.span,
                "The session cookie",
                "logins are kept in the session, and no setting makes its cookie Secure, which is off by default",
                Confidence.LIKELY,
                Target("session-cookie", use.fid, use.instr.dst, concept=use.concept),
                default=True,
            )
            return


def _installed(context: Context) -> tuple[Use[ProtectiveHeaders], ...]:
    return tuple(use for use in context.uses.of(ProtectiveHeaders) if not use.concept.entry)
