"""Lists of identifiers that a comprehension makes of what the client sends: each names an object."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

FLASK_IN = {
    "app.py": """
from flask import Flask, abort, g, request, session
from models import db, User, Order
app = Flask(__name__)
@app.before_request
def who():
    g.user = db.session.get(User, session.get("uid"))
    if g.user is None:
        abort(401)
@app.get("/orders/<int:oid>")
def one(oid):
    return {"total": Order.query.filter_by(id=oid, user_id=g.user.id).first_or_404().total}
@app.post("/orders/cancel")
def cancel():
    ids = [int(v) for v in request.form.getlist("id")]
    Order.query.filter(Order.id.in_(ids)).update({"state": "cancelled"})
    db.session.commit()
    return ""
""",
}

FASTAPI_DELETE = {
    "app.py": """
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from db import get_db, Note, User, current_user
class Chosen(BaseModel):
    ids: list[int]
app = FastAPI()
@app.get("/notes/{nid}")
def one(nid: int, user: User = Depends(current_user), db: Session = Depends(get_db)):
    note = db.scalar(select(Note).where(Note.id == nid, Note.owner_id == user.id))
    if note is None:
        raise HTTPException(404)
    return {"text": note.text}
@app.post("/notes/remove")
def remove(data: Chosen, user: User = Depends(current_user), db: Session = Depends(get_db)):
    wanted = {i for i in data.ids if i > 0}
    db.execute(delete(Note).where(Note.id.in_(wanted)))
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
class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
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

DRF_GENERATOR = {
    "urls.py": """
from django.urls import path
from shop import views
urlpatterns = [path("a/<int:pk>/", views.One.as_view()), path("a/close/", views.close)]
""",
    "settings.py": """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["rest_framework", "shop"]
REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
""",
    "shop/models.py": """
from django.conf import settings
from django.db import models
class Alert(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    state = models.CharField(max_length=9)
""",
    "shop/views.py": """
from rest_framework.decorators import api_view
from rest_framework.generics import RetrieveAPIView
from rest_framework.response import Response
from .models import Alert
from .ser import AlertSerializer
class One(RetrieveAPIView):
    serializer_class = AlertSerializer
    def get_queryset(self):
        return Alert.objects.filter(user=self.request.user)
@api_view(["POST"])
def close(request):
    ids = list(int(i) for i in request.data.get("ids", []))
    Alert.objects.filter(id__in=ids).update(state="closed")
    return Response()
""",
    "shop/ser.py": """
from rest_framework import serializers
from .models import Alert
class AlertSerializer(serializers.ModelSerializer):
    class Meta:
        model = Alert
        fields = ["id", "state"]
""",
}

RAW_LOOP = {
    "app.py": """
import sqlite3
from flask import Flask, abort, g, request, session
app = Flask(__name__)
@app.before_request
def who():
    if "uid" not in session:
        abort(401)
    g.db = sqlite3.connect("x.db")
@app.get("/files/<int:fid>")
def one(fid):
    row = g.db.execute("SELECT name FROM files WHERE id = ? AND owner_id = ?", (fid, session["uid"])).fetchone()
    if row is None:
        abort(404)
    return {"name": row[0]}
@app.post("/files/drop")
def drop():
    for fid in [int(v) for v in request.json["ids"]]:
        g.db.execute("DELETE FROM files WHERE id = ?", (fid,))
    g.db.commit()
    return ""
""",
}

PEEWEE_PARTS = {
    "app.py": """
from aiohttp import web
from aiohttp_session import get_session
from models import Photo
routes = web.RouteTableDef()
@routes.get("/photos/{pid}")
async def one(request):
    session = await get_session(request)
    if "uid" not in session:
        raise web.HTTPUnauthorized()
    photo = Photo.get_or_none(Photo.id == int(request.match_info["pid"]), Photo.owner == session["uid"])
    if photo is None:
        raise web.HTTPNotFound()
    return web.json_response({"name": photo.name})
@routes.post("/photos/hide")
async def hide(request):
    session = await get_session(request)
    if "uid" not in session:
        raise web.HTTPUnauthorized()
    data = await request.json()
    ids = [p["id"] for p in data["photos"]]
    Photo.update(hidden=True).where(Photo.id.in_(ids)).execute()
    return web.Response()
app = web.Application()
app.add_routes(routes)
""",
    "models.py": """
from peewee import *
db = SqliteDatabase("x.db")
class User(Model):
    name = CharField()
    class Meta: database = db
class Photo(Model):
    owner = ForeignKeyField(User); name = CharField(); hidden = BooleanField(default=False)
    class Meta: database = db
""",
}

DJANGO_TENANT = {
    "urls.py": """
from django.urls import path
from shop import views
urlpatterns = [path("j/<int:pk>/", views.job), path("j/assign/", views.assign), path("t/<int:pk>/", views.team)]
""",
    "settings.py": """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.auth", "shop"]
""",
    "shop/models.py": """
from django.contrib.auth.models import AbstractUser
from django.db import models
class Branch(models.Model):
    name = models.CharField(max_length=9)
class User(AbstractUser):
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE)
    kind = models.CharField(max_length=9)
class Van(models.Model):
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE)
    plate = models.CharField(max_length=9)
class Job(models.Model):
    van = models.ForeignKey(Van, on_delete=models.CASCADE)
    state = models.CharField(max_length=9)
""",
    "shop/views.py": """
from django.contrib.auth.decorators import login_required, user_passes_test
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST
from .models import Job, Van
planner = user_passes_test(lambda u: u.is_authenticated and u.kind == "planner")
@planner
def job(request, pk):
    return JsonResponse({"s": get_object_or_404(Job, pk=pk, van__branch_id=request.user.branch_id).state})
@planner
def team(request, pk):
    return JsonResponse({"s": get_object_or_404(Van, pk=pk, branch_id=request.user.branch_id).plate})
@planner
@require_POST
def assign(request):
    ids = [int(i) for i in request.POST.getlist("job")]
    Job.objects.filter(pk__in=ids).update(state="assigned")
    return redirect("/")
""",
}


@pytest.mark.parametrize(
    ("files", "endpoint", "loose", "kept"),
    [
        (
            FLASK_IN,
            "POST /orders/cancel",
            "Order.id.in_(ids))",
            "Order.id.in_(ids), Order.user_id == g.user.id)",
        ),
        (
            FASTAPI_DELETE,
            "POST /notes/remove",
            "Note.id.in_(wanted))",
            "Note.id.in_(wanted), Note.owner_id == user.id)",
        ),
        (DRF_GENERATOR, "POST /a/close/", "filter(id__in=ids)", "filter(id__in=ids, user=request.user)"),
        (
            RAW_LOOP,
            "POST /files/drop",
            '"DELETE FROM files WHERE id = ?", (fid,)',
            '"DELETE FROM files WHERE id = ? AND owner_id = ?", (fid, session["uid"])',
        ),
        (
            PEEWEE_PARTS,
            "POST /photos/hide",
            "Photo.id.in_(ids)",
            'Photo.id.in_(ids), Photo.owner == session["uid"]',
        ),
        (
            DJANGO_TENANT,
            "POST /j/assign/",
            "filter(pk__in=ids)",
            "filter(pk__in=ids, van__branch_id=request.user.branch_id)",
        ),
    ],
)
def test_whoever_the_named_objects_belong_to(
    findings_of: Found, files: dict[str, str], endpoint: str, loose: str, kept: str
) -> None:
    """Many at once are asked about as one is; the tenant may be two tables away."""
    check = "insecure-direct-object-reference"
    assert [f.endpoint.name for f in findings_of(files, check) if f.endpoint is not None] == [endpoint]
    fixed = {name: text.replace(loose, kept) for name, text in files.items()}
    assert fixed != files
    assert findings_of(fixed, check) == []
