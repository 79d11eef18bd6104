from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from sqlmodel import func, select

from app.database import SessionDep
from app.models import Note, NoteFull, NoteIn
from app.security import CurrentUser, unverified_user

router = APIRouter(prefix="/notes", tags=["notes"])


def own_note(id: int, session: SessionDep, user: CurrentUser) -> Note:
    note = session.get(Note, id)
    if not note:
        raise HTTPException(404, "Note not found")
    if note.owner_id != user.id and not user.is_superuser:
        raise HTTPException(400, "Not enough permissions")
    return note


def any_note(id: int, session: SessionDep, user: CurrentUser) -> Note:
    note = session.get(Note, id)
    if not note:
        raise HTTPException(404, "Note not found")
    return note


OwnNote = Annotated[Note, Depends(own_note)]


@router.get("/")
def list_notes(session: SessionDep, user: CurrentUser, skip: int = 0, limit: int = Query(100, le=100)):
    if user.is_superuser:
        return session.exec(select(Note).offset(skip).limit(limit)).all()
    return session.exec(select(Note).where(Note.owner_id == user.id).offset(skip).limit(limit)).all()  # OK: list-other


@router.get("/everyone")
def list_everyone(session: SessionDep, user: CurrentUser):
    count = session.exec(select(func.count()).select_from(Note)).one()
    notes = session.exec(select(Note).limit(100)).all()  # BAD: insecure-direct-object-reference list-other
    return {"data": notes, "count": count}


@router.get("/{id}")
def read(note: OwnNote):
    return note  # OK: read-other


@router.get("/{id}/print")
def read_print(note: Annotated[Note, Depends(any_note)]):  # BAD: insecure-direct-object-reference read-other
    return {"text": note.text}


@router.post("/")
def create(data: NoteIn, session: SessionDep, user: CurrentUser):
    note = Note.model_validate(data, update={"owner_id": user.id})
    session.add(note)
    session.commit()  # OK: mass-write
    return {"id": note.id}


@router.post("/full")
def create_full(data: NoteFull, session: SessionDep, user: CurrentUser):
    note = Note(**data.model_dump())
    session.add(note)
    session.commit()
    return {"id": note.id}


@router.put("/{id}")
def update(data: NoteIn, note: OwnNote, session: SessionDep):
    note.sqlmodel_update(data.model_dump(exclude_unset=True))
    session.add(note)
    session.commit()  # OK: update-other
    return {"id": note.id}


@router.patch("/{id}")
def patch(id: int, data: NoteIn, session: SessionDep, user: CurrentUser):
    note = session.get(Note, id)  # BAD: insecure-direct-object-reference update-other
    note.sqlmodel_update(data.model_dump(exclude_unset=True))
    session.add(note)
    session.commit()
    return {"id": note.id}


@router.delete("/{id}", dependencies=[Depends(own_note)])
def delete(id: int, session: SessionDep):
    session.delete(session.get(Note, id))  # OK: delete-other
    session.commit()
    return {}


@router.delete("/{id}/now")
def delete_now(id: int, session: SessionDep, user: CurrentUser):
    session.delete(session.get(Note, id))  # BAD: insecure-direct-object-reference delete-other
    session.commit()
    return {}


@router.post("/{id}/touch")  # BAD: missing-authentication no-login
def touch(id: int, session: SessionDep):
    note = session.get(Note, id)
    note.text = note.text.strip()
    session.add(note)
    session.commit()
    return {}
