"""Files attached to a note."""

from fastapi import APIRouter, HTTPException, UploadFile
from fastapi.responses import FileResponse

from notes.database import Db
from notes.routers.notes import own_note
from notes.schemas import NoteId
from notes.security import CurrentUser
from notes.services import storage

router = APIRouter(prefix="/notes/{note_id}/attachments", tags=["attachments"])
MAX_BYTES = 5_000_000


@router.get("")
def list_attachments(note_id: NoteId) -> list[str]:
    return storage.names(note_id)


@router.post("", status_code=201)
async def add_attachment(note_id: NoteId, file: UploadFile, db: Db, user: CurrentUser) -> dict[str, str]:
    own_note(db, note_id, user)
    content = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise HTTPException(413, "The file is too large")
    return {"name": storage.save(note_id, file.filename or "file", content)}


@router.get("/{name:path}")
def read_attachment(note_id: NoteId, name: str, db: Db, user: CurrentUser) -> FileResponse:
    own_note(db, note_id, user)
    path = storage.path_of(note_id, name)
    if not path.is_file():
        raise HTTPException(404, "No such attachment")
    return FileResponse(path, media_type="application/octet-stream")
