"""Flows in the scripts that a page hands to the browser, as the checks of the server's flows tell them."""

import re
from collections.abc import Iterator

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import HtmlMarkup
from rearguard.program import Op

_MARKUP_NAMES = re.compile(
    r"html|markup|template|partial|snippet|fragment|rendered|widget|body|view|svg", re.I
)
"""Members of an answer that are markup on purpose: what is in them is the server's concern."""

_WHOLE = ("data", "response", "responseText", "responseJSON", "result", "detail")
"""Members that are all of an answer."""
_ADVICE = (
    "Write text with `textContent`, or jQuery's `.text()`; where markup is needed, make elements and set their text, or "
    "clean the markup with DOMPurify."
)
_PAYLOAD = "<img src=x onerror=alert(1)>"
_MEMBERS = 8
"""Members of members that are looked through."""


def _is_put_into_markup(flow: Flow) -> bool:
    """Whether the script itself writes tags around the value."""
    return any(isinstance(part, str) and "<" in part for part in flow.text or ())


def _accepts(context: Context, flow: Flow) -> bool:
    if flow.source.channel == "typed" or _is_put_into_markup(flow):
        return _is_put_into_markup(flow) and (flow.source.kind == "stored" or flow.source.channel == "typed")
    named = [*flow.source.path, *_members(context, flow)]
    return (
        flow.source.kind == "stored" and bool(named) and not any(_MARKUP_NAMES.search(key) for key in named)
    )


def _members(context: Context, flow: Flow) -> Iterator[str]:
    """Names of the members through which the value was read where it is used, `*` for an element."""
    fid, program = flow.site.fid, context.values.program
    definitions = context.view.definitions(fid)
    instr = definitions.get(flow.site.argument)
    for _ in range(_MEMBERS):
        if instr is None or not (instr.args or instr.op == Op.LOAD):
            return
        if instr.op == Op.ATTR and instr.name not in _WHOLE:
            yield instr.name
        elif instr.op == Op.ITER or (instr.op == Op.ITEM and instr.value is None):
            yield "*"
        elif instr.op not in (Op.ATTR, Op.ITEM, Op.LOAD):
            return
        number = program.single_store(fid, instr.name) if instr.op == Op.LOAD else instr.args[0]
        instr = definitions.get(number) if number is not None else None


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    if flow.source.channel == "typed":
        return Confidence.LIKELY, "whether somebody else can have the text typed in was not followed"
    if flow.source.kind == "stored":
        read = [*flow.source.path, *reversed([*_members(context, flow)])]
        if not _is_put_into_markup(flow) and read[-1:] != ["*"]:
            return Confidence.QUESTION, "the member of the answer may be markup that the server wrote"
        return Confidence.LIKELY, "whether clients can write what the server answers was not followed"
    return None


SCRIPTS = FlowCheck(
    id="cross-site-scripting",
    title="Request input reaches a page unescaped",
    cwe=79,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.2.1",),
    sinks=(HtmlMarkup,),
    text=FlowText(
        message="What the server answers is written into the page as markup by {call}.",
        why="If a client can store what is in the answer, a script in it runs in the session of everybody who opens "
        "this page.",
        sink_step="the text is read as markup here",
        advice=_ADVICE,
    ),
    probe=Probe(
        _PAYLOAD,
        "Store markup as the value, then open the page that shows it.",
        "The page shows the markup as text; no dialog opens.",
    ),
    sources=("stored", "browser"),
    accepts=_accepts,
    confidence=_confidence,
    per_function=True,
    variants=(
        Variant(
            HtmlMarkup,
            FlowText(
                message="{input} is written into the page as markup by {call}.",
                why="Text that somebody pastes, or that another page fills in, becomes part of this page: a script in it "
                "runs with the rights of whoever is logged in.",
                sink_step="the text is read as markup here",
                advice=_ADVICE,
            ),
            Probe(
                _PAYLOAD,
                "Type markup into the field.",
                "The page shows the markup as text; no dialog opens.",
            ),
            severity=Severity.MEDIUM,
            applies=lambda flow: flow.source.kind == "browser",
        ),
    ),
)
"""What scripts write of answers and typed text; its rule is that of the check that tells its findings."""
