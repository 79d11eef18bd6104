"""References to others' records, which are stored as the client names them."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.findings import Finding

Told = Callable[[Mapping[str, str]], set[str]]


@pytest.fixture(scope="module")
def told(findings_of: Callable[..., list[Finding]]) -> Told:
    """`(files)` to the endpoints of which references to objects are reported."""

    def run(files: Mapping[str, str]) -> set[str]:
        found = findings_of(files, "insecure-direct-object-reference")
        return {f.endpoint.name for f in found if f.endpoint is not None}

    return run


FASTAPI = """
import os

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from sqlalchemy import Column, ForeignKey, Integer, String, select
from sqlalchemy.orm import Session, declarative_base

from .db import session

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="/token")
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String)


class Boat(Base):
    __tablename__ = "boats"
    id = Column(Integer, primary_key=True)
    owner_id = Column(Integer, ForeignKey("users.id"))
    name = Column(String)


class Trip(Base):
    __tablename__ = "trips"
    id = Column(Integer, primary_key=True)
    skipper_id = Column(Integer, ForeignKey("users.id"))
    boat_id = Column(Integer, ForeignKey("boats.id"))
    day = Column(String)


class NewTrip(BaseModel):
    boat_id: int
    day: str


def me(token: str = Depends(scheme), db: Session = Depends(session)) -> User:
    said = jwt.decode(token, os.environ["KEY"], algorithms=["HS256"])
    found = db.get(User, said["sub"])
    if found is None:
        raise HTTPException(401)
    return found


@app.get("/boats/{boat_id}")
def boat(boat_id: int, user: User = Depends(me), db: Session = Depends(session)):
    found = db.scalar(select(Boat).where(Boat.id == boat_id, Boat.owner_id == user.id))
    if found is None:
        raise HTTPException(404)
    return {"id": found.id, "name": found.name}


@app.get("/trips/{trip_id}")
def trip(trip_id: int, user: User = Depends(me), db: Session = Depends(session)):
    found = db.scalar(select(Trip).where(Trip.id == trip_id, Trip.skipper_id == user.id))
    if found is None:
        raise HTTPException(404)
    return {"id": found.id, "day": found.day}


@app.post("/trips")
def add(new: NewTrip, user: User = Depends(me), db: Session = Depends(session)):
%s
    db.commit()
    return {"ok": True}
"""

STORED = (
    "    db.add(Trip(skipper_id=user.id, boat_id=new.boat_id, day=new.day))",
    "    db.add(Trip(**new.model_dump(), skipper_id=user.id))",
    "    trip = Trip(skipper_id=user.id, day=new.day)\n    trip.boat_id = new.boat_id\n    db.add(trip)",
)
ASKED = (
    "    if db.scalar(select(Boat).where(Boat.id == new.boat_id, Boat.owner_id == user.id)) is None:\n"
    "        raise HTTPException(404)\n",
    "    boat = db.get(Boat, new.boat_id)\n    if boat is None or boat.owner_id != user.id:\n"
    "        raise HTTPException(404)\n",
    "    must_own(user, new.boat_id)\n",
)


@pytest.mark.parametrize("stored", STORED)
def test_fastapi(told: Told, stored: str) -> None:
    """A boat of the body, by name, in a whole body, and set afterwards."""
    assert told({"app/main.py": FASTAPI % stored}) == {"POST /trips"}
    for asked in ASKED:
        assert told({"app/main.py": FASTAPI % (asked + stored)}) == set()


FLASK = """
from flask import Flask, abort, g, jsonify, request
from flask_login import LoginManager, UserMixin, current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
manager = LoginManager(app)


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Folder(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    title = db.Column(db.String(80))


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    folder_id = db.Column(db.Integer, db.ForeignKey("folder.id"))
    text = db.Column(db.Text)


@manager.user_loader
def load(key):
    return db.session.get(User, key)


@app.get("/folders/<int:folder_id>")
@login_required
def folder(folder_id):
    found = Folder.query.filter_by(id=folder_id, user_id=current_user.id).first_or_404()
    return jsonify(id=found.id, title=found.title)


@app.patch("/notes/<int:note_id>")
@login_required
def move(note_id):
    note = Note.query.filter_by(id=note_id, user_id=current_user.id).first_or_404()
    data = request.get_json()
%s
    db.session.commit()
    return "", 204


@app.post("/folders/<int:folder_id>/notes")
@login_required
def add(folder_id):
%s
    db.session.add(Note(user_id=current_user.id, folder_id=folder_id, text=str(request.get_json()["text"])[:400]))
    db.session.commit()
    return "", 201
"""


def test_flask(told: Told) -> None:
    """A folder that something is moved to, and one of the address."""
    own = "    Folder.query.filter_by(id=%s, user_id=current_user.id).first_or_404()"
    moved = '    note.folder_id = data["folder_id"]'
    assert told({"app.py": FLASK % (moved, "    pass")}) == {
        "PATCH /notes/<int:note_id>",
        "POST /folders/<int:folder_id>/notes",
    }
    asked = (own % 'data["folder_id"]') + "\n" + moved, own % "folder_id"
    assert told({"app.py": FLASK % asked}) == set()


DJANGO = """
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.conf import settings
from django.db import models
from django import forms


class Plot(models.Model):
    gardener = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=40)


class Harvest(models.Model):
    plot = models.ForeignKey(Plot, on_delete=models.CASCADE)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    crop = models.CharField(max_length=40)


class HarvestForm(forms.ModelForm):
    class Meta:
        model = Harvest
        fields = ["plot", "crop"]
%s

@login_required
def plot(request, pk):
    found = get_object_or_404(Plot, pk=pk, gardener=request.user)
    return JsonResponse({"name": found.name})


@login_required
def harvest(request):
%s
    return JsonResponse({})


urlpatterns = [path("plots/<int:pk>/", plot), path("harvests/", harvest)]
"""
BY_FORM = """    form = HarvestForm(request.POST)
    if form.is_valid():
        row = form.save(commit=False)
        row.by = request.user
        row.save()"""


@pytest.mark.parametrize(
    "stored",
    [
        '    Harvest.objects.create(plot_id=request.POST["plot"], by=request.user, crop=request.POST["crop"][:40])',
        '    row = Harvest(by=request.user, crop=request.POST["crop"][:40])\n'
        '    row.plot_id = int(request.POST["plot"])\n    row.save()',
    ],
)
def test_django(told: Told, stored: str) -> None:
    """A plot that is stored by its identifier."""
    assert told({"views.py": DJANGO % ("", stored)}) == {"* /harvests/"}
    asked = '    get_object_or_404(Plot, pk=request.POST["plot"], gardener=request.user)\n'
    assert told({"views.py": DJANGO % ("", asked + stored)}) == set()


def test_django_form(told: Told) -> None:
    """A form takes every plot, unless it is told whose it may take."""
    assert told({"views.py": DJANGO % ("", BY_FORM)}) == {"* /harvests/"}
    limited = """
    def __init__(self, *args, gardener, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["plot"].queryset = Plot.objects.filter(gardener=gardener)
"""
    told_whose = BY_FORM.replace("request.POST)", "request.POST, gardener=request.user)")
    assert told({"views.py": DJANGO % (limited, told_whose)}) == set()


def test_parts_of_what_an_identifier_names(told: Told) -> None:
    """A list of parts of what is another's, with and without a look at whose it is."""
    views = (
        '    rows = Harvest.objects.filter(plot=request.GET["plot"]).values("crop")',
        '    rows = Harvest.objects.filter(plot_id=request.GET["plot"]).values("crop")',
        '    rows = list(Harvest.objects.filter(plot__id=request.GET["plot"]))',
    )
    for listed in views:
        assert told({"views.py": DJANGO % ("", listed)}) == {"* /harvests/"}
        own = '    get_object_or_404(Plot, pk=request.GET["plot"], gardener=request.user)\n'
        assert told({"views.py": DJANGO % ("", own + listed)}) == set()
        beside = listed.replace('request.GET["plot"])', 'request.GET["plot"], plot__gardener=request.user)')
        assert told({"views.py": DJANGO % ("", beside)}) == set()
