"""Request input must not choose the site of a redirect."""

import re

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.analysis.values import Flow, Hole
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.checks.passed_on import is_passed_on
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import Redirect
from rearguard.program import Op


def _leaves(context: Context, flow: Flow) -> bool:
    """Whether the target begins with the input, where a script sends the browser on by a part of the address.

    `search` and `hash` as they are begin with `?` and `#`: the same page.
    """
    if flow.source.kind == "browser" and flow.source.channel == "storage":
        # What the site's own scripts keep; no link fills it.
        return False
    if flow.source.channel in ("header", "headers", "") and _HOST.fullmatch(".".join(flow.source.path)):
        # Browsers say there which site they ask; no link makes them say another.
        return False
    if is_passed_on(context, flow):
        return False
    if flow.source.kind != "browser" or not flow.text:
        return True
    first = flow.text[0]
    return isinstance(first, Hole) and first.labels != 0 and first.origin < 0


_HOST = re.compile(
    r"(?:http_)?(?:x[_-]forwarded[_-])?host|server_(?:name|port)|x[_-]forwarded[_-](?:proto|port)", re.I
)
_LOOKS = re.compile(
    r"(?:^|_)(?:is_?)?(?:safe|valid|allowed|trusted|local|relative|internal|same)(?:_|$)|allowed_host"
)

_OF_TARGETS = re.compile(r"(?:url|uri|redirect|next|host|target|link|address)")
"""Names of functions that judge where a browser may be sent: `is_safe_url`."""


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    """Less than certain where a function looks at the target first, and what it lets through was not understood."""
    site = flow.site
    target = ValueView(context.view, site.fid, site.argument).source_text
    definitions = context.view.definitions(site.fid)
    for instr in context.view.linker.code(site.fid):
        callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is None or not _LOOKS.search(words(callee.name)):
            continue
        if any(ValueView(context.view, site.fid, value).source_text == target for value in instr.args[1:]):
            judged = _OF_TARGETS.search(words(callee.name)) is not None
            return (
                Confidence.QUESTION if judged else Confidence.LIKELY,
                f"`{callee.name}` looks at it first; what it lets through was not followed",
            )
    return None


OPEN_REDIRECT = FlowCheck(
    id="open-redirect",
    title="Request input chooses the site of a redirect",
    cwe=601,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-3.7.2",),
    sinks=(Redirect,),
    sources=("request", "browser"),
    accepts=_leaves,
    text=FlowText(
        message="{input} chooses where {call} sends the browser.",
        why="A link that starts with your own address ends on the attacker's page: a believable way to steal "
        "passwords and tokens.",
        sink_step="the input is the redirect's target",
        advice="Redirect only to paths of your own site: the target must start with one slash, not two, and contain "
        "no backslash; everything else goes to a fixed page.",
    ),
    probe=Probe(
        "https://attacker.example/",
        "Ask to be sent to another site.",
        "A redirect to a page of this site, or 400.",
    ),
    recipe="local-redirect",
    confidence=_confidence,
    per_reader=True,
)
