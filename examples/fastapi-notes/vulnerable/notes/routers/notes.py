"""Notes of the current user."""

from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Body, HTTPException, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from notes.database import Db
from notes.models import Note, User
from notes.schemas import Language, LinkIn, NoteId, NoteIn, NoteOut
from notes.security import CurrentUser
from notes.services import exports, previews, search, storage

router = APIRouter(prefix="/notes", tags=["notes"])


def own_note(db: Session, note_id: int, user: User) -> Note:
    note = db.get(Note, note_id)
    if note is None or note.owner_id != user.id:
        raise HTTPException(404, "No such note")
    return note


@router.get("")
def list_notes(
    db: Db,
    user: CurrentUser,
    q: Annotated[str, Query(max_length=200)] = "",
    order: Annotated[str, Query(max_length=20)] = "newest",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[dict[str, Any]]:
    return search.find(db, user.id, q, order, limit)


@router.post("", status_code=201, response_model=NoteOut)
def create_note(data: NoteIn, db: Db, user: CurrentUser) -> Note:
    note = Note(owner_id=user.id, **data.model_dump())
    db.add(note)
    db.commit()
    return note


@router.get("/tagged/{tag}", response_model=list[NoteOut])
def list_tagged(tag: str, db: Db, user: CurrentUser) -> list[Note]:
    return list(search.with_tag(db, user.id, tag))


@router.get("/export")
def export_notes(db: Db, user: CurrentUser, folder: str = "notes") -> Response:
    notes = db.scalars(select(Note).where(Note.owner_id == user.id)).all()
    return Response(exports.archive(notes, folder), media_type="application/gzip")


@router.get("/{note_id}", response_model=NoteOut)
def read_note(note_id: NoteId, db: Db, user: CurrentUser) -> Note:
    note = db.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "No such note")
    return note


@router.put("/{note_id}", response_model=NoteOut)
def update_note(note_id: NoteId, data: Annotated[dict[str, Any], Body()], db: Db, user: CurrentUser) -> Note:
    note = own_note(db, note_id, user)
    note.title = data.get("title", note.title)
    note.body = data.get("body", note.body)
    note.tag = data.get("tag", note.tag)
    db.commit()
    return note


@router.delete("/{note_id}", status_code=204)
def delete_note(note_id: NoteId, db: Db, user: CurrentUser) -> None:
    note = db.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "No such note")
    db.delete(note)
    db.commit()
    storage.remove(note_id)


@router.post("/{note_id}/publish", response_model=NoteOut)
async def publish_note(note_id: NoteId, request: Request, db: Db, user: CurrentUser) -> Note:
    data = await request.json()
    note = own_note(db, note_id, user)
    note.slug = data["slug"]
    note.published = True
    db.commit()
    return note


@router.post("/{note_id}/preview")
def preview_link(note_id: NoteId, link: LinkIn, db: Db, user: CurrentUser) -> dict[str, Any]:
    own_note(db, note_id, user)
    try:
        return previews.fetch(link.url)
    except httpx.HTTPError as error:
        raise HTTPException(502, f"Could not fetch {link.url}: {error}") from error


@router.get("/{note_id}/translation")
def translate_note(note_id: NoteId, language: Language, db: Db, user: CurrentUser) -> dict[str, Any]:
    note = own_note(db, note_id, user)
    return previews.translate(note.body, language)
