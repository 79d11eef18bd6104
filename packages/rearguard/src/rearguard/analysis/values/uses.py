"""Noting that a value reaches the argument of a concept that reads it as code or address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.analysis.values import requirements, sinks
from rearguard.analysis.values.domain import (
    ANY_KEY,
    DEVELOPMENT,
    MARKUP,
    TEMPLATE,
    UNCERTAIN,
    WIDTH,
    Hole,
    Maybe,
    Port,
    SourceRead,
    Value,
)
from rearguard.analysis.values.keeping import note_kept_member
from rearguard.analysis.values.kinds import statement
from rearguard.analysis.values.methods import doubted
from rearguard.analysis.values.summary import STATEMENT, Hop, SinkUse, Site
from rearguard.link import Kind
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    CommandExecution,
    Context,
    DeepMerge,
    FileAccess,
    HtmlMarkup,
    HtmlResponse,
    KeyWrite,
    LogWrite,
    NameTable,
    NoSqlQuery,
    OptionArgument,
    OutboundRequest,
    Redirect,
    Reflection,
    RegexCompile,
    SessionStore,
    SessionWrite,
    SheetWrite,
    Sink,
    SqlExecution,
    StoredUpload,
)
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op

_TAG = re.compile(r"<[A-Za-z!/]")
_CONVERSION = re.compile(r"%[-#0 +]*[\d.*]*([a-zA-Z%])")

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions


def note_sink(run: Regions, instr: Instr, row: Row, receiver: int) -> None:
    """Note what reaches the arguments of a call that `row` describes."""
    concept = row.concept
    assert isinstance(concept, Sink)
    if not requirements.hold(run, instr, concept, receiver):
        if isinstance(concept, HtmlResponse):
            _note_sheet(run, instr, row, receiver)
        return
    spared = _quoted(run, instr) if isinstance(concept, LogWrite) else ()
    for number in run.program.arguments(instr, row, receiver):
        if number in spared:
            continue
        value = run.values[number]
        for key in row.keys:
            if isinstance(concept, Redirect) and value is not None and key not in (value.fields or {}):
                # Of a map of headers whose names are not read, any may be any.
                value = None
            value = run.member_of(value, key)
        if value is None:
            continue
        if isinstance(concept, OutboundRequest) and _sends_itself(run, receiver, concept.sender):
            value = Value(doubted(run, value.labels), value.fields, value.text, value.origin, value.container)
        use_at(run, instr, concept, number, value)


def _note_sheet(run: Regions, instr: Instr, row: Row, receiver: int) -> None:
    """Lines of comma-separated values that were put together by hand are sent as a file."""
    if not run.program.sends_sheet(run.fid):
        return
    for number in run.program.arguments(instr, row, receiver):
        value = run.values[number]
        if value is None or row.keys or not may_be_lines(value):
            continue
        if not value.deep() & run.origins.repeated(UNCERTAIN):
            # What a writer made of it, with options of its own, is the writer's matter.
            use_at(run, instr, SHEET, number, value)


def may_be_lines(value: Value) -> bool:
    """Whether an answer may be the sheet that its handler sends, and is no map, list or page of its own."""
    text = "".join(part for part in value.text or () if isinstance(part, str))
    return not value.container and _TAG.search(text) is None


def _sends_itself(run: Regions, receiver: int, keyword: str) -> bool:
    """Whether the client was made with a sender of the project's own, which may refuse addresses."""
    if not keyword or receiver < 0:
        return False
    for ref in run.refs[receiver]:
        if not isinstance(ref.step, tuple):
            continue
        home, number = ref.step
        made = run.program.definitions(home).get(number)
        if made is None or made.op not in (Op.CALL, Op.NEW):
            continue
        for key, given in zip(made.keys, made.args[1:], strict=False):
            if key == keyword and ValueView(run.program.view, home, given).classes:
                return True
    return False


def _command_labels(run: Regions, instr: Instr, concept: CommandExecution, number: int, value: Value) -> int:
    """Labels in an argument that choose what runs, when no shell is asked for."""
    named = run.program.selected(instr, concept.program)[0] if concept.program else ()
    if not named or number in named:
        return sinks.command_part(value)
    vector: list[Maybe] = []
    for given in instr.args[instr.args.index(named[0]) :]:
        vector.extend(sinks.elements(run.values[given]))
    return sinks.script_part(vector) & value.deep()


def _is_data(run: Regions, value: Value) -> bool:
    """Whether what is sent is no text: a container, a stored object, something that a library made."""
    if value.container and value.container not in (MARKUP, TEMPLATE):
        return True
    if value.text is not None:
        return False
    if value.fields and not _without_objects(run, value.labels):
        # `Object.assign(account, body)` leaves the object that it was.
        return True
    if value.origin >= 0:
        origin = run.origins.items[value.origin]
        if isinstance(origin, SourceRead) and origin.kind == "stored" and not origin.path:
            return True
    return bool(value.deep() & run.origins.repeated(UNCERTAIN))


def _without_objects(run: Regions, labels: int) -> int:
    """Labels without those of whole bodies and rows: these are objects, and become JSON."""
    for number, field in run.origins.fields(labels):
        origin = run.origins.items[number]
        if not isinstance(origin, SourceRead):
            continue
        if origin.kind == "stored":
            # `{ rows } = await pool.query(sql)`, and one of them, are no text yet.
            whole = all(part in _ROWS or part.isdigit() for part in origin.path)
        else:
            whole = not origin.path and origin.channel == "body" and run.family == "javascript"
        if whole:
            labels &= ~(field << (WIDTH * number))
    return labels


def use_at(run: Regions, instr: Instr, concept: Sink, number: int, value: Value, pending: str = "") -> None:
    """Note that `value` reaches an argument of `concept`; `pending` as in `SinkUse`."""
    if isinstance(concept, SqlExecution) and value.container in ("list", "tuple") and not value.labels:
        # Several statements, each with its own parameters.
        for entry in (value.fields or {}).values():
            use_at(run, instr, concept, number, entry)
        return
    if isinstance(concept, FileAccess) and (concept.action == "write" or _opens_to_write(run, instr, number)):
        use_at(run, instr, _STORED_UPLOAD, number, value)
    elif isinstance(concept, NoSqlQuery):
        for operand in sinks.regular_part(value):
            use_at(run, instr, _PATTERN, number, operand)
        for script in sinks.script_parts(value):
            use_at(run, instr, sinks.SCRIPT, number, script)
    options = sinks.options_of(concept) if value.container == "dict" else ()
    if options:
        for key in options:
            option = run.member_of(value, key)
            if option is not None:
                use_at(run, instr, concept, number, option)
        return
    reaching = _reaching(run, instr, concept, number, value)
    if reaching is None:
        return
    labels, asked = reaching
    pending = asked if asked is not None else pending
    if concept.context is Context.RESPONSE and run.environment.get(DEVELOPMENT) is not None:
        return
    if concept.context is Context.SQL and value.text is None and labels & run.origins.repeated(UNCERTAIN):
        # An object that some library built, not text.
        return
    if isinstance(concept, HtmlMarkup) and concept.begins_tag:
        begin = value.text[0] if value.text else ""
        if not isinstance(begin, str) or not begin.lstrip().startswith("<"):
            return
    if isinstance(concept, SqlExecution) and concept.by_text:
        read = sinks.reads_as_sql(value.text or (Hole(labels, value.origin, number),), run.origins)
        if read is False:
            return
        labels, pending = doubted(run, labels), pending if read else STATEMENT
    if concept.context is Context.PATH and run.family == "javascript":
        labels = _leaving(run, value, labels)
    mask = run.origins.repeated((1 << concept.context) | UNCERTAIN)
    labels &= mask
    if not labels & ~run.origins.repeated(UNCERTAIN):
        return
    text = value.text if value.text is not None else (Hole(labels, value.origin, number),)
    labels = sinks.harmful_part(concept.context, text, labels)
    if labels & ~run.origins.repeated(UNCERTAIN):
        site = Site(run.fid, instr.dst if instr.dst >= 0 else number, run.span(instr), concept, number)
        run.use(SinkUse(site, labels, text, (), pending))


def _reaching(
    run: Regions, instr: Instr, concept: Sink, number: int, value: Value
) -> tuple[int, str | None] | None:
    """The labels of `value` that matter to `concept`, and what its callers have to say first.

    `None` for a page that is data.
    """
    if isinstance(concept, CommandExecution):
        shell = requirements.shell(run, instr, concept)
        if shell is False:
            labels = _command_labels(run, instr, concept, number, value)
            _note_options(run, instr, concept, number)
        else:
            labels = value.deep()
            address = sinks.fetched_part(value.text, labels)
            if address is not None and shell is True:
                use_at(run, instr, _ADDRESS, number, Value(labels, None, address))
            return labels, shell if isinstance(shell, str) else ""
    elif (
        isinstance(concept, HtmlResponse)
        and concept.unless_json
        and (_is_data(run, value) or any(ref.kind is Kind.INSTANCE for ref in run.refs[number]))
    ):
        return None
    elif isinstance(concept, NoSqlQuery | DeepMerge):
        labels = sinks.read_part(concept, value)
    else:
        labels = value.deep()
        if isinstance(concept, HtmlResponse) and concept.unless_json and value.text is None:
            labels = _without_objects(run, labels)
    return labels, None


def _leaving(run: Regions, value: Value, labels: int) -> int:
    """Labels that may lead out of the folder with which a path begins: those of parts that may hold `..`.

    `join` and text put together take what follows for a part of the folder, absolute or not.
    """
    text = value.text
    if not text or len(text) < 2 or (not isinstance(text[0], str) and text[0].labels):
        return labels
    for number, field in run.origins.fields(labels):
        if not field & 1 << Context.CLIMB:
            labels &= ~(field << (WIDTH * number))
    return labels


def _opens_to_write(run: Regions, instr: Instr, number: int) -> bool:
    """Whether the argument after the path says that the file is opened for writing: `open(path, "wb")`."""
    if instr.op != Op.CALL or number not in instr.args[1:-1]:
        return False
    mode = run.values[instr.args[instr.args.index(number, 1) + 1]]
    text = mode.constant[0] if mode is not None and mode.constant is not None else None
    return isinstance(text, str) and _MODE.fullmatch(text) is not None


_MODE = re.compile(r"[wax]b?\+?[bt]?\+?")
_ROWS = frozenset(("rows", "recordset", "recordsets", ANY_KEY))
"""Members of a result that hold all that was found, or any of it."""
_STORED_UPLOAD = StoredUpload("")
_PATTERN = RegexCompile("")
_ADDRESS = OutboundRequest("")
SHEET = SheetWrite("", by_hand=True)
_CALLED = Reflection("", what="function")
_GLOBAL = Reflection("", what="global")
_KEY = KeyWrite("")


def _quoted(run: Regions, instr: Instr) -> tuple[int, ...]:
    """Arguments of a log call that its constant format writes with `%r`, or as a number."""
    if len(instr.args) < 3:
        return ()
    form = run.values[instr.args[1]]
    text = form.constant[0] if form is not None and form.constant is not None else None
    if not isinstance(text, str):
        return ()
    conversions = [match[1] for match in _CONVERSION.finditer(text) if match[1] != "%"]
    pairs = zip(instr.args[2:], conversions, strict=False)
    return tuple(number for number, kind in pairs if kind not in ("s", "j", "O", "o"))


def _note_options(run: Regions, instr: Instr, concept: CommandExecution, number: int) -> None:
    """Note elements of the argument list that the program may take for options."""
    named = run.program.selected(instr, concept.program)[0] if concept.program else ()
    if number in named:
        return
    start = instr.args.index(named[0]) if named else instr.args.index(number)
    vector: list[tuple[int, Maybe]] = []
    for given in instr.args[start:] if named else (number,):
        vector.extend((given, item) for item in sinks.elements(run.values[given]))
    for position, program in sinks.option_part([item for _, item in vector]):
        given, item = vector[position]
        if given == number and item is not None:
            use_at(run, instr, OptionArgument("", program), number, item)
    for position, item in sinks.fetched_elements([item for _, item in vector]):
        if vector[position][0] == number:
            use_at(run, instr, _ADDRESS, number, item)


def note_given_options(run: Regions, use: SinkUse, hop: Hop, given: Value) -> None:
    """The same of a list that a helper is given, which starts what it is told to."""
    if not isinstance(use.site.concept, CommandExecution) or use.site.concept.program:
        return
    vector = sinks.elements(given)
    mask = run.origins.repeated((1 << Context.ARGUMENT) | UNCERTAIN)
    for position, program in sinks.option_part(vector):
        item = vector[position]
        labels = item.deep() & mask if item is not None else 0
        if item is not None and labels & ~run.origins.repeated(UNCERTAIN):
            site = use.site._replace(concept=OptionArgument("", program))
            # The caller wrote the list: there it is to be repaired.
            lifted = use.lifted + (use.lifted == len(use.hops))
            run.use(SinkUse(site, labels, item.text, (hop, *use.hops), "", lifted))


_QUERY = re.compile(r"\s*(?:select|with)\s", re.IGNORECASE)
_STATEMENT = SqlExecution("", by_text=True)
_RUNS = re.compile(
    r"(?:^|_)(?:execute|exec|run|db|do|fetch|raw|sql)?_?(?:query|sql|statement|execute)(?:$|_)|Query$|Sql$|SQL$"
)
_ASKS = re.compile(
    r"(?:fetch|select|query)(?:_?(?:all|one|row|rows|val|many|first))?|prepare|all|get|one|any|none|many|each|exec|run|"
    r"executemany|scalar|raw"
)
"""Methods that run a statement: only a text that reads as one makes that of them."""
_FOR_STATEMENTS = re.compile(r"execute|query|fetch|sql|statement", re.IGNORECASE)
_STATEMENT_NAME = re.compile(r"(?:^|_|[a-z])(?:sql|query|statement|stmt)$|^(?:text|q)$", re.IGNORECASE)


def note_statement(run: Regions, instr: Instr, callee: Instr) -> None:
    """A statement around input is given to a function whose name says that it runs it."""
    asks = callee.op == Op.ATTR and _ASKS.fullmatch(callee.name) is not None
    if not (asks or _RUNS.search(callee.name)):
        return
    for number in instr.args[1:]:
        value = run.values[number]
        if value is None or not value.deep():
            continue
        if (value.text is not None and len(value.text) > 1) or _is_handed(run, callee.name, value):
            use_at(run, instr, _STATEMENT, number, value)


def _is_handed(run: Regions, method: str, value: Value) -> bool:
    """Whether it is a parameter that may hold a statement: the method is for these, or the name is."""
    given = run.origins.items[value.origin] if value.origin >= 0 else None
    if not isinstance(given, Port) or given.kind != "param":
        return False
    name = given.path[-1] if given.path else given.name
    return _FOR_STATEMENTS.search(method) is not None or _STATEMENT_NAME.search(name) is not None


def reads_rows(run: Regions, instr: Instr, callee: Instr) -> bool:
    """Whether a method of something unknown is given a text that reads as a query, or asks one of the models
    that a mapper keeps by their names: `app.db.models.Provider.forEmail(email)`."""
    if callee.op == Op.ATTR and _FINDS.match(callee.name) and _is_among_models(run, callee.args[0]):
        return True
    if callee.op != Op.ATTR or len(instr.args) < 2:
        return False
    if _ASKS_TAGGED.fullmatch(callee.name) and _QUERY.match(_tagged(run, instr.args[1])):
        return True
    if not _ASKS.fullmatch(callee.name):
        return False
    value = run.values[instr.args[1]]
    begin = value.text[0] if value is not None and value.text else ""
    return isinstance(begin, str) and _QUERY.match(begin) is not None


_ASKS_TAGGED = re.compile(r"(?:maybe)?(?:one|many|any)(?:First)?|exists|query|first", re.IGNORECASE)
"""Methods that run a statement which a tag has made: `pool.maybeOne(sql`select ...`)`."""


def _tagged(run: Regions, number: int) -> str:
    """How the template begins that a tag called `sql` makes a statement of."""
    made = run.definitions.get(number)
    tag = run.definitions.get(made.args[0]) if made is not None and made.op == Op.CALL else None
    for _ in range(2):
        # `sql.type(Row)`...``, `sql.unsafe`...``
        if tag is not None and tag.op in (Op.ATTR, Op.CALL):
            tag = run.definitions.get(tag.args[0])
    if made is None or tag is None or tag.name != "sql" or len(made.args) < 2:
        return ""
    return statement(run, made.args[1])


_FINDS = re.compile(r"(?:find|by|for|get|load|fetch|search|all|one|list)(?:[A-Z_]\w*)?$")


def _is_among_models(run: Regions, number: int) -> bool:
    """Whether a value is a model that a mapper keeps by its name: `db.models.Provider`."""
    model = run.definitions.get(number)
    if run.family != "javascript" or model is None or model.op != Op.ATTR or not model.name[:1].isupper():
        return False
    models = run.definitions.get(model.args[0])
    return models is not None and models.op == Op.ATTR and models.name == "models"


def note_called_name(run: Regions, instr: Instr, callee: Instr) -> None:
    """`object[name]()`: the name chooses what runs, unless the object is a table made for that."""
    if run.family != "javascript" or callee.value is not None:
        return
    base, key = callee.args[0], callee.args[1]
    value = run.values[key]
    if value is None or not value.deep() or any(ref.kind is Kind.COLLECT for ref in run.refs[base]):
        return
    held = run.values[base]
    if held is not None and (held.container == "dict" or (held.origin < 0 and held.labels)):
        return
    use_at(run, instr, _CALLED, key, value)


def note_named(run: Regions, instr: Instr) -> None:
    """`globals()[name]`: the name chooses among everything there is."""
    value = run.values[instr.args[1]]
    if value is None or not value.deep():
        return
    rows = run.program.value_rows(run.refs[instr.args[0]])
    if any(isinstance(row.concept, NameTable) for row in rows):
        use_at(run, instr, _GLOBAL, instr.args[1], value)


def note_member_write(run: Regions, instr: Instr, name: str, number: int) -> None:
    """A member of the session is assigned, or one that a model calls a sink: `message["Subject"] = text`."""
    value = run.values[number]
    refs = run.refs[instr.args[0]]
    if value is None or not value.deep():
        return
    for concept in run.program.assigned_sinks(refs, name):
        if not isinstance(concept, HtmlResponse) or not run.program.sends_other_type(run.fid):
            use_at(run, instr, concept, number, value)
    note_kept_member(run, instr, name, value)
    if not refs:
        return
    rows = run.program.value_rows(refs)
    if any(isinstance(row.concept, SessionStore) for row in rows):
        use_at(run, instr, SessionWrite("", name), number, value)


def note_key_write(run: Regions, instr: Instr) -> None:
    """`target[a][b] = value`, where the client chooses `a`: with `__proto__` it changes every object.

    The same where a function that merges calls itself with what stands under a key, and where a loop walks
    down a path of keys.
    """
    if run.family != "javascript":
        return
    base, key = instr.args[0], instr.args[1]
    value = run.values[key]
    outer = _way_down(run, base)
    if outer >= 0:
        above = run.values[outer]
        if above is not None and above.deep():
            use_at(run, instr, _KEY, outer, Value(above.deep(), None, above.text, above.origin))
    elif value is not None and value.deep() and not _is_empty(run, instr.args[2]) and _merges(run, base):
        use_at(run, instr, _KEY, key, Value(value.deep(), None, value.text, value.origin))


def _is_empty(run: Regions, number: int) -> bool:
    """Whether what is assigned is a container without anything in it."""
    made = run.definitions.get(number)
    return made is not None and made.op == Op.COLLECT and not made.args


def _way_down(run: Regions, base: int) -> int:
    """The key under which an object was looked up, when no constant is that key; or -1."""
    found = run.definitions.get(base)
    if found is None:
        return -1
    candidates = [found]
    if found.op == Op.LOAD:
        stored = run.program.assignments(run.fid).get(found.name, [])
        candidates = [d for s in stored if (d := run.definitions.get(s.args[0])) is not None]
    for instr in candidates:
        if instr.op == Op.ITEM and instr.value is None:
            inner = run.definitions.get(instr.args[0])
            if inner is not None and _is_own_element(run, instr):
                continue
            return instr.args[1]
    return -1


def _is_own_element(run: Regions, instr: Instr) -> bool:
    """Whether the key counts the elements of a list: `rows[i]`."""
    known = run.values[instr.args[1]]
    return known is None or not known.deep()


def _merges(run: Regions, base: int) -> bool:
    """Whether the object is a parameter of a function that calls itself with what stands under its keys."""
    found = run.definitions.get(base)
    if found is None or found.op != Op.LOAD:
        return False
    return run.program.merges(run.fid, found.name)
