"""Routes that code before them knows by their names, and managers that keep to what a caller may see."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import AccessMatrix

from packages.rearguard.tests.access.conftest import Reviewed

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

SETTINGS = """
ROOT_URLCONF = "ward.urls"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ward.middleware.StaffMiddleware",
]
"""
MIDDLEWARE = """
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import resolve

OPEN = {"sign-in", "status"}
FOR_PATIENTS = {"mine"}


class StaffMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        name = resolve(request.path).url_name
        if name in OPEN:
            return None
        if not request.user.is_authenticated:
            return redirect("sign-in")
        if not request.user.is_staff_member and name not in FOR_PATIENTS:
            return HttpResponse(status=403)
        return None
"""
MODELS = """
from django.conf import settings
from django.db import models


class NoteQuerySet(models.QuerySet):
    def visible_to(self, person):
        if person.role == "manager":
            return self
        return self.filter(author=person)


class Note(models.Model):
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    body = models.TextField()
    objects = NoteQuerySet.as_manager()
"""
VIEWS = """
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from .models import Note


def sign_in(request):
    return HttpResponse("sign in here")


def status(request):
    return JsonResponse({"ok": True})


def mine(request, pk):
    return JsonResponse({"body": Note.objects.visible_to(request.user).filter(pk=pk).first().body})


def show(request, pk):
    return JsonResponse({"body": Note.objects.visible_to(request.user).get(pk=pk).body})


def edit(request, pk):
    note = get_object_or_404(Note, pk=pk, author=request.user)
    note.body = request.POST["body"]
    note.save()
    return redirect("show", pk=pk)


def remove(request, pk):
    get_object_or_404(Note, pk=pk).delete()
    return redirect("list")


def about(request):
    return HttpResponse("notes")


def hours(request):
    return HttpResponse("always")
"""
URLS = """
from django.urls import path
from . import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("status/", views.status, name="status"),
    path("mine/<int:pk>/", views.mine, name="mine"),
    path("notes/<int:pk>/", views.show, name="show"),
    path("notes/<int:pk>/edit/", views.edit, name="edit"),
    path("notes/<int:pk>/remove/", views.remove, name="remove"),
    path("about/", views.about, name="about"),
    path("hours/", views.hours, name="hours"),
]
"""
FILES = {
    "ward/settings.py": SETTINGS,
    "ward/middleware.py": MIDDLEWARE,
    "ward/models.py": MODELS,
    "ward/views.py": VIEWS,
    "ward/urls.py": URLS,
}


def test_what_runs_before_decides_by_the_names_of_routes(matrix: Matrices) -> None:
    cells = {row.endpoint.path: (row.authentication.state, row.authorization.state) for row in matrix(FILES)}
    assert cells["/sign-in/"] == cells["/status/"] == ("none", "none")
    assert cells["/mine/<int:pk>/"] == ("required", "none")
    assert cells["/notes/<int:pk>/"] == ("required", "required")


def test_what_a_manager_gives_can_be_asked_further(matrix: Matrices) -> None:
    kept = {row.endpoint.path: row.ownership.state for row in matrix(FILES)}
    assert kept["/mine/<int:pk>/"] == kept["/notes/<int:pk>/"] == "restricted"


def test_a_role_that_all_are_asked_for_owns_nothing(reviewed: Reviewed) -> None:
    """Where one role stands before a whole program, those who have it are its users, with objects of their own."""
    assert reviewed(FILES, "insecure-direct-object-reference") == ["* /notes/<int:pk>/remove/"]


LIBRARY = """
from flask import Flask, abort, g, request, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Member(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    role = db.Column(db.String(16))


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200))
    author = db.Column(db.String(200))
    copies = db.Column(db.Integer)
    loans = db.relationship("Loan")


class Loan(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    book_id = db.Column(db.ForeignKey("book.id"))
    member_id = db.Column(db.ForeignKey("member.id"))


@app.before_request
def known():
    g.member = db.session.get(Member, session.get("member"))
    if g.member is None:
        abort(401)


def staff_only():
    if g.member.role != "staff":
        abort(403)


@app.get("/loans/<int:ident>")
def loan(ident):
    found = Loan.query.filter_by(id=ident, member_id=g.member.id).first_or_404()
    return {"book": found.book_id}


@app.post("/books/<int:ident>/title")
def title(ident):
    staff_only()
    book = db.get_or_404(Book, ident)
    book.title = request.form["title"]
    db.session.commit()
    return {"ok": True}


@app.post("/books/<int:ident>/author")
def author(ident):
    staff_only()
    book = db.get_or_404(Book, ident)
    book.author = request.form["author"]
    db.session.commit()
    return {"ok": True}


@app.post("/books/<int:ident>/borrow")
def borrow(ident):
    if Loan.query.filter_by(book_id=ident).count() > 3:
        abort(409)
    db.session.add(Loan(book_id=ident, member_id=g.member.id))
    db.session.commit()
    return {"ok": True}


@app.post("/books/<int:ident>/withdraw")
def withdraw(ident):
    book = db.get_or_404(Book, ident)
    if Loan.query.filter_by(book_id=book.id).count():
        abort(409)
    db.session.delete(book)
    db.session.commit()
    return {"ok": True}
"""


def test_what_belongs_to_nobody_and_others_change_with_a_role_is_not_removed_without(
    reviewed: Reviewed,
) -> None:
    files = {"app/main.py": LIBRARY}
    assert reviewed(files, "missing-authorization") == ["POST /books/<int:ident>/withdraw"]
    # A book's author is no account, and loans that are counted show nothing of theirs.
    assert reviewed(files, "insecure-direct-object-reference") == []


OFFICE = """
import sqlite3
from flask import Blueprint, Flask, abort, current_app, request, session
class Config:
    PROTECTED = {"office.users"}
app = Flask(__name__)
app.config.from_object(Config)
office = Blueprint("office", __name__, url_prefix="/office")
@office.before_request
def gate():
    if request.endpoint in current_app.config["PROTECTED"]:
        if session.get("uid") is None:
            abort(401)
@office.get("/users")
def users():
    return str(sqlite3.connect("x.db").execute("SELECT name FROM users").fetchall())
@office.get("/notes")
def notes():
    return str(sqlite3.connect("x.db").execute("SELECT body FROM notes").fetchall())
app.register_blueprint(office)
"""


def test_a_setting_names_the_routes_that_are_asked(matrix: Matrices) -> None:
    states = {row.endpoint.path: row.authentication.state for row in matrix({"app.py": OFFICE})}
    assert states == {"/office/users": "required", "/office/notes": "none"}
