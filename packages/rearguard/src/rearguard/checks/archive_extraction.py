"""Names in an archive must not choose where its members are written."""

from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, option_of
from rearguard.analysis.settings.options import Given, option
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, Draft, FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.models.concepts import ArchiveExtraction, ArchiveMember, FileAccess
from rearguard.program import Evidence, Instr, Op, Step
from rearguard.repair.targets import Target

_WHY = (
    "Whoever made the archive wrote the names in it: `../` and absolute names lie outside the folder, links lead "
    "out of it. Unpacking then replaces files of the service, its code among them."
)
_ADVICE = (
    'Unpack with the filter that refuses such members (`filter="data"`), or resolve each name and require that it '
    "lies inside the folder before anything is written."
)
_REQUEST = Request(
    "Unpack an archive that holds a member named ../outside.txt.", "", "An error; no file outside the folder."
)

_OPENS = frozenset(("open", "openSync"))
_WRITES = frozenset("wax+")


def _is_written(context: Context, flow: Flow) -> bool:
    """Whether the call may write: `open()` without a mode, or with one that only reads, looks at what is there."""
    site, view = flow.site, context.view
    call = view.definitions(site.fid).get(site.value)
    if not isinstance(site.concept, FileAccess) or call is None or call.op not in (Op.CALL, Op.NEW):
        return True
    callee = view.definitions(site.fid).get(call.args[0])
    if callee is None or callee.name not in _OPENS:
        return True
    own = view.linker.refs[site.fid][call.args[0]]
    if not any(name.rpartition(".")[0] in _BY_MODE for ref in own for name in ref.names):
        return True
    mode = option(view, site.fid, call, "(1|mode)")
    return mode.given is not Given.NO and (
        not isinstance(mode.const, str) or not _WRITES.isdisjoint(mode.const)
    )


_BY_MODE = frozenset(("builtins", "io", "codecs", "gzip", "bz2", "lzma", "aiofiles"))
"""Where `open(path, mode)` reads unless the mode says otherwise."""

_MEMBERS = FlowCheck(
    id="archive-extraction",
    title="Names in an archive choose files",
    cwe=22,
    severity=Severity.HIGH,
    asvs=("v5.0.0-5.3.3",),
    sinks=(FileAccess,),
    text=FlowText(
        message="A member of the archive is written by {call} under the name that the archive gives it.",
        why=_WHY,
        sink_step="the member's name is part of the path",
        advice=_ADVICE,
    ),
    probe=Probe("", _REQUEST.text, _REQUEST.expect),
    related=(23, 36, 59),
    sources=("archive",),
    accepts=_is_written,
    per_input=True,
)


class ArchiveExtractionCheck:
    """See archive_extraction.md, which is this check's page and its test."""

    rule = _MEMBERS.rule

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per place where members are written."""
        yield from _MEMBERS.run(context)
        for use in context.uses.of(ArchiveExtraction):
            if _is_open(use) and not _comes_with_the_code(context, use) and not _reads_names(context, use):
                yield _draft(self.rule, context, use)


def _is_open(use: Use[ArchiveExtraction]) -> bool:
    """Whether the call refuses no names."""
    concept = use.concept
    if concept.when:
        return option_of(use, concept.when).is_const(True)
    if concept.unless:
        given = option_of(use, concept.unless)
        return given.given is Given.NO or given.const in concept.unsafe
    return True


def _comes_with_the_code(context: Context, use: Use[ArchiveExtraction]) -> bool:
    """Whether the archive is named by a constant: a file of the project's own. A choice of members was thought of."""
    if option_of(use, "(members)").given is Given.YES:
        return True
    for value in use.selected:
        made = _made(context, value)
        if value.text is not None:
            return True
        if made is not None and made.op in (Op.CALL, Op.NEW) and len(made.args) > 1:
            return ValueView(use.view, use.fid, made.args[1]).text is not None
    return False


def _made(context: Context, value: ValueView) -> Instr | None:
    """The instruction that made a value, through a variable and a `with`."""
    instr = value.instr
    for _ in range(4):
        if instr is None or instr.op not in (Op.LOAD, Op.ENTER, Op.AWAIT):
            return instr
        number = instr.args[0] if instr.op != Op.LOAD else None
        if number is None:
            number = context.values.program.single_store(value.fid, instr.name)
        instr = value.view.definitions(value.fid).get(number) if number is not None else None
    return instr


def _reads_names(context: Context, use: Use[ArchiveExtraction]) -> bool:
    """Whether the function looks at the members' names before: it is taken to refuse some."""
    return any(
        read.fid == use.fid and read.span.start < use.span.start for read in context.uses.of(ArchiveMember)
    )


def _draft(rule: Rule, context: Context, use: Use[ArchiveExtraction]) -> Draft:
    callee = use.view.definitions(use.fid).get(use.instr.args[0])
    name = (
        context.text(use.view.span(use.fid, callee.start, callee.end)) if callee is not None else "this call"
    )
    endpoint = context.first_endpoint(use.fid)
    confidence, reason = Confidence.QUESTION, "whose archives these are cannot be told from here"
    if endpoint is not None:
        confidence, reason = (
            Confidence.LIKELY,
            "a request has them unpacked; that clients send them is likely",
        )
    finding = Finding(
        rule=rule,
        location=use.span,
        message=f"{name}() writes the members of the archive under whatever names they have.",
        why=_WHY,
        severity=rule.severity,
        confidence=confidence,
        confidence_reason=reason,
        evidence=Evidence((Step(use.span, "no member is refused for its name", "sink"),)),
        advice=_ADVICE,
        endpoint=endpoint,
        verification=(_REQUEST,),
        subject="ArchiveExtraction",
    )
    target = None
    if use.concept.unless:
        target = Target("extraction-filter", use.fid, use.instr.dst, -1, use.concept)
    return Draft(finding, target)
