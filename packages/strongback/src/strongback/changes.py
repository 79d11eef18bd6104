"""What changed in the database, and on whose word: told before it is committed, or not committed.

ASVS v5.0.0-16.2.1 (who, what, when). Needs the extra `strongback[sqlalchemy]`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

try:
    from sqlalchemy import event, inspect
    from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction, sessionmaker
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.changes needs the extra: pip install 'strongback[sqlalchemy]'") from error

from strongback.audit import AuditLedger
from strongback.background import Loop
from strongback.classified import Class, classes_of
from strongback.redaction import REDACTED

__all__ = ["Change", "into_ledger", "track_changes"]

_PENDING = "strongback.changes"
_SAVEPOINTS = "strongback.savepoints"


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was inserted, updated or deleted, or one statement that did so to many."""

    kind: str
    """`insert`, `update`, `delete`, or one of the two latter with ` of many`."""
    table: str
    key: tuple[object, ...] = ()
    """The row's primary key; empty for many, and where the database makes it."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """New values of what changed; of fields above `INTERNAL`, and of those of many, only the names."""


Record = Callable[[Sequence[Change]], None]


def track_changes(sessions: sessionmaker[Any] | type[Session], record: Record) -> None:
    """Hand the changes of every transaction to `record` before it commits. If that raises, it does not.

    Rows that the unit of work writes, and statements on mapped classes through `Session.execute`. What goes
    around the session, SQL as text included, is for the database's own audit.
    """
    event.listen(sessions, "after_flush", _collect)
    event.listen(sessions, "do_orm_execute", _collect_many)
    event.listen(sessions, "after_transaction_create", _begun)
    event.listen(sessions, "after_soft_rollback", _undone)

    def tell(session: Session) -> None:
        # What is not written yet would be written after this event.
        session.flush()
        # A savepoint commits nothing; its changes wait for what it is part of.
        pending = session.info.get(_PENDING) if not session.in_nested_transaction() else None
        if pending:
            record(tuple(pending))
            session.info[_PENDING] = []

    event.listen(sessions, "before_commit", tell)


def into_ledger(ledger: AuditLedger, loop: Loop, who: Callable[[], str | None]) -> Record:
    """A `record` that appends to an audit ledger, one entry a change, and waits until it is durable.

    For sessions that do not await; `who` names the account on whose word this is done.
    """

    def record(changes: Sequence[Change]) -> None:
        for change in changes:
            detail = {"table": change.table, "key": list(change.key), "fields": dict(change.fields)}
            loop.run(ledger.record(f"database.{change.kind}", actor=who(), detail=detail))

    return record


def _pending(session: Session) -> list[Change]:
    found: list[Change] = session.info.setdefault(_PENDING, [])
    return found


def _collect(session: Session, flush: UOWTransaction) -> None:
    kinds = (("insert", session.new), ("update", session.dirty), ("delete", session.deleted))
    for kind, rows in kinds:
        for row in rows:
            state = inspect(row)
            classes = classes_of(type(row)) if kind != "delete" else {}
            fields: dict[str, object] = {}
            for attribute in state.mapper.column_attrs if kind != "delete" else ():
                name = attribute.key
                # What a default filled in is no change of the object, but is of the table.
                written = kind == "insert" and name in state.dict
                if written or state.attrs[name].history.added:
                    quiet = classes.get(name, Class.INTERNAL) > Class.INTERNAL
                    fields[name] = REDACTED if quiet else state.dict[name]
            if fields or kind == "delete":
                key = tuple(state.mapper.primary_key_from_instance(row))
                _pending(session).append(Change(kind, str(state.mapper.local_table), key, fields))


def _collect_many(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_delete) or state.bind_mapper is None:
        return
    kind = "update of many" if state.is_update else "delete of many"
    named = getattr(state.statement, "_values", None) or {}
    fields = {getattr(column, "key", str(column)): REDACTED for column in named}
    _pending(state.session).append(Change(kind, str(state.bind_mapper.local_table), (), fields))


def _begun(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        # Weak, since a savepoint is told to be undone after it was told to have ended.
        session.info.setdefault(_SAVEPOINTS, WeakKeyDictionary())[transaction] = len(_pending(session))


def _undone(session: Session, transaction: SessionTransaction) -> None:
    # What came before a savepoint stays; a part of a transaction that is no savepoint undoes nothing alone.
    kept = session.info.get(_SAVEPOINTS, {}).get(transaction)
    if kept is not None or transaction.parent is None:
        del _pending(session)[kept or 0 :]
