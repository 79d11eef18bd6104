"""An error that ends a request must leave a trace for those who run the service."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.checks.base import Context, Draft, page
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.models.concepts import LogWrite
from rearguard.program import Evidence, Function, Handler, Instr, Op, Step, Try, instructions, walk
from rearguard.repair.targets import Target

_BROAD = frozenset(
    (
        "Exception",
        "BaseException",
        "OSError",
        "IOError",
        "RequestException",
        "SQLAlchemyError",
        "DatabaseError",
    )
)
"""Errors that hold many causes, most of them no fault of the request."""
_NOTHING = (Op.CAUGHT, Op.STORE, Op.CONST, Op.RETURN, Op.CONTINUE, Op.BREAK, Op.COLLECT, Op.LOAD)
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
        for fid in sorted(context.reach if not context.is_fragment else functions):
            function = functions[fid]
            for statement in walk(function.body):
                if isinstance(statement, Try):
                    for handler in statement.handlers:
                        if self._swallows(context, fid, function, handler):
                            yield self._draft(context, fid, handler)

    def _swallows(self, context: Context, fid: str, function: Function, handler: Handler) -> bool:
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
        failed = any(
            instr.op == Op.CONST and isinstance(instr.value, int) and 500 <= instr.value < 600
            for instr in body
        )
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

    def _draft(self, context: Context, fid: str, handler: Handler) -> Draft:
        place = context.view.span(fid, handler.start, handler.end)
        source = context.sources[place.path]
        line_end = source.text.find(b"\n", place.start)
        head = context.view.span(
            fid, handler.start, min(handler.end, line_end if line_end > 0 else handler.end)
        )
        finding = Finding(
            rule=self.rule,
            location=head,
            message="Every error lands here, and none is logged or passed on.",
            why="When this fails, in an attack or by accident, nobody will know that it did, or why.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY if context.is_fragment else Confidence.CERTAIN,
            confidence_reason="the handler neither uses the error nor calls anything that could record it",
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
