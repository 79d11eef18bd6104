"""What a call names of a request: an entry, `req.get("x-token")`, or a part, `c.req.valid("param")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.link.aliases import split_selector
from rearguard.models.concepts import PARTS, RequestInput
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins


def named(origins: Origins, fid: str, instr: Instr, concept: RequestInput) -> tuple[str, tuple[str, ...]]:
    """The channel that is read, and the entry of it."""
    entry = _text(origins, fid, instr, concept.key)
    part = _text(origins, fid, instr, concept.by)
    return PARTS.get(part, concept.channel), (entry,) if entry else ()


def _text(origins: Origins, fid: str, instr: Instr, where: str) -> str:
    """The last constant among the arguments that a selector means."""
    if not where or instr.op not in (Op.CALL, Op.NEW):
        return ""
    _, selector, _ = split_selector(where)
    picked = selector.pick(len(instr.args) - 1, instr.keys) if selector else ()
    texts = [origins.constant(fid, instr.args[1 + index]) for index in picked]
    return next((text for text in reversed(texts) if text), "")


__all__ = ["named"]
