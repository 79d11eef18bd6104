"""Finding notes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from notes.models import Note

ORDERS = {"newest": "created_at DESC", "title": "title ASC"}


def find(db: Session, owner_id: int, term: str, order: str, limit: int) -> list[dict[str, Any]]:
    sql = "SELECT id, title, tag, slug FROM notes WHERE owner_id = :owner_id"
    if term:
        sql += f" AND (title LIKE '%{term}%' OR body LIKE '%{term}%')"
    sql += f" ORDER BY {ORDERS.get(order, ORDERS['newest'])} LIMIT {limit}"
    rows = db.execute(text(sql), {"owner_id": owner_id}).mappings()
    return [dict(row) for row in rows]


def with_tag(db: Session, owner_id: int, tag: str) -> Sequence[Note]:
    query = select(Note).where(Note.owner_id == owner_id, text(f"tag = '{tag}'"))
    return db.scalars(query).all()


def published(db: Session, term: str) -> Sequence[Note]:
    query = select(Note).where(Note.published, Note.title.contains(term)).order_by(Note.title)
    return db.scalars(query.limit(50)).all()
