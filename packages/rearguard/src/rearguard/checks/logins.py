"""What the checks of logins share: the places where passwords decide, found once per review."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import Logins, words
from rearguard.checks.base import Context
from rearguard.program import Op

ASKED_AGAIN = re.compile(
    r"sudo|re_?auth|re_?confirm|recent|fresh|step_?up|elevat|confirm\w*_passw|passw\w*_confirm"
)
"""What guards are called that ask for the password, or a second factor, once more."""
_LOGS_IN = re.compile(
    r"^(?:(?:user|admin|do|post|handle)_)?(?:log_?in|sign_?in|log_?on|authenticate)(?:_(?:user|post|view|handler))?$"
)


def logins(context: Context) -> Logins:
    """The logins of the program."""
    held = context.notes.get("logins")
    if not isinstance(held, Logins):
        kept = frozenset(_kept(context))
        held = Logins(context.matrix.origins, context.naming, context.values.graph, context.uses, kept)
        context.notes["logins"] = held
    return held


def _kept(context: Context) -> Iterator[str]:
    for row in context.matrix:
        for fact in row.surface.facts if row.surface is not None else ():
            if fact.of_password:
                yield from (words(a.path[-1]) for a in fact.atoms if a.kind == "stored" and a.path)


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


def asks_who_calls(row: Row) -> bool:
    """Whether an endpoint is for those alone who are known already; one that says by its address that it is a login
    is not, whatever a guard for all seems to ask: who comes to it is nobody yet."""
    if row.authentication.state != "required":
        return False
    named = (*row.endpoint.path.split("/")[-2:], row.endpoint.handler.label.rpartition(".")[2])
    return not any(_LOGS_IN.match(words(name)) for name in named)


def judges_passwords(context: Context, fid: str) -> bool:
    """Whether a function answers an endpoint that verifies a password, whatever the endpoint and the field are
    called."""
    found = logins(context)
    return any(
        fid in row.endpoint.handler.functions
        and any(check.how in ("verify", "compare", "query") for check in found.of(row))
        for row in context.matrix
    )


def before(row: Row) -> tuple[str, ...]:
    """Functions that run before the handler."""
    return tuple(dict.fromkeys(fid for link in row.endpoint.chain for fid in link.functions))
