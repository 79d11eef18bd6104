"""What the checks of logins share: the places where passwords decide, found once per review."""

import re

from rearguard.analysis.access import Row
from rearguard.analysis.identity import Logins, words
from rearguard.checks.base import Context
from rearguard.program import Op


def logins(context: Context) -> Logins:
    """The logins of the program."""
    held = context.notes.get("logins")
    if not isinstance(held, Logins):
        held = Logins(context.matrix.origins, context.naming, context.values.graph, context.uses)
        context.notes["logins"] = held
    return held


def mentions(
    context: Context, fids: tuple[str, ...], pattern: re.Pattern[str], numbers: tuple[int, ...] = ()
) -> bool:
    """Whether functions name something that matches, or use one of the numbers."""
    for fid in fids:
        for instr in context.view.linker.code(fid):
            if instr.name and instr.op != Op.JOIN and pattern.search(words(instr.name)):
                return True
            value = instr.value
            # Sentences are what people are told, and addresses where they are sent, not what is done.
            if (
                isinstance(value, str)
                and len(value) < 60
                and " " not in value
                and not value.startswith("/")
                and pattern.search(words(value))
            ):
                return True
            if isinstance(value, int) and not isinstance(value, bool) and value in numbers:
                return True
    return False


def before(row: Row) -> tuple[str, ...]:
    """Functions that run before the handler."""
    return tuple(dict.fromkeys(fid for link in row.endpoint.chain for fid in link.functions))
