"""What every check is made of: a rule, the question it asks, and how its findings are built."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import NamedTuple, Protocol

from rearguard.analysis import Link, ModelView, Route, ValueView
from rearguard.analysis.access import AccessMatrix
from rearguard.analysis.identity import Destinations, Naming
from rearguard.analysis.settings import Literals, Uses
from rearguard.analysis.values import Flow, Site, SourceRead, Values, assignments
from rearguard.checks.inventory import described
from rearguard.findings import (
    Confidence,
    Endpoint,
    Finding,
    Request,
    Rule,
    Severity,
)
from rearguard.models.concepts import HtmlMarkup, HtmlResponse, ResponseBody, UnescapedPage
from rearguard.program import MODULE_BODY, Evidence, Instr, Op, SettingsFile, Source, Span, Step
from rearguard.repair.targets import Target

PAGE_LINES = 8
"""Lines between two parts of a page that is put together by hand which are seen as one place."""
MAX_INPUTS = 4
"""Inputs that a finding names; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding, and what a recipe needs to repair it."""

    finding: Finding
    target: Target | None = None


@dataclass(frozen=True)
class Context:
    """What checks may look at."""

    view: ModelView
    values: Values
    matrix: AccessMatrix
    sources: Mapping[str, Source]
    reach: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)
    """Function id -> endpoints whose handling may run it."""
    is_fragment: bool = False
    """Whether the input is a pasted piece of code rather than a project."""
    settings: Mapping[str, SettingsFile] = field(default_factory=dict)
    """Settings files by path: YAML, JSON, TOML, INI, `.env`, Dockerfile, requirements, web servers' directives."""
    browser: "Context | None" = None
    """The scripts that run in browsers, if input may meet a use in one of them."""
    literals: Literals = field(init=False)
    """Headers, addresses and commands that stand in the code as text."""
    uses: Uses = field(init=False)
    """Every use of a concept, for checks that ask what is set or called rather than what flows."""

    naming: Naming = field(init=False)
    """What values are called."""
    destinations: Destinations = field(init=False)
    """Where values end up."""

    notes: dict[str, object] = field(default_factory=dict)
    """What several checks ask for and one of them worked out."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "uses", self.matrix.uses)
        object.__setattr__(self, "literals", Literals(self.view))
        object.__setattr__(self, "naming", Naming(self.matrix.origins))
        object.__setattr__(self, "destinations", Destinations(self.matrix.origins, self.naming))

    def in_browser(self, fid: str) -> bool:
        """Whether a function is part of what only browsers run, and no endpoint does."""
        return self.matrix.origins.is_for_browsers(fid) and not self.reach.get(fid)

    def text(self, span: Span) -> str:
        """Source text of a place, at most one line long."""
        source = self.sources.get(span.path)
        text = source.slice(span.start, span.end) if source else ""
        return " ".join(text.split())

    def first_endpoint(self, fid: str) -> Endpoint | None:
        """Some endpoint that runs a function, the first registered."""
        routes = self.reach.get(fid, ())
        return described(routes[0], self.matrix) if routes else None

    def endpoint_of(self, flow: Flow) -> Endpoint | None:
        """The endpoint that takes in what flows: one that also uses it when there is one."""
        sent = self.reach.get(flow.source.fid, ())
        used = {id(route) for route in self.reach.get(flow.fid, ())}
        both = [route for route in sent if id(route) in used]
        routes = both or sent
        for links in (_handlers, _all_links):
            for route in routes:
                # Of those that share a helper, the one in whose handler it happens, or before it.
                own = [fid for link in links(route) for fid in link.functions]
                if any(within(fid, one) for fid in (flow.site.fid, flow.fid, flow.source.fid) for one in own):
                    return described(route, self.matrix)
        return described(routes[0], self.matrix) if routes else self.first_endpoint(flow.fid)

    def is_kept(self, flow: Flow) -> bool:
        """Whether what flows is kept in between: no endpoint that takes it in also uses it."""
        sent = {id(route) for route in self.reach.get(flow.source.fid, ())}
        used = {id(route) for route in self.reach.get(flow.fid, ())}
        return bool(sent) and sent.isdisjoint(used)


def _handlers(route: Route) -> tuple[Link, ...]:
    return (route.handler,)


def _all_links(route: Route) -> tuple[Link, ...]:
    return (*route.chain, route.handler)


def within(fid: str, outer: str) -> bool:
    """Whether a function is another, or stands in it."""
    return fid == outer or fid.startswith(f"{outer}.")


class Check(Protocol):
    """One question asked of a program. Implementations are stateless; `rule` says what they find."""

    @property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        ...

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield the findings; each is one place to repair."""
        ...


def page(check: str) -> str:
    """The check's page: the Markdown file beside its module. Raises FileNotFoundError if there is none."""
    name = check.replace("-", "_") + ".md"
    return resources.files("rearguard.checks").joinpath(name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class FlowText:
    """How a flow check speaks. `{input}`, `{call}` and `{endpoint}` are filled in."""

    message: str
    why: str
    sink_step: str
    advice: str


class Together(NamedTuple):
    """Flows that one repair stops, best first: a certain one, then the shortest."""

    place: Span
    flows: list[Flow]
    callers: int = 0
    """Places that call the same helper with input, where the first stands for all."""


def of_places(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts, the surest for each place: a function that is read more than once says the same again."""
    found: dict[Span, Draft] = {}
    for draft in drafts:
        held = found.get(draft.finding.location)
        if held is None or draft.finding.confidence.rank < held.finding.confidence.rank:
            found[draft.finding.location] = draft
    return list(found.values())


def group_by_call(flows: Iterable[Flow]) -> list[Together]:
    """Flows into the same call together."""
    groups: dict[tuple[str, int], Together] = {}
    for flow in flows:
        span = flow.site.span
        groups.setdefault((span.path, span.start), Together(span, [])).flows.append(flow)
    for group in groups.values():
        group.flows.sort(key=_best_first)
    return list(groups.values())


_WRITTEN = re.compile(
    r"text|comment|content|message|description|review|body|bio|note|about|summary|answer|reply", re.IGNORECASE
)


def group_by_repair(context: Context, flows: Iterable[Flow]) -> list[Together]:
    """Flows with the same place to repair together; in markup also places a few lines apart.

    All that a page prints without escaping is one group: escaping is switched on in one place.
    """
    groups: dict[tuple[str, int], Together] = {}
    near: dict[tuple[str, int], tuple[int, int]] = {}
    placed = [(span, flow) for flow in flows for span in flow.places]
    for span, flow in sorted(placed, key=lambda pair: pair[0].start):
        start = span.start
        if isinstance(flow.site.concept, UnescapedPage) and flow.site.concept.engine is not None:
            # An engine of the program's own that is told to escape nothing: one place repairs all its pages.
            span, start = flow.site.concept.engine, flow.site.concept.engine.start
        elif isinstance(flow.site.concept, UnescapedPage):
            start = -1
        elif span != flow.entrance:
            # Of a page put together in several lines, the first that takes input stands for the others.
            page, line = (span.path, flow.site.span.start), _line(context, span)[1]
            last, leader = near.get(page, (line, start))
            start = leader if line - last <= PAGE_LINES else start
            near[page] = (line, start)
        groups.setdefault((span.path, start), Together(span, [])).flows.append(flow)
    for key, group in groups.items():
        group.flows.sort(key=_best_first)
        if key[1] < 0:
            # What people write at length shows best what a page that escapes nothing does.
            first = min(group.flows, key=lambda flow: not _WRITTEN.search(context.text(flow.site.span)))
            groups[key] = Together(first.site.span, [first, *(f for f in group.flows if f is not first)])
    return list(groups.values())


def _best_first(flow: Flow) -> tuple[bool, bool, int, str, int]:
    stored = flow.source.kind == "stored"
    return flow.uncertain, stored, len(flow.hops), flow.source.span.path, flow.source.span.start


def flow_evidence(context: Context, flow: Flow, sink_text: str) -> Evidence:
    """Source, the assignments and calls on the way, sink."""
    source, program = flow.source, context.values.program
    if source.kind == "error":
        told = "any error lands here"
    elif source.kind == "kept":
        told = f"{input_name(source)} comes from the database, where it was kept"
    elif source.kind == "stored":
        told = f"{input_name(source)} comes from the database"
    elif source.kind == "browser":
        chooses = (
            "types, pastes or fills it in"
            if source.channel == "typed"
            else "made the link or sent the message"
        )
        told = f"{input_name(source)} is chosen by whoever {chooses}"
    elif source.channel in _SENT:
        told = f"{input_name(source)} is chosen by whoever {_SENT[source.channel]}"
    elif source.kind == "library":
        caller = "package" if source.channel == "argument" else "function"
        told = f"{input_name(source)} is chosen by whoever calls the {caller}"
    else:
        told = f"{input_name(source)} is chosen by the client"
    steps = [Step(source.span, told, "source")]
    if flow.written is not None:
        client = f"{input_name(flow.written)} is chosen by the client, and kept"
        steps.insert(0, Step(flow.written.span, client, "source"))
    taken = {_line(context, source.span)}
    for span in assignments(program, flow):
        if _line(context, span) not in taken:
            steps.append(Step(span, "carried on here", "pass"))
            taken.add(_line(context, span))
    for hop in flow.hops:
        name = program.linker.functions[hop.callee].name if hop.callee in program.linker.functions else ""
        steps.append(Step(hop.span, f"passed to {short_name(name)}", "pass"))
    steps.append(Step(flow.site.span, sink_text, "sink"))
    return Evidence(tuple(steps))


def _line(context: Context, span: Span) -> tuple[str, int]:
    source = context.sources.get(span.path)
    return span.path, source.line_of(span.start) if source is not None else 0


_SENT = {"connection": "connects", "message": "put the message there"}
"""Channels outside HTTP, and who chooses what they carry."""
_PAGE_INPUTS = {
    "address": "a part of the page's address",
    "message": "a message from another window",
    "storage": "a value from the browser's storage",
    "typed": "what is typed into the page",
}


_WHOLE = {
    "file": "an uploaded file",
    "files": "an uploaded file",
    "header": "a header",
    "headers": "a header",
    "cookie": "a cookie",
    "cookies": "a cookie",
    "args": "the request's query",
    "params": "the request's path",
}
"""What part of a request is meant where it is not known which member of it."""


def input_name(source: SourceRead) -> str:
    """`the query parameter "id"`, as messages say it."""
    name = ".".join(source.path).replace(".*", "[]")
    if source.kind in ("stored", "kept"):
        return f'the stored value "{source.path[-1]}"' if source.path else "a stored value"
    if source.kind == "browser":
        return _PAGE_INPUTS.get(source.channel, _PAGE_INPUTS["address"])
    kinds = {
        "query": "query parameter",
        "body": "body field",
        "json": "body field",
        "form": "form field",
        "path": "path parameter",
        "params": "path parameter",
        "header": "header",
        "headers": "header",
        "cookie": "cookie",
        "cookies": "cookie",
        "file": "uploaded file",
        "files": "uploaded file",
        "args": "query parameter",
        "argument": "argument",
        "parameter": "parameter",
        "connection": "field",
        "message": "message field",
    }
    kind = kinds.get(source.channel, "request value")
    if source.channel == "parameter" and source.fid.endswith(f"::{MODULE_BODY}"):
        # Of a piece of code that was cut out of its function.
        kind = "variable"
    if kind == "header":
        name = name.replace("_", "-")
    if not name and source.channel in _SENT:
        return "what a connection sends" if source.channel == "connection" else "a message"
    if not name:
        return _WHOLE.get(source.channel) or f"the request's {source.channel or 'data'}"
    return f'{kind} "{name}"'


def short_name(qualified: str) -> str:
    """A function's name as a reader knows it."""
    last = qualified.rpartition(".")[2]
    return "the function" if last.startswith("<") else f"{last.partition('~')[0]}()"


def flow_confidence(context: Context, flow: Flow) -> tuple[Confidence, str]:
    """How sure a flow is, and the reason in words."""
    if context.is_fragment:
        return Confidence.LIKELY, "the piece of code shows neither its imports nor what surrounds it"
    if flow.source.kind == "stored":
        return Confidence.LIKELY, "whether clients can write what is stored was not followed"
    if flow.source.kind == "kept":
        return Confidence.LIKELY, "the value is kept in the database between one request and another"
    if flow.source.kind == "library" and flow.source.channel == "parameter":
        return Confidence.LIKELY, "no route of this program leads here: who calls the function decides"
    if flow.source.kind == "library":
        return Confidence.LIKELY, "there are no routes: what the package exports is taken to be given input"
    if flow.source.channel == "message":
        return Confidence.LIKELY, "who can put messages where this one was taken from is not seen here"
    if flow.uncertain:
        return Confidence.LIKELY, "the value passes through a call whose effect is not known"
    if context.is_kept(flow):
        return Confidence.LIKELY, "the value is kept between one request and another, or a job, that uses it"
    if flow.hops:
        calls = "one call" if len(flow.hops) == 1 else f"{len(flow.hops)} calls"
        return Confidence.CERTAIN, f"followed through {calls} with every step known"
    return Confidence.CERTAIN, "input and use are in the same function with every step known"


def call_name(context: Context, site: Site) -> str:
    """The callee of a call as written: `cursor.execute()`; or what sends a value that no call does."""
    if isinstance(site.concept, HtmlMarkup) and not site.concept.path:
        return "the template"
    if not site.concept.path and isinstance(site.concept, HtmlResponse | ResponseBody):
        return "the handler's answer"
    fid, view = site.fid, ValueView(context.view, site.fid, site.value)
    instr = view.instr
    if instr is None or instr.op not in (Op.CALL, Op.NEW):
        written = _written_at(context, site)
        if written is not None:
            return f"`{written.name}`"
    if instr is None or not instr.args:
        return "this call"
    if instr.op not in (Op.CALL, Op.NEW):
        return "the handler's answer"
    callee = ValueView(context.view, fid, instr.args[0]).instr
    if callee is None:
        return "this call"
    text = context.text(context.view.span(fid, callee.start, callee.end))
    text = text.removeprefix("await ").replace(" .", ".")
    return f"{text}()" if len(text) <= 40 else f"….{callee.name}()"


def _written_at(context: Context, site: Site) -> Instr | None:
    """The assignment of a member that is the use."""
    for instr in context.view.linker.code(site.fid):
        if instr.op == Op.SETATTR and instr.args[-1] == site.argument:
            return instr
    return None


def flow_draft(
    context: Context,
    rule: Rule,
    group: Together,
    text: FlowText,
    recipe: str = "",
    severity: Severity | None = None,
    verification: tuple[Request, ...] = (),
) -> Draft:
    """The finding for one sink that one or more inputs reach."""
    flows = group.flows
    best = flows[0]
    confidence, reason = flow_confidence(context, best)
    names = list(dict.fromkeys(input_name(flow.source) for flow in flows))
    others = names[1 : MAX_INPUTS + 1]
    call = call_name(context, best.site)
    endpoint = context.endpoint_of(best)
    filled = {"input": names[0], "call": call, "endpoint": endpoint.name if endpoint else "the request"}
    finding = Finding(
        rule=rule,
        location=group.place,
        message=sentence(text.message.format(**filled)) + _also(others),
        why=text.why.format(**filled),
        severity=severity or rule.severity,
        confidence=confidence,
        confidence_reason=reason,
        evidence=flow_evidence(context, best, text.sink_step.format(**filled)),
        advice=text.advice.format(**filled),
        endpoint=endpoint,
        verification=verification,
        subject=type(best.site.concept).__name__,
    )
    target = None
    if recipe:
        places = dict.fromkeys((flow.site.fid, flow.site.value, flow.site.argument) for flow in flows)
        first = (best.site.fid, best.site.value, best.site.argument)
        target = Target(
            recipe,
            *first,
            best.site.concept,
            also=tuple(Target(recipe, *place) for place in places if place != first),
        )
    return Draft(finding, target)


def _also(names: list[str]) -> str:
    """`So do the query parameter "a" and the cookie "b".`"""
    if not names:
        return ""
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f" So {'do' if len(names) > 1 else 'does'} {listed}."


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


_SOUNDS_OPEN = re.compile(r"[aeio]|u(?!s|ni|ti|r[il])|hour", re.IGNORECASE)


def with_article(name: str) -> str:
    """`an order`, `a user`"""
    return f"{'an' if _SOUNDS_OPEN.match(name) else 'a'} {name}"
