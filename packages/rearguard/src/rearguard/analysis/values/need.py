"""Which functions need not be followed: those that nothing calls and in which no input can meet a use.

Half of a large program is such (its tests above all). What a function does is of interest to its callers, and
for the flows that it completes itself: one that has neither callers nor input, or only uses that its input
cannot harm, is left out. It is followed after all when somebody asks (`ValueProgram.summary`).
"""

from collections.abc import Iterable, Iterator, Mapping

from rearguard.analysis.values.callbacks import takes_error
from rearguard.analysis.values.domain import (
    ERROR_BITS,
    HARMFUL,
    INPUT_BITS,
    PAGE_BITS,
    STORED_BITS,
    Origins,
    SourceRead,
)
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.state import LISTENERS
from rearguard.link import Kind, Linker
from rearguard.models.concepts import (
    Context,
    ErrorDetail,
    FileContent,
    PageInput,
    RequestInput,
    ResourceAccess,
    Sink,
    SqlExecution,
    StateRead,
    StateWrite,
    StoredInput,
    TemplateRender,
)
from rearguard.program import Instr, Op

_STATEMENT = 1 << Context.SQL
_SHOWN = 1 << Context.HTML
_STORED = STORED_BITS & ~(1 << Context.SQL | 1 << Context.PATH | 1 << Context.SEGMENTS | 1 << Context.CLIMB)
"""What is stored, where it is worth following through code that nothing calls: jobs fetch and run things,
while statements around what another gave back stand in tests everywhere."""
_KEEPS = 1 << Context.KEY
"""Input may be kept in a field or for an event, and keys may be input: uses of whatever a request brings."""
_TAKING = {"catch": ERROR_BITS, **dict.fromkeys(LISTENERS, INPUT_BITS)}
"""Methods that call what they are given with values from elsewhere."""


class Need:
    """Decides, callees first, what is followed."""

    def __init__(
        self,
        program: ValueProgram,
        graph: Mapping[str, tuple[str, ...]],
        entries: Iterable[str],
        apart: Iterable[str] = (),
    ) -> None:
        """`entries` are functions that the framework calls; those `apart` are reached by none of them."""
        self._program = program
        self._graph = graph
        self._called = {*_called(program.linker, graph), *entries}
        self._apart = frozenset(apart)
        self._told: dict[str, tuple[int, int]] = {}

    def of(self, fid: str) -> bool:
        """Whether a function whose callees were followed must be followed too."""
        function = self._program.linker.functions[fid]
        if fid in self._called or function.kind in ("module", "class"):
            return True
        sources, uses = self._own(fid)
        for callee in self._graph[fid]:
            given, used = self._of_callee(callee)
            sources, uses = sources | given, uses | used
        return bool(sources & uses) or bool(uses & _STATEMENT and fid in self._apart)

    def _of_callee(self, fid: str) -> tuple[int, int]:
        """Contexts in which what a function hands out is harmful, and in which it uses what it is given."""
        told = self._told.get(fid)
        if told is None:
            summary = self._program.summary(fid)
            sources = uses = 0
            if summary is not None:
                for value in (summary.returns, *summary.writes.values()):
                    if value is not None:
                        sources |= _harm(summary.origins, value.deep(), True)
                for use in summary.uses:
                    uses |= _harm(summary.origins, use.labels, False)
            told = self._told[fid] = (sources, uses)
        return told

    def _own(self, fid: str) -> tuple[int, int]:
        """Contexts that input of this function can harm, and contexts in which it uses values."""
        program = self._program
        sources = uses = 0
        refs = program.linker.refs[fid]
        for instr in program.linker.code(fid):
            if instr.op in (Op.CALL, Op.NEW):
                for row in program.rows(refs[instr.args[0]]):
                    if isinstance(row.concept, Sink):
                        uses |= 1 << row.concept.context
                    elif isinstance(row.concept, TemplateRender):
                        uses |= _SHOWN
                    elif isinstance(row.concept, FileContent):
                        uses |= 1 << Context.CODE
                    if isinstance(row.concept, SqlExecution | ResourceAccess):
                        sources |= _STORED
                    elif isinstance(row.concept, StateWrite):
                        uses |= _KEEPS
                if "**" in instr.keys:
                    uses |= _KEEPS
                if self._is_called_with_error(fid, instr):
                    sources |= ERROR_BITS
            elif instr.op == Op.CAUGHT:
                sources |= ERROR_BITS
            elif instr.op == Op.ATTR and instr.name in _TAKING:
                sources |= _TAKING[instr.name]
            elif (instr.op == Op.ATTR and instr.name == "emit") or instr.op in (Op.SETATTR, Op.SETITEM):
                uses |= _KEEPS
                if instr.op == Op.SETATTR:
                    for concept in program.assigned_sinks(refs[instr.args[0]], instr.name):
                        uses |= 1 << concept.context
            if instr.dst >= 0 and refs[instr.dst]:
                for row in program.value_rows(refs[instr.dst]):
                    if isinstance(row.concept, RequestInput | StateRead):
                        sources |= INPUT_BITS
                    elif isinstance(row.concept, PageInput):
                        sources |= PAGE_BITS
                    elif isinstance(row.concept, StoredInput):
                        sources |= _STORED
                    elif isinstance(row.concept, ErrorDetail):
                        sources |= ERROR_BITS
                    elif isinstance(row.concept, Sink):
                        uses |= 1 << row.concept.context
        return sources, uses

    def _is_called_with_error(self, fid: str, instr: Instr) -> bool:
        """Whether a call is given a callback that takes an error."""
        linker = self._program.linker
        return any(
            ref.kind is Kind.FUNCTION and takes_error(linker.functions[ref.id])
            for number in instr.args[1:]
            for ref in linker.refs[fid][number]
        )


def _called(linker: Linker, graph: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Functions that another needs. A module's or class's body only defines and decorates most of its own."""
    for fid, callees in graph.items():
        if linker.functions[fid].kind not in ("module", "class"):
            yield from callees
            continue
        refs = linker.refs[fid]
        for instr in linker.code(fid):
            if instr.op in (Op.CALL, Op.NEW):
                held = [[ref.id for ref in refs[n] if ref.kind is Kind.FUNCTION] for n in instr.args]
                if held[0] or (fid, instr.args[0]) not in linker.decorated:
                    yield from (callee for each in held for callee in each)


def _harm(origins: Origins, labels: int, of_input: bool) -> int:
    bits = 0
    for number, field in origins.fields(labels):
        origin = origins.items[number]
        if isinstance(origin, SourceRead) is of_input:
            stored = isinstance(origin, SourceRead) and origin.kind == "stored"
            bits |= field & (_STORED if stored else HARMFUL)
    return bits
