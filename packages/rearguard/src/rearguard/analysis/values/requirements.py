"""What else must hold for a call to be what its row says: options, parsers, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rearguard.analysis.settings.options import listed_texts, option
from rearguard.analysis.values.backtracking import is_catastrophic
from rearguard.analysis.values.domain import Port
from rearguard.link import Kind
from rearguard.models.concepts import (
    CommandExecution,
    Deserialisation,
    FileAccess,
    GuardedAgent,
    HtmlResponse,
    LogWrite,
    MailMarkup,
    MarkupMade,
    OutboundRequest,
    Redirect,
    RegexMatch,
    Sanitizer,
    ServedType,
    SheetWrite,
    Sink,
    XmlParse,
)
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

_TEXTS = {
    "xml.sax.handler.feature_external_ges": "http://xml.org/sax/features/external-general-entities",
    "xml.sax.handler.feature_external_pes": "http://xml.org/sax/features/external-parameter-entities",
}


def hold(run: Regions, instr: Instr, concept: Sink, receiver: int) -> bool:
    """Whether the other arguments, the parser or the pattern make the call the sink that `concept` says."""
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
        case FileAccess() if concept.root:
            given, value = run.program.selected_value(run, instr, concept.root)
            return not (given and (value is None or value.constant is None or value.constant[0]))
        case OutboundRequest() if concept.guards:
            return not _is_guarded(run, instr, concept)
        case Deserialisation() if concept.safe_when:
            return not _is_safe_loader(run, instr, concept)
        case HtmlResponse():
            return _is_markup(run, instr, concept)
        case ServedType():
            named = not concept.header or _names_header(run, instr, concept.header, "content-type")
            saved = bool(concept.unless) and _is_on(run, instr, concept.unless)
            return named and not saved and not run.program.sends_download(run.fid)
        case MailMarkup() if concept.when:
            _, kind = run.program.selected_value(run, instr, concept.when)
            known = kind.constant[0] if kind is not None and kind.constant is not None else None
            return known in ("html", "text/html")
        case Redirect() if concept.header:
            return _names_header(run, instr, concept.header, "location")
    return True


def _names_header(run: Regions, instr: Instr, selector: str, wanted: str) -> bool:
    _, value = run.program.selected_value(run, instr, selector)
    name = value.constant[0] if value is not None and value.constant is not None else None
    return isinstance(name, str) and name.lower() == wanted


def shell(run: Regions, instr: Instr, concept: CommandExecution) -> bool | str:
    """Whether a shell reads the command; the parameter's name when a caller decides."""
    if concept.shell in ("always", "never"):
        return concept.shell == "always"
    given, value = run.program.selected_value(run, instr, concept.shell)
    if not given or value is None:
        return False
    if value.constant is not None:
        return bool(value.constant[0])
    if value.origin >= 0:
        origin = run.origins.items[value.origin]
        if isinstance(origin, Port) and origin.kind == "param" and not origin.path:
            return origin.name
    return False


def applies(run: Regions, instr: Instr, concept: Sanitizer) -> bool:
    """Whether a sanitizer's condition on another argument holds, and no option lets through what runs."""
    for selector, harmful in concept.lets:
        given = option(run.program.view, run.fid, instr, selector).value
        if given is not None and any(re.fullmatch(harmful, text, re.I) for text in listed_texts(given)):
            return False
    if not concept.when:
        return True
    numbers, _ = run.program.selected(instr, concept.when)
    for number in numbers:
        value = run.values[number]
        if any(name in concept.values for name in run.program.names(run.refs[number])):
            return True
        if value is not None and value.constant is not None and str(value.constant[0]) in concept.values:
            return True
    return not numbers and "" in concept.values


def lets_tags(run: Regions, instr: Instr, concept: MarkupMade, receiver: int) -> bool | None:
    """Whether a converter lets the tags of its text through; `None` where that is not known."""
    if concept.unless and run.program.selected_value(run, instr, concept.unless)[0]:
        return None
    asked = concept.lets or concept.keeps
    if not asked:
        return True
    places = (
        _makers(run, receiver if receiver >= 0 else instr.args[0]) if concept.maker else [(run.fid, instr)]
    )
    if len(places) != 1:
        return None
    fid, made = places[0]
    for selector, pattern in asked:
        given = option(run.program.view, fid, made, selector).value
        if given is not None and any(re.fullmatch(pattern, text, re.I) for text in listed_texts(given)):
            return bool(concept.lets)
    return not concept.lets


def _makers(run: Regions, number: int) -> list[tuple[str, Instr]]:
    """The calls that made a value, wherever they stand."""
    found: list[tuple[str, Instr]] = []
    for ref in run.refs[number]:
        if isinstance(ref.step, tuple):
            fid, place = ref.step
            made = run.program.view.definitions(fid).get(place)
            if made is not None and made.op in (Op.CALL, Op.NEW):
                found.append((fid, made))
    return found


def _is_guarded(run: Regions, instr: Instr, concept: OutboundRequest) -> bool:
    """Whether an option of the request is an agent that refuses private addresses."""
    for selector in concept.guards:
        given = option(run.program.view, run.fid, instr, selector).value
        if given is not None and any(
            isinstance(row.concept, GuardedAgent) for row in run.program.value_rows(given.refs)
        ):
            return True
    return False


def _is_safe_loader(run: Regions, instr: Instr, concept: Deserialisation) -> bool:
    """Whether the call names a loader, a schema or a mode that builds plain data alone."""
    program = run.program
    if "." in concept.safe_when:
        chosen = option(program.view, run.fid, instr, concept.safe_when).value
        return chosen is not None and any(name in concept.safe_values for name in chosen.names)
    numbers, keys = program.selected(instr, concept.safe_when)
    names = [n for number in numbers for n in program.names(run.refs[number])] if not keys else []
    texts = [str(v.constant[0]) for number in numbers if (v := run.values[number]) and v.constant]
    return any(value in names or value in texts for value in concept.safe_values)


def _is_markup(run: Regions, instr: Instr, concept: HtmlResponse) -> bool:
    """Whether a browser reads the answer as markup, by the type that is named with it."""
    program = run.program
    typed = instr if concept.content_type else None
    if program.sends_other_type(run.fid, typed) or (concept.told and not program.sends_markup(run.fid)):
        return False
    if concept.before and not program.sends_markup(run.fid) and _is_typed_before(run, concept):
        return False
    named = any(f"{key})" in selector for key in instr.keys if key for selector in concept.content_type)
    if not named and _is_typed_by_class(run, instr):
        return False
    for selector in concept.content_type:
        given, value = program.selected_value(run, instr, selector)
        if given and value is not None and value.constant is not None:
            return "html" in str(value.constant[0]) or "xml" in str(value.constant[0])
        numbers = program.selected(instr, selector)[0] if given else ()
        if any(
            name.upper().endswith("HTML") for number in numbers for name in program.names(run.refs[number])
        ):
            # `media_type=MediaType.HTML`: a library's own name for the type.
            return True
        if numbers and all(_gives_other_type(run, number) for number in numbers):
            return False
    return not concept.plain


def _gives_other_type(run: Regions, number: int) -> bool:
    """Whether a type is what a function of the program gives, and that names none of markup."""
    call = run.definitions.get(number)
    refs = run.refs[call.args[0]] if call is not None and call.op == Op.CALL else ()
    return bool(refs) and all(
        ref.kind is Kind.FUNCTION and run.program.sends_other_type(ref.id) for ref in refs
    )


def _is_typed_before(run: Regions, concept: HtmlResponse) -> bool:
    """Whether the class of a handler names a type that is no markup before its methods answer: itself,
    or by a method of the object (`self.set_header("Content-Type", self.get_content_type())`)."""
    linker, program = run.linker, run.program
    owner = linker.functions[run.fid].owner
    if not owner:
        return False
    cid = f"{linker.module_of[run.fid]}::{owner}"
    hooks = (linker.method(cid, name) for name in concept.before)
    naming = [fid for fid in hooks if fid is not None and _sets_type(program.definitions(fid).values())]
    asked = [
        fid
        for hook in naming
        for instr in program.definitions(hook).values()
        if instr.op == Op.ATTR and (fid := linker.method(cid, instr.name)) is not None
    ]
    found = [*naming, *asked]
    return any(map(program.sends_other_type, found)) and not any(map(program.sends_markup, found))


def _sets_type(code: Iterable[Instr]) -> bool:
    """Whether a function sets the header itself, rather than looking at the request's."""
    code = tuple(code)
    return any(instr.op == Op.ATTR and instr.name == "set_header" for instr in code) and any(
        instr.op == Op.CONST and str(instr.value).lower() == "content-type" for instr in code
    )


def _is_typed_by_class(run: Regions, instr: Instr) -> bool:
    """Whether an answer is of a class of the project whose constructor names a type that is no markup."""
    linker = run.linker
    made = [linker.constructor(ref.id) for ref in run.refs[instr.args[0]] if ref.kind is Kind.CLASS]
    return bool(made) and all(fid is not None and run.program.sends_other_type(fid) for fid in made)


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
