"""Consoles, dashboards and descriptions for operators are not for everyone."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, evaluate, is_development_branch, option_of
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.settings_concepts import Console
from rearguard.program import Op

_WHY = {
    "high": "Whoever finds it changes data, starts and stops jobs, or runs code, without logging in.",
    "medium": "Whoever finds it can try every query by hand, or sees what the service does inside: a map for the next step.",
    "low": "It names every endpoint and parameter. That is right for an interface that is meant for others, and a map for "
    "attackers of one that is not.",
}


class ExposedConsole:
    """See exposed_console.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="exposed-console",
            title="A console or inner view is open by default",
            cwe=1188,
            severity=Severity.HIGH,
            asvs=("v5.0.0-13.4.5",),
            api_top10=("API8:2023", "API9:2023"),
            related=(200, 306, 749),
            page=page("exposed-console"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per console that is made and that nothing here guards."""
        for use in context.uses.of(Console):
            if not _is_on(use) or is_development_branch(context.view, use.fid, use.instr.start):
                continue
            if _is_guarded(context, use):
                continue
            concept = use.concept
            is_question = concept.severity == "low"
            yield spot(
                self.rule,
                use.span,
                f"{concept.what[:1].upper()}{concept.what[1:]} is reachable, and nothing here asks who is calling.",
                _WHY[concept.severity],
                "Put authentication in front of it, or make it only where the environment is for development.",
                "whether it is meant for everyone is for you to say"
                if is_question
                else "no guard stands in the call that makes it reachable",
                step="made reachable here",
                confidence=Confidence.QUESTION if is_question else Confidence.LIKELY,
                severity=Severity(concept.severity),
                subject=concept.what,
                verification=(Request("Open it without logging in.", "", "401, 403 or 404."),),
            )


def _is_on(use: Use[Console]) -> bool:
    if not use.concept.switch:
        return True
    given = option_of(use, use.concept.switch)
    if given.is_absent:
        return use.concept.default
    if given.value is None:
        return False
    setting = evaluate(given.value)
    if not setting.known:
        # A map of options for the console means that it is on.
        return given.value.instr is not None and given.value.instr.op == Op.COLLECT
    return bool(setting.value) and not setting.from_environment


def _is_guarded(context: Context, use: Use[Console]) -> bool:
    concept = use.concept
    if concept.guard and not option_of(use, concept.guard).is_absent:
        return True
    if concept.guard_method and any(
        fid.endswith(f".{concept.guard_method}") for fid in context.view.linker.functions
    ):
        return True
    for each in context.view.linker.code(use.fid):
        if each.op in (Op.CALL, Op.NEW) and use.instr.dst in each.args[1:]:
            # `app.use("/queues", requireAdmin, board)`: something stands between path and console.
            others = (
                _first_word(context, use.fid, number) for number in each.args[2:] if number != use.instr.dst
            )
            if any(word != _first_word(context, use.fid, use.instr.args[0]) for word in others):
                return True
    return len(use.instr.args) > 4 and use.instr.op == Op.CALL and not use.instr.keys


def _first_word(context: Context, fid: str, number: int) -> str:
    """The name that an expression starts with."""
    return ValueView(context.view, fid, number).source_text.partition(".")[0].partition("(")[0]
