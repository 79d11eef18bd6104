"""What else must hold for a call to be what its row says: options, parsers, patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.settings.options import option
from rearguard.analysis.values.backtracking import is_catastrophic
from rearguard.models.concepts import LogWrite, RegexMatch, SheetWrite, Sink, XmlParse
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_TEXTS = {
    "xml.sax.handler.feature_external_ges": "http://xml.org/sax/features/external-general-entities",
    "xml.sax.handler.feature_external_pes": "http://xml.org/sax/features/external-parameter-entities",
}


def hold(run: Regions, instr: Instr, concept: Sink, receiver: int) -> bool:
    """Whether the other arguments, the parser or the pattern make the call what `concept` says."""
    match concept:
        case XmlParse():
            return _resolves(run, instr, concept, receiver)
        case RegexMatch():
            pattern = run.program.pattern_text(run, instr, concept, receiver)
            return pattern is not None and is_catastrophic(pattern, concept.whole)
        case LogWrite():
            return not concept.structured or run.program.logs_text(run.family)
        case SheetWrite():
            return not (concept.unless and _is_on(run, instr, concept.unless))
    return True


def _is_on(run: Regions, instr: Instr, selector: str) -> bool:
    found = option(run.program.view, run.fid, instr, selector)
    return found.value is not None and not found.is_const(False, None, 0, "")


def _resolves(run: Regions, instr: Instr, concept: XmlParse, receiver: int) -> bool:
    """Whether entities are resolved, by what the call or the parser was told."""
    if concept.feature:
        given = () if concept.parser == "(self)" else run.program.selected(instr, concept.parser)[0]
        return _is_switched_on(run, concept.feature, given[0] if given else receiver)
    view = run.program.view
    fid, told = run.fid, instr
    if concept.parser:
        made = _maker(run, instr, concept.parser, receiver)
        if made is None:
            return concept.default and not _is_given(run, instr, concept.parser)
        fid, told = made
    if not concept.unless:
        return concept.default
    found = option(view, fid, told, concept.unless)
    if found.value is None:
        return concept.default
    texts = [str(found.const)] if found.const is not None or found.is_const(None) else []
    return bool(texts) and texts[0] not in concept.safe


def _is_given(run: Regions, instr: Instr, selector: str) -> bool:
    return selector == "(self)" or bool(run.program.selected(instr, selector)[0])


def _maker(run: Regions, instr: Instr, selector: str, receiver: int) -> tuple[str, Instr] | None:
    """The call that made the parser."""
    numbers = (receiver,) if selector == "(self)" else run.program.selected(instr, selector)[0]
    for number in numbers:
        for current in (number, *_stored(run, number)):
            made = run.definitions.get(current)
            if made is not None and made.op in (Op.CALL, Op.NEW):
                return run.fid, made
        for ref in run.refs[number] if number >= 0 else ():
            if isinstance(ref.step, tuple):
                found = ValueView(run.program.view, *ref.step).instr
                if found is not None and found.op in (Op.CALL, Op.NEW):
                    return ref.step[0], found
        home = _module_value(run, number)
        if home is not None:
            return home
    return None


def _stored(run: Regions, number: int) -> tuple[int, ...]:
    loaded = run.definitions.get(number)
    if loaded is None or loaded.op != Op.LOAD:
        return ()
    stored = run.program.single_store(run.fid, loaded.name)
    return (stored,) if stored is not None else ()


def _module_value(run: Regions, number: int) -> tuple[str, Instr] | None:
    """A parser that the module made once for all."""
    loaded = run.definitions.get(number)
    if loaded is None or loaded.op != Op.LOAD:
        return None
    home = f"{run.path}::<module>"
    stored = run.program.single_store(home, loaded.name) if home in run.linker.functions else None
    made = run.program.definitions(home).get(stored) if stored is not None else None
    return (home, made) if made is not None and made.op in (Op.CALL, Op.NEW) else None


def _is_switched_on(run: Regions, feature: str, receiver: int) -> bool:
    """`parser.setFeature(feature, True)` on the parser that is used."""
    used = run.definitions.get(receiver)
    if receiver < 0 or used is None or used.op != Op.LOAD:
        return False
    for instr in run.definitions.values():
        if instr.op != Op.CALL or len(instr.args) < 3:
            continue
        callee = run.definitions.get(instr.args[0])
        if callee is None or callee.op != Op.ATTR or callee.name != "setFeature":
            continue
        target = run.definitions.get(callee.args[0])
        if target is None or target.op != Op.LOAD or target.name != used.name:
            continue
        asked = ValueView(run.program.view, run.fid, instr.args[1])
        put = ValueView(run.program.view, run.fid, instr.args[2])
        named = asked.instr
        meant = named is not None and named.name == feature.rpartition(".")[2]
        if (meant or asked.text == _TEXTS.get(feature)) and put.const in (True, 1):
            return True
    return False
