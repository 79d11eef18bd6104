"""What one function does with what it is given: the unit of interprocedural analysis."""

from dataclasses import dataclass, field
from typing import NamedTuple

from rearguard.analysis.values.domain import Maybe, Origins, SourceRead, Text
from rearguard.models.compile import Row
from rearguard.models.concepts import Concept, Context, HtmlMarkup, Sink
from rearguard.program import Span

MAX_USES = 48
"""Sink uses kept per function; further ones are counted as cut."""
MAX_HOPS = 8
"""Calls between a function and a sink it reaches."""


PLAIN = "\0plain"
"""As `SinkUse.pending`: a page prints a value where escaping for HTML is not enough. Stored values are let
pass there: most of them are numbers and names of the program's own."""
_RUN_WHOLE = (Context.CODE, Context.TEMPLATE)
ESCAPED = "\0escaped"
"""As `SinkUse.pending`: a page prints a value that its engine escapes unless told not to."""
STATEMENT = "\0statement"
"""As `SinkUse.pending`: what runs it is not known; the text that a caller gives tells whether it is SQL."""


class Site(NamedTuple):
    """One argument of one call that a concept speaks of."""

    fid: str
    value: int
    """The call's value id (the returned value's for what a handler returns)."""
    span: Span
    """The statement or call, where a finding belongs."""
    concept: Concept
    argument: int
    """Value id of the argument."""


class Hop(NamedTuple):
    """One call on the way to a sink."""

    fid: str
    """The caller."""
    span: Span
    callee: str


@dataclass(frozen=True, slots=True)
class SinkUse:
    """A sink that some of the function's origins reach."""

    site: Site
    labels: int
    """Only the bits of the sink's context, and `UNCERTAIN`."""
    text: Text | None
    """The text that arrives, holes as this function sees them."""
    hops: tuple[Hop, ...] = ()
    pending: str = ""
    """Name of the parameter whose constant decides whether this is a sink (`shell`), or a name from above."""
    lifted: int = 0
    """Of `hops`, how many at the end lead through functions that hand their argument to the sink as it is."""


class Rendering(NamedTuple):
    """A template that a function fills, whose name its callers give."""

    name: str
    """The parameter."""
    row: Row
    values: tuple[Maybe, ...]
    """Maps that hold the template's variables."""


@dataclass(slots=True)
class Summary:
    """The result of reading one function."""

    origins: Origins
    returns: Maybe = None
    uses: list[SinkUse] = field(default_factory=list)
    writes: dict[int, Maybe] = field(default_factory=dict)
    """Origin (a port with a path) -> what the function stores there."""
    proves: dict[tuple[int, bool], int] = field(default_factory=dict)
    """(Origin, truth of the result) -> contexts (bit set) in which the origin is then safe."""
    shows: dict[tuple[int, bool], dict[tuple[str, ...], tuple[int, int]]] = field(default_factory=dict)
    """(Origin of a parameter, truth of the result) -> what is then known of its members, see `shown`."""
    invokes: dict[int, tuple[Maybe, ...]] = field(default_factory=dict)
    """Origin (a port) that the function calls, or has called, as a function -> what it is given, by place."""
    enforces: dict[int, int] = field(default_factory=dict)
    """Origin -> contexts in which it is safe whenever the function returns normally."""
    markup: dict[int, int] = field(default_factory=dict)
    """Text put together around markup -> labels of what in it is not escaped."""
    renders: list[Rendering] = field(default_factory=list)
    """Templates that its callers name."""
    leaves: bool = False
    """The function never returns normally: it always raises or exits."""
    cut: int = 0
    """Sink uses left out for `MAX_USES`."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Input that reaches a sink."""

    source: SourceRead
    site: Site
    hops: tuple[Hop, ...]
    fid: str
    """Where the two meet: the function that reads the input, or gets it back from a call."""
    uncertain: bool
    """Some call on the way has an unknown effect."""
    text: Text | None
    lifted: int = 0
    """As of `SinkUse`."""
    written: SourceRead | None = None
    """What is kept in the field of a database that the source reads back."""
    places: tuple[Span, ...] = ()
    """Where it is to be repaired."""

    @property
    def entrance(self) -> Span:
        """Where what the sink reads is put together: the sink, or the call of the helper around it.

        A whole program or template that is input is put together nowhere: what runs it is the place.
        """
        whole = self.text is not None and not any(isinstance(part, str) for part in self.text)
        concept = self.site.concept
        if whole and isinstance(concept, Sink) and concept.context in _RUN_WHOLE:
            return self.site.span
        if isinstance(concept, HtmlMarkup) and not concept.path:
            # A page prints it, be it in a function that walks over a list.
            return self.site.span
        return self.hops[len(self.hops) - self.lifted].span if self.lifted else self.site.span
