"""Positive evidence in headers: one place through which every answer goes says the header, and says it well.

Such a place is a library's middleware or a function of the program's own, as long as it stands before every
endpoint or the framework hands it every answer. What a place says is known from its options, or is not.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.settings import (
    HeaderWritten,
    Option,
    Use,
    branch_conditions,
    entry,
    evaluate,
    text_parts,
)
from rearguard.analysis.settings.options import Given
from rearguard.assurance.code import SHOWN, Code, Evidence, is_conditional
from rearguard.models.settings_concepts import AnswerHook, Application, HeaderText, ProtectiveHeaders
from rearguard.program import Op, Span, Step

__all__ = ["BROKEN", "MET"]

_YEAR = 31_536_000
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_ANY_SOURCE = re.compile(r"(?:^|\s)(?:\*|https?:|data:)(?=$|\s)", re.IGNORECASE)
_INLINE = re.compile(r"'unsafe-(?:inline|eval)'", re.IGNORECASE)
_STRICT = re.compile(r"'(?:nonce-|sha(?:256|384|512)-)", re.IGNORECASE)
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_REFERRERS = frozenset(("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"))
_OPENERS = frozenset(("same-origin", "same-origin-allow-popups"))


@dataclass(frozen=True, slots=True)
class _Said:
    """A header where every answer gets it; `text` is `None` where what it says is not known."""

    span: Span
    text: str | None


def _directives(policy: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name.lower(): sources.strip() for name, _, sources in parts if name}


def _is_lasting(text: str) -> bool:
    age = _MAX_AGE.search(text)
    return age is not None and int(age[1]) >= _YEAR and "includesubdomains" in text.lower()


def _is_strict(policy: str) -> bool:
    found = _directives(policy)
    scripts = found.get("script-src", found.get("default-src", ""))
    return (
        found.get("object-src", found.get("default-src")) == "'none'"
        and found.get("base-uri") == "'none'"
        and bool(scripts)
        and not _ANY_SOURCE.search(scripts)
        and (not _INLINE.search(scripts) or bool(_STRICT.search(scripts)))
    )


def _is_discreet(text: str) -> bool:
    words = text.replace(",", " ").lower().split()
    return bool(words) and set(words) <= _REFERRERS


def _denies_frames(policy: str) -> bool:
    sources = _directives(policy).get("frame-ancestors", "")
    return bool(sources) and not _ANY_SOURCE.search(sources)


def _reports(policy: str) -> bool:
    return any(_directives(policy).get(name) for name in ("report-to", "report-uri"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one requirement wants of one header."""

    header: str
    good: Callable[[str], bool]
    met: str
    broken: str


_WANTED: Mapping[str, _Wanted] = {
    "3.4.1": _Wanted(
        "strict-transport-security",
        _is_lasting,
        "every answer says for a year or longer that this host and those below it speak TLS",
        "says so for less than a year, or not of the hosts below",
    ),
    "3.4.3": _Wanted(
        "content-security-policy",
        _is_strict,
        "every answer has a policy that lists its scripts, and refuses objects and other bases",
        "the policy lacks object-src 'none' or base-uri 'none', or lets any script run",
    ),
    "3.4.4": _Wanted(
        "x-content-type-options",
        lambda text: text.strip().lower() == "nosniff",
        "every answer says nosniff",
        "says something else than nosniff",
    ),
    "3.4.5": _Wanted(
        "referrer-policy",
        _is_discreet,
        "every answer keeps addresses from other sites",
        "the policy sends whole addresses to other sites",
    ),
    "3.4.6": _Wanted(
        "content-security-policy",
        _denies_frames,
        "every answer says who may frame it",
        "the policy does not say who may frame the page, or lets anyone",
    ),
    "3.4.7": _Wanted(
        "content-security-policy",
        _reports,
        "every answer says where violations are reported",
        "the policy says nowhere to report violations",
    ),
    "3.4.8": _Wanted(
        "cross-origin-opener-policy",
        lambda text: text.strip().lower() in _OPENERS,
        "every answer keeps windows of other sites apart",
        "windows of other sites may reach this one",
    ),
    "14.3.2": _Wanted(
        "cache-control",
        lambda text: "no-store" in text.lower(),
        "every answer says no-store",
        "lets answers be kept",
    ),
}


def _said(code: Code, header: str) -> Iterator[_Said]:
    """Where every answer is given a header."""
    for use in code.uses.of(ProtectiveHeaders):
        concept = use.concept
        told = header in concept.headers or any(name == header for name, _ in concept.says)
        known = told or (concept.entry and any(t.concept.header == header for t in code.uses.of(HeaderText)))
        if known and _is_on(use) and _covers(code, use) and not is_conditional(code, use.span):
            yield _of_library(code, use, header)
    hooks = frozenset(fid for use in code.uses.of(AnswerHook) for v in use.selected for fid in v.functions)
    for written in code.context.literals.headers(header):
        if _is_always(code, written, hooks):
            yield _Said(written.span, written.text or text_parts(written.value) or None)


def _is_on(use: Use[ProtectiveHeaders]) -> bool:
    """Whether a list of middleware has the entry, where it takes one."""
    value = use.value
    entries = value.elements() if value is not None else ()
    return not use.concept.entry or any(one.text == use.concept.entry for one in entries)


def _covers(code: Code, use: Use[ProtectiveHeaders]) -> bool:
    """Whether every answer of the program goes through a library's middleware."""
    rows = list(code.rows())
    if not rows or not code.is_whole:
        return False
    if use.concept.entry:
        return True
    if use.view.family(use.fid) == "python":
        return len(code.uses.of(Application)) == 1
    return all(any(_overlap(link.span, use.span) for link in row.endpoint.chain) for row in rows)


def _overlap(one: Span, other: Span) -> bool:
    return one.path == other.path and one.start < other.end and other.start < one.end


def _is_always(code: Code, written: HeaderWritten, hooks: frozenset[str]) -> bool:
    """Whether a header is written under no condition, by a function that every answer goes through."""
    rows = list(code.rows())
    if not rows or not code.is_whole or branch_conditions(written.view, written.fid, written.instr.start):
        return False
    if written.fid in hooks:
        return len(code.uses.of(Application)) == 1
    return all(any(written.fid in link.functions for link in row.endpoint.chain) for row in rows)


def _of_library(code: Code, use: Use[ProtectiveHeaders], header: str) -> _Said:
    """What a library's middleware says of a header, by its options."""
    said, place = dict(use.concept.says).get(header), use.span
    # What a switch adds comes last.
    for told in sorted(code.uses.of(HeaderText), key=lambda one: "{}" not in one.concept.form):
        of_call = (told.fid, told.instr) == (use.fid, use.instr)
        if told.concept.header != header or not (of_call or use.concept.entry):
            continue
        given = _given(told)
        if given.given is Given.UNKNOWN:
            return _Said(place, None)
        if given.value is None or _says_no_more(told.concept, given.value):
            continue
        place = told.span if use.concept.entry else place
        text = _text(told.concept, given.value, said)
        if text is None:
            return _Said(place, None)
        said = text
    return _Said(place, said)


def _given(told: Use[HeaderText]) -> Option:
    if not told.selected:
        spread = any(key in ("*", "**") for key in told.instr.keys)
        return Option(Given.UNKNOWN if spread else Given.NO)
    found = Option(Given.YES, told.selected[-1])
    for key in told.row.keys:
        found = entry(found, key)
    return found


def _text(concept: HeaderText, value: ValueView, before: str | None) -> str | None:
    """The header's text with an option given; `None` where the option cannot be read."""
    setting = evaluate(value)
    if setting.known:
        if setting.from_environment:
            return None
        if setting.value is True:
            return f"{before or ''}; {concept.form}"
        off = setting.value is None or setting.value is False or setting.value == ""
        return "" if off else concept.form.format(setting.value)
    return _policy(concept, value, before) if value.written is not None else None


def _says_no_more(concept: HeaderText, value: ValueView) -> bool:
    """Whether an option only says that the header is sent, or holds options of their own."""
    if value.written is not None:
        return concept.header != "content-security-policy"
    setting = evaluate(value)
    return concept.form == "{}" and setting.known and setting.value is True and not setting.from_environment


def _policy(concept: HeaderText, value: ValueView, before: str | None) -> str | None:
    """A policy from a map of its directives."""
    only = value.key("useDefaults")
    kept = concept.adds and not (only is not None and evaluate(only).value is False)
    held = (value.key("directives") or (None if concept.adds else value)) if value.written else None
    written = held.written if held is not None else None
    if held is not None and written is None:
        return None
    found = _directives(before or "") if kept else {}
    instr = written.instr if written is not None else None
    for key, number in zip(instr.keys, instr.args, strict=False) if instr is not None and written else ():
        if key is None or key in ("**", "*", "?"):
            return None
        sources = ValueView(written.view, written.fid, number) if written is not None else value
        found[_CAPITAL.sub("-", key).lower()] = _sources(sources)
    return "; ".join(f"{name} {sources}".strip() for name, sources in found.items())


def _sources(value: ValueView) -> str:
    """The sources of a directive; one that is worked out for each answer is a nonce or unknown."""
    instr = value.instr
    parts = [text_parts(one) or "?" for one in value.elements()] if instr and instr.op == Op.COLLECT else []
    return " ".join(parts) if parts else text_parts(value)


def _met(wanted: _Wanted) -> Evidence:
    def rule(code: Code) -> tuple[Step, ...]:
        found = list(_said(code, wanted.header))
        others = (one.text for one in code.context.literals.headers(wanted.header))
        if not all(one.text is not None and wanted.good(one.text) for one in found) or not all(
            text is None or wanted.good(text) for text in others
        ):
            return ()
        return tuple(Step(one.span, wanted.met, "note") for one in found[:SHOWN])

    return rule


def _broken(wanted: _Wanted) -> Evidence:
    def rule(code: Code) -> tuple[Step, ...]:
        found = list(_said(code, wanted.header))
        bad = [one for one in found if one.text is not None and not wanted.good(one.text)]
        told = "the header is switched off"
        shown = (Step(one.span, wanted.broken if one.text else told, "note") for one in bad[:SHOWN])
        return tuple(shown) if bad == found else ()

    return rule


MET: Mapping[str, Evidence] = {number: _met(wanted) for number, wanted in _WANTED.items()}
BROKEN: Mapping[str, Evidence] = {number: _broken(wanted) for number, wanted in _WANTED.items()}
