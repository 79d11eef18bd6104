"""Tokens that a service of the framework signs, which is set up once for all that ask it."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Option, Use, entry, option_of
from rearguard.analysis.settings.options import Given
from rearguard.checks.base import Context
from rearguard.models.concepts import ServiceToken, ServiceTokenSettings
from rearguard.program import Span

__all__ = ["endless", "settings_of"]


def endless(context: Context) -> Iterator[tuple[Use[ServiceToken], Span | None]]:
    """Tokens that neither the call nor the settings let end, with the settings' options where these are written
    out and say other things; the claims are for the caller to look at."""
    for issue in context.uses.of(ServiceToken):
        if option_of(issue, issue.concept.expiry).is_absent:
            options = settings_of(context, issue.concept.service)
            # Which of several holds for this call is not known: all must leave it out.
            if options and all(entry(found, key).is_absent for found, key in options):
                yield issue, next((one.value.span for one, _ in options if one.value is not None), None)


def settings_of(context: Context, service: str) -> list[tuple[Option, str]]:
    """The options that hold for all tokens of a service, with the key among them that limits their life."""
    uses = context.uses.of(ServiceTokenSettings)
    set_up = (use for use in uses if use.concept.service == service and _sets_up(use))
    return [found for use in set_up for found in _options(context, use)]


def _sets_up(use: Use[ServiceTokenSettings]) -> bool:
    """Whether a call that registers plugins registers this one, and none of the program's own around it."""
    concept = use.concept
    if not concept.plugin:
        return True
    plugin = option_of(use, concept.plugin).value
    if plugin is None or plugin.functions or option_of(use, concept.settings).is_absent:
        return False
    texts = (plugin.source_text, *(name for ref in plugin.refs for name in ref.names))
    return any(re.search(concept.words, text, re.IGNORECASE) for text in texts)


def _options(context: Context, use: Use[ServiceTokenSettings]) -> Iterator[tuple[Option, str]]:
    """The options that hold for all tokens, one for each map of settings that there may be."""
    concept = use.concept
    given = option_of(use, concept.settings)
    made = [given]
    if given.value is not None and given.value.functions:
        returned = [
            ValueView(context.view, fid, value)
            for fid in given.value.functions
            for value in context.matrix.origins.returned(fid)
        ]
        made = [Option(Given.YES, value) for value in returned] or [Option(Given.UNKNOWN)]
    elif given.is_absent:
        # Set up in a way that is not known here: a class, an injected provider.
        made = [Option(Given.UNKNOWN)]
    for one in made:
        yield entry(one, concept.options), concept.expiry
