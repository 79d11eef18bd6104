"""Other origins must not read what a user's browser fetches with the user's cookies."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.settings import (
    HeaderWritten,
    Option,
    Use,
    entry,
    evaluate,
    is_development_branch,
    is_development_name,
    option_of,
)
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.browser_logins import keeps_logins
from rearguard.checks.loose_origins import loose_test
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.settings_concepts import CorsPolicy
from rearguard.program import Instr, Op, Span, Step, instructions

_ORIGIN = "access-control-allow-origin"
_CREDENTIALS = "access-control-allow-credentials"
_ASKED = re.compile(
    r"\b(?:req|request|ctx|context|c|event|self|r|info|environ)\b[\w.\[\]()'\"]*origin|HTTP_ORIGIN|headers?[\w.\[\]()'\"]*\borigin\b",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\b(?:includes|indexOf|has|in|test|match|fullmatch|endswith|get|find|some|any)\b|===?|!==?|allow", re.I
)
_WHY = "Any page that a logged-in user opens can read the answers with the user's cookies, and act in the user's name."
_ADVICE = "List the origins that may, exactly as browsers send them; without credentials where no other site needs them."


class CorsMisconfiguration:
    """See cors_misconfiguration.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="cors-misconfiguration",
            title="Other origins may read answers",
            cwe=942,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-3.4.2",),
            api_top10=("API8:2023",),
            related=(346,),
            page=page("cors-misconfiguration"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per policy or header that lets origins in that nobody listed."""
        self_open = False
        for use in context.uses.of(CorsPolicy):
            if _is_development(context, use):
                continue
            found = self._setting(context, use) if use.concept.setting else self._call(context, use)
            self_open = self_open or _is_any(use)
            if found is not None:
                yield found
        yield from self._headers(context, self_open)

    def _call(self, context: Context, use: Use[CorsPolicy]) -> Draft | None:
        concept = use.concept
        origins = _origins(use)
        credentials = option_of(use, concept.credentials) if concept.credentials else None
        with_cookies = credentials is not None and credentials.is_const(True)
        pattern = option_of(use, concept.pattern) if concept.pattern else None
        part = origins.value.span if origins.value is not None else use.span
        allowed = _allowed(origins, concept.any_by_default)
        if allowed & set(concept.reflects) and with_cookies:
            return self._told(
                use, "Every origin is echoed back, and cookies are sent along.", part, "origins"
            )
        if "*" in allowed and with_cookies:
            return self._told(
                use,
                "Every origin is allowed together with cookies. Browsers refuse that pair, so it does not even work.",
                part,
                "origins",
                severity=Severity.LOW,
            )
        if "null" in allowed:
            return self._null(use.span, part)
        if _echoes(context, origins):
            cookies = "and cookies are sent along" if with_cookies else "so the list is everyone"
            severity = None if with_cookies else Severity.LOW
            return self._told(
                use, f"Every origin is accepted by the function, {cookies}.", part, "origins", severity
            )
        loose = _loose(pattern, use.concept.whole) or _loose(origins)
        tested = loose_test(context, origins.value.functions if origins.value is not None else ())
        if tested is not None:
            message = f"The test of allowed origins {tested[0]}."
            return self._told(use, message, tested[1], "test", None if with_cookies else Severity.LOW)
        if loose:
            return self._told(use, f"The pattern of allowed origins {loose}.", part, "pattern", likely=True)
        if allowed & {"*", "True"}:
            sent = [one for one in context.literals.headers(_CREDENTIALS) if _says_true(one)]
            if sent:
                step = Step(sent[0].span, "cookies are sent along here", "note")
                message = (
                    "Every origin is allowed, while an answer of this application lets cookies be sent along."
                )
                return self._told(use, message, part, "origins", likely=True, after=(step,))
            if keeps_logins(context):
                return self._open(use.span, part)
        return None

    def _setting(self, context: Context, use: Use[CorsPolicy]) -> Draft | None:
        value = use.value
        if value is None:
            return None
        setting = evaluate(value)
        if use.concept.setting == "all" and setting.known and setting.value is True:
            others = [
                other
                for other in context.uses.of(CorsPolicy)
                if other.concept.setting == "credentials"
                and other.value is not None
                and evaluate(other.value).value is True
            ]
            if others:
                steps = (Step(others[0].span, "cookies are sent along", "note"),)
                return self._told(
                    use,
                    "Every origin is echoed back, and cookies are sent along.",
                    value.span,
                    "origins",
                    after=steps,
                )
            return self._open(use.span, value.span) if keeps_logins(context) else None
        if use.concept.setting == "origins" and any(one.text == "null" for one in value.elements()):
            return self._null(use.span, value.span)
        if use.concept.setting == "patterns":
            for one in value.elements():
                loose = _loose_text(one.text or "")
                if loose:
                    return self._told(
                        use, f"The pattern of allowed origins {loose}.", one.span, "pattern", likely=True
                    )
        return None

    def _headers(self, context: Context, is_open: bool) -> Iterator[Draft]:
        credentials = context.literals.headers(_CREDENTIALS)
        for written in context.literals.headers(_ORIGIN):
            if is_development_branch(context.view, written.fid, written.instr.start):
                continue
            near = [c for c in credentials if c.fid == written.fid and _says_true(c)]
            text = written.text
            steps = tuple(Step(one.span, "cookies are sent along", "note") for one in near[:1])
            if text == "null":
                yield self._null(written.span, written.value.span)
            elif text is None and _reflected(context, written):
                cookies = ", and cookies are sent along" if near else ""
                yield spot(
                    self.rule,
                    written.span,
                    f"The answer allows whatever origin asks{cookies}.",
                    _WHY
                    if near
                    else "Any page can read the answers of whatever this user's browser can reach.",
                    _ADVICE,
                    "the request's own Origin is sent back, and nothing before compares it with a list",
                    step="the request's own Origin",
                    part=written.value.span,
                    subject="origins",
                    severity=None if near else Severity.LOW,
                    verification=_verification(),
                    after=steps,
                )
            elif text == "*" and near:
                yield spot(
                    self.rule,
                    written.span,
                    "Every origin is allowed together with cookies. Browsers refuse that pair, so it does not even work.",
                    _WHY,
                    _ADVICE,
                    "both headers are written in this function",
                    part=written.value.span,
                    subject="origins",
                    severity=Severity.LOW,
                    after=steps,
                )
        origins_in = {written.fid for written in context.literals.headers(_ORIGIN)}
        for one in credentials:
            if is_open and _says_true(one) and one.fid not in origins_in:
                yield spot(
                    self.rule,
                    one.span,
                    "Cookies may be sent along from other sites here, while the application allows every origin.",
                    _WHY,
                    _ADVICE,
                    "the policy of the application allows every origin",
                    part=one.value.span,
                    confidence=Confidence.LIKELY,
                    subject="credentials",
                )

    def _told(
        self,
        use: Use[CorsPolicy],
        message: str,
        part: Span,
        subject: str,
        severity: Severity | None = None,
        likely: bool = False,
        after: tuple[Step, ...] = (),
    ) -> Draft:
        return spot(
            self.rule,
            use.span,
            message,
            _WHY,
            _ADVICE,
            "the options are written out here",
            step="allowed here",
            part=part,
            confidence=Confidence.LIKELY if likely else Confidence.CERTAIN,
            severity=severity,
            subject=subject,
            verification=_verification(),
            after=after,
        )

    def _null(self, place: Span, part: Span) -> Draft:
        return spot(
            self.rule,
            place,
            'The origin "null" is allowed, which every sandboxed frame and local file has.',
            "Any page can put its script into a sandboxed frame and read the answers from there.",
            'Take "null" out of the list.',
            "the value is written out here",
            part=part,
            subject="null",
        )

    def _open(self, place: Span, part: Span) -> Draft:
        return spot(
            self.rule,
            place,
            "Every origin may read answers. Cookies are not sent along, so this is right only for what everyone may see.",
            "Answers that depend on the network of the caller, or on nothing, are open to every page; a later switch to "
            "credentials opens the rest.",
            _ADVICE,
            "whether all that is answered is public is for you to say",
            part=part,
            confidence=Confidence.QUESTION,
            severity=Severity.LOW,
            subject="origins",
        )


def _verification() -> tuple[Request, ...]:
    return (
        Request(
            "Ask with an origin that nobody listed.",
            "curl -si -H 'Origin: https://attacker.example' http://localhost/",
            "No Access-Control-Allow-Origin header.",
        ),
    )


def _is_development(context: Context, use: Use[CorsPolicy]) -> bool:
    name = context.view.function(use.fid).name
    named = is_development_name(use.span.path, name) if use.concept.setting else False
    return named or is_development_branch(context.view, use.fid, use.instr.start)


def _origins(use: Use[CorsPolicy]) -> Option:
    """What says the origins: the option, or the one that stands with the paths it is for."""
    given = option_of(use, use.concept.origins)
    if given.is_absent:
        resources = option_of(use, "(resources)")
        if resources.value is not None:
            for one in resources.value.elements():
                found = entry(Option(resources.given, one), "origins")
                if found.value is not None:
                    return found
    return given


def _allowed(origins: Option, any_by_default: bool) -> set[str]:
    """Origins written out, as text; `*` for all."""
    if origins.is_absent:
        return {"*"} if any_by_default else set()
    if origins.value is None:
        return set()
    const = origins.const
    if const is True or isinstance(const, str):
        return {str(const)}
    return {one.text for one in origins.value.elements() if one.text is not None}


def _is_any(use: Use[CorsPolicy]) -> bool:
    if use.concept.setting:
        return use.concept.setting == "all" and use.value is not None and evaluate(use.value).value is True
    return bool(_allowed(_origins(use), use.concept.any_by_default) & {"*", "True"})


def _echoes(context: Context, origins: Option) -> bool:
    """Whether the option is a function that accepts every origin without looking at it."""
    if origins.value is None:
        return False
    for fid in origins.value.functions:
        function = context.view.function(fid)
        body = instructions(function.body)
        if any(each.op == Op.COMPARE for each in body) or len(body) != len(function.body):
            continue
        calls = [each for each in body if each.op == Op.CALL]
        returned = [each.args[0] for each in body if each.op == Op.RETURN and each.args]
        # `done(null, answer)`, and nothing else that could have looked at the origin; or the answer is given back.
        told = [each.args[-1] for each in calls if len(each.args) == 3 and not _is_made(context, fid, each)]
        answers = told if calls else returned
        if len(calls) <= 1 and any(_is_whatever(context, fid, answer) for answer in answers[:1]):
            return True
    return False


def _is_made(context: Context, fid: str, call: Instr) -> bool:
    """Whether what stands where an error would is one."""
    given = context.view.definitions(fid).get(call.args[1])
    return given is not None and given.op == Op.NEW


def _is_whatever(context: Context, fid: str, value: int) -> bool:
    """Whether an answer is yes, or the origin that asks: `true`, `origin`, `origin ?? true`."""
    instr = context.view.definitions(fid).get(value)
    if instr is None:
        return False
    if instr.op == Op.LOGIC:
        return instr.name in ("or", "??") and all(_is_whatever(context, fid, one) for one in instr.args)
    if instr.op == Op.CONST:
        return instr.value is True or instr.value == "*"
    params = context.view.function(fid).params
    stored = any(each.op == Op.STORE and each.name == instr.name for each in context.view.linker.code(fid))
    return instr.op == Op.LOAD and bool(params) and instr.name == params[0].name and not stored


def _loose(given: Option | None, whole: bool = False) -> str:
    if given is None or given.value is None:
        return ""
    values = (given.value, *given.value.elements())
    return next((found for value in values if (found := _loose_value(value, whole))), "")


def _loose_value(value: ValueView, whole: bool) -> str:
    instr = value.instr
    if instr is None or instr.op != Op.CONST:
        return ""
    text = value.text or ""
    if instr.name.startswith("regex"):
        bare = re.match(r"[a-z0-9-]+\\\.", text) is not None and not text.startswith("http")
        return _loose_text(text, whole) or (_NO_BEGINNING if bare else "")
    if value.view.family(value.fid) != "python" or (
        text.startswith("http") and not re.search(r"[\\*]", text)
    ):
        return ""
    return _loose_text(text, whole)


def _loose_text(pattern: str, whole: bool = False) -> str:
    """What is wrong with a pattern for origins; "" when it says a whole origin."""
    if pattern and _matches_any(pattern, whole):
        return "matches every origin"
    if not pattern or "." not in pattern:
        return ""
    if re.search(r"(?<![\\\[.])\.(?![*+?{])[a-z]{2,}", pattern) and "\\." not in pattern:
        return "has a dot that stands for any character, so other names match too"
    if _ANY_BEFORE.search(pattern):
        return "lets anything stand before the name, so names that only end like an allowed one match too"
    ends = whole or pattern.rstrip(")").endswith(("$", "$/", "\\Z", "\\z"))
    if not ends:
        return "has no end, so names that only begin like an allowed one match too"
    return ""


def _matches_any(pattern: str, whole: bool) -> bool:
    """Whether origins that nobody has match it: `^https?://.*$`."""
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError):
        # Of another language's making.
        return False
    ask = compiled.fullmatch if whole else compiled.search
    return all(map(ask, _NOBODYS))


_NOBODYS = ("https://xq7-unlisted.test", "https://0k.invalid", "https://a.b.c.unlisted.example.org")
_NO_BEGINNING = "has no beginning, so names that only end like an allowed one match too"
_ANYBODYS = r"(?:com?|org|net|ac|gov)\\\.[a-z]{2}|(?:vercel|netlify|web)\\\.app|herokuapp\\\.com|github\\\.io|pages\\\.dev"
"""Ends of more than one part under which anybody gets a name."""
_ANY_BEFORE = re.compile(
    r"(?:\.|\\S|\\w|\[[^\]]*\])[*+]\??\)?[*?]?"
    rf"(?=[A-Za-z0-9-]+\\\.(?:{_ANYBODYS}|[a-z]{{2,}})(?![A-Za-z0-9-]|\\\.))"
)
"""`.*shop\\.example`, with no dot between: `evilshop.example` is another's, and `pr-7-web.shop.example` is not."""


def _reflected(context: Context, written: HeaderWritten) -> bool:
    source = _source(context, written.value)
    if not _ASKED.search(source):
        return False
    data = context.sources[written.span.path]
    function = context.view.function(written.fid)
    before = data.slice(function.start, written.span.start) if function.kind != "module" else ""
    lines = [line for line in before.splitlines() if "origin" in line.lower()]
    return (
        not any(_LISTED.search(_without_reads(line)) for line in lines)
        and _ASKED.search(before + source) is not None
    )


def _without_reads(line: str) -> str:
    """The line without the ways in which a header is read or written."""
    line = re.sub(r"access-control-allow-\w+", "", line, flags=re.IGNORECASE)
    return re.sub(r"\.get\(|\.headers\b|getHeader|setHeader|\bconst\b|\blet\b", "", line)


def _source(context: Context, value: ValueView) -> str:
    """The expression, and what the local names in it hold."""
    words = set(re.findall(r"[A-Za-z_]\w*", value.source_text))
    held = [
        context.text(context.view.span(value.fid, each.start, each.end))
        for each in context.view.linker.code(value.fid)
        if each.op == Op.STORE and each.name in words
    ]
    return " ".join((value.source_text, *held))


def _says_true(written: HeaderWritten) -> bool:
    const = written.value.const
    return const is True or (isinstance(const, str) and const.lower() == "true")
