"""What kind of stored objects a call is about, by how the code names it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Regions

TABLE = r"[\"`\[]?([\w.]+)[\"`\]]?"
_FROM = re.compile(rf"\bfrom\s+{TABLE}", re.I)
_KINDS = re.compile(r"(?:repository|repo|model|service|store|dao|collection|table|objects)$")
_NO_KIND = frozenset(
    (
        *("db", "session", "connection", "conn", "cursor", "client", "pool", "pg", "query", "execute"),
        *("fetch", "all", "get", "rows", "one", "data", "stored", "row", "self", "this", "repo", "run"),
        *("prisma", "knex", "objects", "sql", "database", "request", "app", "state", "ctx", "em", "orm"),
        *(
            "cur",
            "con",
            "cnx",
            "c",
            "tx",
            "trx",
            "transaction",
            "engine",
            "manager",
            "mongo",
            "sqlite",
            "mysql",
        ),
    )
)
"""Names that say nothing of what is stored."""
_CHAIN = 12
"""Calls of a chain that are looked at for what it is about."""
_NAMES_TABLE = frozenset(
    ("table", "from", "into", "collection", "model", "getRepository", "getCollection", "get_collection")
)
_AFTER_HISS = re.compile(r"(?<=[sxh])e$")
_TABLE_NAME = re.compile(r"[A-Za-z_][\w.]*")
_RUNS_STATEMENT = frozenset(("execute", "scalar", "scalars", "stream", "fetch_one", "fetch_all", "exec"))


def stem_of(name: str) -> str:
    """The stem of a kind of stored objects, one or many of them; "" when the name tells none."""
    word = name.lower().rpartition(".")[2].replace("_", "")
    word = _KINDS.sub("", word) or word
    if word in _NO_KIND:
        return ""
    # `cache` and `caches`, `status` and `statuses`, `city` and `cities`, `movie` and `movies`.
    stem = word.removesuffix("s")
    return f"{stem[:-2]}y" if stem.endswith("ie") else _AFTER_HISS.sub("", stem).rstrip("s")


def resource_of(run: Regions, instr: Instr) -> str:
    """What the code calls the kind of objects that a call is about (`hook` of `Hook.find()`), or ""."""
    for argument in instr.args[1:2]:
        table = _FROM.search(statement(run, argument))
        if table is not None:
            return table[1].lower()
    number = instr.dst if instr.op == Op.CALL and instr.dst >= 0 else instr.args[0]
    return _kind_of(run, number, _CHAIN)


def statement(run: Regions, number: int) -> str:
    """How a text begins; of the parts of a tagged template, all of it with `?` for its values."""
    text = run.values[number]
    begin = text.text[0] if text is not None and text.text else ""
    if isinstance(begin, str) and begin:
        return begin
    made = run.definitions.get(number)
    return _written_out(run, made) if made is not None and made.op == Op.COLLECT else ""


def _written_out(run: Regions, parts: Instr) -> str:
    return "?".join(_constant(run, number) for number in parts.args) if parts.name == "list" else ""


def _kind_of(run: Regions, number: int, steps: int) -> str:
    """What the chain of calls that ends in a value is about.

    A class (`Hook.find()`, `session.get(Hook, id)`, `session.scalar(select(Hook))`), a table that is named
    (`db("hooks").where()`, `db.collection("hooks").find()`), else the nearest name that no method has.
    """
    found, calls = "", 0
    for _ in range(steps):
        made = run.definitions.get(number)
        if made is None:
            return found
        if made.op == Op.LOAD:
            if made.name[:1].isupper():
                return made.name.lower()
            # `hooks.find(...)`; what `cursor.execute(...)` is called on tells nothing.
            return found or (_name(made) if calls == 1 else "")
        if made.op == Op.ATTR:
            found = found or _name(made)
            number = made.args[0]
        elif made.op in (Op.CALL, Op.NEW):
            calls += 1
            callee = run.definitions.get(made.args[0])
            given = _given_kind(run, made, callee, steps)
            if given or callee is None or callee.op != Op.ATTR:
                # What a plain function gives back goes by no name; a class (`Hook(url=...)`) by its own.
                is_class = callee is not None and callee.op == Op.LOAD and callee.name[:1].isupper()
                return given or found or (callee.name.lower() if callee is not None and is_class else "")
            number = callee.args[0]
        elif made.op == Op.AWAIT:
            number = made.args[0]
        else:
            return found
    return found


def _given_kind(run: Regions, call: Instr, callee: Instr | None, steps: int) -> str:
    """The class or table that the first argument of a call names, or ""."""
    if len(call.args) < 2 or callee is None:
        return ""
    given = run.definitions.get(call.args[1])
    if given is None:
        return ""
    if given.op == Op.CONST and isinstance(given.value, str):
        names_table = callee.op == Op.LOAD or callee.name in _NAMES_TABLE
        return given.value.lower() if names_table and _TABLE_NAME.fullmatch(given.value) else ""
    if given.op == Op.LOAD and given.name[:1].isupper():
        # `session.query(Hook)`
        return given.name.lower()
    if given.op == Op.CALL and callee.op == Op.ATTR and callee.name in _RUNS_STATEMENT:
        return _kind_of(run, call.args[1], steps - 1)
    return ""


def _name(made: Instr) -> str:
    name = made.name.lower()
    return name if stem_of(name) else ""


def _constant(run: Regions, number: int) -> str:
    known = run.values[number]
    text = known.constant[0] if known is not None and known.constant is not None else None
    return text if isinstance(text, str) else ""
