"""The operator's view."""

from fastapi import APIRouter, Depends
from sqlalchemy import select, text

from notes.database import Db
from notes.models import User
from notes.security import require_admin

router = APIRouter(prefix="/admin", tags=["admin"])


@router.get("/stats", dependencies=[Depends(require_admin)])
def read_stats(db: Db) -> dict[str, int]:
    counts = text("SELECT count(*) AS notes, coalesce(sum(published), 0) AS published FROM notes")
    row = db.execute(counts).one()
    return {"notes": row.notes, "published": row.published}


@router.get("/users")
def list_users(db: Db) -> list[dict[str, object]]:
    return [{"id": user.id, "email": user.email} for user in db.scalars(select(User).order_by(User.id))]
