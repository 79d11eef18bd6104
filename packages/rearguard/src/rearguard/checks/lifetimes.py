"""How long the tokens live that a program signs, by itself or through a service that is set up once for all."""

from collections.abc import Iterator
from typing import TypeAlias

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, entry, option_of
from rearguard.checks.base import Context
from rearguard.checks.durations import seconds
from rearguard.checks.service_tokens import settings_of
from rearguard.models.concepts import ServiceToken, TokenIssue
from rearguard.program import Op

__all__ = ["Issue", "is_brief", "issues_of", "may_be_brief"]

Issue: TypeAlias = "Use[TokenIssue] | Use[ServiceToken]"
_BRIEF = 3_600
_CALLERS = 3
"""How many functions a time is handed through."""


def issues_of(context: Context) -> tuple[Issue, ...]:
    """Every place where a token is signed."""
    return (*context.uses.of(TokenIssue), *context.uses.of(ServiceToken))


def is_brief(context: Context, issue: Issue) -> bool:
    """Whether tokens are known to end within the hour."""
    return any(life is not None and life <= _BRIEF for life in _lives(context, issue))


def may_be_brief(context: Context, issue: Issue) -> bool:
    """Whether tokens end within the hour, or after a time that is not known."""
    lives = list(_lives(context, issue))
    return bool(lives) and any(life is None or life <= _BRIEF for life in lives)


def _lives(context: Context, issue: Issue) -> Iterator[float | None]:
    """How long tokens are good, by each way in which it is said; `None` where that is not known."""
    concept = issue.concept
    for selector in (concept.expiry,) if isinstance(concept, ServiceToken) else concept.expiry:
        given = option_of(issue, selector)
        if not given.is_absent:
            yield _longest(context, given.value) if given.value is not None else None
        elif isinstance(concept, ServiceToken):
            for options, key in settings_of(context, concept.service):
                held = entry(options, key)
                if not held.is_absent:
                    yield _longest(context, held.value) if held.value is not None else None
    claims = option_of(issue, concept.payload).value if concept.payload else None
    made = context.matrix.origins.resolved(claims.fid, claims.value) if claims is not None else None
    if made is None or made[1].op != Op.COLLECT:
        yield None
    elif "exp" in made[1].keys:
        yield _until(context, made[0], made[1].args[made[1].keys.index("exp")])


def _longest(context: Context, value: ValueView, depth: int = 0) -> float | None:
    """The time that a value stands for; of one that callers hand in, the longest that is known."""
    length = seconds(context, value, 1)
    if length is not None or depth >= _CALLERS:
        return length
    handed = [
        _longest(context, ValueView(context.view, home, given), depth + 1)
        for name in context.naming.parameters(value.fid, value.value)
        for home, given in context.naming.given(value.fid, name)
    ]
    return max((life for life in handed if life is not None), default=None)


def _until(context: Context, fid: str, end: int) -> float | None:
    """`now + timedelta(minutes=30)`, `int(time.time()) + 1800`."""
    found = context.matrix.origins.resolved(fid, end)
    if found is None or found[1].op not in (Op.BINARY, Op.JOIN):
        return None
    parts = (seconds(context, ValueView(context.view, found[0], part), 1) for part in found[1].args)
    return next((part for part in parts if part is not None), None)
