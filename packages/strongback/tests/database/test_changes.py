"""No change of a row is committed that was not told, and nothing is told that is too much."""

import json
from collections.abc import Sequence
from typing import Annotated

import pytest
from sqlalchemy import Engine, create_engine, delete, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool
from strongback.audit import AuditLedger
from strongback.background import Loop
from strongback.changes import Change, into_ledger, track_changes
from strongback.classified import PERSONAL
from strongback.errors import StoreUnavailableError
from strongback.keys import KeyRing, new_key_text
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, FakeClock, SeededRandomness


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(default="clerk")
    email: Mapped[Annotated[str, PERSONAL]] = mapped_column(default="")


@pytest.fixture
def engine() -> Engine:
    made = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(made)
    return made


def sessions(engine: Engine, told: list[Sequence[Change]]) -> sessionmaker[Session]:
    maker = sessionmaker(engine)
    track_changes(maker, told.append)
    return maker


def test_rows_are_told_before_they_are_committed(engine: Engine) -> None:
    told: list[Sequence[Change]] = []
    maker = sessions(engine, told)
    with maker() as session:
        session.add(Account(id=1, email="ada@example.com"))
        session.flush()
        session.add(Account(id=2))
        assert told == []
        session.commit()
    assert told == [
        (
            Change("insert", "accounts", (1,), {"id": 1, "role": "clerk", "email": "[redacted]"}),
            Change("insert", "accounts", (2,), {"id": 2, "role": "clerk", "email": "[redacted]"}),
        )
    ]
    told.clear()
    with maker() as session:
        row = session.get_one(Account, 1)
        row.role, row.email = "admin", "eve@example.com"
        session.delete(session.get_one(Account, 2))
        session.commit()
        # Nothing changed, nothing is told.
        assert row.role == "admin"
        row.role = "admin"
        session.commit()
    assert told == [
        (
            Change("update", "accounts", (1,), {"role": "admin", "email": "[redacted]"}),
            Change("delete", "accounts", (2,)),
        )
    ]


def test_statements_on_many_rows_are_told_by_name(engine: Engine) -> None:
    told: list[Sequence[Change]] = []
    with sessions(engine, told)() as session:
        session.execute(update(Account).where(Account.id > 1).values(role="admin"))
        session.execute(delete(Account))
        session.scalars(select(Account)).all()
        session.commit()
    assert told == [
        (
            Change("update of many", "accounts", (), {"role": "[redacted]"}),
            Change("delete of many", "accounts"),
        )
    ]


def test_what_is_rolled_back_is_not_told(engine: Engine) -> None:
    told: list[Sequence[Change]] = []
    with sessions(engine, told)() as session:
        session.add(Account(id=1))
        session.flush()
        session.rollback()
        session.add(Account(id=2))
        session.flush()
        with session.begin_nested():
            session.add(Account(id=3))
        undone = session.begin_nested()
        session.add(Account(id=4))
        session.flush()
        inner = session.begin_nested()
        session.add(Account(id=5))
        inner.commit()
        undone.rollback()
        assert told == []
        session.commit()
    ((second, third),) = told
    assert (second.key, third.key) == ((2,), (3,))
    with sessionmaker(engine)() as session:
        assert sorted(session.scalars(select(Account.id))) == [2, 3]


def test_a_record_that_fails_keeps_the_change_from_being_made(engine: Engine) -> None:
    clock, loop = FakeClock(), Loop()
    store = MemoryStore(clock=clock)
    ring = KeyRing.from_text(new_key_text("k1", SeededRandomness("changes")))
    broken = BrokenStore(store, allow=0)
    maker = sessionmaker(engine)
    ledger = AuditLedger("database", store=broken, keys=ring, clock=clock)
    track_changes(maker, into_ledger(ledger, loop, who=lambda: "ada"))
    try:
        with maker() as session:
            session.add(Account(id=1))
            with pytest.raises(StoreUnavailableError):
                session.commit()
        with maker() as session:
            assert session.scalars(select(Account)).all() == []
            broken.allow = 1
            session.add(Account(id=1, email="ada@example.com"))
            session.commit()
            assert len(session.scalars(select(Account)).all()) == 1
        sound = AuditLedger("database", store=store, keys=ring, clock=clock)
        assert loop.run(sound.verify()).intact
        (entry,) = store._streams["database"]
        kept = json.loads(entry.body)
        assert (kept["action"], kept["actor"], kept["detail"]["key"]) == ("database.insert", "ada", [1])
        assert "ada@example.com" not in entry.body.decode()
    finally:
        loop.stop()
