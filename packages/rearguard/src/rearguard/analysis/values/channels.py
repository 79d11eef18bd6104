"""The channels through which input arrives: what each can carry."""

from rearguard.analysis.values.domain import HARMFUL, INPUT_BITS, SourceRead
from rearguard.models.concepts import TEXT, Context
from rearguard.program import Span

_TEXT_CHANNELS = ("path", "params", "header", "headers", "cookie", "cookies", "address")
GRAPHQL = "/graphql#"
"""How the paths of GraphQL's operations begin: a schema says of each argument what text or number it is."""
_NESTED_QUERIES = ("express", "nestjs")
"""Frameworks whose query parser makes objects of `a[b]=c` (Express 4; by a setting in Express 5)."""


def is_text(channel: str, family: str, library: str = "") -> bool:
    """Whether what a channel holds under a name is text, or a list of texts, but never an object."""
    if channel in _TEXT_CHANNELS or library == "graphql-servers":
        return True
    if family == "python":
        return channel in ("query", "args", "form", "values")
    return channel == "query" and library not in ("", *_NESTED_QUERIES)


def entry_source(
    channel: str, name: str, span: Span, fid: str, one_segment: bool, family: str = ""
) -> tuple[SourceRead, int]:
    """The input that a handler's parameter is, and the contexts in which it can do harm.

    `channel` may carry a type: `path:int`. `one_segment` says that what matched can hold no slash.
    """
    kind, _, typed = channel.partition(":")
    bits = HARMFUL
    if typed == "bytes":
        # What a file holds, not what it is called.
        bits &= ~(1 << Context.PATH)
    elif typed and typed not in ("str", "string", "path", "text"):
        bits &= ~sum(1 << context for context in TEXT)
    if kind == "path" and one_segment:
        bits &= ~(1 << Context.PATH)
    if typed in ("str", "string", "text") or is_text(kind, family):
        bits &= ~(1 << Context.NOSQL)
    return SourceRead("request", kind, span, fid, (name,)), bits & INPUT_BITS
