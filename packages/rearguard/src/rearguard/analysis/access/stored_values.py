"""Which values statements of SQL store in which columns, as values of the program rather than as origins."""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.access import sql, statements
from rearguard.analysis.access.origins import Origins
from rearguard.models.compile import Row
from rearguard.models.concepts import SqlExecution
from rearguard.program import Instr, Op, inserted


@dataclass(frozen=True, slots=True)
class StoredValue:
    """One value that a statement stores."""

    fid: str
    call: Instr
    table: str
    column: str
    value: int
    """The value in `fid`: what is stored, or the list of rows that hold it at `path`."""
    path: tuple[str, ...] = ()


def statements_with_values(origins: Origins) -> Iterator[StoredValue]:
    """Every column that a statement with a known text writes, with the value that ends up there."""
    for fid in origins.linker.functions:
        for instr in origins.linker.contents(fid).calls:
            if instr.op != Op.CALL:
                continue
            for row in origins.call_rows(fid, instr):
                if isinstance(row.concept, SqlExecution) and not row.keys:
                    yield from _stored(origins, fid, instr, row.concept.parameters, row)


def _stored(origins: Origins, fid: str, instr: Instr, parameters: str, row: Row) -> Iterator[StoredValue]:
    values = origins.program.arguments(instr, row, origins.receiver(fid, instr))
    if not values:
        return
    text = statements.statement_text(origins, fid, values[0])
    yield from _folded(origins, fid, instr, values[0], text)
    statement = sql.parse(text)
    if not statement.written or not statement.tables:
        return
    bound = origins.program.selected(instr, parameters)[0] if parameters else ()
    callee = origins.view.definitions(fid).get(instr.args[0])
    many = callee is not None and "many" in callee.name.lower()
    for column, slot in statement.written:
        if slot.hole >= 0:
            yield StoredValue(fid, instr, statement.tables[0], column, slot.hole)
        elif len(bound) == 1:
            key = slot.name or str(slot.index)
            yield StoredValue(
                fid, instr, statement.tables[0], column, bound[0], ("*", key) if many else (key,)
            )
        elif 0 <= slot.index < len(bound):
            yield StoredValue(fid, instr, statement.tables[0], column, bound[slot.index])


def _folded(origins: Origins, fid: str, instr: Instr, value: int, text: str) -> Iterator[StoredValue]:
    """Values that are constants, so that the text of the statement holds them already."""
    found = origins.resolved(fid, value)
    if found is None or found[1].op != Op.JOIN:
        return
    home, joined = found
    definitions = origins.view.definitions(home)
    parts = {
        origins.constant(home, number): number
        for number in joined.args
        if (part := definitions.get(number)) is not None and part.op != Op.CONST
    }
    for held in inserted(text):
        number = parts.get(held.value)
        if number is not None:
            yield StoredValue(home, instr, held.table, held.column, number)
