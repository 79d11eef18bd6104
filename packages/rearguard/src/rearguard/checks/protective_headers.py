"""Protective headers: one finding where the application is made, or at the option that weakens one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.settings import (
    Use,
    evaluate,
    is_development_branch,
    is_development_name,
    text_parts,
)
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.browser_logins import keeps_logins
from rearguard.checks.hosts import host_lists
from rearguard.checks.spots import in_file, spot
from rearguard.checks.taken_over import is_given_anew
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.concepts import TemplateRender
from rearguard.models.settings_concepts import Application, HeaderPolicy, ProtectiveHeaders
from rearguard.program import Op, SettingsFile, Span, Step
from rearguard.repair.targets import Target

_CSP = "content-security-policy"
_FRAMING = "x-frame-options"
_HSTS = "strict-transport-security"
_STARTS = frozenset(("run", "listen", "serve"))
_HEADER_NAME = re.compile(r"[a-z]+(?:-[a-z]+)+")
_NOSNIFF = "x-content-type-options"
_PROTECTIVE = (_NOSNIFF, _HSTS, "referrer-policy", _FRAMING, _CSP)
_DIRECTIVE = re.compile(r"(?P<name>script-src(?:-elem)?|default-src)\s+(?P<sources>[^;]*)", re.IGNORECASE)
_ANY_SOURCE = re.compile(r"(?:^|\s)(?:\*|https?:|data:)(?=$|\s)", re.IGNORECASE)
_INLINE = re.compile(r"'unsafe-inline'", re.IGNORECASE)
_STRICT = re.compile(r"'(?:nonce-|sha(?:256|384|512)-|strict-dynamic)", re.IGNORECASE)
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d+)", re.IGNORECASE)
_OF_PAGES = (
    "Browsers then guess types and fall back to plain HTTP, and other sites can put the pages into a frame and have "
    "the user click there."
)
_OF_DATA = "Browsers then guess what an answer is, and may ask for it over plain HTTP."
MIN_AGE = 86_400
"""Seconds: a shorter HSTS lifetime is over before the next visit."""

_ADVICE = {
    "python": "Set them for all answers in one place: the framework's security middleware, or one function that runs after "
    "each request.",
    "javascript": "Set them for all answers in one place, before any route: the framework's helmet package does.",
}


@dataclass(frozen=True, slots=True)
class Weak:
    """A header that is written and protects little."""

    header: str
    place: Span
    part: Span
    message: str
    reason: str


class SecurityHeaders:
    """See security_headers.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="security-headers",
            title="Protective headers are missing or weakened",
            cwe=693,
            severity=Severity.LOW,
            asvs=("v5.0.0-3.4.1", "v5.0.0-3.4.4"),
            api_top10=("API8:2023",),
            related=(16, 346, 1021),
            absence=True,
            page=page("security-headers"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield what is weakened; and one finding for an application that sets no header at all."""
        for weak in weakened(context):
            if weak.header != _FRAMING:
                yield _weak(self.rule, weak)
        for file in context.settings.values():
            yield from _switched_off(self.rule, file)
        yield from self._hosts(context)
        apps = _applications(context)
        # Where nobody logs in there is little to protect.
        if apps and not _set_anywhere(context) and not context.is_fragment and _has_logins(context):
            yield self._missing(context, apps)

    def _missing(self, context: Context, apps: tuple[Use[Application], ...]) -> Draft:
        names, why = "X-Content-Type-Options and Strict-Transport-Security", _OF_DATA
        if serves_pages(context):
            names, why = f"{names}, and Content-Security-Policy with frame-ancestors", _OF_PAGES
        first = _main(context, apps)
        others = tuple(Step(use.span, "nor here", "note") for use in apps if use is not first)[:3]
        # A proxy in front often sets them, and none of it stands in the program. For data that is asked for with a
        # token there is little that browsers could do wrong: only an audit wants to hear of that.
        strong = serves_pages(context) and keeps_logins(context)
        return spot(
            self.rule if strong else self.rule.for_audit(),
            first.span,
            f"No answer of this application carries {names}: nothing in the program sets one.",
            why,
            _ADVICE[context.view.family(first.fid)],
            "no middleware, hook or handler sets any of them; a proxy in front may",
            step="the application is made here",
            confidence=Confidence.LIKELY,
            subject="headers",
            verification=(
                Request("Ask for any page and look at the headers.", "curl -sI http://localhost/", names),
            ),
            after=others,
            target=Target("protective-headers", first.fid, first.instr.dst, concept=first.concept),
        )

    def _hosts(self, context: Context) -> Iterator[Draft]:
        for use, value, is_open in host_lists(context):
            stored = use.instr.op == Op.STORE
            if not is_open or (stored and is_given_anew(context, use.fid, use.instr.name)):
                continue
            yield spot(
                self.rule.narrowed(16),
                use.span,
                "Requests may carry any host name: the list of allowed hosts is *.",
                "Links in mails and redirects are built from the Host header: a reset mail then leads to the host that "
                "an attacker chose.",
                "List the names under which this is served.",
                "the list holds *",
                part=value.span,
                subject="host",
                target=Target("listed-hosts", use.fid, use.instr.dst, value.value),
            )


class ContentSecurityPolicy:
    """See content_security_policy.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="content-security-policy",
            title="Pages may be framed, or have no content security policy",
            cwe=1021,
            severity=Severity.LOW,
            asvs=("v5.0.0-3.4.6", "v5.0.0-3.4.3"),
            related=(693,),
            absence=True,
            page=page("content-security-policy"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield framing that is allowed, and pages without a policy where other headers are set."""
        for weak in weakened(context):
            if weak.header == _FRAMING:
                yield _weak(self.rule, weak)
        apps = _applications(context)
        held = _set_anywhere(context)
        if (
            not apps
            or not held
            or held & {_CSP, _FRAMING}
            or not serves_pages(context)
            or context.is_fragment
        ):
            return
        first = apps[0]
        yield spot(
            self.rule,
            first.span,
            "Pages of this application may be put into a frame of any site: no answer says otherwise.",
            "An attacker's page lays the frame under its own buttons, and the user's clicks act on this site.",
            "Send Content-Security-Policy with frame-ancestors 'self' (or 'none') on all answers.",
            "other protective headers are set, but neither this nor X-Frame-Options",
            step="the application is made here",
            confidence=Confidence.LIKELY,
            subject="framing",
        )


def _weak(rule: Rule, weak: Weak) -> Draft:
    why = {
        _CSP: "The policy is the last line when a page lets a script in; this one lets it run.",
        _HSTS: "Browsers forget that the site is to be asked over TLS, and the first request may go in clear.",
        _FRAMING: "An attacker's page lays the frame under its own buttons, and the user's clicks act on this site.",
        _NOSNIFF: "Browsers guess what an answer is, and may run an upload as a script.",
    }
    return spot(
        rule,
        weak.place,
        weak.message,
        why.get(weak.header, "The protection that the header gives is lost."),
        "Keep the protective value: name the sources that are needed, with nonces for scripts that stand in pages."
        if weak.header == _CSP
        else "Keep the protective value.",
        weak.reason,
        step="written here",
        part=weak.part,
        subject=weak.header,
    )


def weakened(context: Context) -> Iterator[Weak]:
    """Headers that are written, or options that are given, with a value that protects nothing."""
    for written in context.literals.headers(_CSP, _FRAMING, _HSTS, _NOSNIFF):
        text = text_parts(written.value)
        reason = _why_weak(written.name, text) if text else ""
        if reason:
            yield Weak(
                written.name, written.span, written.value.span, reason, "the value is written out here"
            )
    pages = serves_pages(context)
    for use in context.uses.of(HeaderPolicy):
        value = use.value
        name = context.view.function(use.fid).name
        if value is None or is_development_name(use.span.path, name):
            continue
        if is_development_branch(context.view, use.fid, use.instr.start):
            continue
        reason = _option_weak(use, value)
        if use.concept.header == _FRAMING and _policy_says_frames(context, use):
            continue
        if reason and (pages or use.concept.header != _CSP):
            yield Weak(use.concept.header, use.span, value.span, reason, "the option is written out here")


def _policy_says_frames(context: Context, use: Use[HeaderPolicy]) -> bool:
    """Whether the content security policy says who may frame the pages, which browsers then go by alone."""
    for other in context.uses.of(HeaderPolicy):
        value = other.value if other.concept.header == _CSP and other.fid == use.fid else None
        if value is None or other.instr is not use.instr:
            continue
        directives = value.key("directives") or value
        if any(directives.key(name) is not None for name in ("frameAncestors", "frame-ancestors")):
            return True
    written = (text_parts(one.value) for one in context.literals.headers(_CSP))
    return any("frame-ancestors" in text.lower() for text in written)


def _option_weak(use: Use[HeaderPolicy], value: ValueView) -> str:
    header = use.concept.header
    title = header.title().replace("Csp", "CSP")
    setting = evaluate(value)
    if (
        setting.known
        and not setting.from_environment
        and setting.value in (False, 0)
        and setting.value is not None
    ):
        return f"{title} is switched off."
    if setting.known and isinstance(setting.value, str) and header in (_CSP, _FRAMING):
        return _why_weak(header, setting.value)
    if header == _CSP and not setting.known:
        directives = value.key("directives") or value
        for name in ("scriptSrc", "script-src", "scriptSrcElem", "defaultSrc", "default-src"):
            held = directives.key(name)
            if held is not None:
                return _why_weak(_CSP, f"script-src {text_parts(held)}")
    return ""


def _why_weak(header: str, text: str) -> str:
    """Why a header's value protects nothing, as a sentence; "" when it does."""
    lowered = text.strip().lower()
    if header == _CSP:
        found = {m["name"].lower(): m["sources"] for m in _DIRECTIVE.finditer(text)}
        sources = found.get("script-src", found.get("script-src-elem", found.get("default-src")))
        if sources is None:
            return ""
        if _ANY_SOURCE.search(sources):
            return "The content security policy lets scripts come from anywhere."
        if _INLINE.search(sources) and not _STRICT.search(sources):
            return "The content security policy lets scripts run that stand in the page ('unsafe-inline')."
        return ""
    if header == _FRAMING:
        is_void = lowered not in ("deny", "sameorigin") and lowered.startswith("allow")
        return (
            "X-Frame-Options has a value that browsers ignore, so any site may frame the pages."
            if is_void
            else ""
        )
    if header == _HSTS:
        age = _MAX_AGE.search(text)
        short = age is not None and int(age[1][:12]) < MIN_AGE
        return "Strict-Transport-Security ends at once: its lifetime is shorter than a day." if short else ""
    # Two headers' names side by side are a list of names.
    if header == _NOSNIFF and lowered != "nosniff" and not _HEADER_NAME.fullmatch(lowered):
        return "X-Content-Type-Options has a value that browsers ignore; the only one is nosniff."
    return ""


def _switched_off(rule: Rule, file: SettingsFile) -> Iterator[Draft]:
    """Protection that a web server in front is told to leave out."""
    if file.kind != "directives":
        return
    for entry in file.entries:
        if entry.key == "SecRuleEngine" and entry.text.lower() in ("off", "detectiononly"):
            yield in_file(
                rule,
                file,
                entry,
                "The web application firewall has rules and is told not to act on them.",
                "Requests that the rules would stop reach the application.",
                "Set SecRuleEngine to On once the rules are tuned.",
                subject="waf",
            )


def _has_logins(context: Context) -> bool:
    """Whether people log in: a cookie carries it, or an endpoint asks for it or takes the password."""
    return keeps_logins(context) or any(
        row.public == "login" or row.authentication.state == "required" for row in context.matrix
    )


def _main(context: Context, apps: tuple[Use[Application], ...]) -> Use[Application]:
    """The application that is started: of several, the others are its parts."""
    for use in apps if len(apps) > 1 else ():
        path = context.view.linker.module_of[use.fid]
        for fid, function in context.view.linker.functions.items():
            if context.view.linker.module_of[fid] == path and function.kind == "module":
                named = (
                    context.view.definitions(fid).get(i.args[0])
                    for i in context.view.linker.contents(fid).calls
                )
                if any(callee is not None and callee.name in _STARTS for callee in named):
                    return use
    return apps[0]


def _applications(context: Context) -> tuple[Use[Application], ...]:
    return tuple(
        use
        for use in context.uses.of(Application)
        if not is_development_name(use.span.path) and context.view.function(use.fid)
    )


def _set_anywhere(context: Context) -> frozenset[str]:
    """Protective headers that anything in the program sets."""
    found = {one.name for one in context.literals.headers(*_PROTECTIVE)}
    for use in context.uses.of(ProtectiveHeaders):
        value = use.value
        entry = use.concept.entry
        if not entry or (value is not None and entry in value.source_text) or _lists(context, use, entry):
            found.update(use.concept.headers)
    found.update(use.concept.header for use in context.uses.of(HeaderPolicy))
    for file in context.settings.values():
        for one in file.entries if file.kind == "directives" else ():
            words = f"{one.key} {one.text}".lower()
            found.update(name for name in _PROTECTIVE if name in words)
    return frozenset(found)


def _lists(context: Context, use: Use[ProtectiveHeaders], entry: str) -> bool:
    """Whether the entry stands in the list, however long that is."""
    value = use.value
    return value is not None and any(one.text == entry for one in value.elements())


def serves_pages(context: Context) -> bool:
    """Whether the program renders HTML: other clients than browsers have no frames and no scripts."""
    return bool(context.uses.of(TemplateRender)) or any(
        "<html" in place.text or place.text.partition(";")[0] == "text/html"
        for place in context.literals.texts()
    )
