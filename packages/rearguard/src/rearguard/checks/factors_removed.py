"""Where a caller's own second factor is taken away, and nothing that is asked for shows that it is the caller."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.checks.logins import ASKED_AGAIN, before, logins, mentions
from rearguard.program import Span

__all__ = ["factors_removed"]

_FACTOR = re.compile(r"(?:^|_)(?:mfa|2fa|tfa|totp|otp|two_?factor|second_?factor|authenticators?)(?:_|$)")
_ENDS = re.compile(
    r"(?:^|_)(?:disable|remove|delete|destroy|turn_?off|switch_?off|deactivate|unenrol?l|off)(?:_|$)"
)
_SENT = re.compile(r"passw|pwd|code|otp|token|(?:^|_)pin$|assertion|signature|credential|proof|answer")
_FORGED = re.compile(r"csrf|xsrf")
_VERIFIES = re.compile(
    r"(?:check|verify|validate|compare|match|confirm|valid)\w*_(?:passw|pwd|code|otp|totp|token|factor|mfa|2fa)|"
    r"passw\w*_(?:matches|verify|check|valid)|^(?:compare|compare_sync|check_?pw|authenticate|verify)$|"
    r"(?:^|_)(?:passw(?:or)?d|passcode|(?:otp|totp|mfa|two_factor|backup|recovery)_code)$"
)


def factors_removed(context: Context) -> Iterator[tuple[Row, Span]]:
    """Endpoints that switch the caller's second factor off for whoever is logged in, and the place where they do."""
    for row in by_handler(context.matrix):
        surface = row.surface
        if surface is None or row.public or row.authentication.state != "required":
            continue
        # Staff help those who have lost theirs, and have a role that says so.
        if row.authorization.state == "required":
            continue
        touch = next((t for t in surface.touches if _takes_away(context, row, t)), None)
        if touch is not None and not _proven(context, row):
            yield row, touch.span


def _takes_away(context: Context, row: Row, touch: Touch) -> bool:
    if touch.operation not in ("update", "delete"):
        return False
    named = (
        words(row.endpoint.path),
        words(row.endpoint.handler.label),
        words(context.view.function(touch.fid).name),
    )
    ends = touch.operation == "delete" or row.endpoint.method == "DELETE" or any(map(_ENDS.search, named))
    if not ends:
        return False
    if touch.operation == "delete":
        return _FACTOR.search(words(touch.resource)) is not None
    kept = [name for name, atoms in touch.written if not any(atom.kind == "input" for atom in atoms)]
    return any(_FACTOR.search(words(name)) for name in (*kept, *touch.fields))


def _proven(context: Context, row: Row) -> bool:
    for use in row.used:
        name = words(use.name)
        if use.channel not in ("cookie", "header") and _SENT.search(name) and not _FORGED.search(name):
            return True
    return mentions(context, logins(context).reached(row), _VERIFIES) or mentions(
        context, before(row), ASKED_AGAIN
    )
