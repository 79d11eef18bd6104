"""What the interpreters of all functions share: summaries, rows, stores, flows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from rearguard.analysis.settings import Uses
from rearguard.analysis.values import (
    actuals,
    answers,
    calls,
    conditions,
    inputs,
    keeping,
    merging,
    methods,
    narrowing,
    templates,
    uses,
)
from rearguard.analysis.values.domain import (
    HARMFUL,
    MAX_DEPTH,
    UNCERTAIN,
    WIDTH,
    Maybe,
    SourceRead,
    Value,
    is_written_out,
    join,
    sources_in,
)
from rearguard.analysis.values.logic import Combined, combinations
from rearguard.analysis.values.pages import Pages
from rearguard.analysis.values.patterns import by_lines, has_lines
from rearguard.analysis.values.shapes import Shape
from rearguard.analysis.values.summary import MAX_USES, PLAIN, Flow, SinkUse, Summary
from rearguard.analysis.values.trails import Trails
from rearguard.link import Kind, Linker, Ref, Refs, function_id
from rearguard.link.aliases import split_selector
from rearguard.models.compile import Models, Row
from rearguard.models.concepts import (
    Exit,
    KeptField,
    PatternRemoval,
    PatternTest,
    RegexMatch,
    Sink,
    TextLog,
)
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Const, Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

StoreKey = tuple[str, str]
MAX_ASKED = 8
"""Functions that are followed for one another on demand."""
_MADE_ANEW = ("global.", "builtins.")
"""Results of functions of the language: each call makes another object, whose fields are its own."""
_DOWNLOAD = re.compile(r"attachment(?:;|$)", re.IGNORECASE)
_SHEET = re.compile(r"^text/csv\b|^(?:text/|\.)?csv$|^[\w-]+\.csv$|^attachment;[^\n]*\.csv", re.IGNORECASE)
_MEDIA_TYPE = re.compile(
    r"(?:text|application|image|audio|video)/[a-z0-9.+-]+(?:;|$)|(?:image|audio|video)/$"
)


class ValueProgram:
    """Whole-program state of the value analysis."""

    def __init__(self, view: ModelView, answers: Mapping[str, str]) -> None:
        """`answers` maps handlers whose returned value is sent to what it becomes (`html`)."""
        self.view = view
        self.linker: Linker = view.linker
        self.models: Models = view.models
        self.answers = answers
        self.schemas: Mapping[tuple[str, str], Shape] = {}
        """(Handler, channel) -> what the schemas in front of it let through."""
        self.read_schemas: frozenset[tuple[str, str]] = frozenset()
        """Those of which that is all: nothing stands in front of them that was not understood."""
        self.summaries: dict[str, Summary] = {}
        self.left_out: set[str] = set()
        """Functions that need not be followed (`need.py`), unless somebody asks."""
        self.follow: Callable[[str], None] = self.left_out.discard
        self._asked = 0
        self.flows: dict[tuple[object, ...], Flow] = {}
        self.kept: dict[str, dict[tuple[str, SourceRead], int]] = {}
        """Field of a database -> input kept there, and in what, with the contexts in which it is harmful."""
        self.stores: dict[StoreKey, dict[SourceRead, int]] = {}
        """Module variables and fields -> input stored there, whoever stored it."""
        self.store_readers: dict[StoreKey, set[str]] = {}
        self.store_members: dict[StoreKey, dict[str, StoreKey]] = {}
        """Fields that hold maps -> their members, and where each is kept."""
        self.failures: dict[str, str] = {}
        """Functions that could not be read, with the kind of fault: reported, never hidden."""
        self.fields = False
        """Whether any field store was filled in an earlier pass."""
        self._rows: dict[tuple[str, Refs], tuple[Row, ...]] = {}
        self._inputs: dict[Ref, Row | None] = {}
        self._assigned: dict[str, set[str]] = {}
        """Member -> classes that assign it to themselves; "" when something else assigns it."""
        for fid in self.linker.functions:
            for instr in self.linker.contents(fid).writes:
                if instr.op == Op.SETATTR:
                    self._assigned.setdefault(instr.name, set()).add(self._assigner(fid, instr))
        self._owners: dict[tuple[str, str], str | None] = {}
        self._assignments: dict[str, dict[str, list[Instr]]] = {}
        self._combined: dict[str, dict[int, Combined]] = {}
        self._text_logs: dict[str, bool] = {}
        self._merging: dict[tuple[str, str], bool] = {}
        self._names: dict[Refs, tuple[str, ...]] = {}
        self._named_types: dict[str, dict[int, bool]] = {}
        self._sheets: dict[str, bool] = {}
        self.template_paths = tuple(
            path for path, module in self.linker.modules.items() if module.language in templates.LANGUAGES
        )
        self.uses = Uses(view)
        """Every use of a concept: made on the first question, for all who ask."""
        self.pages = Pages(view, self.uses, self.template_paths)
        self.trails = Trails(self)

    def summary(self, fid: str) -> Summary | None:
        """What a function does; one that was left out is followed now. `None` when it is not known."""
        if fid in self.left_out and self._asked < MAX_ASKED:
            self.left_out.discard(fid)
            self._asked += 1
            self.follow(fid)
            self._asked -= 1
        return self.summaries.get(fid)

    @cached_property
    def composers(self) -> tuple[str, ...]:
        """Functions that put markup together, once all were followed."""
        return tuple(fid for fid, summary in self.summaries.items() if summary.markup)

    # -- look-ups ---------------------------------------------------------------------------------

    def family(self, fid: str) -> str:
        """Language family of a function."""
        return self.view.family(fid)

    def definitions(self, fid: str) -> dict[int, Instr]:
        """Value id -> defining instruction."""
        return self.view.definitions(fid)

    def names(self, refs: Refs) -> tuple[str, ...]:
        """API paths and types of a value."""
        found = self._names.get(refs)
        if found is None:
            found = self._names[refs] = tuple(dict.fromkeys(name for ref in refs for name in ref.names))
        return found

    def rows(self, refs: Refs) -> tuple[Row, ...]:
        """Rows about a call whose callee may be `refs`."""
        return self._lookup("calls", refs)

    def result_rows(self, refs: list[Refs], instr: Instr) -> tuple[Row, ...]:
        """Rows about the value that an instruction computes."""
        return self._lookup("values", refs[instr.dst]) if instr.dst >= 0 else ()

    def value_rows(self, refs: Refs) -> tuple[Row, ...]:
        """Rows about a value that may be `refs`."""
        return self._lookup("values", refs)

    def _lookup(self, table: str, refs: Refs) -> tuple[Row, ...]:
        if not refs:
            return ()
        key = (table, refs)
        found = self._rows.get(key)
        if found is None:
            rows: list[Row] = []
            for tables in self.models.families.values():
                held = tables.calls if table == "calls" else tables.values
                for name in self.names(refs):
                    rows.extend(row for row in held.get(name, ()) if row not in rows)
            found = self._rows[key] = tuple(rows)
        return found

    def assigned_sinks(self, refs: Refs, name: str) -> tuple[Sink, ...]:
        """What models say of the member `name` of a value, when it is assigned."""
        found: dict[Sink, None] = {}
        for tables in self.models.families.values():
            for path in (*self.names(refs), "*"):
                for row in tables.values.get(f"{path}.{name}", ()):
                    if isinstance(row.concept, Sink):
                        found[row.concept] = None
        return tuple(found)

    def arguments(self, instr: Instr, row: Row, receiver: int) -> tuple[int, ...]:
        """Value ids that a row speaks of."""
        if row.on_self:
            return (receiver,) if receiver >= 0 else ()
        if row.selector is None:
            return ()
        return tuple(instr.args[1 + i] for i in row.selector.pick(len(instr.args) - 1, instr.keys))

    def selected(self, instr: Instr, selector: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Value ids, and keys inside them, that a selector text such as `(1).root` means."""
        _, parsed, keys = split_selector(selector)
        if parsed is None:
            return (), ()
        return tuple(instr.args[1 + i] for i in parsed.pick(len(instr.args) - 1, instr.keys)), keys

    def selected_value(self, run: Regions, instr: Instr, selector: str) -> tuple[bool, Maybe]:
        """Whether the selected argument is given, and its value."""
        numbers, keys = self.selected(instr, selector)
        for number in numbers:
            value = run.values[number]
            given = True
            for key in keys:
                given = value is not None and (key in (value.fields or {}) or bool(value.labels))
                value = run.member_of(value, key)
            return given, value
        return False, None

    def single_store(self, fid: str, name: str) -> int | None:
        """The value of a variable that its function assigns exactly once."""
        found = self.assignments(fid).get(name, [])
        return found[0].args[0] if len(found) == 1 else None

    def assignments(self, fid: str) -> Mapping[str, list[Instr]]:
        """Variable -> what a function assigns to it, in program order."""
        found = self._assignments.get(fid)
        if found is None:
            found = self._assignments[fid] = {}
            for instr in self.linker.code(fid):
                if instr.op == Op.STORE:
                    found.setdefault(instr.name, []).append(instr)
        return found

    def combined(self, fid: str, number: int) -> Combined | None:
        """The `and` or `or` whose outcome a loaded temporary variable is."""
        found = self._combined.get(fid)
        if found is None:
            found = self._combined[fid] = combinations(self.linker.functions[fid].body)
        return found.get(number)

    def merges(self, fid: str, name: str) -> bool:
        """Whether a function, or one around it, merges into its parameter `name` (see `merging`)."""
        key = (fid, name)
        if key not in self._merging:
            self._merging[key] = merging.merges(self, fid, name)
        return self._merging[key]

    def logs_text(self, family: str) -> bool:
        """Whether the project gives some structured logger a format that writes text."""
        if family not in self._text_logs:
            tables = self.models.families[family]
            self._text_logs[family] = any(
                isinstance(row.concept, TextLog) and name.removesuffix("()") in self.view.call_index
                for name, rows in tables.values.items()
                for row in rows
            )
        return self._text_logs[family]

    def owner(self, fid: str, name: str) -> str | None:
        """The enclosing function (not module) whose variable a captured name is."""
        key = (fid, name)
        if key not in self._owners:
            self._owners[key] = self._find_owner(fid, name)
        return self._owners[key]

    def _assigner(self, fid: str, instr: Instr) -> str:
        """The class whose method assigns a member of its own object, or ""."""
        function = self.linker.functions[fid]
        target = self.view.definitions(fid).get(instr.args[0])
        own = target is not None and target.op == Op.LOAD and target.name == function.receiver
        return function_id(self.linker.module_of[fid], function.owner) if own and function.owner else ""

    def is_assigned(self, fid: str, name: str) -> bool:
        """Whether anything may assign the member of the object that method `fid` belongs to."""
        owner = self.linker.functions[fid].owner
        holders = self._assigned.get(name, set())
        if not holders or not owner:
            return bool(holders)
        own = function_id(self.linker.module_of[fid], owner)
        above = set(self.linker.lineage(own))
        return any(not h or h in above or own in self.linker.lineage(h) for h in holders)

    def _find_owner(self, fid: str, name: str) -> str | None:
        path = self.linker.module_of[fid]
        module = self.linker.modules[path]
        current = self.linker.functions[fid].parent
        while current:
            outer = module.functions.get(current)
            if outer is None or outer.kind == "module":
                return None
            if outer.kind != "class" and (name in outer.locals or name == outer.receiver):
                return function_id(path, current)
            current = outer.parent
        return None

    def argument_of(self, run: Regions, instr: Instr, fid: str, name: str) -> int:
        """Value id of the argument that a call binds to a parameter, or -1."""
        return actuals.bind(run, fid, instr.args[1:], instr.keys).get(name, -1)

    def default_constant(self, fid: str, name: str) -> Const:
        """The constant default of a parameter, or `None`."""
        default, _ = self.view.parameter(fid, name)
        return default.const if default is not None else None

    # -- conditions of rows -----------------------------------------------------------------------

    def sends_other_type(self, fid: str, call: Instr | None = None) -> bool:
        """Whether the function names a content type, and none that a browser reads as markup; for an answer
        that is made by `call`, those do not count that another answer of the same kind is given."""
        types = self._types_named(fid)
        if not types or any(types.values()):
            return False
        if call is None:
            return True
        refs = self.view.linker.refs[fid]
        made = set(self.names(refs[call.args[0]]))
        others = {
            value
            for other in self.definitions(fid).values()
            if other.op == Op.CALL
            and other.dst != call.dst
            and made.intersection(self.names(refs[other.args[0]]))
            for value in other.args[1:]
        }
        return not types.keys() <= others

    def sends_markup(self, fid: str) -> bool:
        """Whether the function names a content type that a browser reads as markup."""
        return any(self._types_named(fid).values())

    def _types_named(self, fid: str) -> dict[int, bool]:
        """For each content type that the function names, whether it is markup."""
        known = self._named_types.get(fid)
        if known is None:
            known = {
                instr.dst: any(kind in instr.value for kind in ("html", "xml", "svg"))
                for instr in self.definitions(fid).values()
                if instr.op == Op.CONST and isinstance(instr.value, str) and _MEDIA_TYPE.match(instr.value)
            }
            if self.sends_download(fid):
                # What is saved to a file is not shown as a page.
                known[-1] = False
            self._named_types[fid] = known
        return known

    def sends_download(self, fid: str) -> bool:
        """Whether the function sends what browsers save to a file, and show to nobody."""
        definitions = self.definitions(fid).values()
        texts = (
            instr.value for instr in definitions if instr.op == Op.CONST and isinstance(instr.value, str)
        )
        return any(_DOWNLOAD.match(text) for text in texts) or self._attaches(fid)

    def _attaches(self, fid: str) -> bool:
        """Whether the function sends a file to be saved: `res.attachment("owners.csv")`."""
        definitions = self.definitions(fid)
        return any(
            instr.op == Op.CALL
            and (callee := definitions.get(instr.args[0])) is not None
            and callee.op == Op.ATTR
            and callee.name == "attachment"
            for instr in definitions.values()
        )

    def sends_sheet(self, fid: str) -> bool:
        """Whether the function sends a file of comma-separated values."""
        known = self._sheets.get(fid)
        if known is None:
            named = any(
                instr.op == Op.CONST and isinstance(instr.value, str) and _SHEET.search(instr.value)
                for instr in self.definitions(fid).values()
            )
            known = self._sheets[fid] = named or self._is_marked_sheet(fid)
        return known

    def returns_sheet(self, fid: str) -> bool:
        """Whether what it returns is such a file: in Python an answer that says so is made for it."""
        return self._is_marked_sheet(fid) if self.family(fid) == "python" else self.sends_sheet(fid)

    def _is_marked_sheet(self, fid: str) -> bool:
        return any(
            # `@Header("content-type", "text/csv")`
            (text := given.text) is not None and _SHEET.search(text) is not None
            for decorator in self.view.decorators(fid)
            if decorator.instr is not None and decorator.instr.op == Op.CALL
            for given in (ValueView(self.view, decorator.fid, n) for n in decorator.instr.args[1:])
        )

    def pattern_text(
        self, run: Regions, instr: Instr, concept: PatternTest | PatternRemoval | RegexMatch, receiver: int
    ) -> str | None:
        """The constant pattern that a test matches against."""
        numbers = (receiver,) if concept.pattern == "(self)" else self.selected(instr, concept.pattern)[0]
        for number in numbers:
            if number < 0:
                continue
            value = run.values[number]
            known = value.constant[0] if value is not None and value.constant is not None else None
            text = known if isinstance(known, str) else self.compiled_pattern(run.fid, number)
            if text is not None:
                literal = run.definitions.get(number)
                lines = by_lines(instr, run.definitions) or (literal is not None and has_lines(literal))
                return f"(?m){text}" if lines and not text.startswith("(?m)") else text
        return None

    def compiled_pattern(self, fid: str, number: int) -> str | None:
        """The pattern of `re.compile("...")`, made here or at the module's top."""
        instr = self.definitions(fid).get(number)
        home = fid
        refs = self.linker.refs[fid][number]
        if len(refs) == 1 and refs[0].kind is Kind.CONST and isinstance(refs[0].step, str):
            # What another module exports.
            return refs[0].step
        if instr is not None and instr.op == Op.LOAD:
            path = self.linker.module_of[fid]
            for candidate in (fid, function_id(path, "<module>")):
                stored = self.single_store(candidate, instr.name)
                if stored is not None:
                    instr, home = self.definitions(candidate).get(stored), candidate
                    break
        if instr is None:
            return None
        if instr.op == Op.CONST and isinstance(instr.value, str):
            return f"(?m){instr.value}" if has_lines(instr) else instr.value
        if instr.op in (Op.CALL, Op.NEW) and len(instr.args) > 1:
            first = self.definitions(home).get(instr.args[1])
            if first is not None and first.op == Op.CONST and isinstance(first.value, str):
                return f"(?m){first.value}" if by_lines(instr, self.definitions(home)) else first.value
        return None

    # -- sources ----------------------------------------------------------------------------------

    def input_row(self, ref: Ref) -> Row | None:
        """What models say of a value that enters the program here."""
        if ref not in self._inputs:
            rows = self._lookup("values", (ref,))
            self._inputs[ref] = next((row for row in rows if isinstance(row.concept, inputs.KINDS)), None)
        return self._inputs[ref]

    @staticmethod
    def without_stored(run: Regions, labels: int) -> int:
        """The labels of input that came with this request."""
        for number, field in run.origins.fields(labels):
            origin = run.origins.items[number]
            if isinstance(origin, SourceRead) and origin.kind == "stored":
                labels &= ~(field << (WIDTH * number))
        return labels

    # -- stores -----------------------------------------------------------------------------------

    def put(self, run: Regions, key: StoreKey, value: Maybe, depth: int = 0) -> None:
        """Remember the input in a value under a key of the whole program.

        That of a map which is written out, member by member: `ctx.valid = {"query": ..., "body": ...}`.
        """
        if value is not None and value.fields and depth < MAX_DEPTH and is_written_out(value):
            self.stores.setdefault(key, {})
            for name, held in value.fields.items():
                inner = self.store_members.setdefault(key, {})[name] = (f"{key[0]}.{key[1]}", name)
                self.put(run, inner, held, depth + 1)
            return
        for source, field in sources_in(run.origins, value).items():
            known = self.stores.setdefault(key, {})
            known[source] = known.get(source, 0) | field

    def take(self, run: Regions, key: StoreKey) -> Maybe:
        """The input that was put under a key, wherever that was."""
        self.store_readers.setdefault(key, set()).add(run.fid)
        held = self.stores.get(key)
        kept = self.store_members.get(key, {})
        members = {name: self.take(run, inner) or Value() for name, inner in kept.items()}
        if members:
            whole = self._taken(run, held).deep() if held else 0
            return Value(whole, members, None, -1, "dict")
        return self._taken(run, held) if held else None

    @staticmethod
    def _taken(run: Regions, held: dict[SourceRead, int]) -> Value:
        first, bits = next(iter(held.items()))
        if len(held) == 1 and first.kind != "browser":
            # The very value, whose members can be told apart.
            return run.origin_value(first, bits)
        labels = 0
        for source, field in held.items():
            labels |= field << (WIDTH * run.origins.number(source))
        return Value(labels)

    def write_module(self, run: Regions, name: str, value: Maybe) -> None:
        """Remember input stored in a module variable."""
        self.put(run, (run.path, name), value)

    def module_value(self, run: Regions, name: str) -> Maybe:
        """Input that some function stored in a module variable."""
        return self.take(run, (run.path, name))

    def holders(self, refs: Refs) -> Iterable[str]:
        """Classes and types under which fields of a value are kept."""
        for ref in refs:
            if ref.kind is Kind.INSTANCE and ref.base is not None:
                yield from self.linker.lineage(ref.base.id)
            elif ref.kind is Kind.CLASS:
                yield ref.id
            elif ref.names and ref.kind is not Kind.CONST:
                if not ref.names[-1].startswith(_MADE_ANEW):
                    yield ref.names[-1]
            elif ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
                home = self.linker.functions.get(ref.step[0])
                if home is not None and home.kind == "module":
                    # One object for all requests, made where the module is read.
                    yield f"{ref.step[0]}#{ref.step[1]}"

    def write_field(self, run: Regions, target: int, keys: tuple[str, ...], value: Maybe) -> None:
        """Remember input stored in a field of a class or of a typed object (`req.user`)."""
        if value is not None and value.deep():
            for holder in list(self.holders(run.refs[target]))[:1]:
                if len(keys) > 1 and "::" not in holder:
                    # `locals.user` of a response, as a function it was passed to writes it.
                    self.put(run, (f"{holder}.{keys[0]}", keys[1]), value)
                else:
                    self.put(run, (holder, keys[0]), value)

    def stored_field(self, run: Regions, base: int, name: str) -> Maybe:
        """Input that some function stored in a field."""
        result: Maybe = None
        for holder in self.holders(run.refs[base]):
            result = join(result, self.take(run, (holder, name)))
        return result

    # -- what a run tells -------------------------------------------------------------------------

    def keep_use(self, run: Regions, use: SinkUse) -> None:
        """Report the flows of a use whose input is known, and keep the rest for callers."""
        rest = 0
        for number, field in run.origins.fields(use.labels):
            if not field & HARMFUL:
                continue
            origin = run.origins.items[number]
            if isinstance(origin, SourceRead):
                if isinstance(use.site.concept, KeptField):
                    keeping.kept(self, origin, use.site.concept.name, field)
                elif use.pending in ("", PLAIN):
                    self.add_flow(
                        Flow(
                            origin, use.site, use.hops, run.fid, bool(field & UNCERTAIN), use.text, use.lifted
                        )
                    )
            else:
                rest |= field << (WIDTH * number)
        if rest:
            if len(run.summary.uses) >= MAX_USES:
                run.summary.cut += 1
            else:
                run.summary.uses.append(SinkUse(use.site, rest, use.text, use.hops, use.pending, use.lifted))

    def add_flow(self, flow: Flow) -> None:
        """Keep one flow per source and sink: the shortest, and a certain one before an uncertain one."""
        source = flow.source
        key = (
            source.kind,
            source.channel,
            source.span,
            source.path,
            flow.site.fid,
            flow.site.value,
            flow.site.concept,
            flow.entrance,
        )
        held = self.flows.get(key)
        if held is None or (flow.uncertain, len(flow.hops)) < (held.uncertain, len(held.hops)):
            self.flows[key] = flow

    def never_returns(self, run: Regions, instr: Instr) -> bool:
        """Whether the call certainly ends the function."""
        refs = run.refs[instr.args[0]]
        if not refs:
            return False
        own = [ref for ref in refs if ref.kind is Kind.FUNCTION]
        if own:
            # What one of them gives back may be an exit's result: `return pet or abort(404)`.
            summaries = [self.summary(ref.id) for ref in own]
            return len(own) == len(refs) and all(s is not None and s.leaves for s in summaries)
        rows = (*self.rows(refs), *self.result_rows(run.refs, instr))
        return any(isinstance(row.concept, Exit) for row in rows)

    # The interpreter reaches the other modules through the program, so that none imports another's class.
    source_of = staticmethod(inputs.source_of)
    call = staticmethod(calls.call)
    accessed = staticmethod(actuals.accessed)
    finish_closures = staticmethod(actuals.finish_closures)
    assume = staticmethod(conditions.assume)
    limit = staticmethod(narrowing.limit)
    truth = staticmethod(conditions.truth)
    note_proof = staticmethod(conditions.note_proof)
    forget = staticmethod(narrowing.forget)
    sanitized = staticmethod(calls.sanitized)
    use_at = staticmethod(uses.use_at)
    answer = staticmethod(answers.answer)
    note_named = staticmethod(uses.note_named)
    note_member_write = staticmethod(uses.note_member_write)
    note_key_write = staticmethod(uses.note_key_write)
    fetched = staticmethod(methods.fetched)
