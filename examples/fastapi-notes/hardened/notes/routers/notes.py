"""Notes of the current user."""

import logging
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from notes.database import Db
from notes.models import Note
from notes.schemas import (
    FolderName,
    Language,
    LinkIn,
    NoteChange,
    NoteId,
    NoteIn,
    NoteOut,
    Order,
    PublishIn,
    TagPath,
)
from notes.security import CurrentUser
from notes.services import exports, previews, search, storage

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/notes", tags=["notes"])


def own_note(note_id: NoteId, db: Db, user: CurrentUser) -> Note:
    note = db.scalar(select(Note).where(Note.id == note_id, Note.owner_id == user.id))
    if note is None:
        raise HTTPException(404, "No such note")
    return note


OwnNote = Annotated[Note, Depends(own_note)]


@router.get("")
def list_notes(
    db: Db,
    user: CurrentUser,
    q: Annotated[str, Query(max_length=200)] = "",
    order: Order = Order.NEWEST,
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
def list_tagged(tag: TagPath, db: Db, user: CurrentUser) -> list[Note]:
    return list(search.with_tag(db, user.id, tag))


@router.get("/export")
def export_notes(db: Db, user: CurrentUser, folder: FolderName = "notes") -> Response:
    notes = db.scalars(select(Note).where(Note.owner_id == user.id)).all()
    return Response(exports.archive(notes, folder), media_type="application/gzip")


@router.get("/{note_id}", response_model=NoteOut)
def read_note(note: OwnNote) -> Note:
    return note


@router.put("/{note_id}", response_model=NoteOut)
def update_note(note: OwnNote, data: NoteChange, db: Db) -> Note:
    if data.title is not None:
        note.title = data.title
    if data.body is not None:
        note.body = data.body
    if data.tag is not None:
        note.tag = data.tag
    db.commit()
    return note


@router.delete("/{note_id}", status_code=204)
def delete_note(note: OwnNote, db: Db) -> None:
    note_id = note.id
    db.delete(note)
    db.commit()
    storage.remove(note_id)


@router.post("/{note_id}/publish", response_model=NoteOut)
def publish_note(note: OwnNote, data: PublishIn, db: Db) -> Note:
    note.slug = data.slug
    note.published = True
    try:
        db.commit()
    except IntegrityError as error:
        db.rollback()
        raise HTTPException(409, "This address is taken") from error
    return note


@router.post("/{note_id}/preview", dependencies=[Depends(own_note)])
def preview_link(link: LinkIn) -> dict[str, Any]:
    try:
        return previews.fetch(link.url)
    except previews.DestinationRefused as error:
        raise HTTPException(422, "This site is not on the allowlist") from error
    except httpx.HTTPError as error:
        logger.warning("preview failed: %r", error)
        raise HTTPException(502, "The page could not be fetched") from error


@router.get("/{note_id}/translation")
def translate_note(note: OwnNote, language: Language) -> dict[str, Any]:
    try:
        return previews.translate(note.body, language)
    except httpx.HTTPError as error:
        logger.warning("translation failed: %r", error)
        raise HTTPException(502, "Translation is unavailable") from error
