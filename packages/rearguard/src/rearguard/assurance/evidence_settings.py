"""Positive evidence in settings: what is said once, or at every cookie, and holds wherever it was read.

Each rule answers with places, or with none as soon as one place says otherwise or does not say.
"""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Option, branch_conditions, entry, option_of
from rearguard.analysis.settings.options import Given, option
from rearguard.analysis.settings.uses import Use
from rearguard.assurance.code import SHOWN, Code, Evidence, is_one_of, steps
from rearguard.models.concepts import DebugSwitch, XmlParse
from rearguard.models.measure_concepts import OriginGate, QueryLimit
from rearguard.models.settings_concepts import (
    Application,
    BodyLimit,
    CookieFlag,
    CookieWrite,
    CorsPolicy,
    DebugTool,
    DirectoryListing,
    ErrorTrace,
    Introspection,
    SessionUse,
    StaticFolder,
    TrustedProxies,
    UploadParser,
)
from rearguard.program import Instr, Op, Step

__all__ = ["BROKEN", "MET"]

_BY_HAND = re.compile(rb"x-(?:forwarded-(?:for|host|proto)|real-ip)", re.IGNORECASE)
_ADDRESS = re.compile(r"^(?:[\d.]+|[0-9a-fA-F:]+)(?:/\d+)?$|^(?:loopback|linklocal|uniquelocal)$")
_SESSION = re.compile(r"sess|sid\b|auth|token|login|remember|jwt", re.IGNORECASE)
_GREATEST = 10_000
"""A bound beyond this is none."""


def _has_settings(code: Code) -> bool:
    """Whether the framework's session cookie is set up by settings, and in use."""
    return bool(code.uses.of(SessionUse)) and any(u.concept.sessions for u in code.uses.of(Application))


def _cookies(code: Code, flag: str, text: str) -> tuple[Step, ...]:
    """Every cookie that is set, by a call or by a framework's settings, has the flag."""
    shown: list[Use[CookieWrite] | Use[CookieFlag]] = []
    for use in code.uses.of(CookieWrite):
        selector = {"secure": use.concept.secure, "http-only": use.concept.http_only}[flag]
        default = {"secure": use.concept.secure_default, "http-only": use.concept.http_only_default}[flag]
        given = option_of(use, selector) if selector else None
        if given is None or given.is_absent:
            if not default:
                return ()
        elif not is_one_of(given.value, True):
            return ()
        shown.append(use)
    flags = [u for u in code.uses.of(CookieFlag) if u.concept.flag == flag and u.concept.cookie == "session"]
    if any(not is_one_of(one.value, True) for one in flags):
        return ()
    if _has_settings(code) and not flags:
        return ()
    return tuple(Step(use.span, text, "note") for use in [*shown, *flags][:SHOWN])


def cookies_have_http_only(code: Code) -> tuple[Step, ...]:
    """3.3.4: every cookie is out of reach of scripts, and one of them carries a session."""
    carried = any(_carries_session(use) for use in code.uses.of(CookieWrite))
    if not carried and not code.uses.of(CookieFlag):
        return ()
    return _cookies(code, "http-only", "the cookie is HttpOnly")


def _carries_session(use: Use[CookieWrite]) -> bool:
    """Whether a cookie carries a session by its name, or by what it is for."""
    name = option_of(use, use.concept.name).const if use.concept.name else None
    return use.concept.session or (isinstance(name, str) and bool(_SESSION.search(name)))


def cookies_have_same_site(code: Code) -> tuple[Step, ...]:
    """3.3.2: every cookie says SameSite, and none says None."""
    shown: list[Use[CookieWrite] | Use[CookieFlag]] = []
    for use in code.uses.of(CookieWrite):
        given = option_of(use, use.concept.same_site) if use.concept.same_site else None
        text = given.const if given is not None else None
        if text is not True and not (isinstance(text, str) and text.lower() in ("lax", "strict")):
            return ()
        shown.append(use)
    flags = [
        u for u in code.uses.of(CookieFlag) if (u.concept.flag, u.concept.cookie) == ("same-site", "session")
    ]
    if any(not is_one_of(one.value, "Lax", "Strict", "lax", "strict") for one in flags):
        return ()
    if _has_settings(code) and not flags:
        return ()
    return tuple(Step(use.span, "the cookie says SameSite", "note") for use in [*shown, *flags][:SHOWN])


def _prefixed(code: Code, *prefixes: str) -> Iterator[Use[CookieWrite]]:
    """The cookies set by calls, if all bear one of the prefixes and none is a framework's own."""
    uses = code.uses.of(CookieWrite)
    for use in uses:
        name = option_of(use, use.concept.name).const if use.concept.name else None
        if not isinstance(name, str) or not name.startswith(prefixes):
            return
    if not _has_settings(code):
        yield from uses


def _said(use: Use[CookieWrite], name: str) -> Given:
    """Whether a cookie is given an option of this name, by keyword or in a map."""
    keys = use.instr.keys
    if name in keys:
        return Given.YES
    values = [ValueView(use.view, use.fid, number) for number in use.instr.args[1:]]
    inner = [entry(Option(Given.YES, value), name).given for value in values if value.written is not None]
    unknown = any(key in ("**", "*") for key in keys)
    return (
        Given.YES if Given.YES in inner else Given.UNKNOWN if unknown or Given.UNKNOWN in inner else Given.NO
    )


def cookies_have_the_host_prefix(code: Code) -> tuple[Step, ...]:
    """3.3.3: the name of every cookie begins with `__Host-`, and none has a domain or is not Secure."""
    uses = list(_prefixed(code, "__Host-"))
    if any(_said(use, "domain") is not Given.NO for use in uses) or not _cookies(code, "secure", ""):
        return ()
    return steps(uses, "the cookie's name begins with __Host-")


def host_cookies_have_a_domain(code: Code) -> tuple[Step, ...]:
    """3.3.3, the contrary: a cookie that promises one host is given a domain."""
    uses = [
        use
        for use in code.uses.of(CookieWrite)
        if use.concept.name
        and str(option_of(use, use.concept.name).const).startswith("__Host-")
        and _said(use, "domain") is Given.YES
    ]
    return steps(uses, "browsers refuse a cookie of that name that has a domain")


def cookies_have_secure_and_a_prefix(code: Code) -> tuple[Step, ...]:
    """3.3.1: every cookie is Secure, and its name begins with `__Secure-` or `__Host-`."""
    if not list(_prefixed(code, "__Host-", "__Secure-")):
        return ()
    return _cookies(code, "secure", "the cookie is Secure, and its name makes browsers insist on it")


def origins_are_listed(code: Code) -> tuple[Step, ...]:
    """3.4.2: every policy for other origins lists them, and no entry stands for all."""
    uses = code.uses.of(CorsPolicy)
    for use in uses:
        concept = use.concept
        if concept.setting not in ("", "origins") or (
            concept.pattern and not option_of(use, concept.pattern).is_absent
        ):
            return ()
        value = option_of(use, concept.origins).value if concept.origins else use.value
        listed = [one.text for one in value.elements()] or [value.text] if value is not None else []
        if not listed or not all(text and text.startswith(("https://", "http://")) for text in listed):
            return ()
    return steps(uses, "lists the origins that may read answers")


def debug_is_off(code: Code) -> tuple[Step, ...]:
    """13.4.2: debug mode is said to be off, and traces to be kept back, wherever anything is said of them."""
    uses = code.uses.of(DebugSwitch)
    traces = code.uses.of(ErrorTrace)
    values = [*(use.value for use in uses), *(use.value for use in traces)]
    if code.uses.of(DebugTool) or not all(is_one_of(value, False) for value in values):
        return ()
    return (*steps(uses, "debug mode is off"), *steps(traces, "traces are kept back"))[:SHOWN]


def introspection_is_off(code: Code) -> tuple[Step, ...]:
    """4.3.2: clients cannot ask for the whole schema."""
    uses = code.uses.of(Introspection)
    return steps(uses, "introspection is off") if all(is_one_of(use.value, False) for use in uses) else ()


def uploads_are_bounded(code: Code) -> tuple[Step, ...]:
    """5.2.1: whatever takes uploads in has a largest size; so have bodies where the framework takes them."""
    limits = code.uses.of(BodyLimit)
    parsers = code.uses.of(UploadParser)
    if any(option_of(use, use.concept.limit).value is None for use in parsers if use.concept.limit):
        return ()
    if not parsers and not limits:
        return ()
    return (*steps(limits, "bounds the size of bodies"), *steps(parsers, "bounds the size of uploads"))[
        :SHOWN
    ]


def entities_are_off(code: Code) -> tuple[Step, ...]:
    """1.5.1: every parser that could read external entities is told not to, where it is made."""
    uses = [use for use in code.uses.of(XmlParse) if use.concept.risk == "files"]
    return steps(uses, "the parser is told to read no entities") if all(map(_reads_none, uses)) else ()


def _reads_none(use: Use[XmlParse]) -> bool:
    concept = use.concept
    call: tuple[str, Instr] | None = (use.fid, use.instr)
    if concept.parser:
        call = _maker(use, concept.parser)
    if call is None or not concept.unless:
        return False
    said = option(use.view, *call, concept.unless).const
    return said is not None and str(said) in concept.safe


def _maker(use: Use[XmlParse], selector: str) -> tuple[str, Instr] | None:
    """The call that made the parser that is given."""
    if selector == "(self)":
        return None
    value = option_of(use, selector).value
    if value is None:
        return None
    made = value.instr
    if made is not None and made.op == Op.LOAD:
        stored = [i for i in use.view.linker.code(use.fid) if i.op == Op.STORE and i.name == made.name]
        made = use.view.definitions(use.fid).get(stored[0].args[-1]) if len(stored) == 1 else None
    return (use.fid, made) if made is not None and made.op in (Op.CALL, Op.NEW) else None


# -- what stands in front of the program, and what it shows of its folders ----------------------------------


def proxies_are_counted(code: Code) -> tuple[Step, ...]:
    """4.1.3: it is said how many proxies are believed, or which, and no header of theirs is read by hand."""
    uses = code.uses.of(TrustedProxies)
    for use in uses:
        value = use.value
        if value is None:
            if not use.concept.fallback:
                return ()
        elif not _counts_proxies(value):
            return ()
    by_hand = any(_BY_HAND.search(source.text) for source in code.context.sources.values())
    return steps(uses, "believes a known number of proxies, or named ones") if not by_hand else ()


def _counts_proxies(value: ValueView) -> bool:
    held = value.const
    if isinstance(held, int) and not isinstance(held, bool):
        return held > 0
    names = [one.text for one in value.elements()] or [value.text]
    return all(isinstance(name, str) and bool(_ADDRESS.match(name)) for name in names)


def any_proxy_is_believed(code: Code) -> tuple[Step, ...]:
    """4.1.3, the contrary: whoever asks is believed to be a proxy."""
    uses = [use for use in code.uses.of(TrustedProxies) if is_one_of(use.value, True, "*")]
    always = (use for use in uses if not branch_conditions(use.view, use.fid, use.instr.start))
    return steps((use for use in always if not _is_one(use)), "whoever asks says from where")


def _is_one(use: Use[TrustedProxies]) -> bool:
    """Whether it is the number and not the truth, which are equal."""
    return use.value is not None and use.value.source_text == "1"


def queries_are_bounded(code: Code) -> tuple[Step, ...]:
    """4.3.1: what answers queries of GraphQL is given a bound of their depth or cost."""
    limits = [use for use in code.uses.of(QueryLimit) if not use.concept.server]
    servers = [use for use in code.uses.of(QueryLimit) if use.concept.server]
    if not servers or not all(any(_stands_in(limit, server) for limit in limits) for server in servers):
        return ()
    return steps((one for one in limits if any(_stands_in(one, s) for s in servers)), "bounds queries")


def _stands_in(limit: Use[QueryLimit], server: Use[QueryLimit]) -> bool:
    """Whether a bound is among the rules of a server, and is a number."""
    value = server.value
    held = value.written if value is not None else None
    said = limit.value
    if held is None or (said is not None and said.written is None and not _is_bound(said)):
        return False
    span = limit.span
    return held.span.path == span.path and held.span.start <= span.start and span.end <= held.span.end


def _is_bound(value: ValueView) -> bool:
    held = value.const
    return isinstance(held, int) and not isinstance(held, bool) and 0 < held <= _GREATEST


def queries_are_not_bounded(code: Code) -> tuple[Step, ...]:
    """4.3.1, the contrary: the list of rules is empty."""
    found: list[Use[QueryLimit]] = []
    for use in code.uses.of(QueryLimit):
        value = use.value
        held = value.written if value is not None else None
        if use.concept.server and held is not None and not held.elements():
            found.append(use)
    return steps(found, "queries may be of any depth")


def sockets_know_their_pages(code: Code) -> tuple[Step, ...]:
    """4.4.2: what opens connections for messages asks from which page they come."""
    gates = code.uses.of(OriginGate)
    for use in gates:
        value = use.value
        if use.row.keys and (value is None or "origin" not in _source(code, value)):
            return ()
    routers = {row.endpoint.router for row in code.rows() if row.endpoint.method == "WEBSOCKET"}
    return steps(gates, "opens for the own pages alone") if len(routers) <= len(gates) else ()


def _source(code: Code, value: ValueView) -> str:
    """The text of the function that decides."""
    for fid in value.functions:
        function = code.context.view.function(fid)
        span = value.view.span(fid, function.start, function.end)
        return code.context.sources[span.path].slice(span.start, span.end).lower()
    return ""


def _is_everything(use: Use[StaticFolder]) -> bool | None:
    """Whether a folder that is served is that of the program; `None` where it is not known."""
    value = use.value
    if value is None:
        return None
    if value.source_text in ("__dirname", "BASE_DIR", "os.getcwd()", "process.cwd()"):
        return True
    text = value.text
    return None if text is None else text.strip("/") in ("", ".") or text.startswith("..")


def _hides(use: Use[StaticFolder]) -> bool:
    concept = use.concept
    if not concept.hidden:
        return False
    given = option_of(use, concept.hidden)
    return given.is_absent or (given.value is not None and not given.is_const(concept.allows))


def folders_are_apart(code: Code) -> tuple[Step, ...]:
    """13.4.1: folders whose files are sent are apart from the program, or hide what begins with a dot."""
    uses = code.uses.of(StaticFolder)
    if not all(_hides(use) or _is_everything(use) is False for use in uses):
        return ()
    apart = [use for use in uses if _is_everything(use) is False]
    hidden = [use for use in uses if use not in apart]
    told = steps(hidden, "sends no file whose name begins with a dot")
    return (*steps(apart, "sends files of a folder of its own"), *told)[:SHOWN]


def the_program_is_sent(code: Code) -> tuple[Step, ...]:
    """13.4.1, the contrary: the folder of the program is served, `.git` and all."""
    uses = [use for use in code.uses.of(StaticFolder) if _is_everything(use) and not _hides(use)]
    return steps(uses, "sends every file of the program, .git among them")


def folders_are_not_listed(code: Code) -> tuple[Step, ...]:
    """13.4.3: folders are served by what sends files and lists none."""
    if any(not is_one_of(use.value, False) for use in code.uses.of(DirectoryListing)):
        return ()
    named = (use for use in code.uses.of(StaticFolder) if use.value is not None)
    return steps(named, "sends files, and no list of them")


MET: dict[str, Evidence] = {
    "1.5.1": entities_are_off,
    "3.3.1": cookies_have_secure_and_a_prefix,
    "3.3.2": cookies_have_same_site,
    "3.3.3": cookies_have_the_host_prefix,
    "3.3.4": cookies_have_http_only,
    "3.4.2": origins_are_listed,
    "4.1.3": proxies_are_counted,
    "4.3.1": queries_are_bounded,
    "4.3.2": introspection_is_off,
    "4.4.2": sockets_know_their_pages,
    "5.2.1": uploads_are_bounded,
    "13.4.1": folders_are_apart,
    "13.4.2": debug_is_off,
    "13.4.3": folders_are_not_listed,
}
BROKEN: dict[str, Evidence] = {
    "3.3.3": host_cookies_have_a_domain,
    "4.1.3": any_proxy_is_believed,
    "4.3.1": queries_are_not_bounded,
    "13.4.1": the_program_is_sent,
}
