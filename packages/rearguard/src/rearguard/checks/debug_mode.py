"""Debug features must be off where users are."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.checks.base import Context, Draft, page
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.models.concepts import DebugSwitch
from rearguard.program import Evidence, Instr, Op, Span, Step, instructions
from rearguard.repair.targets import Target

_SETTINGS = re.compile(r"settings|config", re.IGNORECASE)
_NOT_PRODUCTION = re.compile(r"dev|test|local|example", re.IGNORECASE)


class DebugMode:
    """See debug_mode.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="debug-mode",
            title="Debug mode is on",
            cwe=489,
            severity=Severity.HIGH,
            asvs=("v5.0.0-13.4.2",),
            api_top10=("API8:2023",),
            related=(94, 215),
            page=page("debug-mode"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per switch that is set to true in the code."""
        for fid, function in context.view.linker.functions.items():
            for instr in instructions(function.body):
                if instr.op in (Op.CALL, Op.NEW):
                    switched = self._argument(context, fid, instr)
                elif instr.op in (Op.SETATTR, Op.SETITEM):
                    switched = self._setting(context, fid, instr)
                elif instr.op == Op.STORE and instr.name == "DEBUG":
                    switched = self._declared(context, fid, instr)
                else:
                    continue
                if switched is not None:
                    yield self._draft(context, fid, instr, switched)

    @staticmethod
    def _argument(context: Context, fid: str, instr: Instr) -> int | None:
        program = context.values.program
        for row in program.rows(context.view.linker.refs[fid][instr.args[0]]):
            if isinstance(row.concept, DebugSwitch):
                for number in program.arguments(instr, row, -1):
                    value = ValueView(context.view, fid, number)
                    for key in row.keys:
                        inner = value.key(key)
                        if inner is None:
                            break
                        value = inner
                    else:
                        if value.const is True:
                            return value.value
        return None

    @staticmethod
    def _setting(context: Context, fid: str, instr: Instr) -> int | None:
        name = instr.name if instr.op == Op.SETATTR else instr.value
        if not isinstance(name, str) or ValueView(context.view, fid, instr.args[-1]).const is not True:
            return None
        target = ValueView(context.view, fid, instr.args[0])
        tables = context.view.models.families[context.view.family(fid)]
        for path in target.names:
            rows = tables.values.get(f"{path}.{name}", ())
            if any(isinstance(row.concept, DebugSwitch) for row in rows):
                return instr.args[-1]
        return None

    @staticmethod
    def _declared(context: Context, fid: str, instr: Instr) -> int | None:
        """`DEBUG = True` of a settings module, or of a settings class that is not for development."""
        path, _, name = fid.rpartition("::")
        place = name if context.view.function(fid).kind == "class" else path.rpartition("/")[2]
        if not _SETTINGS.search(place) or _NOT_PRODUCTION.search(path + name):
            return None
        return instr.args[0] if ValueView(context.view, fid, instr.args[0]).const is True else None

    def _draft(self, context: Context, fid: str, instr: Instr, value: int) -> Draft:
        place = context.view.span(fid, instr.start, instr.end)
        switched = ValueView(context.view, fid, value).span
        finding = Finding(
            rule=self.rule,
            location=place,
            message="Debug mode is switched on in the code, so it is on wherever this runs.",
            why="Debug pages show source, settings and variables to whoever causes an error, and some offer a console "
            "that runs code on the server.",
            severity=self.rule.severity,
            confidence=Confidence.CERTAIN,
            confidence_reason="the switch is the constant true",
            evidence=Evidence((Step(Span(place.path, switched.start, switched.end), "always on", "sink"),)),
            advice="Leave it off in the code, and let the development environment switch it on by a variable that "
            "production does not set.",
            verification=(
                Request(
                    "Cause an error in the running service.",
                    "",
                    "A plain 500 page without source or variables.",
                ),
            ),
            subject="debug",
        )
        return Draft(finding, Target("debug-off", fid, instr.dst, value))
