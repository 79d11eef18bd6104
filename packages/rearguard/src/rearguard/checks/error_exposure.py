"""Details of an error must not reach the client."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.analysis.settings import evaluate, is_development_branch, is_development_name, is_on
from rearguard.analysis.settings.uses import Use
from rearguard.analysis.values import FORESEEN_ERRORS, Flow
from rearguard.checks.base import (
    Context,
    Draft,
    flow_confidence,
    flow_evidence,
    group_by_call,
    of_places,
    page,
)
from rearguard.checks.errors_shown import gathered, handed, printed_errors
from rearguard.checks.requests import curl, filled_path
from rearguard.checks.rescued import is_caught_again
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.models.concepts import ErrorHandler, HtmlResponse, ResponseBody
from rearguard.models.settings_concepts import ErrorTrace
from rearguard.program import Instr, Op, Span, Step
from rearguard.repair.targets import Target

MAX_MAKERS = 3
"""Functions whose errors reach one answer, each of which is told; more are mended at the answer."""


_ONE_ERROR = re.compile(r"\bexcept\s+([\w.]+)\s+as\s+$")
_BEFORE = 120
"""Bytes before the name of a caught error that its class is looked for in."""
_TELLS_ALL = frozenset(
    (
        *(
            "sql",
            "sqlalchemy",
            "database",
            "db",
            "integrity",
            "operational",
            "programming",
            "psycopg",
            "mongo",
        ),
        *("redis", "ldap", "smtp", "os", "io", "socket", "connect", "connection", "timeout", "request"),
        *(
            "http",
            "client",
            "url",
            "ssl",
            "process",
            "subprocess",
            "runtime",
            "import",
            "template",
            "unicode",
        ),
        *("system", "memory", "docker", "boto", "botocore", "aiohttp", "httpx", "name", "py"),
    )
)
"""Errors whose text is about what lies behind the service, whoever raises them."""


MAX_APART = 20
"""Answers that are told one by one. Of more, they are the habit of the program: one finding a file."""


def _by_file(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """One finding for each file, with the other places as its evidence."""
    files: dict[str, list[Draft]] = {}
    for draft in drafts:
        files.setdefault(draft.finding.location.path, []).append(draft)
    for held in files.values():
        certain = [draft for draft in held if draft.finding.confidence is Confidence.CERTAIN]
        first = (certain or held)[0]
        others = [draft for draft in held if draft is not first]
        if not others:
            yield first
            continue
        told = first.finding
        more = f" So do {len(others)} more places." if len(others) > 1 else " So does one more place."
        steps = tuple(
            Step(draft.finding.location, "an error's own text is answered here, too", "note")
            for draft in others
        )
        advice = (
            "Let errors go to one handler, which logs them with an id and answers with a general message and "
            "that id."
        )
        evidence = replace(told.evidence, steps=(*told.evidence.steps, *steps))
        yield replace(
            first, finding=replace(told, message=told.message + more, evidence=evidence, advice=advice)
        )


class ErrorExposure:
    """See error_exposure.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="error-exposure",
            title="Error details reach the client",
            cwe=209,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-16.5.1",),
            api_top10=("API8:2023",),
            page=page("error-exposure"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per answer that carries an error's own text."""
        flows = (
            flow
            for flow in context.values.flows
            if flow.source.kind == "error"
            and isinstance(flow.site.concept, ResponseBody | HtmlResponse)
            and not _handles_foreseen(context, flow.source.fid)
            and not is_caught_again(context, flow.site.fid, flow.site.value)
            and not _is_described(context, flow)
        )
        told: set[Span] = set()
        drafts: list[Draft] = []
        for flow, place in _placed(flows):
            told.add(place)
            drafts.append(self._of_flow(context, flow, place))
        drafts = of_places(drafts)
        yield from drafts if len(drafts) <= MAX_APART else _by_file(drafts)
        shown: dict[str, Span] = {}
        for place, fid in sorted(handed(context), key=lambda one: (one[0].path, one[0].start)):
            # A message and a page with the same error are mended together.
            if place not in told and fid not in shown:
                shown[fid] = place
                yield self._in_page(
                    context, place, "The text of an error that nobody foresaw is part of a page.", fid
                )
        for place in gathered(context):
            text = "The stack trace of an error is put into what is answered."
            yield self._in_page(context, place, text)
        for place in printed_errors(context):
            yield self._in_page(context, place, "The page prints what an error says to developers.")

        for use in context.uses.of(ErrorTrace):
            if use.value is not None and is_on(evaluate(use.value)) and not _is_development(context, use):
                draft = self._in_page(
                    context, use.value.span, "Answers about errors carry their stack traces.", use.fid
                )
                yield replace(draft, target=Target("debug-off", use.fid, use.instr.dst, use.value.value))

    def _of_flow(self, context: Context, flow: Flow, place: Span) -> Draft:
        """An answer that a caught error's text reaches."""
        endpoint = context.endpoint_of(flow)
        confidence, reason = flow_confidence(context, flow)
        named = _of_a_library(context, flow)
        if confidence is Confidence.CERTAIN:
            reason = "the caught error itself is put into the answer"
        if named and confidence is Confidence.CERTAIN:
            confidence = Confidence.LIKELY
            reason = "another library's error; whether its text is meant for users was not read"
        request = curl(endpoint, filled_path(endpoint.path, {})) if endpoint is not None else ""
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"The text of {named or 'an error that nobody foresaw'} is part of the answer.",
            why="Such texts name tables, files, hosts and library versions: a map for the next attempt. What "
            "they will say is not known before they happen.",
            severity=self.rule.severity,
            confidence=confidence,
            confidence_reason=reason,
            evidence=flow_evidence(context, flow, "its text is sent to the client"),
            advice="Log the error with an id, and answer with a general message and that id.",
            endpoint=endpoint,
            verification=(
                Request(
                    "Make the handler fail, for instance by stopping its database.",
                    request,
                    "500 with a general message and an error id; the details only in the log.",
                ),
            ),
            subject="error",
        )
        target = Target(
            "generic-error", flow.site.fid, flow.site.value, flow.site.argument, flow.site.concept
        )
        return Draft(
            finding,
            target if place == flow.site.span else Target("generic-error", flow.source.fid),
        )

    def _in_page(self, context: Context, place: Span, message: str, fid: str = "") -> Draft:
        return spot(
            self.rule,
            place,
            message,
            "Such texts name tables, files, hosts and library versions: a map for the next attempt. What they will say is "
            "not known before they happen.",
            "Log the error with an id, and show a general message and that id.",
            "the error itself reaches the page",
            step="shown to whoever asked",
            confidence=Confidence.LIKELY,
            subject="error page",
            endpoint=context.first_endpoint(fid) if fid else None,
            target=Target("generic-error", fid) if fid else None,
            verification=(
                Request(
                    "Make the handler fail, for instance by stopping its database.",
                    "",
                    "A page with a general message and an error id; the details only in the log.",
                ),
            ),
        )


def _is_described(context: Context, flow: Flow) -> bool:
    """Whether one library's error stands where OAuth has its clients told what was wrong with their request:
    `error_description` beside `error` (RFC 6749, section 5.2)."""
    if not _of_a_library(context, flow):
        return False
    definitions = context.view.definitions(flow.site.fid)
    pending, seen = [flow.site.argument], set[int]()
    while pending and len(seen) < _MANY:
        number = pending.pop()
        made = definitions.get(number)
        if made is None or number in seen:
            continue
        seen.add(number)
        if made.op == Op.COLLECT and "error_description" in made.keys:
            return "error" in made.keys
        pending.extend(made.args)
    return False


_MANY = 40
"""Values of an answer that are looked through."""


def _of_a_library(context: Context, flow: Flow) -> str:
    """The one error that is caught, where it is no error of a database, a network or the system; else ""."""
    place = flow.source.span
    source = context.sources.get(place.path)
    match = _ONE_ERROR.search(source.slice(max(0, place.start - _BEFORE), place.start)) if source else None
    name = match.group(1).rpartition(".")[2] if match is not None else ""
    spelled = words(name).split("_")
    return "" if len(spelled) < 2 or not _TELLS_ALL.isdisjoint(spelled) else name


def _placed(flows: Iterable[Flow]) -> Iterator[tuple[Flow, Span]]:
    """One flow for each place to repair: the answer; or where a few functions make the error a text of their own,
    and hand it to whoever answers, each of those.
    """
    seen: set[Span] = set()
    groups = group_by_call(flows)
    # Where an error is put into an answer at once is nearer to the cause than where many errors pass.
    groups.sort(key=lambda one: any(flow.source.fid != flow.site.fid for flow in one.flows))
    for place, group, _ in groups:
        group = [flow for flow in group if flow.source.span not in seen]
        if not group:
            continue
        own = [flow for flow in group if flow.source.fid == flow.site.fid]
        elsewhere = {flow.source.fid: flow for flow in reversed(group) if flow.source.fid != flow.site.fid}
        if len(elsewhere) > MAX_MAKERS:
            own, elsewhere = own or group, {}
        if own:
            seen.update(flow.source.span for flow in own)
            yield own[0], place
        for flow in elsewhere.values():
            seen.add(flow.source.span)
            yield flow, flow.source.span


def _handles_foreseen(context: Context, fid: str) -> bool:
    """Whether the function is registered for one status or error that says something about the request."""
    for home, instr in _registrations(context, fid):
        for number in instr.args[1:]:
            wanted = ValueView(context.view, home, number)
            if isinstance(wanted.const, int) and wanted.const < 500:
                return True
            if wanted.classes or (wanted.instr is not None and wanted.instr.name in FORESEEN_ERRORS):
                return True
    return False


def _is_development(context: Context, use: Use[ErrorTrace]) -> bool:
    return is_development_name(use.span.path, "") or is_development_branch(
        context.view, use.fid, use.instr.start
    )


def _registrations(context: Context, fid: str) -> Iterator[tuple[str, Instr]]:
    """Calls that register a function: the decorator's own, and those that are given it."""
    for decorator in context.view.decorators(fid):
        if decorator.instr is not None:
            yield decorator.fid, decorator.instr
    for use in context.uses.of(ErrorHandler):
        if any(fid in value.functions for value in use.selected):
            yield use.fid, use.instr
