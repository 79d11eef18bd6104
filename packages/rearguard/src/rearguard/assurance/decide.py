"""Every row of every standard, decided by findings first, then by evidence, then by what was looked for."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from rearguard.assurance.asvs import RULES
from rearguard.assurance.code import Code
from rearguard.assurance.evidence import BROKEN, EVIDENCE
from rearguard.assurance.evidence_slips import SEEN
from rearguard.assurance.types import Assurance, Outcome, Row, Standard
from rearguard.checks import Context
from rearguard.findings import Confidence, Finding, ReviewResult, Rule
from rearguard.program import Source
from rearguard.standards import (
    API_TOP_10,
    EDITIONS,
    Edition,
    Requirement,
    categories,
    category,
    practice,
    requirements,
    top_25,
)
from rearguard.standards.ssdf import URL as SSDF_URL

__all__ = ["assure", "looking"]

_MEMORY = frozenset((119, 120, 121, 122, 125, 416, 476, 787))
"""Weaknesses of memory, which Python and JavaScript manage themselves."""
_API = {
    "API1:2023": (639, 566),
    "API2:2023": (287, 306, 307, 347, 384, 613, 521),
    "API3:2023": (213, 915),
    "API4:2023": (400, 770, 799, 1333),
    "API5:2023": (285, 862, 863),
    "API6:2023": (799, 841),
    "API7:2023": (918,),
    "API8:2023": (16, 209, 489, 548, 693, 942, 1004, 1275, 614, 611, 295, 319),
    "API9:2023": (1059, 1188),
    "API10:2023": (295, 346, 502),
}
_BANNED = (
    ("text-run-as-code", "Text run as code: eval, exec, Function, vm", (94, 95, 96)),
    ("shells", "Shells: os.system, shell=True, child_process.exec", (77, 78, 88)),
    ("object-deserialisers", "Objects from bytes: pickle, marshal, yaml.load, node-serialize", (502,)),
    ("broken-hashes", "Broken hashes: MD5, SHA-1", (328, 916)),
    ("broken-ciphers", "Broken ciphers and modes: DES, RC4, ECB, createCipher", (327,)),
    ("unverified-tls", "Certificates not verified", (295, 297)),
    ("predictable-random", "Predictable numbers for secrets: random, Math.random", (330, 338)),
    ("xml-entities", "XML parsers that resolve entities", (611, 776)),
    ("unverified-tokens", "Tokens read without verification", (347,)),
    ("temporary-names", "Temporary files by name: mktemp", (377,)),
)
_SDL_URL = "https://www.microsoft.com/en-us/securityengineering/sdl/practices"
_SSDF = (
    (
        "PW.1",
        Outcome.PERSON,
        "designing for security requirements is work of people; the endpoint table shows who may call what",
    ),
    ("PW.5", None, "findings at the line show where secure coding practice was left"),
    (
        "PW.6",
        Outcome.PERSON,
        "how compilers, interpreters and builds are configured stands outside of the code",
    ),
    ("PW.9", None, "findings of settings show where the default is not secure"),
)
_SETTINGS = "A02:2025"


_NOTHING: Mapping[str, re.Pattern[str]] = {}

Predicate = Callable[[Rule], bool]


def assure(result: ReviewResult, rules: Iterable[Rule], context: Context) -> Assurance:
    """Decide every row. `rules` are those of the checks that ran."""
    deciding = _Deciding(result, tuple(rules))
    rows: list[Row] = []
    for edition in EDITIONS:
        standard = Standard(f"owasp-{edition}")
        rows += [
            deciding.row(standard, one.id, one.name, one.url, _placed(one.id, edition))
            for one in categories(edition)
        ]
    for risk in API_TOP_10:
        named = _api(risk.id, frozenset(_API[risk.id]))
        rows.append(deciding.row(Standard.API_2023, risk.id, risk.name, risk.url, named))
    for weak in top_25():
        if weak.number in _MEMORY:
            reason = "Python and JavaScript manage memory themselves"
            rows.append(Row(Standard.CWE_25, weak.id, weak.name, weak.url, Outcome.NOT_APPLICABLE, reason))
        else:
            rows.append(
                deciding.row(Standard.CWE_25, weak.id, weak.name, weak.url, _about(frozenset((weak.number,))))
            )
    rows += _asvs(deciding, Code(result, context))
    rows += _ssdf(deciding)
    for id, title, cwes in _BANNED:
        rows.append(deciding.row(Standard.SDL, id, title, _SDL_URL, _primarily(frozenset(cwes))))
    return Assurance(result.root, result.level, tuple(rows), result.notes)


# -- which rules speak about a row ----------------------------------------------------------------------


def _placed(id: str, edition: Edition) -> Predicate:
    """Rules whose weakness the edition places in this category."""

    def speaks(rule: Rule) -> bool:
        found = category(rule.cwe, edition)
        return found is not None and found.id == id

    return speaks


def _api(id: str, cwes: frozenset[int]) -> Predicate:
    return lambda rule: id in rule.api_top10 or rule.cwe in cwes


def _about(cwes: frozenset[int]) -> Predicate:
    return lambda rule: bool(cwes & {rule.cwe, *rule.related})


def _primarily(cwes: frozenset[int]) -> Predicate:
    return lambda rule: rule.cwe in cwes


def _required(requirement: Requirement, cwes: frozenset[int]) -> Predicate:
    """Rules that name the requirement; beside them those of its weaknesses that name no other."""

    def speaks(rule: Rule) -> bool:
        return requirement.id in rule.asvs or (not rule.asvs and rule.cwe in cwes)

    return speaks


def looking(requirement: Requirement, rules: Iterable[Rule]) -> tuple[str, ...]:
    """The checks that look for a violation of a requirement of ASVS."""
    decision = RULES[requirement.number]
    speaks = _required(requirement, decision.weaknesses)
    return tuple(rule.id for rule in rules if speaks(rule) or rule.id in decision.told)


class _Deciding:
    """What the findings say of a row."""

    def __init__(self, result: ReviewResult, rules: tuple[Rule, ...]) -> None:
        self.result = result
        self.rules = rules

    def row(
        self,
        standard: Standard,
        id: str,
        title: str,
        url: str,
        speaks: Predicate,
        level: int = 0,
        chapter: str = "",
    ) -> Row:
        """A row that only violation can be shown of."""
        outcome, reason, findings, looked = self.judged(speaks)
        return Row(standard, id, title, url, outcome, reason, level, chapter, findings, (), looked)

    def judged(
        self, speaks: Predicate, told: Mapping[str, re.Pattern[str]] = _NOTHING
    ) -> tuple[Outcome, str, tuple[Finding, ...], tuple[str, ...]]:
        """The outcome by findings alone, its reason, those findings, and the checks that looked.

        Of the checks in `told`, only findings count that say so.
        """

        def counts(one: Finding) -> bool:
            words = told.get(one.rule.id)
            return speaks(one.rule) if words is None else words.search(one.message) is not None

        looked = tuple(rule.id for rule in self.rules if speaks(rule) or rule.id in told)
        found = tuple(filter(counts, self.result.findings))
        failed = tuple(one for one in found if one.confidence is not Confidence.QUESTION)
        accepted = tuple(filter(counts, self.result.suppressed))
        if failed:
            return Outcome.VIOLATED, _counted(len(failed), "finding"), failed, looked
        if found:
            return Outcome.PERSON, f"{_counted(len(found), 'question')} to be answered", found, looked
        if accepted:
            reason = f"{_counted(len(accepted), 'finding')} accepted with a reason: {accepted[0].suppressed}"
            return Outcome.PERSON, reason, accepted, looked
        if not looked:
            return Outcome.PERSON, "no check that ran looks for it", (), ()
        return Outcome.NO_VIOLATION, f"{_counted(len(looked), 'check')} looked for one", (), looked


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _asvs(deciding: _Deciding, code: Code) -> Iterator[Row]:
    """Every requirement of ASVS."""
    sources = code.context.sources
    mentioned = _Mentions(sources)
    for one in requirements():
        about = one.label or "(not decided by reading code)"
        row = Row(Standard.ASVS, one.id, about, one.url, Outcome.PERSON, "", one.level, one.chapter.title)
        decision = RULES.get(one.number)
        if decision is None:
            reason = "only a running service shows it" if one.decides else "reading code does not decide it"
            yield replace(row, reason=reason)
            continue
        outcome, reason, findings, looked = deciding.judged(
            _required(one, decision.weaknesses), decision.told
        )
        row = replace(row, outcome=outcome, reason=reason, findings=findings, looked=looked)
        if findings:
            yield row
        elif decision.words is not None and not mentioned.any(decision.words):
            yield replace(
                row,
                outcome=Outcome.NOT_APPLICABLE,
                reason=f"none of {_counted(len(sources), 'file')} mentions {decision.subject}",
            )
        else:
            yield _with_evidence(row, one, code, deciding.judged(_about(decision.weaknesses))[2])


def _with_evidence(row: Row, requirement: Requirement, code: Code, doubts: tuple[Finding, ...]) -> Row:
    """The row as met, where that can be proved, is, everything was read, and no finding is near it."""
    against = BROKEN.get(requirement.number) or SEEN.get(requirement.number)
    places = against(code) if against is not None else ()
    if places:
        reason = f"{_counted(len(places), 'place')} {'shows' if len(places) == 1 else 'show'} the contrary"
        return replace(row, outcome=Outcome.VIOLATED, reason=reason, evidence=places)
    rule = EVIDENCE.get(requirement.number)
    places = rule(code) if rule is not None else ()
    if not places:
        seen = requirement.number in SEEN and not row.looked
        return (
            replace(row, outcome=Outcome.NO_VIOLATION, reason="a rule of its own looked for one")
            if seen
            else row
        )
    if doubts:
        reason = f"there is evidence, and {_counted(len(doubts), 'finding')} of a related weakness"
        return replace(row, outcome=Outcome.PERSON, reason=reason, findings=doubts, evidence=places)
    unread = len(code.result.coverage.unread)
    if unread:
        reason = f"there is evidence, but {_counted(unread, 'file or part')} could not be read"
        return replace(row, outcome=Outcome.PERSON, reason=reason, evidence=places)
    reason = f"{_counted(len(places), 'place')} {'shows' if len(places) == 1 else 'show'} it"
    return replace(row, outcome=Outcome.MET, reason=reason, evidence=places)


class _Mentions:
    """Whether a program mentions a subject anywhere."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._texts = [source.text.decode("utf-8", "replace") for source in sources.values()]
        self._known: dict[re.Pattern[str], bool] = {}

    def any(self, words: re.Pattern[str]) -> bool:
        """Whether one of the words stands in some file."""
        if words not in self._known:
            self._known[words] = any(words.search(text) for text in self._texts)
        return self._known[words]


def _ssdf(deciding: _Deciding) -> Iterator[Row]:
    """The practices that code says something of; none is ever met by a tool."""
    for id, outcome, reason in _SSDF:
        one = practice(id)
        row = Row(Standard.SSDF, one.id, one.name, SSDF_URL, Outcome.PERSON, reason)
        if outcome is not None:
            yield row
            continue
        speaks = _placed(_SETTINGS, "2025") if id == "PW.9" else (lambda rule: True)
        found, told, findings, looked = deciding.judged(speaks)
        if found is Outcome.VIOLATED:
            yield replace(row, outcome=found, reason=told, findings=findings, looked=looked)
        else:
            yield replace(row, reason=f"{told}; {reason}", findings=findings, looked=looked)
