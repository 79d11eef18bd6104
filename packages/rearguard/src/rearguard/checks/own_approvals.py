"""States that somebody else decides, and that whoever asks may set: a request that its owner approves."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import normal
from rearguard.analysis.access.principals import is_open
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.checks.privileged import is_privileged
from rearguard.program import Op, Span

__all__ = ["own_approvals"]

_STATE = re.compile(r"(?:approval_?|review_?)?(?:status|state)|stage")
_ASKS = r"requested|pending|submitted|awaiting\w*|in_?review|under_?review|proposed|applied|pending_\w+"
_DEFAULT = re.compile(rf"default\w*\s*[=:(]\s*[\"'](?:{_ASKS})[\"']", re.IGNORECASE)
_WAITS = re.compile(_ASKS, re.IGNORECASE)
"""States of what waits for somebody else's word."""


def own_approvals(context: Context) -> Iterator[tuple[Row, str, str, Span]]:
    """Endpoints for whoever is logged in that write such a state as it was sent, of what is theirs: the resource, the
    column, and the place."""
    rows = tuple(context.matrix)
    for row in by_handler(rows):
        if row.public or row.authentication.state != "required" or row.authorization.state != "none":
            continue
        if row.surface is None or is_privileged(row):
            continue
        free = {use.name.rpartition(".")[2] for use in row.used if use.validation in ("none", "length")}
        for touch in row.surface.touches:
            if touch.operation != "update" or not any(_is_own(a, touch.resource) for a in row.accesses):
                continue
            column = next(
                (
                    name
                    for name, atoms in touch.written
                    if _STATE.fullmatch(words(name))
                    and any(is_open(a) and a.path and a.path[-1] in free for a in atoms)
                ),
                "",
            )
            if (
                column
                and _is_decided(context, touch.resource, column)
                and _asks_role(rows, row, touch.resource)
            ):
                yield row, touch.resource, column, touch.span
                break


def _is_own(access: Access, resource: str) -> bool:
    return access.resource == resource and access.limit == "owner"


def _is_decided(context: Context, resource: str, column: str) -> bool:
    """Whether a record begins as one that waits: by the column's default, or by what the program sets."""
    span = context.matrix.fields.declared(resource, column)
    if span is not None and _DEFAULT.search(context.text(span)):
        return True
    for fid in context.view.linker.functions:
        for instr in context.view.linker.contents(fid).writes:
            if instr.op == Op.SETATTR and instr.name == column:
                text = context.matrix.origins.constant(fid, instr.args[-1])
                held = context.matrix.origins.of(fid, instr.args[0])
                same = any(a.kind == "stored" and normal(a.name) == normal(resource) for a in held)
                if same and isinstance(text, str) and _WAITS.fullmatch(text):
                    return True
    return False


def _asks_role(rows: tuple[Row, ...], row: Row, resource: str) -> bool:
    """Whether another endpoint that changes such a record asks for a role."""
    return any(
        other is not row
        and other.authorization.state == "required"
        and any(
            normal(a.resource) == normal(resource) and a.operation in ("update", "delete")
            for a in other.accesses
        )
        for other in rows
    )
