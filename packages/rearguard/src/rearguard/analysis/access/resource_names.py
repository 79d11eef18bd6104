"""What a stored object is called: the class, model, collection or table that a value stands for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.link import Kind, function_id
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.access.origins import Origins

_NOT_RESOURCES = frozenset(
    [
        "query",
        "objects",
        "_default_manager",
        "session",
        "db",
        "prisma",
        "models",
        "model",
        "orm",
        "repository",
        "repo",
        "this",
        "self",
    ]
)
_NARROWS = (
    "select_related",
    "prefetch_related",
    "only",
    "defer",
    "order_by",
    "annotate",
    "values",
    "distinct",
    "where",
    "andWhere",
    "orWhere",
    "whereNot",
    "whereIn",
    "whereRaw",
    "join",
    "innerJoin",
    "leftJoin",
    "leftOuterJoin",
    "rightJoin",
    "orderBy",
    "orderByRaw",
    "groupBy",
    "having",
    "returning",
    "sum",
    "count",
    "first",
)
"""Methods of queries whose arguments name fields, or what is joined to what they began with."""
_NAMED = re.compile(r"(?:\w+\.)*(\w{2,40})(?:\s+as\s+\w+)?", re.IGNORECASE)
"""A table, with the schema that it is in and a shorter name for the query: `app.notes as n`."""
_STORE_OF = re.compile(
    r"Model<\s*(?:\w+\.)?(\w+)Document\b|(?:Repository|Repo|Model|Collection|Store|Dao|Table)<\s*(?:\w+\.)?(\w+)"
)
"""A type that is a place where objects of another are kept; Mongoose's `UserDocument` is one of `User`."""
_HOLDER = re.compile(r"(?<=[a-zA-Z0-9])(?:_?collection|_?document|Collection|Document|_COLLECTION)$")
"""How variables end that hold a database's collection, or one of what is in it.

What is declared as a record may end so by right: the collections of a user are no users."""


def resource_name(origins: Origins, fid: str, value: int, depth: int = 0) -> str:
    """The class, model, collection or table that a value stands for, as the program calls it."""
    asked = _asked_of(origins, fid, value)
    if asked:
        return asked
    for ref in origins.linker.refs[fid][value]:
        if ref.kind is Kind.CLASS:
            return ref.id.rpartition("::")[2].rpartition(".")[2]
        if ref.kind is Kind.INSTANCE and ref.base is not None and depth == 0:
            return ref.base.id.rpartition("::")[2].rpartition(".")[2]
    instr = origins.view.definitions(fid).get(value)
    if instr is None or depth > 8:
        return ""
    match instr.op:
        case Op.LOAD:
            if instr.name[:1].isupper():
                return _HOLDER.sub("", instr.name) if instr.name.isupper() else instr.name
            found = origins.resolved(fid, value)
            if found is not None and found[1].dst != value:
                return resource_name(origins, found[0], found[1].dst, depth + 1) or _plain(instr.name)
            # Of several assignments, as in a query narrowed step by step, the first that names a class.
            for stored in sorted(origins.stores(fid, instr)):
                named = resource_name(origins, fid, stored, depth + 3) if stored >= 0 else ""
                if named[:1].isupper():
                    return named
            return _plain(instr.name)
        case Op.ATTR:
            declared = _declared_name(origins, fid, instr) or _column_of(origins, fid, instr)
            if declared:
                return declared
            if instr.name in _NOT_RESOURCES or (instr.name[:1].islower() and depth and instr.name == "c"):
                if instr.name == "session" and depth == 0 and not fid.partition("::")[0].endswith(".py"):
                    # Of a client with one member for each model: `prisma.session.delete()`.
                    return instr.name
                return resource_name(origins, fid, instr.args[0], depth + 1)
            return _plain(instr.name) if _is_of_self(origins, fid, instr) else _known(instr.name)
        case Op.ITEM if isinstance(instr.value, str):
            return instr.value
        case Op.ITEM | Op.AWAIT | Op.ITER:
            return resource_name(origins, fid, instr.args[0], depth + 1)
        case Op.CALL | Op.NEW:
            return _made_name(origins, fid, instr, depth)
        case Op.IMPORT:
            return (
                str(instr.value or "")
                if instr.value not in ("default", None)
                else instr.name.rpartition("/")[2]
            )
    return ""


def _asked_of(origins: Origins, fid: str, value: int) -> str:
    """`Note` of `Note.objects`, whatever class its manager has, which many models may share."""
    instr = origins.view.definitions(fid).get(value)
    if instr is None or instr.op != Op.ATTR:
        return ""
    named = [ref.base.id for ref in origins.linker.refs[fid][value] if ref.kind is Kind.INSTANCE and ref.base]
    if not any(origins.managers.is_known(cid) for cid in named):
        return ""
    of = [ref.id for ref in origins.linker.refs[fid][instr.args[0]] if ref.kind is Kind.CLASS]
    return of[0].rpartition("::")[2].rpartition(".")[2] if len(of) == 1 else ""


def _column_of(origins: Origins, fid: str, instr: Instr) -> str:
    """`User` of `User.id`, of which a class of the review says that it has such a field."""
    for ref in origins.linker.refs[fid][instr.args[0]] if instr.name[:1].islower() else ():
        if ref.kind is not Kind.CLASS or instr.name in _NOT_RESOURCES:
            continue
        for cid in origins.linker.lineage(ref.id):
            path, _, name = cid.partition("::")
            cls = origins.linker.modules[path].classes.get(name)
            if cls is not None and any(field.name == instr.name for field in cls.fields):
                return ref.id.rpartition("::")[2].rpartition(".")[2]
    return ""


def _declared_name(origins: Origins, fid: str, instr: Instr) -> str:
    """`Note` of `this.repo`, which its class declares as a `Repository<Note>`."""
    if not _is_of_self(origins, fid, instr):
        return ""
    function = origins.linker.functions[fid]
    cls = origins.linker.modules[origins.linker.module_of[fid]].classes.get(function.owner)
    if cls is None:
        return ""
    made = origins.linker.functions.get(
        function_id(origins.linker.module_of[fid], cls.methods.get("constructor", ""))
    )
    typed = [(field.name, field.annotation_text) for field in cls.fields]
    typed.extend((param.name, param.annotation_text) for param in (made.params if made is not None else ()))
    declared = (_STORE_OF.search(text) for name, text in typed if name == instr.name)
    return next((found[1] or found[2] for found in declared if found is not None), "")


def _is_of_self(origins: Origins, fid: str, instr: Instr) -> bool:
    receiver = origins.linker.functions[fid].receiver
    base = origins.view.definitions(fid).get(instr.args[0])
    return base is not None and base.op == Op.LOAD and bool(receiver) and base.name == receiver


def _plain(name: str) -> str:
    """What a variable is called that holds such objects, without the word for what it is."""
    return _HOLDER.sub("", _known(name))


def _known(name: str) -> str:
    return "" if name in _NOT_RESOURCES else name


def _made_name(origins: Origins, fid: str, instr: Instr, depth: int) -> str:
    callee = origins.view.definitions(fid).get(instr.args[0])
    if instr.op == Op.NEW:
        return resource_name(origins, fid, instr.args[0], depth + 1)
    narrows = callee is not None and callee.name in _NARROWS
    for value in instr.args[1:2] if not narrows else ():
        text = origins.constant(fid, value)
        called = _NAMED.fullmatch(text) if text else None
        if called is not None:
            return called[1]
        named = resource_name(origins, fid, value, depth + 1)
        if named[:1].isupper():
            return named
    for target in origins.targets(fid, instr) if len(instr.args) == 1 else ():
        # `db.users()`, which gives `database.collection("users")`.
        given = (resource_name(origins, target, value, depth + 1) for value in origins.returned(target))
        named = next((name for name in given if name), "")
        if named:
            return named
    if callee is not None and callee.op == Op.ATTR:
        return resource_name(origins, fid, callee.args[0], depth + 1)
    return callee.name if callee is not None and callee.name[:1].isupper() else ""


__all__ = ["resource_name"]
