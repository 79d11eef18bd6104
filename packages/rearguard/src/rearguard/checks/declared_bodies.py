"""What the classes of bodies declare that a handler takes."""

from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.checks.base import Context
from rearguard.program import Field


def body_classes(context: Context, row: Row) -> Iterator[str]:
    """Classes that the body is of."""
    for fid in row.endpoint.handler.functions[:1]:
        for param in context.view.function(fid).params:
            if not row.endpoint.inputs.get(param.name, "").startswith("body"):
                continue
            _, annotation = context.view.parameter(fid, param.name)
            yield from annotation.classes if annotation is not None else ()


def declared_fields(context: Context, cid: str) -> Iterator[tuple[str, str, Field]]:
    """(file, class, field) of all that a class and those above it declare."""
    for each in context.view.linker.lineage(cid):
        path, _, name = each.rpartition("::")
        for field in context.view.linker.modules[path].classes[name].fields:
            yield path, name, field


def declared_text(context: Context, row: Row, name: str) -> str:
    """What a class of the body says of a field, with what decorates it; "" where none declares it."""
    for cid in body_classes(context, row):
        for path, owner, field in declared_fields(context, cid):
            source = context.sources.get(path)
            if field.name == name and source is not None:
                return own_text(context, path, owner, field)
    return ""


def own_text(context: Context, path: str, owner: str, field: Field) -> str:
    """A field's declaration as it is written, decorators included."""
    source = context.sources.get(path)
    definitions = context.view.definitions(f"{path}::{owner}")
    starts = (definitions[value].start for value in field.decorators if value in definitions)
    return source.slice(min((field.start, *starts)), field.end) if source is not None else ""


__all__ = ["body_classes", "declared_fields", "declared_text", "own_text"]
