"""Bottom-up over the call graph: callees before callers, recursion a bounded number of times."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from rearguard.analysis.values.entry import enter, enter_caught
from rearguard.analysis.values.exported import enter_offered, enter_unreached, offered, unreached
from rearguard.analysis.values.interpreter import Interpreter
from rearguard.analysis.values.keeping import second_order
from rearguard.analysis.values.model_forms import note_model_forms
from rearguard.analysis.values.need import Need
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.schemas import of_endpoints
from rearguard.analysis.values.summary import Flow
from rearguard.analysis.values.trace import places
from rearguard.link import Kind, Linker, function_id
from rearguard.models import caught, pages
from rearguard.models.concepts import ErrorHandler
from rearguard.models.routing import Endpoint
from rearguard.models.view import ModelView
from rearguard.program import Op

MAX_ROUNDS = 3
"""Times a recursive component is read."""
MAX_PASSES = 2
"""Times that what is kept is carried to those who ask for it."""


class NotFollowedError(Exception):
    """Values were asked for that are still being followed."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What following the values of a program gave: plain data, so that another process can work it out."""

    flows: tuple[Flow, ...]
    """Ordered by place."""
    failures: Mapping[str, str]
    """Functions that could not be read, with the kind of fault."""
    cut: Mapping[str, int]
    """Functions of which some uses were left out -> how many."""


class Values:
    """The value analysis of a program. Its look-ups answer at once; its flows once they were followed."""

    def __init__(
        self, program: ValueProgram, graph: Mapping[str, tuple[str, ...]], endpoints: Sequence[Endpoint]
    ) -> None:
        self.program = program
        self.graph = graph
        """Function -> functions it may run."""
        self.endpoints = endpoints
        self.followed: Followed | None = None

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Input that reaches a use. Raises NotFollowedError before it was followed."""
        if self.followed is None:
            raise NotFollowedError
        return self.followed.flows


def analyse(view: ModelView, endpoints: Sequence[Endpoint]) -> Values:
    """Follow values through the whole program."""
    values = prepared(view, endpoints)
    values.followed = follow(values)
    return values


def prepared(view: ModelView, endpoints: Sequence[Endpoint]) -> Values:
    """What the analysis knows before it begins."""
    answers = error_answers(view)
    answers.update(pages(view))
    answers.update((fid, e.returns) for e in endpoints for fid in e.handler.functions if e.returns)
    program = ValueProgram(view, answers)
    before = of_endpoints(view, endpoints)
    program.schemas, program.read_schemas = before.shapes, before.read
    return Values(program, call_graph(view.linker), endpoints)


def follow(values: Values) -> Followed:
    """Follow the values of a program, once."""
    program, graph, endpoints = values.program, values.graph, values.endpoints
    view = program.view
    pages = set(program.template_paths)
    # A page is read before whatever renders it, and twice, since pages include one another.
    templates = [fid for fid in graph if view.linker.module_of[fid] in pages]
    for fid in (*templates, *templates):
        _solve(program, (fid,))
    order = [c for c in components(graph) if view.linker.module_of[c[0]] not in pages]
    program.follow = partial(_read, program)
    offers = {} if endpoints else offered(view)
    handlers = caught(view)
    apart = unreached(graph, (*entries(endpoints), *program.answers, *handlers), view)
    need = Need(program, graph, (*entries(endpoints), *program.answers, *offers, *handlers), apart)
    for component in order:
        if len(component) > 1 or need.of(component[0]):
            _solve(program, component)
        else:
            program.left_out.add(component[0])
    _second_pass(program, [*((fid,) for fid in templates), *order])
    for endpoint in endpoints:
        enter(program, endpoint)
    enter_caught(program, handlers)
    enter_offered(program, offers)
    enter_unreached(program, apart)
    note_model_forms(program)
    second_order(program)
    flows = sorted(program.flows.values(), key=_flow_order)
    return Followed(
        tuple(replace(flow, places=places(program, flow)) for flow in flows),
        program.failures,
        {fid: summary.cut for fid, summary in program.summaries.items() if summary.cut},
    )


def error_answers(view: ModelView) -> dict[str, str]:
    """Error handlers whose returned text is sent, and what it is sent as."""
    found: dict[str, str] = {}
    for name, concept, row in view.models.all_calls(ErrorHandler):
        if not concept.returns or row.selector is None:
            continue
        for call in view.calls(name):
            for value in call.select(row.selector):
                found.update(dict.fromkeys(value.functions, concept.returns))
        for decorator in view.calls(name.removesuffix("()")) if name.endswith("()") else ():
            if decorator.decorates is not None:
                found[decorator.decorates] = concept.returns
    return found


def _flow_order(flow: Flow) -> tuple[object, ...]:
    place, source = flow.site.span, flow.source
    return (
        place.path,
        place.start,
        place.end,
        source.span.path,
        source.span.start,
        source.channel,
        source.path,
    )


def entries(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    """Functions that the framework calls."""
    for endpoint in endpoints:
        yield from endpoint.handler.functions
        for link in endpoint.chain:
            yield from link.functions


def _solve(program: ValueProgram, component: Sequence[str]) -> None:
    recursive = len(component) > 1
    for _ in range(MAX_ROUNDS if recursive else 1):
        for fid in component:
            _read(program, fid)


def _read(program: ValueProgram, fid: str) -> None:
    """Read one function. A fault of ours costs that function, is told in the ledger, and nothing else."""
    try:
        program.summaries[fid] = Interpreter(program, fid).run()
    except (RecursionError, ArithmeticError, LookupError, AttributeError, TypeError, ValueError) as error:
        program.failures[fid] = type(error).__name__


def _second_pass(program: ValueProgram, order: Sequence[Sequence[str]]) -> None:
    """Fields and module variables are written by one function and read by another that was read before."""
    fresh = set(program.stores)
    program.fields = bool(fresh)
    for _ in range(MAX_PASSES):
        if not fresh:
            return
        known = set(program.stores)
        again = {fid for key in fresh for fid in program.store_readers.get(key, ())}
        names = {name for _, name in fresh}
        for component in order:
            for fid in component:
                if fid in again or _reads_store(program, fid, names):
                    program.left_out.discard(fid)
                    _read(program, fid)
        # What was kept only now, since it was read from what was kept before.
        fresh = set(program.stores) - known


def _reads_store(program: ValueProgram, fid: str, names: set[str]) -> bool:
    """Whether a function reads a field in which input is kept, or a module's variable."""
    refs, path = program.linker.refs[fid], program.linker.module_of[fid]
    for instr in program.linker.code(fid):
        if instr.name not in names:
            continue
        if instr.op == Op.LOAD and (path, instr.name) in program.stores:
            return True
        if instr.op == Op.ATTR:
            for holder in program.holders(refs[instr.args[0]]):
                if (holder, instr.name) in program.stores:
                    return True
    return False


def call_graph(linker: Linker) -> dict[str, tuple[str, ...]]:
    """Function -> functions that reading it needs: those it calls, makes, or passes on."""
    graph: dict[str, tuple[str, ...]] = {}
    for fid in linker.functions:
        path = linker.module_of[fid]
        refs = linker.refs[fid]
        found: dict[str, None] = {}
        supers: set[int] = set()
        for instr in linker.code(fid):
            if instr.op == Op.LOAD and instr.name == "super":
                supers.add(instr.dst)
            elif instr.op == Op.FUNC:
                found[function_id(path, instr.name)] = None
            elif instr.op == Op.ATTR and (fid, instr.dst) in linker.accessors:
                found[linker.accessors[fid, instr.dst]] = None
            elif instr.op in (Op.CALL, Op.NEW):
                for number in instr.args:
                    for ref in refs[number]:
                        if ref.kind is Kind.FUNCTION:
                            found[ref.id] = None
                        elif ref.kind is Kind.CLASS and number == instr.args[0]:
                            constructor = linker.constructor(ref.id)
                            if constructor is not None:
                                found[constructor] = None
                        elif (
                            ref.kind is Kind.INSTANCE
                            and ref.base is not None
                            and number == instr.args[0]
                            and (called := linker.method(ref.base.id, "__call__")) is not None
                        ):
                            found[called] = None
                        elif number in supers and ref.base is not None and number == instr.args[0]:
                            constructor = linker.constructor(ref.base.id)
                            if constructor is not None:
                                found[constructor] = None
                        elif (
                            ref.kind is Kind.MEMBER
                            and ref.base is not None
                            and ref.base.kind is Kind.FUNCTION
                        ):
                            found[ref.base.id] = None
        graph[fid] = tuple(found)
    return graph


def components(graph: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Strongly connected components, callees first (Tarjan, iterative)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    for root in graph:
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in graph:
                    continue
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(graph[successor])))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    members: list[str] = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        members.append(member)
                        if member == node:
                            break
                    yield tuple(reversed(members))


__all__ = [
    "Followed",
    "NotFollowedError",
    "Values",
    "analyse",
    "call_graph",
    "components",
    "follow",
    "prepared",
]
