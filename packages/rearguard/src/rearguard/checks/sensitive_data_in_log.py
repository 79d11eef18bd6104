"""Credentials and numbers of persons must not stand in logs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, evaluate, is_development_branch, is_development_name
from rearguard.checks.announced_values import announced
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.declared_bodies import declared_fields, own_text
from rearguard.checks.issued_tokens import logged_tokens
from rearguard.checks.logins import judges_passwords
from rearguard.checks.redactions import Redactions
from rearguard.checks.sensitive_names import is_private_number, is_sensitive
from rearguard.checks.sent_codes import sent_codes, shown_codes
from rearguard.checks.spots import spot
from rearguard.checks.token_answers import token_answers
from rearguard.findings import Confidence, Rule, Severity
from rearguard.models.concepts import LogWrite, RequestInput
from rearguard.models.settings_concepts import AccessLogFormat, Printed, StatementTrace
from rearguard.program import Instr, Op, Span, Step
from rearguard.repair.targets import Target

_KEEPS = frozenset(
    (
        *(
            "str",
            "repr",
            "format",
            "dumps",
            "stringify",
            "dict",
            "list",
            "inspect",
            "toString",
            "strip",
            "decode",
        ),
        *("encode", "String", "pformat", "trim", "vars", "model_dump", "to_dict", "asdict"),
    )
)
"""Functions whose result still shows what they are given."""
_WRITTEN_OUT = frozenset(("stringify", "dumps", "inspect", "pformat", "str", "repr", "String"))
"""Those that make a text of all of it."""
_CHOOSES = frozenset(("exclude", "include"))
"""Options of such functions that say which fields are shown."""
_SHOWS_ITSELF = ("__str__", "__repr__", "toJSON")
"""Methods of a class that say how it is shown."""
_MASKED = re.compile(r"\bSecret(?:Str|Bytes)?\b|repr\s*=\s*False|exclude\s*=\s*True|@Exclude")
"""Declarations of fields that are not shown with the others."""
_READS = frozenset(("get", "getlist", "getenv", "pop", "header"))
_TOOLS = re.compile(
    r"(?:^|/)(?:scripts?|cli|commands?|management|seeds?|seeders?|bin|tools?|migrations?|alembic|setup|manage|benchmarks?|db)(?:/|\.|_)|"
    r"create_\w+\.py$|seed|init_db|db_init",
    re.IGNORECASE,
)
_CREDENTIAL_PATH = re.compile(
    r"/(?:log-?in|sign-?(?:in|up)|register|registration|authenticate|[\w-]*password[\w-]*|tokens?|payments?|checkout|cards?)(?:/|$)",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"(?:^|\.)(?:command|argument|option)\b|click\.|typer\.|\bcli\b")
_CREDENTIAL_HEADERS = frozenset(
    ("cookie", "authorization", "proxy-authorization", "x-api-key", "x-auth-token", "x-access-token")
)
_ALL = {
    "headers": "headers",
    "rawHeaders": "headers",
    "META": "headers",
    "cookies": "cookies",
    "COOKIES": "cookies",
}
"""Members of a request that hold all of one kind, and what it is called."""
_LEVELS = frozenset(
    ("debug", "info", "warn", "warning", "error", "critical", "log", "exception", "trace", "write", "audit")
)
_LOGGER = re.compile(r"^(?:get_?|create_?|\w+_)?log(?:ger|ging)?$|Log(?:ger)?$", re.IGNORECASE)
_MADE_OF = (Op.JOIN, Op.BINARY, Op.LOGIC, Op.ATTR, Op.ITEM)
MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class _Leak:
    """One sensitive value in one line of a log."""

    name: str
    line: Span
    value: ValueView
    is_body: bool = False

    @property
    def is_headers(self) -> bool:
        """Whether it is every header, or every cookie, of a request."""
        return self.is_body and self.name != "body"

    @property
    def part(self) -> Span:
        """Where the value is written."""
        return self.value.span


class SensitiveDataInLog:
    """See sensitive_data_in_log.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="sensitive-data-in-log",
            title="Secrets or personal data are logged",
            cwe=532,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-16.2.5",),
            related=(200, 359),
            page=page("sensitive-data-in-log"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per function that logs them, and one per file whose statements are all logged."""
        found: dict[str, list[_Leak]] = {}
        printed_at = {(use.fid, use.instr.dst) for use in context.uses.of(Printed)}
        for logged in context.uses.of(LogWrite):
            if (logged.fid, logged.instr.dst) not in printed_at and not _is_tool(context, logged.fid):
                found.setdefault(logged.fid, []).extend(_leaks(context, logged))
        printing: dict[str, str] = {}
        for printed in context.uses.of(Printed):
            # A program for a terminal says what it is asked for.
            served = printed.fid in context.reach or printed.fid in context.view.linker.function_types
            if served or context.is_fragment:
                leaks = list(_leaks(context, printed))
                if leaks:
                    # What was printed while somebody looked for a mistake is taken out of a file at once.
                    fid = printing.setdefault(context.view.linker.module_of[printed.fid], printed.fid)
                    found.setdefault(fid, []).extend(leaks)
        filters = {fid for fid in context.view.linker.functions if _is_for_all(context, fid)}
        for fid in sorted({*context.reach, *filters}):
            if fid not in found:
                found[fid] = [leak for call in _own_logs(context, fid) for leak in _shown(context, fid, call)]
        for fid, names in sent_codes(context).items():
            if fid in context.reach or context.is_fragment:
                for call in (
                    *(u.instr for u in context.uses.of(LogWrite) if u.fid == fid),
                    *_own_logs(context, fid),
                ):
                    line = context.view.span(fid, call.start, call.end)
                    found.setdefault(fid, []).extend(
                        _Leak(name, line, part) for name, part in shown_codes(context, fid, call, names)
                    )
        for logged in context.uses.of(LogWrite):
            if not _is_tool(context, logged.fid):
                line = logged.span
                shown = (
                    *token_answers(context, logged.fid, logged.instr),
                    *logged_tokens(context, logged.fid, logged.instr),
                )
                found.setdefault(logged.fid, []).extend(_Leak(name, line, part) for name, part in shown)
        redactions = Redactions(context)
        for fid, every in found.items():
            leaks = [leak for leak in every if not (leak.is_headers and redactions.cover(leak.line))]
            if leaks and not is_development_name(context.view.linker.module_of[fid]):
                yield self._draft(context, fid, leaks)
        yield from self._traces(context)
        yield from self._formats(context)

    def _draft(self, context: Context, fid: str, leaks: list[_Leak]) -> Draft:
        first = leaks[0]
        names = list(dict.fromkeys(leak.name for leak in leaks))
        if first.is_headers:
            message = f"All {names[0]} of the request are written to the log, cookies and tokens among them."
        elif first.is_body:
            message = "The whole body of a request that carries credentials is written to the log."
        else:
            message = f'"{names[0]}" is written to the log in clear.'
            if len(names) > 1:
                message += f" So {'are' if len(names) > 2 else 'is'} {', '.join(names[1:4])}."
        lines = dict.fromkeys((leak.line.path, leak.line.start, leak.line.end) for leak in leaks[1:])
        return spot(
            self.rule,
            first.line,
            message,
            "Logs are copied, kept and read far more widely than the data they are about: whoever reads one line can log "
            "in, or knows what a person gave in confidence.",
            "Log who did what, not the value: an id, or that it was there. Take credentials out at the logger too, by a "
            "filter over field names.",
            "the name says what the value holds",
            step="written to the log",
            part=first.part,
            confidence=Confidence.LIKELY,
            subject=names[0],
            endpoint=context.first_endpoint(fid),
            target=Target(
                "redact-log",
                first.value.fid,
                first.value.value,
                also=tuple(Target("redact-log", leak.value.fid, leak.value.value) for leak in leaks[1:]),
            ),
            after=[Step(Span(*line), "and here", "note") for line in lines if line[1] != first.line.start][
                :3
            ],
        )

    def _formats(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per format of an access log that names a header which carries credentials."""
        for use in context.uses.of(AccessLogFormat):
            value = use.value
            text = evaluate(value).value if value is not None else None
            if not isinstance(text, str) or is_development_branch(context.view, use.fid, use.instr.start):
                continue
            shown = [
                name for name in re.findall(use.concept.header, text) if name.lower() in _CREDENTIAL_HEADERS
            ]
            if shown and not is_development_name(use.span.path, context.view.function(use.fid).name):
                yield spot(
                    self.rule,
                    use.span,
                    f"The access log holds the header {shown[0]} of every request.",
                    "Logs are copied, kept and read far more widely than the data they are about: whoever reads one line "
                    "sends the same header, and is logged in.",
                    "Take the header out of the format; log the account's id where it has to be known who asked.",
                    "the format names the header",
                    step="written to the log for every request",
                    subject=shown[0].lower(),
                )

    def _traces(self, context: Context) -> Iterator[Draft]:
        groups: dict[str, list[Use[StatementTrace]]] = {}
        for use in context.uses.of(StatementTrace):
            value = use.value
            if value is None or is_development_name(use.span.path, context.view.function(use.fid).name):
                continue
            setting = evaluate(value)
            is_function = value.instr is not None and not setting.known
            given = use.concept.callback and is_function
            if not given and (setting.value is not True or setting.from_environment):
                continue
            if not is_development_branch(context.view, use.fid, use.instr.start):
                groups.setdefault(use.span.path, []).append(use)
        for many in groups.values():
            first = many[0]
            yield spot(
                self.rule,
                first.span,
                "Every SQL statement is written out with its values: passwords, tokens and whatever else is stored.",
                "Logs are copied, kept and read far more widely than the data they are about.",
                "Leave the trace out, or switch it on by a variable that production does not set.",
                "the trace is set without a condition",
                step="all statements are written out",
                severity=None if first.concept.callback else Severity.LOW,
                subject="statements",
                target=Target(
                    "redact-log",
                    first.fid,
                    first.instr.dst,
                    also=tuple(Target("redact-log", use.fid, use.instr.dst) for use in many[1:]),
                ),
                after=[Step(use.span, "and here", "note") for use in many[1:4]],
            )


def _is_tool(context: Context, fid: str) -> bool:
    """Whether no request runs a function, and it belongs to a program that people start by hand."""
    if fid in context.reach:
        return False
    # What a file does as it is started, and not when it is asked, is a script's own account of its work.
    function = context.view.function(fid)
    is_script = function.kind == "module" and not context.is_fragment
    # A command that is started from a terminal tells who started it what it was given.
    is_script = is_script or any(
        _COMMAND.search(context.text(view.span)) for view in context.view.decorators(fid)
    )
    return is_script or _TOOLS.search(context.view.linker.module_of[fid]) is not None


def _leaks(context: Context, use: Use[LogWrite] | Use[Printed]) -> Iterator[_Leak]:
    for value in use.selected:
        for name, part, is_body in _leaves(context, value, 0):
            yield _Leak(name, use.span, part, is_body)
    for name, part in announced(context, use.fid, use.instr):
        yield _Leak(name, use.span, part)


def _own_logs(context: Context, fid: str) -> Iterator[Instr]:
    """Calls that write to a log of the project's own making: `log.info(...)` where `log = Log(request)`."""
    definitions = context.view.definitions(fid)
    for instr in context.view.linker.code(fid):
        callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is None or callee.op != Op.ATTR or callee.name not in _LEVELS:
            continue
        receiver = definitions.get(callee.args[0])
        if receiver is None:
            continue
        made = context.matrix.origins.resolved(fid, callee.args[0])
        maker = context.view.definitions(made[0]).get(made[1].args[0]) if made and made[1].args else None
        if any(one is not None and _LOGGER.search(one.name) for one in (receiver, maker)):
            yield instr


def _shown(context: Context, fid: str, call: Instr) -> Iterator[_Leak]:
    line = context.view.span(fid, call.start, call.end)
    for number in call.args[1:]:
        for name, part, is_body in _leaves(context, ValueView(context.view, fid, number), 0):
            yield _Leak(name, line, part, is_body)
    for name, part in announced(context, fid, call):
        yield _Leak(name, line, part)


def _leaves(context: Context, value: ValueView, depth: int) -> Iterator[tuple[str, ValueView, bool]]:
    """Sensitive values that a value shows: `(name, place, whether it is a whole body)`."""
    instr = value.instr
    if instr is None or depth > MAX_DEPTH:
        return
    inner = [ValueView(value.view, value.fid, number) for number in instr.args]
    match instr.op:
        case Op.LOAD | Op.ATTR | Op.ITEM:
            name = str(instr.value) if instr.op == Op.ITEM else instr.name
            if is_sensitive(name) or is_private_number(name):
                yield name, value, False
            elif _is_credential_body(context, value) or _holds_body(context, value, set()):
                yield "body", value, True
            elif (held := _declared_field(context, value)) and depth:
                yield held, value, False
            elif _is_all_headers(context, value, name):
                yield _ALL[name], value, True
            elif instr.op == Op.LOAD:
                yield from _behind(context, value, instr.name, depth)
        case Op.JOIN | Op.LOGIC | Op.AWAIT:
            for one in inner:
                yield from _leaves(context, one, depth + 1)
        case Op.BINARY if instr.name in ("%", "+"):
            for one in inner:
                yield from _leaves(context, one, depth + 1)
        case Op.COLLECT:
            for key, one in zip(instr.keys or (None,) * len(inner), inner, strict=False):
                if (
                    key
                    and (is_sensitive(key) or is_private_number(key))
                    and one.const is None
                    and not _is_made(one)
                ):
                    yield key, one, False
                else:
                    yield from _leaves(context, one, depth + 1)
        case Op.CALL | Op.NEW:
            yield from _called(context, value, instr, inner, depth)


def _called(
    context: Context, value: ValueView, instr: Instr, inner: list[ValueView], depth: int
) -> Iterator[tuple[str, ValueView, bool]]:
    callee = inner[0].instr
    name = callee.name if callee is not None else ""
    if name in _READS and len(inner) > 1:
        key = inner[1].text
        if key and is_sensitive(key):
            yield key, value, False
        return
    if _is_credential_body(context, value):
        yield "body", value, True
        return
    if name in _KEEPS:
        shown = ValueView(value.view, value.fid, callee.args[0]) if callee and callee.args else None
        if (
            callee is not None
            and callee.op == Op.ATTR
            and shown is not None
            and _holds_body(context, shown, set())
        ):
            yield "body", shown, True
        elif callee is not None and callee.op == Op.ATTR and not _CHOOSES.intersection(map(str, instr.keys)):
            yield from _leaves(context, ValueView(value.view, value.fid, callee.args[0]), depth + 1)
        for one in inner[1:]:
            yield from _leaves(context, one, depth + 1)


def _behind(
    context: Context, value: ValueView, name: str, depth: int
) -> Iterator[tuple[str, ValueView, bool]]:
    """What a local text was made of, or what was read into a variable: `raw = req.get("x-api-key") ?? ""`."""
    if depth > 2:
        return
    stores = [
        each for each in context.view.linker.code(value.fid) if each.op == Op.STORE and each.name == name
    ]
    if len(stores) != 1:
        return
    held = ValueView(value.view, value.fid, stores[0].args[0])
    callee = (
        held.view.definitions(held.fid).get(held.instr.args[0]) if _is_call(held) and held.instr else None
    )
    is_read = callee is not None and callee.name in _READS
    if is_read or (held.instr is not None and held.instr.op in _MADE_OF):
        for found, _, is_body in _leaves(context, held, depth + 3):
            yield found, value, is_body


def _is_call(value: ValueView) -> bool:
    return value.instr is not None and value.instr.op == Op.CALL


def _holds_body(context: Context, value: ValueView, seen: set[str]) -> bool:
    """Whether a local variable holds a request's body, or a part of its text: `body = request.body[:1000]`.

    `seen` holds variables that were looked at: one may be cut again and again.
    """
    instr = value.instr
    if instr is None:
        return False
    inner = [ValueView(value.view, value.fid, number) for number in instr.args]
    if instr.op == Op.LOAD and instr.name not in _parameters(context, value.fid):
        if instr.name in seen:
            return False
        seen.add(instr.name)
        stores = (i for i in context.view.linker.code(value.fid) if i.op == Op.STORE and i.name == instr.name)
        return any(
            _is_credential_body(context, held) or _holds_body(context, held, seen)
            for held in (ValueView(value.view, value.fid, each.args[0]) for each in stores)
        )
    if instr.op == Op.ITEM and instr.value is None and len(inner) > 1:
        # A slice; a key would name one field.
        cut = inner[1].instr
        return (
            cut is not None and cut.op not in (Op.CONST, Op.LOAD) and _is_credential_body(context, inner[0])
        )
    callee = inner[0].instr if instr.op == Op.CALL else None
    if callee is not None and callee.op == Op.ATTR and callee.name in ("decode", "toString", "slice"):
        text = ValueView(value.view, value.fid, callee.args[0])
        return _is_credential_body(context, text) or _holds_body(context, text, seen)
    if callee is not None and callee.name in _WRITTEN_OUT and len(inner) > 1:
        # A second argument of `JSON.stringify` may take fields out.
        whole = callee.name != "stringify" or all(one.const is not None for one in inner[2:3])
        return whole and (_is_credential_body(context, inner[1]) or _holds_body(context, inner[1], seen))
    return False


def _declared_field(context: Context, value: ValueView) -> str:
    """A field of the class of a body as the handler declares it, which logs with all others; or ""."""
    instr = value.instr
    params = context.view.function(value.fid).params
    if instr is None or instr.op != Op.LOAD or not any(p.name == instr.name for p in params):
        return ""
    given = {
        name
        for route in context.reach.get(value.fid, ())
        for name, channel in route.inputs.items()
        if channel.partition(":")[0] == "body"
    }
    _, annotation = context.view.parameter(value.fid, instr.name)
    if instr.name not in given or annotation is None:
        return ""
    for cid in annotation.classes:
        if any(context.view.linker.method(cid, name) is not None for name in _SHOWS_ITSELF):
            continue
        for path, owner, field in declared_fields(context, cid):
            told = is_sensitive(field.name) or is_private_number(field.name)
            if told and not _MASKED.search(own_text(context, path, owner, field)):
                return field.name
    return ""


def _is_made(value: ValueView) -> bool:
    """Whether a call stands between the value and the log: `mask(password)`, `len(token)`, `!!token`."""
    return value.instr is not None and value.instr.op in (Op.CALL, Op.UNARY, Op.COMPARE)


def _parameters(context: Context, fid: str) -> frozenset[str]:
    return frozenset(param.name for param in context.view.function(fid).params)


def _all_paths(context: Context, fid: str) -> tuple[str, ...]:
    """Paths of every route, for what a framework calls on behalf of all: an error handler, a filter."""
    # What an interceptor hands on to run later stands within it.
    within = (fid, *_around(context, fid))
    if not any(
        one in context.view.linker.function_types or one in context.reach or _is_for_all(context, one)
        for one in within
    ):
        return ()
    return tuple(row.endpoint.path or "" for row in context.matrix)


def _around(context: Context, fid: str) -> Iterator[str]:
    """Functions in which one stands."""
    path, functions = fid.rpartition("::")[0], context.view.linker.functions
    while fid in functions and functions[fid].parent:
        fid = f"{path}::{functions[fid].parent}"
        if fid in functions and functions[fid].kind not in ("module", "class"):
            yield fid


def _is_for_all(context: Context, fid: str) -> bool:
    """Whether a function is a filter's `catch`, which is given whatever no handler caught, or the
    `intercept` that stands around every handler."""
    function = context.view.function(fid)
    return (
        function.name.rpartition(".")[2] in ("catch", "intercept")
        and bool(function.receiver)
        and bool(function.params)
    )


def _is_all_headers(context: Context, value: ValueView, name: str) -> bool:
    """Whether a value is every header, or every cookie, that the client sent."""
    if name not in _ALL:
        return False
    rows = context.view.models.value_rows(context.view.family(value.fid), value.names, RequestInput)
    return any(concept.channel in ("$member", "headers", "cookies") for concept, _ in rows)


def _is_credential_body(context: Context, value: ValueView) -> bool:
    """Whether a value is the whole body of a request to an endpoint that takes credentials."""
    if value.instr is None or (
        value.instr.op == Op.LOAD and value.instr.name in _parameters(context, value.fid)
    ):
        return False
    rows = context.view.models.value_rows(context.view.family(value.fid), value.names, RequestInput)
    member = value.instr.name if value.instr.op == Op.ATTR else ""
    bodies = [
        concept
        for concept, _ in rows
        if concept.channel in ("body", "form", "json") or (concept.channel == "$member" and member == "body")
    ]
    if not bodies:
        return False
    own = tuple(route.path or "" for route in context.reach.get(value.fid, ()))
    if any(_CREDENTIAL_PATH.search(path) for path in own or _all_paths(context, value.fid)):
        return True
    if judges_passwords(context, value.fid):
        return True
    # A form holds the fields of its class alone, whatever else the function reads.
    return not all(concept.declared for concept in bodies) and any(
        each.op in (Op.ATTR, Op.ITEM) and is_sensitive(str(each.value) if each.op == Op.ITEM else each.name)
        for each in context.view.linker.code(value.fid)
    )
