"""Links whose end stands beside their signature: whoever has an old one writes another end into it."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.identity import is_signature, words
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.logins import logins
from rearguard.checks.plain import told
from rearguard.findings import Request, Rule
from rearguard.models.concepts import Mac
from rearguard.program import Instr, Span

__all__ = ["unsigned_ends"]

_END = re.compile(
    r"^(?:\w+_)?(?:until|expir\w*|exp|valid_(?:to|until|till)|deadline|ends?(?:_at)?|till|ttl|ts|timestamp)$"
)
_SIGNED = re.compile(r"^(?:\w+_)?(?:sig|sign|signature|hmac|mac|token|hash|digest|s)$")


def unsigned_ends(context: Context, rule: Rule) -> Iterator[Draft]:
    """Endpoints that ask an end and a signature from the address, of which the second knows nothing of the first."""
    signing = {use.fid for use in context.uses.of(Mac)}
    for row in by_handler(context.matrix) if signing else ():
        asked = {use.name for use in row.used if use.channel in ("query", "path")}
        ends = sorted(name for name in asked if _END.match(words(name)))
        signed = [name for name in asked if _SIGNED.match(words(name)) or is_signature(name)]
        if len(ends) != 1 or not signed or ends[0] in signed:
            continue
        place = _computed(context, row, signing, ends[0])
        if place is not None:
            yield _draft(context, rule, row, place, ends[0])


def _computed(context: Context, row: Row, signing: set[str], end: str) -> Span | None:
    """Where the signature is computed to compare it, if that is done without the end; `None` if with it, or unknown."""
    found: Span | None = None
    for fid in logins(context).reached(row):
        for call in context.view.linker.contents(fid).calls:
            targets = context.matrix.origins.targets(fid, call)
            own = fid in signing and not targets and _is_fed(context, fid, call)
            if not own and not signing.intersection(targets):
                continue
            atoms = [a for value in call.args[1:] for a in context.matrix.origins.of(fid, value)]
            if not atoms or any(_may_be(atom, end) for atom in atoms):
                return None
            if all(atom.kind == "parameter" for atom in atoms) and fid not in row.endpoint.handler.functions:
                continue
            found = found or context.view.span(fid, call.start, call.end)
    return found


def _is_fed(context: Context, fid: str, call: Instr) -> bool:
    """`createHmac(...).update(data)`, `hmac.new(key, data, "sha256")`."""
    callee = context.view.definitions(fid).get(call.args[0])
    made = any(isinstance(row.concept, Mac) for row in context.matrix.origins.call_rows(fid, call))
    return (callee is not None and callee.name == "update") or (made and len(call.args) > 2)


def _may_be(atom: Atom, end: str) -> bool:
    """Whether an origin is the end, or everything that was sent."""
    if atom.kind == "input":
        return not atom.path or words(atom.path[-1]) == words(end) or atom.name in ("url", "address")
    return False


def _draft(context: Context, rule: Rule, row: Row, place: Span, end: str) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule,
        place,
        f"`{end}` stands in the link, and is no part of what is signed: whoever has one writes a later time into it.",
        why="A link that was to work for a day works for ever, for whoever found it in a mail, a history or a log.",
        advice=f"Sign `{end}` together with what the link shows, compute the signature from both, and compare.",
        step="computed without it",
        certain=False,
        reason="what is signed comes from other values alone",
        subject=end,
        endpoint=endpoint,
        verification=(
            Request(f"Open a link that has ended with a later `{end}` in it.", request(endpoint), "403."),
        ),
    )
