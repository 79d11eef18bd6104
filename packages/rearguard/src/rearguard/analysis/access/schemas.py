"""What a program declares of the records that it stores: their columns, and which of them refer to others.

Read are classes, `CREATE TABLE` in code and in SQL files, Prisma's schema, and models that a call makes of a
name and a map of columns (Mongoose, Sequelize, Drizzle).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rearguard.analysis.access.atoms import normal
from rearguard.analysis.access.origins import Origins
from rearguard.program import Instr, Op, Span

MAX_COLUMNS = 80
MAX_TEXT = 6_000
"""Bytes of one `CREATE TABLE` that are read."""
_TABLE = re.compile(
    r"create\s+table\s+(?:if\s+not\s+exists\s+)?[\"'`\[]?(?:\w+[\"'`\]]?\.[\"'`\[]?)?(\w+)[^(]*\(",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"\s*(?:--[^\n]*\n\s*)*[\"'`\[]?([A-Za-z_]\w*)")
_NO_COLUMN = frozenset({"primary", "foreign", "unique", "constraint", "check", "key", "index"})
_REFERENCES = re.compile(r"\breferences\s+[\"'`\[]?(?:\w+[\"'`\]]?\.)?[\"'`\[]?(\w+)", re.IGNORECASE)
_FOREIGN = re.compile(r"\bforeign\s+key\s*\(\s*[\"'`\[]?(\w+)[\"'`\]]?\s*\)", re.IGNORECASE)
_PRISMA_MODEL = re.compile(r"^model\s+(\w+)\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
_PRISMA_FIELD = re.compile(r"^[ \t]+(\w+)[ \t]+(\w+)(\[\])?\??(.*)$", re.MULTILINE)
_PRISMA_KEY = re.compile(r"@relation\([^)]*\bfields:\s*\[\s*(\w+)\s*\]")
_POINTS = re.compile(
    r"(?:ForeignKey|OneToOneField|foreign_key|references|inTable|\bref|\bmodel|ManyToOne|OneToOne)\b[\s(:=>]*"
    r"(?:\(?\w*\)?\s*=>\s*)?[\"'`]?([A-Za-z_][\w.]*)"
)
"""How a column's declaration names the record that it refers to."""


@dataclass(slots=True)
class Table:
    """One record as it is declared."""

    columns: dict[str, Span] = field(default_factory=dict)
    """By name, with the place of the declaration, in the order of the text."""
    refers: dict[str, frozenset[str]] = field(default_factory=dict)
    """Columns -> the records that they refer to, by `normal` name."""
    known_as: dict[str, str] = field(default_factory=dict)
    """Columns -> what the relation is called that they stand for: `assignedTo` of `userId`."""

    def add(self, name: str, span: Span, text: str = "") -> None:
        """Take in a column with the text of its declaration."""
        if len(self.columns) >= MAX_COLUMNS:
            return
        self.columns.setdefault(name, span)
        parts = [part for match in _POINTS.finditer(text) for part in match[1].split(".")]
        if parts:
            self.refers[name] = frozenset(normal(part) for part in parts)


class Schemas:
    """Declared records of a program, by `normal` name; declarations of one name are taken together."""

    def __init__(self, origins: Origins) -> None:
        self._tables: dict[str, Table] = {}
        for path, data in origins.view.texts.items():
            if path.lower().endswith(".sql"):
                self._statements(data.decode("latin-1"), path, None)
            elif path.lower().endswith(".prisma"):
                self._prisma(data.decode("latin-1"), path)
        for path, module in origins.linker.modules.items():
            for name in module.classes:
                self._class(origins, path, name)
            for name in module.functions:
                self._made(origins, f"{path}::{name}", path)

    def of(self, resource: str) -> Table:
        """What is declared of a record; nothing where it is not declared."""
        return self._tables.get(normal(resource), _NONE)

    def relation(self, name: str) -> frozenset[str]:
        """The records that a relation of this name leads to, whichever record has it."""
        found: set[str] = set()
        for table in self._tables.values():
            for column, targets in table.refers.items():
                if name in (column, table.known_as.get(column)):
                    found |= targets
        return frozenset(found)

    def having(self, column: re.Pattern[str]) -> frozenset[str]:
        """Records, by `normal` name, that declare a column of such a name."""
        return frozenset(n for n, table in self._tables.items() if any(map(column.fullmatch, table.columns)))

    def _of(self, name: str) -> Table:
        return self._tables.setdefault(normal(name), Table())

    def _class(self, origins: Origins, path: str, name: str) -> None:
        module = origins.linker.modules[path]
        cls, body = module.classes[name], module.functions.get(name)
        table = self._of(name.rpartition(".")[2])
        for given in cls.fields:
            span = Span(path, given.start, given.end)
            table.add(given.name, span, _text(origins, span))
        if body is None:
            return
        whole = Span(path, cls.start, cls.end)
        stored = {i.name: i.args[0] for i in origins.linker.code(f"{path}::{name}") if i.op == Op.STORE}
        definitions = origins.view.definitions(f"{path}::{name}")
        for local in sorted(body.locals - set(cls.methods)):
            made = definitions.get(stored.get(local, -1))
            text = _text(origins, Span(path, made.start, made.end)) if made is not None else ""
            table.add(local, whole, text)

    def _made(self, origins: Origins, fid: str, path: str) -> None:
        """Tables created by a statement, and models made by a call of a name and a map of columns."""
        for instr in origins.linker.code(fid):
            if instr.op == Op.CONST:
                if isinstance(instr.value, str) and "create" in instr.value[:4000].lower():
                    self._statements(instr.value, path, Span(path, instr.start, instr.end))
            elif instr.op == Op.CALL and len(instr.args) >= 3:
                self._declared(origins, fid, instr)

    def _declared(self, origins: Origins, fid: str, instr: Instr) -> None:
        """A name and its columns: `model("User", new Schema({...}))`, `pgTable("users", {...})`."""
        found = origins.resolved(fid, instr.args[2])
        if found is not None and found[1].op in (Op.NEW, Op.CALL) and len(found[1].args) > 1:
            found = origins.resolved(found[0], found[1].args[1])
        if found is None or found[1].op != Op.COLLECT or not found[1].keys:
            return
        name = origins.constant(fid, instr.args[1])
        if not name or not re.fullmatch(r"\w{2,40}", name):
            return
        home = origins.linker.module_of[found[0]]
        definitions = origins.view.definitions(found[0])
        table = self._of(name)
        for key, value in zip(found[1].keys, found[1].args, strict=False):
            made = definitions.get(value)
            if key and key not in ("*", "**", "?") and made is not None:
                span = Span(home, made.start, made.end)
                table.add(key, span, _text(origins, span))

    def _statements(self, text: str, path: str, whole: Span | None) -> None:
        """`CREATE TABLE` statements; `whole` is the place of a text that stands in code."""
        for match in _TABLE.finditer(text):
            table = self._of(match[1])
            for start, end in _parts(text, match.end()):
                part = text[start:end]
                named = _COLUMN.match(part)
                if named is None:
                    continue
                refers = _REFERENCES.search(part)
                if named[1].lower() not in _NO_COLUMN:
                    span = whole or Span(path, start + named.start(1), end)
                    kept = part if refers is None else f"references {refers[1]}"
                    table.add(named[1], span, kept)
                    continue
                key = _FOREIGN.search(part)
                if key is not None and refers is not None:
                    table.refers[key[1]] = frozenset((normal(refers[1]),))

    def _prisma(self, text: str, path: str) -> None:
        """https://www.prisma.io/docs/orm/prisma-schema/data-model/models"""
        models = {match[1] for match in _PRISMA_MODEL.finditer(text)}
        for model in _PRISMA_MODEL.finditer(text):
            table = self._of(model[1])
            for given in _PRISMA_FIELD.finditer(model[2]):
                start = model.start(2) + given.start(1)
                if given[2] not in models:
                    table.add(given[1], Span(path, start, model.start(2) + given.end()), given[2])
                    continue
                key = _PRISMA_KEY.search(given[4])
                if key is not None:
                    table.refers[key[1]] = frozenset((normal(given[2]),))
                    table.known_as[key[1]] = given[1]


_NONE = Table()


def _text(origins: Origins, span: Span) -> str:
    return origins.view.texts.get(span.path, b"")[span.start : min(span.end, span.start + 400)].decode(
        "utf-8", "replace"
    )


def _parts(text: str, start: int) -> Iterator[tuple[int, int]]:
    """The parts between the commas of a list that begins at `start`, up to its closing bracket."""
    depth, begun = 0, start
    for position in range(start, min(len(text), start + MAX_TEXT)):
        sign = text[position]
        depth += (sign == "(") - (sign == ")")
        if (sign == "," and depth == 0) or depth < 0:
            yield begun, position
            begun = position + 1
        if depth < 0:
            return


__all__ = ["Schemas", "Table"]
