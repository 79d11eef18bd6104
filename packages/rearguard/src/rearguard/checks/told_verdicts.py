"""Answers that hand on what a service says of an account: `const known = await reset(email); res.json({ known })`."""

import re
from collections.abc import Iterator

from rearguard.checks.base import Context
from rearguard.program import Instr, Op, Span

__all__ = ["told_verdicts"]


def told_verdicts(context: Context, fid: str) -> Iterator[tuple[str, Span]]:
    """Functions that say yes or no, called by a handler, each with the answer that differs by what they say."""
    facts = [f for f in context.matrix.events.of(fid) if f.fid == fid and f.kind in ("answer", "denial")]
    returned = [
        context.view.span(fid, instr.start, instr.end)
        for instr in context.view.linker.code(fid)
        if instr.op == Op.RETURN and instr.args
    ]
    for call in context.view.linker.contents(fid).calls:
        for target in context.matrix.origins.targets(fid, call):
            name = _kept_as(context, fid, call)
            if not name or _verdicts(context, target) != {True, False}:
                continue
            made = context.view.span(fid, call.start, call.end)
            told = re.compile(rf"(?<![\w.$]){re.escape(name)}(?![\w$]*\s*\()(?![\w$])")
            said = next((span for span in returned if told.search(context.text(span))), None)
            if said is not None:
                yield target, said
                return
            for fact in facts:
                if told.search(context.text(fact.span)):
                    yield target, fact.span
                    return
                last = fact.conditions[-1] if fact.conditions else None
                asked = context.text(last.span) if last is not None and fact.status >= 400 else ""
                if told.search(asked) or (asked and asked.endswith(context.text(made))):
                    yield target, fact.span
                    return


def _kept_as(context: Context, fid: str, call: Instr) -> str:
    """The variable that a call's verdict is kept in."""
    held = {call.dst}
    for instr in context.view.linker.code(fid):
        if instr.op == Op.AWAIT and instr.args[0] in held:
            held.add(instr.dst)
        if instr.op == Op.STORE and instr.args and instr.args[0] in held and not instr.name.startswith("$"):
            return instr.name
    return ""


def _verdicts(context: Context, fid: str) -> set[object]:
    """The constants that a function returns, or `None` where it returns anything else."""
    found: set[object] = set()
    for value in context.matrix.origins.returned(fid):
        made = context.view.definitions(fid).get(value)
        constant = made is not None and made.op == Op.CONST and isinstance(made.value, bool)
        found.add(made.value if made is not None and constant else None)
    return found
