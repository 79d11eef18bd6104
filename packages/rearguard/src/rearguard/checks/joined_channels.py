"""Channels and rooms that callers join as they name them: what is told to their members is sent along."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import normal
from rearguard.analysis.access.effects import JOIN
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.ownership import restriction
from rearguard.analysis.access.principals import is_caller, is_open, within
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.access.tenants import stem
from rearguard.checks.base import Context
from rearguard.checks.endpoints import believes_token, endpoint_of, location, request
from rearguard.findings import Confidence, Finding, Request, Rule
from rearguard.program import Evidence, Span, Step

__all__ = ["joined_channel", "joined_finding"]

_WORD = re.compile(r"[a-z]+|[A-Z][a-z]+")
_LIMITS = ("owner", "tenant")
MAX_KEPT = 3


@dataclass(frozen=True, slots=True)
class Joined:
    """A channel that is joined without a look at whose it is."""

    place: Span
    said: str
    """What of the request names it; "" for a message as a whole."""
    kept: tuple[Row, ...]
    """Endpoints that ask whose such a thing is."""


def joined_channel(context: Context, row: Row, rows: tuple[Row, ...]) -> Joined | None:
    """The channel that an endpoint lets known callers join as they name it, where others ask whose such a thing is."""
    surface = row.surface
    if surface is None or row.public or row.for_services:
        return None
    known = row.authentication.state == "required" or believes_token(row)
    if not known or row.authorization.state != "none":
        return None
    for fact in surface.facts[surface.handler_start :]:
        said = sorted(".".join(atom.path) for atom in fact.atoms if is_open(atom))
        if fact.kind != "effect" or fact.what != JOIN or not said or any(map(is_caller, fact.atoms)):
            continue
        if restriction(_touch(fact), fact, surface).state != "open":
            continue
        kept = tuple(_asking(context, row, fact, rows))[:MAX_KEPT]
        if kept:
            return Joined(fact.span, said[0], kept)
    return None


def joined_finding(context: Context, row: Row, rule: Rule, found: Joined) -> Finding:
    """What is told of it."""
    endpoint = endpoint_of(context, row)
    said = f"`{found.said}` of the request" if found.said else "the message"
    kept = found.kept[0].endpoint
    return Finding(
        rule=rule,
        location=found.place,
        message=f"{endpoint.name} lets callers follow the channel that {said} names, whoever it is for.",
        why="What is told to those whom it is for is sent to everybody who names it.",
        severity=rule.severity,
        confidence=Confidence.LIKELY,
        confidence_reason=f"{kept.method} {kept.path} asks whose such a thing is, and this does not",
        evidence=Evidence(
            (Step(found.place, "joins it without a look at whose it is", "sink"),),
            tuple(Step(location(context, other), "asks whose it is", "contrast") for other in found.kept),
        ),
        advice="Look the caller up among its members first, as is done for what it is called after.",
        endpoint=endpoint,
        verification=(
            Request(
                "As a second user, follow the first user's channel.",
                request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER"),
                "Refused, and nothing of it is sent.",
            ),
        ),
        subject="channel",
    )


def _touch(fact: Fact) -> Touch:
    """The channel as if it were a stored object that is looked up by its name."""
    return Touch(None, fact.fid, fact.value, fact.span, "channel", "read", (("", fact.atoms),))


def _asking(context: Context, row: Row, fact: Fact, rows: tuple[Row, ...]) -> Iterator[Row]:
    """Endpoints that keep what the channel is called after to its owner or members, or other messages of the same
    connection whose senders are looked up in what they name."""
    words = _words(context, fact)
    for other in rows:
        if other is row or other.surface is None:
            continue
        beside = other.endpoint.router == row.endpoint.router and other.endpoint.method == row.endpoint.method
        named = any(
            access.limit in _LIMITS
            and words
            & {normal(access.resource), stem(access.tenant_field), *(stem(n) for n, _ in access.keys)}
            for access in other.accesses
        )
        if (
            named
            or words & _compared(other.surface)
            or (beside and row.endpoint.method == "WEBSOCKET" and _looks_up(other.surface))
        ):
            yield other


def _words(context: Context, fact: Fact) -> frozenset[str]:
    """What the channel's name is made of: `board` of `board:${boardId}`."""
    instr = context.view.definitions(fact.fid).get(fact.value)
    if instr is None or len(instr.args) < 2:
        return frozenset()
    texts = [ValueView(context.view, fact.fid, instr.args[1]).source_text]
    found = context.matrix.origins.resolved(fact.fid, instr.args[1])
    if found is not None:
        texts.append(ValueView(context.view, found[0], found[1].dst).source_text)
    words = {normal(word) for text in texts for word in _WORD.findall(text)}
    return frozenset(words - {"id", "string", "req", "param", "params", "query", "body"})


def _compared(surface: Surface) -> frozenset[str]:
    """What inputs are called that are set against the caller before something happens."""
    return frozenset(
        stem(atom.path[-1])
        for check in surface.checks
        if check.kind == "ownership" and check.fact is not None
        for condition in check.fact.conditions
        for atom in condition.atoms
        if is_open(atom) and atom.path
    )


def _looks_up(surface: Surface) -> bool:
    """Whether callers are looked for in what the client names before something happens."""
    return any(within(condition.atoms) for fact in surface.facts for condition in fact.conditions)
