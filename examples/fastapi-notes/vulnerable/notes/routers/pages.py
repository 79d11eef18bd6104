"""Public pages: published notes only."""

import html
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy import select

from notes.database import Db
from notes.models import Note
from notes.schemas import Language, Slug
from notes.services import rendering, search, storage

router = APIRouter(prefix="/p", tags=["pages"])
templates = Jinja2Templates(Path(__file__).parent.parent / "templates")


@router.get("/search")
def search_page(db: Db, q: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    found = search.published(db, q)
    links = "".join(f'<li><a href="/p/{note.slug}">{html.escape(note.title)}</a></li>' for note in found)
    return HTMLResponse(f"<h1>Notes about {q}</h1><ul>{links}</ul>")


@router.get("/language")
def choose_language(lang: Language, next: str = "/p/search") -> Response:
    response = RedirectResponse(next, status_code=303)
    response.set_cookie("lang", lang.value, max_age=31_536_000, httponly=True, secure=True, samesite="lax")
    return response


@router.get("/icons/{name}")
def read_icon(name: str) -> FileResponse:
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
