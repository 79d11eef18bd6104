"""Taking all notes along, and settings from a file."""

import yaml
from fastapi import APIRouter, HTTPException, Request, Response, UploadFile
from pydantic import ValidationError
from sqlalchemy import select

from notes.database import Db
from notes.models import Note
from notes.schemas import Backup, NoteIn, Renames
from notes.security import CurrentUser

router = APIRouter(prefix="/backups", tags=["backups"])
MAX_BACKUP_BYTES = 50_000_000
MAX_RENAME_BYTES = 65_536


async def read_body(request: Request, limit: int) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, "The body is too large")
    return body


@router.get("")
def download_backup(db: Db, user: CurrentUser) -> Response:
    notes = db.scalars(select(Note).where(Note.owner_id == user.id)).all()
    rows = [NoteIn(title=note.title, body=note.body, tag=note.tag) for note in notes]
    return Response(Backup.dump_json(rows), media_type="application/json")


@router.post("", status_code=201)
async def restore_backup(file: UploadFile, db: Db, user: CurrentUser) -> dict[str, int]:
    content = await file.read(MAX_BACKUP_BYTES + 1)
    if len(content) > MAX_BACKUP_BYTES:
        raise HTTPException(413, "The backup is too large")
    try:
        rows = Backup.validate_json(content)
    except ValidationError as error:
        raise HTTPException(422, "This is not a backup of notes") from error
    db.add_all(Note(owner_id=user.id, **row.model_dump()) for row in rows)
    db.commit()
    return {"restored": len(rows)}


@router.post("/retag")
async def retag_notes(request: Request, db: Db, user: CurrentUser) -> dict[str, int]:
    try:
        renames = Renames.validate_python(yaml.safe_load(await read_body(request, MAX_RENAME_BYTES)))
    except (yaml.YAMLError, ValidationError) as error:
        raise HTTPException(422, "Expected a mapping from tag to tag") from error
    changed = 0
    for note in db.scalars(select(Note).where(Note.owner_id == user.id)):
        if note.tag in renames:
            note.tag = renames[note.tag]
            changed += 1
    db.commit()
    return {"changed": changed}
