"""Markup that a class of the program makes of its own record, and that a page is given as it is."""

import re

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context
from rearguard.models.concepts import Context as Place
from rearguard.models.concepts import HtmlMarkup, Sanitizer
from rearguard.program import Op

__all__ = ["is_made_markup"]

_SHOWN = re.compile(r"\.(?P<name>[A-Za-z_]\w*)\s*(?:\(\s*\))?\s*\|\s*safe\b")
"""The member of a record that a template shows as it is: `{{ photo.credits|safe }}`."""
_GIVES = frozenset(("property", "method", "getter"))


def is_made_markup(context: Context, flow: Flow) -> bool:
    """Whether what a page shows is no column of a record, but what its class makes, which escapes what it puts in.

    Where the class marks as markup what it did not escape, that is told there.
    """
    if flow.source.kind != "stored":
        return False
    shown = _SHOWN.search(context.text(flow.site.span))
    if shown is None:
        return False
    makers = [
        fid
        for fid, function in context.view.linker.functions.items()
        if function.owner and function.kind in _GIVES and function.name.rpartition(".")[2] == shown["name"]
    ]
    return bool(makers) and all(_escapes(context, fid) for fid in makers)


def _escapes(context: Context, fid: str) -> bool:
    """Whether all that a function returns comes from a call that escapes, or says itself that it is markup."""
    program, refs = context.values.program, context.view.linker.refs[fid]
    definitions = context.view.definitions(fid)
    returned = [
        instr.args[0] for instr in context.view.linker.code(fid) if instr.op == Op.RETURN and instr.args
    ]
    for number in returned:
        made = definitions.get(number)
        if made is not None and made.op == Op.CONST:
            continue
        if made is None or made.op != Op.CALL:
            return False
        concepts = [row.concept for row in program.rows(refs[made.args[0]])]
        if not any(
            isinstance(one, HtmlMarkup) or (isinstance(one, Sanitizer) and Place.HTML in one.contexts)
            for one in concepts
        ):
            return False
    return bool(returned)
