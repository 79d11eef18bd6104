"""Taking all notes along, and settings from a file."""

import pickle

import yaml
from fastapi import APIRouter, Request, Response, UploadFile
from sqlalchemy import select

from notes.database import Db
from notes.models import Note
from notes.security import CurrentUser

router = APIRouter(prefix="/backups", tags=["backups"])


@router.get("")
def download_backup(db: Db, user: CurrentUser) -> Response:
    notes = db.scalars(select(Note).where(Note.owner_id == user.id)).all()
    rows = [{"title": note.title, "body": note.body, "tag": note.tag} for note in notes]
    return Response(pickle.dumps(rows), media_type="application/octet-stream")


@router.post("", status_code=201)
async def restore_backup(file: UploadFile, db: Db, user: CurrentUser) -> dict[str, int]:
    rows = pickle.loads(await file.read())
    db.add_all(Note(owner_id=user.id, title=row["title"], body=row["body"], tag=row["tag"]) for row in rows)
    db.commit()
    return {"restored": len(rows)}


@router.post("/retag")
async def retag_notes(request: Request, db: Db, user: CurrentUser) -> dict[str, int]:
    renames = yaml.load(await request.body(), Loader=yaml.Loader)
    changed = 0
    for note in db.scalars(select(Note).where(Note.owner_id == user.id)):
        if note.tag in renames:
            note.tag = renames[note.tag]
            changed += 1
    db.commit()
    return {"changed": changed}
