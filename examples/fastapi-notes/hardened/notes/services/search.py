"""Finding notes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from notes.models import Note
from notes.schemas import Order

ORDERS = {Order.NEWEST: Note.created_at.desc(), Order.TITLE: Note.title.asc()}


def find(db: Session, owner_id: int, term: str, order: Order, limit: int) -> list[dict[str, Any]]:
    query = select(Note.id, Note.title, Note.tag, Note.slug).where(Note.owner_id == owner_id)
    if term:
        query = query.where(or_(Note.title.contains(term), Note.body.contains(term)))
    rows = db.execute(query.order_by(ORDERS[order]).limit(limit)).mappings()
    return [dict(row) for row in rows]


def with_tag(db: Session, owner_id: int, tag: str) -> Sequence[Note]:
    query = select(Note).where(Note.owner_id == owner_id, Note.tag == tag)
    return db.scalars(query).all()


def published(db: Session, term: str) -> Sequence[Note]:
    query = select(Note).where(Note.published, Note.title.contains(term)).order_by(Note.title)
    return db.scalars(query.limit(50)).all()
