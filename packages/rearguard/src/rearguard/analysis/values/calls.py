"""What a call does: summaries of project functions, rows of libraries, and common methods of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values import requirements, templates
from rearguard.analysis.values.actuals import instantiate, invoke
from rearguard.analysis.values.addresses import parsed_address
from rearguard.analysis.values.callbacks import callbacks, resolved
from rearguard.analysis.values.content import fetched_from, note_content, read_back
from rearguard.analysis.values.declared_fields import shape_of_instance
from rearguard.analysis.values.decoding import decoded
from rearguard.analysis.values.domain import (
    OBJECT,
    TEMPLATE,
    UNCERTAIN,
    Maybe,
    Port,
    Value,
    join,
    labelled,
    with_field,
)
from rearguard.analysis.values.formats import formatted, substituted
from rearguard.analysis.values.forms import formed
from rearguard.analysis.values.keeping import note_kept, object_of, rows_of, stored
from rearguard.analysis.values.lookups import dumped, note_lookups
from rearguard.analysis.values.maps import over_keys
from rearguard.analysis.values.methods import METHODS, SAME_VALUE, joined, masked, method_of, mixed, record
from rearguard.analysis.values.model_forms import kind_of_view
from rearguard.analysis.values.narrowing import bits, limit
from rearguard.analysis.values.patterns import removed_contexts
from rearguard.analysis.values.schemas import shaped
from rearguard.analysis.values.shapes import read
from rearguard.analysis.values.state import kept
from rearguard.analysis.values.uses import note_called_name, note_sink, note_statement, reads_rows
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    Context,
    Decoding,
    Deserialisation,
    FileContent,
    FormatString,
    HtmlResponse,
    Invocation,
    MarkupMade,
    Parsed,
    PatternRemoval,
    PatternTest,
    Proof,
    RegexCompile,
    RegexMatch,
    ResourceAccess,
    ResponseBody,
    Sanitizer,
    Schema,
    Sink,
    TemplateRender,
    TemplateSource,
    TextJoin,
    TokenVerify,
)
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

MAX_TARGETS = 12
"""Functions of the review that one call is taken to run."""
_OF_TEXT = (RegexMatch, RegexCompile, FormatString, PatternTest, PatternRemoval, Proof)
"""Rows about methods of text: what these give back is known without the row."""

_MOST_SPREAD = 6
"""Places of a list that is spread into a call, where it is not known how many it has."""
_COPIES = frozenset(("builtins.dict", "copy.copy", "copy.deepcopy", "global.structuredClone"))
"""Functions that give what they are given once more."""


def call(run: Regions, instr: Instr) -> Maybe:
    """The value of a call, its sinks and side effects noted on the way."""
    program = run.program
    callees = run.refs[instr.args[0]]
    definition = run.definitions.get(instr.args[0])
    receiver = definition.args[0] if definition is not None and definition.op == Op.ATTR else -1
    rows = program.rows(callees)
    if definition is not None and definition.op == Op.LOAD and run.is_template:
        special = templates.builtin(run, instr, definition.name)
        if special is not None:
            return special[0]
    for row in rows:
        if isinstance(row.concept, TemplateRender):
            templates.render(run, instr, row, receiver)
        if isinstance(row.concept, Sink):
            note_sink(run, instr, row, receiver)
        if isinstance(row.concept, Invocation):
            invoke(run, instr, row)
        if isinstance(row.concept, FileContent):
            note_content(run, instr, row, receiver)
    if definition is not None and definition.op == Op.LOAD and definition.name == "super":
        if run.family == "python":
            run.paths[instr.dst] = run.paths[instr.args[0]]
            return run.values[instr.args[0]]
        receiver = instr.args[0]
    if definition is not None and definition.op == Op.ITEM:
        note_called_name(run, instr, definition)
    elif definition is not None and definition.op in (Op.LOAD, Op.ATTR) and not rows:
        note_statement(run, instr, definition)
    note_kept(run, instr, rows)
    note_lookups(run, instr, rows)
    targets = _targets(run, instr)
    called = _port_called(run, instr)
    if called is not None and called.path:
        run.note_invoked(run.origins.number(called), _placed(run, instr))
    if called is not None and not called.path and len(targets) != 1:
        # Each caller gives its own function: what it does is its caller's to say.
        run.note_invoked(run.origins.number(called), _placed(run, instr))
        result: Maybe = mixed(run, instr.args[1:], uncertain=True) if not targets else None
        result = join(result, run.origin_value(Port("result", f"{called.kind} {called.name}")))
    elif targets:
        result = None
        for index, (fid, given, keys, is_new) in enumerate(targets):
            value = instantiate(run, instr, fid, given, keys, receiver, is_new)
            templates.render_named(run, instr, fid, given, keys)
            result = value if index == 0 else join(result, value)
        callbacks(run, instr, receiver, rows, known=True)
    else:
        result = _external(run, instr, rows, receiver, definition)
        if definition is not None and not rows and reads_rows(run, instr, definition):
            result = rows_of(run, instr)
        if definition is not None and definition.op == Op.ATTR and not rows:
            kind = kind_of_view(run, instr, definition)
            result = result if kind is None else object_of(run, instr, kind)
        result = kept(run, instr, rows, receiver, result)
    if definition is not None and definition.op == Op.ATTR and definition.name in program.pages.filling:
        result = _handed_up(run, instr, receiver, result if targets else None)
    return sanitized(run, instr, result, bool(targets))


def _handed_up(run: Regions, instr: Instr, receiver: int, above: Maybe) -> Maybe:
    """`super().get_context_data(rows=rows)` gives back, under their names, what it is handed."""
    asked = run.definitions.get(receiver)
    callee = run.definitions.get(asked.args[0]) if asked is not None and asked.op == Op.CALL else None
    if callee is None or callee.name != "super":
        return above
    fields: dict[str, Value] = {}
    for key, number in zip(instr.keys, instr.args[1:], strict=False):
        value = run.values[number]
        if key is not None and key not in ("*", "**") and value is not None:
            fields[key] = value
    return join(above, Value(0, fields or None, None, -1, "dict"))


def _above(run: Regions, instr: Instr, cid: str) -> str | None:
    """The constructor that `super(...)` runs."""
    definition = run.definitions.get(instr.args[0])
    is_super = definition is not None and definition.op == Op.LOAD and definition.name == "super"
    return run.linker.constructor(cid) if is_super else None


def _targets(run: Regions, instr: Instr) -> list[tuple[str, tuple[int, ...], tuple[str | None, ...], bool]]:
    """Project functions that the call may run, with what they get: (id, values, their keys, constructs)."""
    linker = run.linker
    found: list[tuple[str, tuple[int, ...], tuple[str | None, ...], bool]] = []
    given, keys = instr.args[1:], instr.keys
    for ref in run.refs[instr.args[0]]:
        if ref.kind is Kind.FUNCTION:
            found.append(
                (ref.id, given, keys, instr.op == Op.NEW and bool(linker.functions[ref.id].receiver))
            )
        elif ref.kind is Kind.CLASS:
            constructor = linker.constructor(ref.id)
            if constructor is not None:
                found.append((constructor, given, keys, True))
        elif ref.kind is Kind.INSTANCE and ref.base is not None:
            called = linker.method(ref.base.id, "__call__") or _above(run, instr, ref.base.id)
            if called is not None:
                found.append((called, given, keys, False))
        elif ref.base is not None and ref.base.kind is Kind.FUNCTION and ref.kind is Kind.MEMBER:
            if ref.step == "call":
                found.append((ref.base.id, given[1:], keys[1:], False))
            elif ref.step == "apply":
                found.append((ref.base.id, given[1:], ("*",), False))
            elif ref.step == "delay":
                found.append((ref.base.id, given, keys, False))
            elif ref.step == "apply_async":
                named = [number for number, key in zip(given, keys, strict=False) if key == "args"]
                found.append((ref.base.id, tuple(named or given[:1]), ("*",), False))
    return found[:MAX_TARGETS]


def _external(
    run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int, definition: Instr | None
) -> Maybe:
    check_schemas(run, instr, rows, receiver)
    returned = callbacks(run, instr, receiver, rows, known=False)
    method = definition.name if definition is not None and definition.op == Op.ATTR else ""
    for row in rows:
        if isinstance(row.concept, TextJoin):
            return joined(run, instr, row, receiver)
    page = _page(run, instr, rows, receiver) or _marked(run, instr, rows, receiver)
    if page is not None:
        return page
    if any(
        (isinstance(row.concept, Sink) and not row.concept.gives_back)
        or isinstance(row.concept, TemplateRender | ResourceAccess)
        for row in rows
    ):
        given = join(read_back(run, instr, rows, receiver), fetched_from(run, instr, rows, receiver))
        return given if given is not None else stored(run, instr, rows)
    arguments, callees = instr.args[1:], run.refs[instr.args[0]]
    checked = _checked(run, instr, rows, receiver)
    if checked is not None:
        return checked[0]
    if receiver >= 0 and all(isinstance(row.concept, _OF_TEXT) for row in rows):
        if method in ("format", "format_map") and run.family == "python":
            text = formatted(run, instr, receiver)
            if text is not None:
                return text[0]
        if method in ("substitute", "safe_substitute"):
            text = substituted(run, instr, receiver)
            if text is not None:
                return text[0]
        special = method_of(run, instr, method, receiver, arguments, returned)
        if special is not None:
            return special[0]
    if len(arguments) == 1 and not any(instr.keys) and not _COPIES.isdisjoint(run.program.names(callees)):
        return run.values[arguments[0]]
    if len(arguments) == 1 and not any(instr.keys) and "builtins.str" in run.program.names(callees):
        given = run.values[arguments[0]]
        if given is not None and (given.text is not None or _is_given(run, given)):
            # A text already, or the caller's to say.
            return given
    passed = _passed(run, instr) or over_keys(run, instr) or formed(run, instr) or parsed_address(run, instr)
    passed = passed or dumped(run, instr)
    if passed is not None:
        return passed[0]
    is_named_as_class = method == "" or method[:1].isupper()
    if all(ref.kind is Kind.CLASS for ref in callees) if callees else is_named_as_class:
        # Of a class without a constructor of its own, a record too: a model, a data class.
        places = run.linker.places(callees[0].id) if len(callees) == 1 else ()
        made = record(run, instr, OBJECT if callees else "dict", places)
        if made is not None:
            return made
    if instr.keys and "builtins.dict" in run.program.names(run.refs[instr.args[0]]):
        made = record(run, instr)
        if made is not None:
            return made
    known = bool(run.program.names(run.refs[instr.args[0]])) or method in SAME_VALUE
    if method == "format" and receiver >= 0 and run.family == "python":
        # What stands around the values is not known.
        known = False
    return mixed(run, (*arguments, receiver), uncertain=not known)


def _page(run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int) -> Maybe:
    """What comes out of a template whose text is input: that input, wherever it holds no tag."""
    found = [
        value
        for row in rows
        if isinstance(row.concept, TemplateSource)
        for number in run.program.arguments(instr, row, receiver)
        if (value := run.values[number]) is not None
    ]
    filled = run.values[receiver] if receiver >= 0 else None
    if filled is not None and filled.container == TEMPLATE:
        found.append(filled)
    labels = 0
    for value in found:
        labels |= value.deep()
    labels &= run.origins.repeated(1 << Context.HTML | UNCERTAIN)
    text = found[0].text if len(found) == 1 else None
    if text is None or not any(isinstance(part, str) and part for part in text):
        # Whoever writes whole templates is told of that: pages are what templates are for.
        return None
    return Value(labels, None, text, -1, TEMPLATE) if labels else None


def _marked(run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int) -> Maybe:
    """What a converter makes of a text whose own tags it lets through: this is where it became markup."""
    for row in rows:
        concept = row.concept
        if not isinstance(concept, MarkupMade):
            continue
        through = requirements.lets_tags(run, instr, concept, receiver)
        if through is None:
            continue
        labels = 0
        for number in run.program.arguments(instr, row, receiver):
            held = run.values[number]
            labels |= held.deep() if held is not None else 0
        shown = labels & run.origins.repeated(1 << Context.HTML)
        if not through:
            return labelled(labels & ~shown)
        if shown:
            run.summary.markup[instr.dst] = run.summary.markup.get(instr.dst, 0) | shown
            return labelled(labels)
    return None


def _checked(run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int) -> tuple[Maybe] | None:
    """What a schema gives back that was read: the value it was given, in the shape that it describes."""
    row = next((row for row in rows if isinstance(row.concept, Schema)), None)
    if row is None or receiver < 0:
        return None
    shape = read(ValueView(run.program.view, run.fid, receiver)) or shape_of_instance(run, receiver)
    if shape is None:
        return None
    value: Maybe = None
    for number in run.program.arguments(instr, row, receiver):
        value = shaped(run, run.values[number], shape)
    assert isinstance(row.concept, Schema)
    result = row.concept.result
    return (with_field(Value(), (result,), value) if result else value,)


def _placed(run: Regions, instr: Instr) -> tuple[Maybe, ...]:
    """What a call gives by place, lists that are spread into it taken apart."""
    given: list[Maybe] = []
    for index, number in enumerate(instr.args[1:]):
        value = run.values[number]
        if not instr.keys or instr.keys[index] is None:
            given.append(value)
        elif instr.keys[index] == "*" and value is not None:
            listed = [int(key) for key in value.fields or () if key.isdigit()]
            count = min(max(listed) + 1, _MOST_SPREAD) if listed else _MOST_SPREAD
            given.extend(run.member_of(value, str(place)) for place in range(count))
    return tuple(given)


def _port_called(run: Regions, instr: Instr) -> Port | None:
    """The parameter, captured variable or member of one that is called as a function."""
    callee = run.values[instr.args[0]]
    if callee is None or callee.origin < 0 or run.program.names(run.refs[instr.args[0]]):
        return None
    origin = run.origins.items[callee.origin]
    if origin.path and origin.path[-1] in METHODS:
        return None
    return origin if isinstance(origin, Port) and origin.kind in ("param", "capture") else None


def _passed(run: Regions, instr: Instr) -> tuple[Maybe] | None:
    """What a call gives whose result is one of its arguments, or what its executor resolves with."""
    names = run.program.names(run.refs[instr.args[0]])
    if "global.Promise" in names and instr.op == Op.NEW:
        return (resolved(run, instr),)
    for name in names:
        selector = run.program.models.families[run.family].aliases.same.get(name)
        if selector is not None:
            picked = selector.pick(len(instr.args) - 1, instr.keys)
            if picked:
                return (run.values[instr.args[1 + picked[0]]],)
    return None


def _is_given(run: Regions, value: Value) -> bool:
    """Whether a value is a parameter as it is."""
    origin = run.origins.items[value.origin] if value.origin >= 0 else None
    return isinstance(origin, Port) and origin.kind == "param" and not origin.path and not value.fields


def sanitized(run: Regions, instr: Instr, value: Maybe, followed: bool = False) -> Maybe:
    """Apply what models say of a call's or member's value.

    Where the program's own functions were `followed`, what each way out of them gives was made safe there, or
    not: that one of them ends with a library's call says nothing of the others.
    """
    if value is None:
        return None
    safe = 0
    rows = () if followed else run.program.result_rows(run.refs, instr)
    if instr.op != Op.ATTR:
        called = run.program.rows(run.refs[instr.args[0]])
        rows = (*rows, *called)
        for row in called:
            if isinstance(row.concept, Invocation) and row.concept.each:
                # Elements that went through a function (`map(int, parts)`).
                through = [n for number in run.program.arguments(instr, row, -1) for n in run.refs[number]]
                named = tuple(f"{name}()" for name in run.program.names(tuple(through)))
                for cleaner, _ in run.program.models.value_rows(run.family, named, Sanitizer):
                    safe |= 0 if cleaner.when else bits(cleaner.contexts)
    for row in rows:
        concept = row.concept
        if isinstance(concept, Sanitizer) and requirements.applies(run, instr, concept):
            safe |= bits(concept.contexts)
        elif isinstance(concept, HtmlResponse | ResponseBody):
            safe |= 1 << Context.HTML
        elif isinstance(concept, Schema):
            # A schema says of what type each field is.
            safe |= 1 << Context.NOSQL
        elif isinstance(concept, PatternRemoval) and instr.op != Op.ATTR:
            safe |= _removed(run, instr, row)
        elif isinstance(concept, Parsed | Deserialisation) and instr.op != Op.ATTR:
            value = run.opened(value)
        elif isinstance(concept, Decoding) and instr.op != Op.ATTR:
            value = decoded(run, value)
        elif isinstance(concept, TokenVerify) and instr.op != Op.ATTR:
            # Verified claims are what the server once signed.
            return None
    if not safe:
        return value
    return masked(run, value, safe)


def check_schemas(run: Regions, instr: Instr, rows: tuple[Row, ...], receiver: int) -> None:
    """What a schema was applied to has the types that it asks for: the outcome is looked at."""
    for row in rows:
        if isinstance(row.concept, Schema):
            for number in run.program.arguments(instr, row, receiver):
                limit(run, number, 1 << Context.NOSQL)


def _removed(run: Regions, instr: Instr, row: Row) -> int:
    """Contexts in which the text is safe once what the pattern matches was taken out of it."""
    concept = row.concept
    assert isinstance(concept, PatternRemoval)
    callee = run.definitions.get(instr.args[0])
    receiver = callee.args[0] if callee is not None and callee.op == Op.ATTR else -1
    pattern = run.program.pattern_text(run, instr, concept, receiver)
    _, put = run.program.selected_value(run, instr, concept.replacement)
    instead = put.constant[0] if put is not None and put.constant is not None else None
    if pattern is None or not isinstance(instead, str):
        return 0
    return bits(removed_contexts(pattern, instead))
