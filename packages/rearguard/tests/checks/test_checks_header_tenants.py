"""Tenants that a header names, as freely as an address does, and of which nobody asks whether they are the caller's."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]
CHECK = "insecure-direct-object-reference"

_TEAMS = """
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
class Team(db.Model):
    id = db.Column(db.Integer, primary_key=True)
class Member(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    team_id = db.Column(db.ForeignKey("team.id")); user_id = db.Column(db.ForeignKey("user.id"))
class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    team_id = db.Column(db.ForeignKey("team.id")); title = db.Column(db.String)
"""

FLASK = {
    "app.py": """
from flask import Flask, abort, g, request, session
from models import db, User, Team, Task, Member
app = Flask(__name__)
@app.before_request
def who():
    g.user = db.session.get(User, session.get("uid"))
    if g.user is None:
        abort(401)
@app.get("/tasks")
def tasks():
    team = Team.query.get_or_404(request.headers.get("X-Team-Id", type=int))
    return {"tasks": [t.title for t in Task.query.filter_by(team_id=team.id)]}
@app.get("/tasks/<int:tid>")
def one(tid):
    task = Task.query.join(Member, Member.team_id == Task.team_id).filter(Task.id == tid, Member.user_id == g.user.id).first_or_404()
    return {"title": task.title}
@app.post("/teams/<int:team_id>/tasks")
def add(team_id):
    if Member.query.filter_by(team_id=team_id, user_id=g.user.id).first() is None:
        abort(403)
    db.session.add(Task(team_id=team_id, title=request.json["title"]))
    db.session.commit()
    return ""
""",
    "models.py": _TEAMS,
}

FASTAPI = {
    "main.py": """
from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session
from db import get_db, Doc, Seat, User, current_user
app = FastAPI()
def workspace(x_workspace_id: int = Header(), user: User = Depends(current_user)) -> int:
    return x_workspace_id
@app.get("/docs")
def docs(ws: int = Depends(workspace), db: Session = Depends(get_db)):
    return [d.title for d in db.scalars(select(Doc).where(Doc.workspace_id == ws))]
@app.get("/workspaces/{ws}/docs")
def listed(ws: int, user: User = Depends(current_user), db: Session = Depends(get_db)):
    if db.scalar(select(Seat).where(Seat.workspace_id == ws, Seat.user_id == user.id)) is None:
        raise HTTPException(404)
    return [d.title for d in db.scalars(select(Doc).where(Doc.workspace_id == ws))]
@app.post("/workspaces/{ws}/docs")
def add(ws: int, title: str, user: User = Depends(current_user), db: Session = Depends(get_db)):
    if db.scalar(select(Seat).where(Seat.workspace_id == ws, Seat.user_id == user.id)) is None:
        raise HTTPException(404)
    db.add(Doc(workspace_id=ws, title=title))
    db.commit()
""",
    "db.py": """
import jwt
from fastapi import Header, HTTPException, Depends
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, Session, sessionmaker
class Base(DeclarativeBase): pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
class Workspace(Base):
    __tablename__ = "workspaces"
    id: Mapped[int] = mapped_column(primary_key=True)
class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
class Doc(Base):
    __tablename__ = "docs"
    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    title: Mapped[str]
def get_db():
    with sessionmaker()() as s:
        yield s
def current_user(authorization: str = Header(), db: Session = Depends(get_db)) -> User:
    try:
        data = jwt.decode(authorization, "x" * 40, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
    user = db.get(User, data["sub"])
    if user is None:
        raise HTTPException(401)
    return user
""",
}

AIOHTTP = {
    "app.py": """
from aiohttp import web
from aiohttp_session import get_session
routes = web.RouteTableDef()
@routes.get("/invoices")
async def invoices(request):
    session = await get_session(request)
    if "uid" not in session:
        raise web.HTTPUnauthorized()
    rows = await request.app["db"].fetch("SELECT id, cents FROM invoices WHERE company_id = $1", int(request.headers["X-Company-Id"]))
    return web.json_response([dict(r) for r in rows])
@routes.get("/companies/{cid}/invoices")
async def listed(request):
    session = await get_session(request)
    if "uid" not in session:
        raise web.HTTPUnauthorized()
    seat = await request.app["db"].fetchrow("SELECT id FROM employees WHERE company_id = $1 AND user_id = $2", int(request.match_info["cid"]), session["uid"])
    if seat is None:
        raise web.HTTPForbidden()
    rows = await request.app["db"].fetch("SELECT id, cents FROM invoices WHERE company_id = $1", int(request.match_info["cid"]))
    return web.json_response([dict(r) for r in rows])
app = web.Application()
app.add_routes(routes)
""",
}

ASKED = {
    "app.py": """
from flask import Flask, abort, g, request, session
from models import db, User, Team, Task, Member
app = Flask(__name__)
@app.before_request
def who():
    g.user = db.session.get(User, session.get("uid"))
    if g.user is None:
        abort(401)
    team_id = request.headers.get("X-Team-Id", type=int)
    if Member.query.filter_by(team_id=team_id, user_id=g.user.id).first() is None:
        abort(403)
    g.team_id = team_id
@app.get("/tasks")
def tasks():
    return {"tasks": [t.title for t in Task.query.filter_by(team_id=g.team_id)]}
@app.post("/tasks")
def add():
    db.session.add(Task(team_id=g.team_id, title=request.json["title"])); db.session.commit()
    return ""
""",
    "models.py": _TEAMS,
}


@pytest.mark.parametrize(
    ("files", "endpoint"), [(FLASK, "GET /tasks"), (FASTAPI, "GET /docs"), (AIOHTTP, "GET /invoices")]
)
def test_the_tenant_that_a_header_names(findings_of: Found, files: dict[str, str], endpoint: str) -> None:
    """What is kept to members under an address is open under a header."""
    assert [f.endpoint.name for f in findings_of(files, CHECK) if f.endpoint is not None] == [endpoint]


def test_a_header_whose_tenant_is_looked_up_for_the_caller(findings_of: Found) -> None:
    """A membership is asked for before anything is read."""
    assert findings_of(ASKED, CHECK) == []
