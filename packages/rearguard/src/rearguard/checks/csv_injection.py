"""Cells of exported sheets must not begin with what spreadsheets take for a formula."""

import re

from rearguard.analysis.values import Flow
from rearguard.analysis.values.columns import takes_no_text
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.checks.on_the_way import texts_on_the_way
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import SheetWrite
from rearguard.program import Op

_GUARD = re.compile(r"(?=[=+@'\"-])(?=[^\w\n]{0,30}=)(?=[^\w\n]{0,30}\+)(?=[^\w\n]{0,30}-)(?=[^\w\n]{0,30}@)")
"""The signs that a formula begins with, beside each other: somebody looks for them."""


_PEOPLE_WRITE = re.compile(
    r"(?<![A-Za-z])(?:(?:first|last|full|display|company|user)_?)?(?:name|title|notes?|text|comments?|remarks?|reason|description|"
    r"subject|message|address|company|label|bio|nick)(?![A-Za-z_(])",
    re.IGNORECASE,
)
"""Fields that hold what people write in their own words."""
_MEMBER = re.compile(r"(?<=\w)\.(?=[a-z])|\[['\"](?=[a-z])")


def _is_unguarded(context: Context, flow: Flow) -> bool:
    """Whether nothing on the way looks for formulas; who makes lines by hand guards them by hand too.

    So does who writes what is stored: the test stands where the rows are made.
    """
    concept = flow.site.concept
    if _is_another_file(context, flow) or _is_a_number(context, flow):
        return False
    by_hand = isinstance(concept, SheetWrite) and concept.by_hand
    if not by_hand and flow.source.kind == "request":
        return True
    return not any(_GUARD.search(text) for text in texts_on_the_way(context, flow))


def _is_a_number(context: Context, flow: Flow) -> bool:
    """Whether what is read is a column of numbers or dates, wherever one of that name is declared."""
    path = [key for key in flow.source.path if key != "*"]
    return flow.source.kind == "stored" and bool(path) and takes_no_text(context.values.program, path[-1])


_OTHER_FILE = re.compile(r"\.(?:txt|lst|list|cfg|conf|ini|m3u8?|hosts|po|srt|vtt|dat)$")
_SHEET = re.compile(r"csv|tsv|xls|ods|sheet|tab-separated|excel", re.IGNORECASE)


def _is_another_file(context: Context, flow: Flow) -> bool:
    """Whether what the function makes goes by a name that no spreadsheet opens: a list that programs read."""
    texts = [
        instr.value
        for instr in context.view.linker.code(flow.site.fid)
        if instr.op == Op.CONST and isinstance(instr.value, str)
    ]
    return any(map(_OTHER_FILE.search, texts)) and not any(map(_SHEET.search, texts))


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    """Whether anyone opens the sheet in a spreadsheet cannot be told from the code."""
    if flow.source.kind == "stored" and not _is_written(context, flow):
        return (
            Confidence.QUESTION,
            "whether clients write what is stored, and who opens the sheet, is not known",
        )
    return Confidence.LIKELY, "whoever opens the sheet in a spreadsheet is not part of the code"


def _is_written(context: Context, flow: Flow) -> bool:
    """Whether what is stored is what people wrote, by the name of the field or of those that make the line."""
    path = [key for key in flow.source.path if key != "*"]
    if path:
        return _PEOPLE_WRITE.fullmatch(path[-1]) is not None
    return any(
        _PEOPLE_WRITE.match(text, found.end())
        for text in texts_on_the_way(context, flow)
        for found in _MEMBER.finditer(text)
    )


CSV_INJECTION = FlowCheck(
    id="csv-injection",
    title="Input becomes a formula of a sheet",
    cwe=1236,
    severity=Severity.LOW,
    asvs=("v5.0.0-1.2.10",),
    sinks=(SheetWrite,),
    text=FlowText(
        message="{input} becomes a cell of the sheet that {call} writes.",
        why="A cell that begins with `=`, `+`, `-` or `@` is a formula to the spreadsheet that opens "
        "the export: it can send other cells away, or start programs on the reader's machine.",
        sink_step="the input is a cell",
        advice="Put a quote (`'`) before cells that begin with `=`, `+`, `-`, `@`, a tab or a carriage"
        " return, or use the writer's option for it.",
    ),
    probe=Probe(
        "=1+1",
        "Send a formula and open the export.",
        "The cell shows the text =1+1, not 2.",
    ),
    sources=("request", "stored"),
    confidence=_confidence,
    accepts=_is_unguarded,
)
