"""What enters the program where a value is computed, by what models say of its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.values import narrowing, schemas
from rearguard.analysis.values.channels import is_text
from rearguard.analysis.values.columns import owner_of_column
from rearguard.analysis.values.declared_fields import shape_of_form, shape_of_parser
from rearguard.analysis.values.domain import (
    ARCHIVE_BITS,
    ERROR_BITS,
    INPUT_BITS,
    OWN_ADDRESS_BITS,
    OWN_PAGE_BITS,
    PAGE_BITS,
    STORED_BITS,
    Maybe,
    SourceRead,
    Value,
)
from rearguard.analysis.values.kinds import resource_of
from rearguard.link import Kind, Ref, Refs
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    PARTS,
    ArchiveMember,
    Context,
    ErrorDetail,
    PageInput,
    RequestInput,
    StateRead,
    StoredInput,
)
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

KINDS = (RequestInput, ErrorDetail, StoredInput, ArchiveMember, PageInput, StateRead)
"""Concepts that say so."""
_NAMING = ("headers", "files", "address")
"""Channels of which models name single members (`request.host`, `upload.filename`)."""
_WHOLE = ("headers", "header", "files", "file", "FILES", "META", "rawHeaders", "url", "originalUrl", "path")
"""Members that are a whole channel, or say no more than it."""


def source_of(run: Regions, instr: Instr, refs: Refs) -> Maybe:
    """The input that a value is."""
    for ref in refs:
        row = run.program.input_row(ref)
        if row is None or (
            isinstance(row.concept, RequestInput) and row.concept.looped and instr.op != Op.ITER
        ):
            continue
        if isinstance(row.concept, StoredInput) and row.concept.read and owner_of_column(run, instr) is None:
            continue
        if isinstance(row.concept, ErrorDetail) and any(map(_is_own, refs)):
            # `def told(request, error: OrderError)`: an error of the program's own, which somebody foresaw.
            continue
        return _read(run, instr, row)
    return None


def _is_own(ref: Ref) -> bool:
    return ref.kind is Kind.INSTANCE and ref.base is not None and ref.base.kind is Kind.CLASS


def _read(run: Regions, instr: Instr, row: Row) -> Maybe:
    concept, span = row.concept, run.span(instr)
    if isinstance(concept, StateRead):
        return run.program.take(run, ("state", concept.store))
    if isinstance(concept, ArchiveMember):
        return run.origin_value(SourceRead("archive", "archive", span, run.fid), ARCHIVE_BITS)
    if isinstance(concept, ErrorDetail):
        return run.origin_value(SourceRead("error", "error", span, run.fid), ERROR_BITS)
    if isinstance(concept, StoredInput) and concept.read:
        owner = owner_of_column(run, instr) or "stored"
        return run.origin_value(SourceRead("stored", owner, span, run.fid, (instr.name,)), STORED_BITS)
    if isinstance(concept, StoredInput):
        return run.origin_value(SourceRead("stored", _resource(run, instr), span, run.fid), STORED_BITS)
    if isinstance(concept, PageInput):
        name = instr.name if instr.op == Op.ATTR else ""
        shown = SourceRead("browser", concept.channel, span, run.fid, (name,) if name else ())
        return run.origin_value(shown, PAGE_BITS if name != "href" else OWN_PAGE_BITS)
    assert isinstance(concept, RequestInput)
    return _requested(run, instr, concept, row.library)


def _resource(run: Regions, instr: Instr) -> str:
    named = resource_of(run, instr) if instr.op in (Op.CALL, Op.NEW) else ""
    return named or "stored"


def _requested(run: Regions, instr: Instr, concept: RequestInput, library: str) -> Maybe:
    program = run.program
    path: tuple[str, ...] = (concept.member,) if concept.member else ()
    channel = concept.channel
    if concept.by and instr.op in (Op.CALL, Op.NEW):
        _, part = program.selected_value(run, instr, concept.by)
        if part is not None and part.constant is not None:
            channel = PARTS.get(str(part.constant[0]), channel)
    if concept.key and instr.op in (Op.CALL, Op.NEW):
        _, value = program.selected_value(run, instr, concept.key)
        if value is not None and value.constant is not None:
            path = (str(value.constant[0]),)
    elif instr.op == Op.ATTR and channel in _NAMING and instr.name not in _WHOLE:
        path = (instr.name,)
    read = SourceRead("request", channel, run.span(instr), run.fid, path)
    own = channel == "address" or (path and path[0].lower() in ("referer", "referrer"))
    harm = OWN_ADDRESS_BITS if own else INPUT_BITS
    if is_text(channel, run.family, library):
        harm &= ~(1 << Context.NOSQL)
    value = run.origin_value(read, harm & ~narrowing.bits(concept.safe))
    if concept.declared:
        shape = shape_of_form(run, instr) if instr.op == Op.ATTR else shape_of_parser(run, instr)
    else:
        shape = program.schemas.get((run.fid, channel)) if not path else None
    if shape is not None:
        value = schemas.shaped(run, value, shape) or value
    refined = _refined(run, instr)
    if refined is not None and not refined.fields:
        return refined
    if refined is not None:
        value = Value(value.labels, refined.fields, None, value.origin)
    return value


def _refined(run: Regions, instr: Instr) -> Maybe:
    """What conditions have proved of this access path before."""
    path = run.paths.get(instr.dst)
    if path is None:
        return None
    value = run.environment.get(path[0])
    for key in path[1:]:
        value = value.fields.get(key) if value is not None and value.fields else None
    if value is None or value.fields or value.origin < 0:
        return value if value is not None and value.fields else None
    # The member itself was tested, when it was read before.
    return value if isinstance(run.origins.items[value.origin], SourceRead) else None
