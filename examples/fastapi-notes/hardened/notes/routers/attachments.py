"""Files attached to a note."""

from fastapi import APIRouter, HTTPException, UploadFile
from fastapi.responses import FileResponse
from pydantic import ValidationError

from notes.routers.notes import OwnNote
from notes.schemas import FileNamePath, UploadName
from notes.services import storage

router = APIRouter(prefix="/notes/{note_id}/attachments", tags=["attachments"])
MAX_BYTES = 5_000_000


@router.get("")
def list_attachments(note: OwnNote) -> list[str]:
    return storage.names(note.id)


@router.post("", status_code=201)
async def add_attachment(note: OwnNote, file: UploadFile) -> dict[str, str]:
    try:
        name = UploadName.validate_python(file.filename)
    except ValidationError as error:
        raise HTTPException(422, "The file name has characters that are not allowed") from error
    content = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise HTTPException(413, "The file is too large")
    return {"name": storage.save(note.id, name, content)}


@router.get("/{name}")
def read_attachment(note: OwnNote, name: FileNamePath) -> FileResponse:
    path = storage.path_of(note.id, name)
    if not path.is_file():
        raise HTTPException(404, "No such attachment")
    return FileResponse(path, media_type="application/octet-stream")
