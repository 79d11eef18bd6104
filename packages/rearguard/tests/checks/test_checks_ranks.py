"""Roles that have an order: an endpoint that asks for a lower one than all that is done beside it."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

FASTAPI_CLOSURE = {
    "main.py": """
import enum
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
import jwt
from db import get_db
from settings import KEY

class Base(DeclarativeBase): pass
class Level(str, enum.Enum):
    viewer = "viewer"
    editor = "editor"
    chief = "chief"
WEIGHT = {Level.viewer: 0, Level.editor: 1, Level.chief: 2}
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    level: Mapped[str]
class Channel(Base):
    __tablename__ = "channels"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    name: Mapped[str]

bearer = OAuth2PasswordBearer("/token")
def me(token: str = Depends(bearer), db: Session = Depends(get_db)) -> User:
    try:
        data = jwt.decode(token, KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
    user = db.get(User, int(data["sub"]))
    if user is None:
        raise HTTPException(401)
    return user

def seat(least: Level = Level.viewer):
    def check(team_id: int, user: User = Depends(me), db: Session = Depends(get_db)) -> Seat:
        row = db.scalar(select(Seat).where(Seat.team_id == team_id, Seat.user_id == user.id))
        if row is None:
            raise HTTPException(404)
        if WEIGHT[row.level] < WEIGHT[least]:
            raise HTTPException(403)
        return row
    return check

router = APIRouter()
@router.get("/teams/{team_id}/channels")
def channels(team_id: int, db: Session = Depends(get_db), s: Seat = Depends(seat())):
    return [c.name for c in db.scalars(select(Channel).where(Channel.team_id == team_id))]
@router.post("/teams/{team_id}/channels", status_code=201)
def create(team_id: int, name: str, db: Session = Depends(get_db), s: Seat = Depends(seat(Level.chief))):
    db.add(Channel(team_id=team_id, name=name))
    db.commit()
@router.put("/teams/{team_id}/channels/{cid}")
def rename(team_id: int, cid: int, name: str, db: Session = Depends(get_db), s: Seat = Depends(seat(Level.chief))):
    c = db.scalar(select(Channel).where(Channel.id == cid, Channel.team_id == team_id))
    if c is None:
        raise HTTPException(404)
    c.name = name
    db.commit()
@router.delete("/teams/{team_id}/channels/{cid}", status_code=204)
def remove(team_id: int, cid: int, db: Session = Depends(get_db), s: Seat = Depends(seat())):
    c = db.scalar(select(Channel).where(Channel.id == cid, Channel.team_id == team_id))
    if c is None:
        raise HTTPException(404)
    db.delete(c)
    db.commit()
app = FastAPI()
app.include_router(router)
""",
}

FASTAPI_CLASS = {
    "main.py": """
import enum
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Header
from sqlalchemy.orm import Session
import jwt
from db import get_db, User, Price
from settings import KEY

class Rank(enum.IntEnum):
    CLERK = 10
    LEAD = 20
    BOSS = 30

def current(authorization: str = Header(), db: Session = Depends(get_db)) -> User:
    try:
        data = jwt.decode(authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
    user = db.query(User).get(data["sub"])
    if not user:
        raise HTTPException(401)
    return user

class AtLeast:
    def __init__(self, rank: Rank):
        self.rank = rank
    def __call__(self, user: User = Depends(current)) -> User:
        if user.rank < self.rank:
            raise HTTPException(status_code=403, detail="Not allowed")
        return user

router = APIRouter(prefix="/prices")
@router.get("/")
def prices(db: Session = Depends(get_db), user: User = Depends(current)):
    return [p.amount for p in db.query(Price).all()]
@router.post("/")
def add(amount: int, db: Session = Depends(get_db), user: User = Depends(AtLeast(Rank.BOSS))):
    db.add(Price(amount=amount)); db.commit()
@router.put("/{pid}")
def change(pid: int, amount: int, db: Session = Depends(get_db), user: User = Depends(AtLeast(Rank.BOSS))):
    p = db.query(Price).filter(Price.id == pid).first()
    p.amount = amount
    db.commit()
@router.delete("/{pid}")
def drop(pid: int, db: Session = Depends(get_db), user: User = Depends(AtLeast(Rank.CLERK))):
    db.query(Price).filter(Price.id == pid).delete()
    db.commit()
app = FastAPI()
app.include_router(router)
""",
}

FASTAPI_SCOPES = {
    "main.py": """
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from sqlalchemy.orm import Session
import jwt
from db import get_db, User, Coupon
from settings import KEY
scheme = OAuth2PasswordBearer("/token", scopes={"coupons:read": "", "coupons:write": ""})
def current(security_scopes: SecurityScopes, token: str = Depends(scheme), db: Session = Depends(get_db)) -> User:
    try:
        data = jwt.decode(token, KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
    user = db.query(User).get(data["sub"])
    if not user:
        raise HTTPException(401)
    for scope in security_scopes.scopes:
        if scope not in data["scopes"]:
            raise HTTPException(status_code=403)
    return user
router = APIRouter(prefix="/coupons")
@router.get("/")
def listing(db: Session = Depends(get_db), user: User = Security(current, scopes=["coupons:read"])):
    return [c.code for c in db.query(Coupon).all()]
@router.post("/")
def add(code: str, db: Session = Depends(get_db), user: User = Security(current, scopes=["coupons:write"])):
    db.add(Coupon(code=code)); db.commit()
@router.put("/{cid}")
def change(cid: int, code: str, db: Session = Depends(get_db), user: User = Security(current, scopes=["coupons:write"])):
    c = db.query(Coupon).filter(Coupon.id == cid).first()
    c.code = code
    db.commit()
@router.delete("/{cid}")
def drop(cid: int, db: Session = Depends(get_db), user: User = Security(current, scopes=["coupons:read"])):
    db.query(Coupon).filter(Coupon.id == cid).delete()
    db.commit()
app = FastAPI()
app.include_router(router)
""",
}

FLASK_DECORATOR = {
    "app.py": """
from functools import wraps
from flask import Flask, Blueprint, g, abort, request, session, jsonify
from models import db, User, Machine
bp = Blueprint("machines", __name__, url_prefix="/machines")
ORDER = ["guest", "worker", "foreman", "director"]
@bp.before_request
def who():
    g.user = User.query.get(session.get("uid"))
    if g.user is None:
        abort(401)
def at_least(role):
    def deco(view):
        @wraps(view)
        def inner(*args, **kwargs):
            if ORDER.index(g.user.role) < ORDER.index(role):
                abort(403)
            return view(*args, **kwargs)
        return inner
    return deco
@bp.get("/")
@at_least("guest")
def listing():
    return jsonify([m.name for m in Machine.query.all()])
@bp.post("/")
@at_least("foreman")
def add():
    db.session.add(Machine(name=request.json["name"]))
    db.session.commit()
    return "", 201
@bp.put("/<int:mid>")
@at_least("foreman")
def change(mid):
    m = Machine.query.get_or_404(mid)
    m.name = request.json["name"]
    db.session.commit()
    return ""
@bp.delete("/<int:mid>")
@at_least("guest")
def drop(mid):
    m = Machine.query.get_or_404(mid)
    db.session.delete(m)
    db.session.commit()
    return ""
app = Flask(__name__)
app.register_blueprint(bp)
""",
}

DRF_FACTORY = {
    "urls.py": """
from django.urls import path
from api import views
urlpatterns = [
    path("slots/", views.Slots.as_view()),
    path("slots/<int:pk>/", views.SlotOne.as_view()),
    path("slots/<int:pk>/remove/", views.SlotRemove.as_view()),
    path("slots/<int:pk>/move/", views.SlotMove.as_view()),
]
""",
    "settings.py": """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["rest_framework", "api"]
REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
""",
    "api/models.py": """
from django.db import models
class Slot(models.Model):
    room = models.CharField(max_length=20)
    at = models.DateTimeField()
""",
    "api/perms.py": """
from rest_framework.permissions import BasePermission
RANKS = {"nurse": 1, "doctor": 2, "head": 3}
def at_least(role):
    class Check(BasePermission):
        def has_permission(self, request, view):
            return RANKS[request.user.profile.role] >= RANKS[role]
    return Check
""",
    "api/views.py": """
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.generics import get_object_or_404
from .models import Slot
from .perms import at_least
class Slots(APIView):
    permission_classes = [at_least("nurse")]
    def get(self, request):
        return Response([s.room for s in Slot.objects.all()])
class SlotOne(APIView):
    permission_classes = [at_least("head")]
    def put(self, request, pk):
        slot = get_object_or_404(Slot, pk=pk)
        slot.room = request.data["room"]
        slot.save()
        return Response()
class SlotMove(APIView):
    permission_classes = [at_least("head")]
    def post(self, request, pk):
        slot = get_object_or_404(Slot, pk=pk)
        slot.at = request.data["at"]
        slot.save()
        return Response()
class SlotRemove(APIView):
    permission_classes = [at_least("nurse")]
    def post(self, request, pk):
        slot = get_object_or_404(Slot, pk=pk)
        slot.delete()
        return Response()
""",
}

AIOHTTP_SQL = {
    "app.py": """
from aiohttp import web
from aiohttp_session import get_session
LEVEL = {"reader": 1, "writer": 2, "keeper": 3}
routes = web.RouteTableDef()
def needs(least="reader"):
    def deco(handler):
        async def inner(request):
            session = await get_session(request)
            if "uid" not in session:
                raise web.HTTPUnauthorized()
            seat = await request.app["db"].fetchrow(
                "SELECT role FROM members WHERE group_id = $1 AND user_id = $2", int(request.match_info["gid"]), session["uid"])
            if seat is None:
                raise web.HTTPNotFound()
            if LEVEL[seat["role"]] < LEVEL[least]:
                raise web.HTTPForbidden()
            return await handler(request)
        return inner
    return deco
@routes.get("/groups/{gid}/pages")
@needs()
async def pages(request):
    rows = await request.app["db"].fetch("SELECT id, title FROM pages WHERE group_id = $1", int(request.match_info["gid"]))
    return web.json_response([dict(r) for r in rows])
@routes.post("/groups/{gid}/pages")
@needs("keeper")
async def add(request):
    data = await request.json()
    await request.app["db"].execute("INSERT INTO pages (group_id, title) VALUES ($1, $2)", int(request.match_info["gid"]), data["title"])
    return web.Response(status=201)
@routes.put("/groups/{gid}/pages/{pid}")
@needs("keeper")
async def change(request):
    data = await request.json()
    await request.app["db"].execute("UPDATE pages SET title = $3 WHERE id = $2 AND group_id = $1",
        int(request.match_info["gid"]), int(request.match_info["pid"]), data["title"])
    return web.Response()
@routes.delete("/groups/{gid}/pages/{pid}")
@needs()
async def drop(request):
    await request.app["db"].execute("DELETE FROM pages WHERE id = $2 AND group_id = $1",
        int(request.match_info["gid"]), int(request.match_info["pid"]))
    return web.Response()
app = web.Application()
app.add_routes(routes)
""",
}

PEEWEE_HELPER = {
    "app.py": """
from flask import Flask, abort, g, request, session
from models import User, Article
ALLOWED = {"read": {"intern", "writer", "chief"}, "publish": {"chief"}}
app = Flask(__name__)
def load():
    g.user = User.get_or_none(User.id == session.get("user_id"))
    if g.user is None:
        abort(401)
app.before_request(load)
def check(what):
    if g.user.role not in ALLOWED[what]:
        abort(403)
@app.post("/articles/<int:aid>/publish")
def publish(aid):
    check("publish")
    Article.update(state="public").where(Article.id == aid).execute()
    return ""
@app.post("/articles/<int:aid>/withdraw")
def withdraw(aid):
    check("publish")
    Article.update(state="draft").where(Article.id == aid).execute()
    return ""
@app.delete("/articles/<int:aid>")
def drop(aid):
    check("read")
    Article.delete().where(Article.id == aid).execute()
    return ""
""",
    "models.py": """
from peewee import *
db = SqliteDatabase("x.db")
class User(Model):
    name = CharField(); role = CharField()
    class Meta: database = db
class Article(Model):
    title = CharField(); state = CharField()
    class Meta: database = db
""",
}

EVERYDAY = {
    "main.py": """
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session
from db import get_db, User, Seat, Task, me
WEIGHT = {"viewer": 0, "worker": 1, "lead": 2}
def seat(least: str = "viewer"):
    def check(team_id: int, user: User = Depends(me), db: Session = Depends(get_db)) -> Seat:
        row = db.scalar(select(Seat).where(Seat.team_id == team_id, Seat.user_id == user.id))
        if row is None or WEIGHT[row.level] < WEIGHT[least]:
            raise HTTPException(403)
        return row
    return check
router = APIRouter()
@router.post("/teams/{team_id}/tasks")
def create(team_id: int, name: str, db: Session = Depends(get_db), s: Seat = Depends(seat("lead"))):
    db.add(Task(team_id=team_id, name=name)); db.commit()
@router.post("/teams/{team_id}/tasks/{tid}/take")
def take(team_id: int, tid: int, db: Session = Depends(get_db), s: Seat = Depends(seat("worker"))):
    t = db.scalar(select(Task).where(Task.id == tid, Task.team_id == team_id))
    t.worker_id = s.user_id
    db.commit()
@router.patch("/teams/{team_id}/tasks/{tid}")
def edit(team_id: int, tid: int, name: str, db: Session = Depends(get_db), s: Seat = Depends(seat("lead"))):
    t = db.scalar(select(Task).where(Task.id == tid, Task.team_id == team_id))
    t.name = name
    db.commit()
@router.delete("/teams/{team_id}/tasks/{tid}")
def drop(team_id: int, tid: int, db: Session = Depends(get_db), s: Seat = Depends(seat("lead"))):
    t = db.scalar(select(Task).where(Task.id == tid, Task.team_id == team_id))
    db.delete(t); db.commit()
app = FastAPI(); app.include_router(router)
""",
}

OWN = {
    "app.py": """
from flask import Flask, abort, g, request, session
from models import db, User, Shift
app = Flask(__name__)
ORDER = ["member", "lead"]
@app.before_request
def who():
    g.user = db.session.get(User, session.get("uid"))
    if g.user is None:
        abort(401)
def need(role):
    if ORDER.index(g.user.role) < ORDER.index(role):
        abort(403)
@app.post("/shifts")
def add():
    need("lead")
    db.session.add(Shift(user_id=request.json["user"], day=request.json["day"])); db.session.commit()
    return ""
@app.put("/shifts/<int:sid>")
def change(sid):
    need("lead")
    s = Shift.query.get_or_404(sid)
    s.day = request.json["day"]; db.session.commit()
    return ""
@app.delete("/shifts/<int:sid>")
def drop(sid):
    need("member")
    s = Shift.query.filter_by(id=sid, user_id=g.user.id).first_or_404()
    db.session.delete(s); db.session.commit()
    return ""
""",
}


@pytest.mark.parametrize(
    ("files", "endpoint", "lower", "same"),
    [
        (
            FASTAPI_CLOSURE,
            "DELETE /teams/{team_id}/channels/{cid}",
            "s: Seat = Depends(seat())):\n    c = db.scalar",
            "s: Seat = Depends(seat(Level.chief))):\n    c = db.scalar",
        ),
        (FASTAPI_CLASS, "DELETE /prices/{pid}", "AtLeast(Rank.CLERK)", "AtLeast(Rank.BOSS)"),
        (
            FASTAPI_SCOPES,
            "DELETE /coupons/{cid}",
            'def drop(cid: int, db: Session = Depends(get_db), user: User = Security(current, scopes=["coupons:read"])',
            'def drop(cid: int, db: Session = Depends(get_db), user: User = Security(current, scopes=["coupons:write"])',
        ),
        (
            FLASK_DECORATOR,
            "DELETE /machines/<int:mid>",
            '@bp.delete("/<int:mid>")\n@at_least("guest")',
            '@bp.delete("/<int:mid>")\n@at_least("director")',
        ),
        (
            DRF_FACTORY,
            "POST /slots/<int:pk>/remove/",
            'class SlotRemove(APIView):\n    permission_classes = [at_least("nurse")]',
            'class SlotRemove(APIView):\n    permission_classes = [at_least("head")]',
        ),
        (
            AIOHTTP_SQL,
            "DELETE /groups/{gid}/pages/{pid}",
            '@routes.delete("/groups/{gid}/pages/{pid}")\n@needs()',
            '@routes.delete("/groups/{gid}/pages/{pid}")\n@needs("keeper")',
        ),
        (PEEWEE_HELPER, "DELETE /articles/<int:aid>", 'check("read")', 'check("publish")'),
    ],
)
def test_a_lower_role_removes_what_a_higher_one_makes(
    findings_of: Found, files: dict[str, str], endpoint: str, lower: str, same: str
) -> None:
    """Ranks are read from the table, list or enumeration that the guard's own test looks into."""
    found = [f.endpoint.name for f in findings_of(files, "missing-authorization") if f.endpoint is not None]
    assert found == [endpoint]
    fixed = {name: text.replace(lower, same) for name, text in files.items()}
    assert fixed != files
    assert findings_of(fixed, "missing-authorization") == []


@pytest.mark.parametrize("files", [EVERYDAY, OWN])
def test_everyday_work_and_ones_own_need_no_high_role(findings_of: Found, files: dict[str, str]) -> None:
    """Workers take tasks that leads make, and members drop their own shifts."""
    assert findings_of(files, "missing-authorization") == []
