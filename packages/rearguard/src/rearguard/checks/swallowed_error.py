"""An error that ends a request must leave a trace for those who run the service."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft, page
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.models.concepts import (
    CommandExecution,
    FileAccess,
    LogWrite,
    OutboundRequest,
    ResourceAccess,
    SqlExecution,
)
from rearguard.program import Evidence, Handler, Instr, Op, Step, Try, instructions, walk
from rearguard.repair.targets import Target

_OF_OUTSIDE = frozenset(("OSError", "IOError", "RequestException", "SQLAlchemyError", "DatabaseError"))
"""Errors of a disk, a network or a database: who names one has thought of it."""
_BROAD = _OF_OUTSIDE | {"Exception", "BaseException"}
"""Errors that hold many causes, most of them no fault of the request."""
_NOTHING = (Op.CAUGHT, Op.STORE, Op.CONST, Op.RETURN, Op.CONTINUE, Op.BREAK, Op.COLLECT, Op.LOAD)
_OUTSIDE = (SqlExecution, ResourceAccess, OutboundRequest, FileAccess, CommandExecution)
"""Calls that fail for reasons outside the program: a database, a network, a disk."""
_CLEARING = """
unlink remove rmtree rmdir unlinkSync rm rmSync rmdirSync close aclose kill terminate shutdown
cleanup disconnect destroy end exists
"""
"""Calls that put something away, and the question whether it is there."""
_CHANGING = frozenset(
    [
        "save",
        "create",
        "insert",
        "update",
        "upsert",
        "delete",
        "destroy",
        "write",
        "send",
        "publish",
        "set",
        "add",
        "put",
        "post",
        "patch",
        "store",
        "append",
        "rename",
        "move",
        "copy",
        "mkdir",
        "revoke",
        "register",
        "drop",
        "commit",
        "push",
        "enqueue",
        "notify",
        "issue",
        "record",
        "persist",
        "migrate",
        "reset",
        "clear",
        "disable",
        "enable",
        "grant",
        "assign",
        "cancel",
        "refund",
        "charge",
        "remove",
        "unlink",
    ]
)
"""First words of calls that change something."""
_COMMENT = re.compile(r"(?:^|[\s{;:])(?:#|//|/\*+)[ \t]*([A-Za-z][^\n]*)", re.MULTILINE)
_FOR_TOOLS = (
    "noqa",
    "eslint",
    "pylint",
    "istanbul",
    "prettier",
    "ts-",
    "type:",
    "rearguard",
    "nosec",
    "todo",
)
_MAX_BODY = 48
"""Instructions of a handler beyond which it plainly does something about the error."""
_LOG_WORDS = (
    "log",
    "logger",
    "logging",
    "console",
    "sentry",
    "rollbar",
    "report",
    "capture",
    "print",
    "warn",
    "track",
)


class SwallowedError:
    """See swallowed_error.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="swallowed-error",
            title="An error is caught and leaves no trace",
            cwe=390,
            severity=Severity.LOW,
            asvs=("v5.0.0-16.5.3",),
            related=(391, 755),
            page=page("swallowed-error"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per catch-all handler that answers or goes on without a word."""
        functions = context.view.linker.functions
        outside = _reaching_outside(context)
        module_of = context.view.linker.module_of
        # Beside code that logs, an error without a trace is an oversight; where nothing logs, it is the habit.
        logging = {module_of[use.fid] for use in context.uses.of(LogWrite)}
        for fid in sorted(context.reach if not context.is_fragment else functions):
            careful = context.is_fragment or module_of[fid] in logging
            rule = self.rule if careful else self.rule.for_audit()
            hidden: list[tuple[bool, Handler]] = []
            tidying: set[int] = set()
            for statement in walk(functions[fid].body):
                if not isinstance(statement, Try) or _clears_away(context, fid, statement):
                    continue
                tidying.update(id(one) for one in walk(statement.final) if isinstance(one, Try))
                for handler in statement.handlers:
                    if not self._swallows(context, fid, handler):
                        continue
                    if _answers_failure(handler):
                        yield self._draft(context, rule, fid, handler)
                    elif id(statement) not in tidying and self._hides_failure(
                        context, fid, statement, handler, outside
                    ):
                        lost = _changes(context, fid, instructions(statement.body), outside)
                        if lost or not _is_foreseen(context, fid, statement, handler):
                            hidden.append((not lost, handler))
            if hidden:
                # Several in one function are one habit, told at the gravest of them.
                hidden.sort(key=lambda one: (one[0], one[1].start))
                others = tuple(handler for _, handler in hidden[1:])
                lost = not hidden[0][0]
                # Going on without what was only looked up is meant so more often than not.
                told = rule if lost or context.is_fragment else rule.for_audit()
                yield self._draft(context, told, fid, hidden[0][1], lost, others)

    @staticmethod
    def _hides_failure(
        context: Context, fid: str, statement: Try, handler: Handler, outside: frozenset[str]
    ) -> bool:
        """Whether what fails is worth a trace, and nobody wrote down why there is none."""
        if _says_no(context, fid, handler):
            return False
        source = context.sources[context.view.linker.module_of[fid]]
        if not _goes_outside(context, fid, instructions(statement.body), outside):
            return False
        if _explained(source.slice(handler.start, handler.end)):
            return False
        function = context.view.function(fid)
        documented = _DOCUMENTATION.search(source.slice(function.start, function.end))
        return documented is None or _EXPECTED.search(documented[1]) is None

    def _swallows(self, context: Context, fid: str, handler: Handler) -> bool:
        definitions = context.view.definitions(fid)
        names = {definitions[number].name for number in handler.types if number in definitions}
        if handler.types and names.isdisjoint(_BROAD):
            return False
        body = list(instructions(handler.body))
        if len(body) > _MAX_BODY or not self._hides(body):
            return False
        caught = {instr.dst for instr in body if instr.op == Op.CAUGHT}
        stored = {instr.name for instr in body if instr.op == Op.STORE and set(instr.args) & caught}
        if any(instr.op == Op.LOAD and instr.name in stored for instr in body):
            return False
        return not any(self._tells(context, fid, instr) for instr in body) and not self._answers_client_error(
            context, fid, body
        )

    @staticmethod
    def _hides(body: list[Instr]) -> bool:
        """Whether the handler does nothing at all, or answers that the server failed."""
        failed = any(_is_failure(instr) for instr in body)
        if any(instr.op == Op.RAISE for instr in body):
            return failed
        return failed or all(instr.op in _NOTHING for instr in body)

    @staticmethod
    def _tells(context: Context, fid: str, instr: Instr) -> bool:
        """Whether the call writes a log, by its model or by its name."""
        if instr.op not in (Op.CALL, Op.NEW):
            return False
        program = context.values.program
        refs = context.view.linker.refs[fid][instr.args[0]]
        if any(isinstance(row.concept, LogWrite) for row in program.rows(refs)):
            return True
        callee = context.view.definitions(fid).get(instr.args[0])
        if callee is None:
            return False
        text = context.text(context.view.span(fid, callee.start, callee.end)).lower()
        return any(word in text for word in _LOG_WORDS) or text in (
            "next",
            "reject",
            "done",
            "callback",
            "cb",
        )

    @staticmethod
    def _answers_client_error(context: Context, fid: str, body: list[Instr]) -> bool:
        """A 4xx answer says that the request was at fault: such an error was foreseen."""
        return any(
            instr.op == Op.CONST
            and isinstance(instr.value, int)
            and not isinstance(instr.value, bool)
            and 400 <= instr.value < 500
            for instr in body
        )

    def _draft(
        self,
        context: Context,
        rule: Rule,
        fid: str,
        handler: Handler,
        lost: bool = True,
        others: tuple[Handler, ...] = (),
    ) -> Draft:
        substitutes = not _answers_failure(handler) and any(
            instr.op in (Op.STORE, Op.RETURN) and instr.args for instr in _acts(handler)
        )
        place = context.view.span(fid, handler.start, handler.end)
        source = context.sources[place.path]
        line_end = source.text.find(b"\n", place.start)
        head = context.view.span(
            fid, handler.start, min(handler.end, line_end if line_end > 0 else handler.end)
        )
        lines = sorted({source.line_of(one.start) for one in others} - {source.line_of(head.start)})
        also = (
            f" So it is in line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}." if lines else ""
        )
        doubt = (
            "the handler goes on with a value in place of what failed, which may be meant so"
            if substitutes
            else ""
            if lost
            else "what fails here is a look-up, and going on without it may be meant so"
        )
        finding = Finding(
            rule=rule,
            location=head,
            message=f"Every error lands here, and none is logged or passed on.{also}",
            why="When this fails, in an attack or by accident, nobody will know that it did, or why.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY if context.is_fragment or doubt else Confidence.CERTAIN,
            confidence_reason=doubt
            or "the handler neither uses the error nor calls anything that could record it",
            evidence=Evidence((Step(head, "the error ends here", "sink"),)),
            advice="Log the error with its stack trace and an id on the server; answer with a general message and "
            "the id. Catch only errors that you can handle.",
            endpoint=context.first_endpoint(fid),
            verification=(
                Request(
                    "Make the handler fail, for instance by stopping its database.",
                    "",
                    "The answer is general, and the log holds the error with its stack trace.",
                ),
            ),
            subject="catch",
        )
        return Draft(finding, Target("log-error", fid))


def _says_no(context: Context, fid: str, handler: Handler) -> bool:
    """Whether a handler answers `False` in a function that answers `True` otherwise: the failure is what it asks for."""
    definitions = context.view.definitions(fid)

    def given(body: Iterable[Instr]) -> list[object]:
        returned = [definitions.get(i.args[0]) for i in body if i.op == Op.RETURN and i.args]
        return [made.value if made is not None and made.op == Op.CONST else None for made in returned]

    inner = given(instructions(handler.body))
    return inner == [False] and any(value is True for value in given(context.view.linker.code(fid)))


def _clears_away(context: Context, fid: str, statement: Try) -> bool:
    """Whether all that is tried is to put away what is no longer needed: that it was gone already is no news."""
    body = list(instructions(statement.body))
    calls = [instr for instr in body if instr.op in (Op.CALL, Op.NEW)]
    definitions = context.view.definitions(fid)
    names = [definitions[call.args[0]].name if call.args[0] in definitions else "" for call in calls]
    return bool(names) and all(name in _CLEARING.split() for name in names)


def _is_failure(instr: Instr) -> bool:
    """Whether a constant is the status of an answer that says that the server failed."""
    return instr.op == Op.CONST and isinstance(instr.value, int) and 500 <= instr.value < 600


def _answers_failure(handler: Handler) -> bool:
    return any(_is_failure(instr) for instr in instructions(handler.body))


def _acts(handler: Handler) -> Iterator[Instr]:
    """Instructions but those that only name the error (`catch (error)`)."""
    caught = {instr.dst for instr in instructions(handler.body) if instr.op == Op.CAUGHT}
    for instr in instructions(handler.body):
        if not (instr.op == Op.STORE and set(instr.args) & caught):
            yield instr


def _is_foreseen(context: Context, fid: str, statement: Try, handler: Handler) -> bool:
    """Whether what was only looked up may be missing: the handler names the error that says so, or a comment above
    says what is done then."""
    definitions = context.view.definitions(fid)
    names = {definitions[number].name for number in handler.types if number in definitions}
    if names and names <= _OF_OUTSIDE:
        return True
    source = context.sources[context.view.linker.module_of[fid]]
    start = min((instr.start for instr in instructions(statement.body)), default=handler.start)
    above = source.slice(context.view.function(fid).start, start).splitlines()[-_LINES_ABOVE:]
    return any(_GOES_ON.search(found[1]) for line in above for found in _COMMENT.finditer(line))


def _explained(text: str) -> bool:
    """Whether a comment says why nothing is done: a decision, for readers to judge, is no oversight."""
    for match in _COMMENT.finditer(text):
        words = match.group(1).split()
        if len(words) >= 3 and not words[0].lower().startswith(_FOR_TOOLS):
            return True
    return False


_DOCUMENTATION = re.compile(r"\A[^\n]*def\b.*?:\s*\"\"\"(.*?)\"\"\"", re.DOTALL)
_LINES_ABOVE = 8
_GOES_ON = re.compile(
    r"\bfalls? ?back\b|\bnever (?:crash|rais|throw|fail)|\bbest[- ]effort\b|\bignored? (?:errors?|failures?)\b|"
    r"\bif (?:it|this|that) fails\b",
    re.IGNORECASE,
)
"""What a comment above says of what happens when it fails."""
_EXPECTED = re.compile(
    r"(?:when|if|where|while)\b[^.]{0,60}\b(?:unreachable|unavailable|down|offline|fails?|failed|missing|cannot|can't)\b|"
    r"\bbest[- ]effort\b|\bnever (?:raises|throws|fails)\b",
    re.IGNORECASE,
)
"""What a documentation string says of a function that goes on without what it could not get."""


def _goes_outside(context: Context, fid: str, body: Iterable[Instr], outside: frozenset[str]) -> bool:
    """Whether some call, or what it runs, asks a database, a network or a disk; or is awaited."""
    refs, program = context.view.linker.refs[fid], context.values.program
    for instr in body:
        if instr.op == Op.AWAIT:
            return True
        if instr.op not in (Op.CALL, Op.NEW):
            continue
        callee = refs[instr.args[0]]
        rows = program.rows(callee)
        if rows and any(isinstance(row.concept, _OUTSIDE) for row in rows):
            return True
        if outside and not outside.isdisjoint(ValueView(context.view, fid, instr.args[0]).functions):
            return True
    return False


def _changes(context: Context, fid: str, body: Iterable[Instr], outside: frozenset[str]) -> bool:
    """Whether something is to be stored, removed or sent here, and is lost when that fails."""
    refs, program = context.view.linker.refs[fid], context.values.program
    definitions = context.view.definitions(fid)
    for instr in body:
        if instr.op not in (Op.CALL, Op.NEW):
            continue
        concepts = [row.concept for row in program.rows(refs[instr.args[0]])]
        if any(
            isinstance(one, CommandExecution)
            or (isinstance(one, ResourceAccess) and one.op not in ("read", "list"))
            or (isinstance(one, FileAccess) and one.action != "read")
            for one in concepts
        ):
            return True
        callee = definitions.get(instr.args[0])
        verb = words(callee.name).partition("_")[0] if callee is not None else ""
        if verb in _CHANGING and (
            any(isinstance(one, _OUTSIDE) for one in concepts)
            or any(user.op == Op.AWAIT for user in context.destinations.users(fid).get(instr.dst, ()))
            or not outside.isdisjoint(ValueView(context.view, fid, instr.args[0]).functions)
        ):
            return True
    return False


def _reaching_outside(context: Context) -> frozenset[str]:
    """Functions that ask a database, a network or a disk, themselves or through others."""
    callers: dict[str, list[str]] = {}
    for caller, callees in context.values.graph.items():
        for callee in callees:
            callers.setdefault(callee, []).append(caller)
    nobody: frozenset[str] = frozenset()
    pending = [
        fid
        for fid in context.view.linker.functions
        if _goes_outside(context, fid, context.view.linker.code(fid), nobody)
    ]
    found: set[str] = set()
    while pending:
        fid = pending.pop()
        if fid not in found:
            found.add(fid)
            pending.extend(callers.get(fid, ()))
    return frozenset(found)
