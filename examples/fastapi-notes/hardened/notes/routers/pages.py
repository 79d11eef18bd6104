"""Public pages: published notes only."""

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy import select

from notes.database import Db
from notes.models import Note
from notes.schemas import FileNamePath, Language, Slug
from notes.services import rendering, search, storage

router = APIRouter(prefix="/p", tags=["pages"])
templates = Jinja2Templates(Path(__file__).parent.parent / "templates")

# A path of this site: one leading slash, and no second slash or backslash, which would start a host.
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\s]*")


def local_path(target: str) -> str:
    return target if LOCAL_PATH.fullmatch(target) else "/p/search"


@router.get("/search")
def search_page(request: Request, db: Db, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    return templates.TemplateResponse(request, "search.html", {"term": q, "notes": search.published(db, q)})


@router.get("/language")
def choose_language(lang: Language, next: Annotated[str, Query(max_length=500)] = "/p/search") -> Response:
    response = RedirectResponse(local_path(next), status_code=303)
    response.set_cookie("lang", lang.value, max_age=31_536_000, httponly=True, secure=True, samesite="lax")
    return response


@router.get("/icons/{name}")
def read_icon(name: FileNamePath) -> FileResponse:
    path = storage.icon(name)
    if not path.is_file():
        raise HTTPException(404, "No such icon")
    return FileResponse(path, media_type="image/svg+xml")


@router.get("/{slug}")
def show_note(slug: Slug, request: Request, db: Db) -> Response:
    note = db.scalar(select(Note).where(Note.slug == slug, Note.published))
    if note is None:
        raise HTTPException(404, "No such page")
    content = {"title": note.title, "content": rendering.to_html(note.body)}
    return templates.TemplateResponse(request, "note.html", content)
