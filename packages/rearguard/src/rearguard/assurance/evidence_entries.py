"""Positive evidence about entries of a log: that they say when, where, what, and about whom."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, option_of
from rearguard.analysis.settings.options import Given
from rearguard.assurance.code import SHOWN, Code, Evidence, steps
from rearguard.assurance.evidence_events import noted_refusals
from rearguard.models.concepts import LogWrite
from rearguard.models.measure_concepts import EntryForm, EntryMaker
from rearguard.program import Step

__all__ = ["BROKEN", "MET"]

_WHEN = re.compile(r"asctime|created|timestamp")
_WHERE = re.compile(
    r"[({](?:name|module|pathname|filename|funcName|process|processName|hostname|service|app)\b"
)
_WHO = re.compile(
    r"user|account|member|email|name|login|addr|\bips?\b|_ip\b|client|\bsub\b|session|caller|actor|\bme\b|who"
)


def _forms(code: Code) -> Iterator[tuple[Use[EntryForm], str | None]]:
    """The forms of entries that are written out; `None` where one is worked out."""
    for use in code.uses.of(EntryForm):
        if use.values:
            yield use, use.value.text if use.value is not None else None


def _makers(code: Code) -> Iterator[tuple[Use[EntryMaker], bool | None, bool | None]]:
    """What makes a log, and whether its entries say when and where; `None` where it is not known."""
    for use in code.uses.of(EntryMaker):
        concept = use.concept
        if concept.form:
            form = option_of(use, concept.form)
            text = _whole(form.value) if form.value is not None else None
            when = concept.when if form.is_absent else None if text is None else "timestamp" in text
            place = option_of(use, concept.place) if concept.place else None
            named = place is not None and place.value is not None and place.value.written is not None
            yield use, when, named or (text is not None and "label(" in text)
            continue
        when = _left_on(use, concept.time) if concept.time else concept.when
        yield use, when, _left_on(use, concept.place) if concept.place else True


def _whole(value: ValueView) -> str | None:
    """A form that is put together in place, as it is written."""
    text = value.source_text
    return text if "(" in text else None


def _left_on(use: Use[EntryMaker], selector: str) -> bool | None:
    """Whether an option leaves on what is so by itself."""
    given = option_of(use, selector)
    if given.given is Given.UNKNOWN:
        return None
    off = given.is_const(False, None) or (
        given.value is not None and given.value.source_text in ("undefined", "null", "false")
    )
    return given.is_absent or not off


def _names_somebody(use: Use[LogWrite]) -> bool:
    """Whether an entry is given who it is about, or from where that came."""
    given = [value for value in use.selected if value.const is None]
    if "extra" in use.instr.keys:
        given.append(ValueView(use.view, use.fid, use.instr.args[1 + use.instr.keys.index("extra")]))
    return any(_WHO.search(value.source_text) for value in given)


def entries_say_enough(code: Code) -> tuple[Step, ...]:
    """16.2.1: entries say when and where, and those of refusals about whom."""
    forms, makers = list(_forms(code)), list(_makers(code))
    noted = list({(use.fid, use.instr.start): use for use in noted_refusals(code)}.values())
    if not (forms or makers) or not noted or not code.is_whole:
        return ()
    if not all(text and _WHEN.search(text) and _WHERE.search(text) for _, text in forms):
        return ()
    if not all(when and where for _, when, where in makers) or not all(map(_names_somebody, noted)):
        return ()
    return (
        *steps((use for use, _ in forms), "entries say when and where"),
        *steps((use for use, _, _ in makers), "entries say when and where"),
        *steps(noted, "says who was refused what"),
    )[:SHOWN]


def entries_lack_the_time(code: Code) -> tuple[Step, ...]:
    """16.2.1, the contrary: entries do not say when."""
    told = list(_forms(code))
    timed = any(text is None or _WHEN.search(text) for _, text in told)
    forms = [use for use, text in told if not timed]
    makers = [use for use, when, _ in _makers(code) if when is False]
    return (*steps(forms, "no entry says when"), *steps(makers, "no entry says when"))[:SHOWN]


MET: Mapping[str, Evidence] = {"16.2.1": entries_say_enough}
BROKEN: Mapping[str, Evidence] = {"16.2.1": entries_lack_the_time}
