"""What generic code works on is named by who uses it: repositories, mixins, helpers, base views, managers."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import AccessMatrix, Row

Rows = Callable[..., Mapping[str, Row]]

FLASK = """
import os
from flask import Flask, abort, jsonify, request
from flask.views import MethodView
from flask_login import LoginManager, current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class CRUDMixin:
    @classmethod
    def get_by_id(cls, key):
        return cls.query.get(int(key))

    def update(self, **values):
        for name, value in values.items():
            setattr(self, name, value)
        return self.save()

    def save(self):
        db.session.add(self)
        db.session.commit()
        return self


class Member(CRUDMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Letter(CRUDMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    sender_id = db.Column(db.Integer, db.ForeignKey("member.id"))
    text = db.Column(db.String(400))


class Topic(CRUDMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Resource(MethodView):
    decorators = [login_required]
    model = None

    def find(self, key):
        return self.model.query.get_or_404(key)

    def get(self, key):
        found = self.find(key)
        self.check(found)
        return jsonify(found.id)

    def check(self, found):
        raise NotImplementedError


class LetterView(Resource):
    model = Letter

    def check(self, found):
        if found.sender_id != current_user.id:
            abort(404)


class OpenLetterView(Resource):
    model = Letter

    def check(self, found):
        pass


class TopicView(Resource):
    model = Topic

    def check(self, found):
        pass


app.add_url_rule("/letters/<int:key>", view_func=LetterView.as_view("letter"))
app.add_url_rule("/open-letters/<int:key>", view_func=OpenLetterView.as_view("open_letter"))
app.add_url_rule("/topics/<int:key>", view_func=TopicView.as_view("topic"))


@app.post("/letters/<int:key>/edit")
@login_required
def edit(key):
    letter = Letter.get_by_id(key)
    letter.update(text=request.form["text"][:400])
    return "", 204
"""

CRUD = """
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import Session, declarative_base

app = FastAPI()
Base = declarative_base()


class Item(Base):
    id = Column(Integer, primary_key=True)


class Tag(Base):
    id = Column(Integer, primary_key=True)


class CRUDBase:
    def __init__(self, model):
        self.model = model

    def get(self, db, key):
        return db.query(self.model).filter(self.model.id == key).first()


class CRUDTag(CRUDBase):
    def __init__(self):
        super().__init__(Tag)


items = CRUDBase(Item)
tags = CRUDTag()


def get_db():
    yield Session()


def find_or_404(db, model, key):
    found = db.query(model).get(key)
    if found is None:
        raise HTTPException(404)
    return found


@app.get("/items/{key}")
def item(key: int, db: Session = Depends(get_db)):
    return items.get(db, key)


@app.get("/tags/{key}")
def tag(key: int, db: Session = Depends(get_db)):
    return tags.get(db, key)


@app.get("/found/{key}")
def found(key: int, db: Session = Depends(get_db)):
    return find_or_404(db, Tag, key)


@app.get("/other/{key}")
def other(key: int, db: Session = Depends(get_db)):
    return find_or_404(db, Item, key)
"""


def resources(row: Row) -> set[tuple[str, str]]:
    return {(access.operation, access.resource) for access in row.accesses}


def test_a_repository_works_on_the_model_that_it_was_made_with(rows: Rows) -> None:
    found = rows(CRUD, "main.py")
    assert resources(found["GET /items/{key}"]) == {("read", "Item")}
    assert resources(found["GET /tags/{key}"]) == {("read", "Tag")}


def test_a_helper_works_on_the_model_that_it_is_given(rows: Rows) -> None:
    found = rows(CRUD, "main.py")
    assert resources(found["GET /found/{key}"]) == {("read", "Tag")}
    assert resources(found["GET /other/{key}"]) == {("read", "Item")}


def test_a_base_view_runs_the_methods_and_names_the_model_of_the_class_that_is_mounted(rows: Rows) -> None:
    found = rows(FLASK, "app.py")
    own, left, topic = (
        found[f"GET /{name}/<int:key>"].accesses[0] for name in ("letters", "open-letters", "topics")
    )
    assert (own.resource, own.restricted.state) == ("Letter", "restricted")
    assert (left.resource, left.restricted.state) == ("Letter", "open")
    assert (topic.resource, topic.restricted.state) == ("Topic", "open")


def test_methods_of_a_mixin_read_the_record_of_the_class_they_are_called_on(rows: Rows) -> None:
    assert resources(rows(FLASK, "app.py")["POST /letters/<int:key>/edit"]) == {("read", "Letter")}


SHARED = """
import os
from flask import Flask, request
from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
jwt = JWTManager(app)


class Person(db.Model):
    id = db.Column(db.Integer, primary_key=True)

    @classmethod
    def find(cls, key):
        return cls.query.filter_by(id=key).first()

    def save_to_db(self):
        db.session.add(self)
        db.session.commit()


@app.get("/me")
@jwt_required()
def me():
    return str(Person.find(get_jwt_identity()).id)


@app.post("/people/<int:key>/rename")
@jwt_required()
def rename(key):
    person = Person.find(key)
    person.name = "renamed"
    person.save_to_db()
    return "", 204
"""


def test_what_one_caller_gives_for_a_parameter_is_not_what_another_gives(rows: Rows) -> None:
    found = rows(SHARED, "app.py")["POST /people/<int:key>/rename"]
    assert [name for name, source in found.accesses[0].keys if source is not None] == ["id"]


def test_a_method_of_ones_own_that_commits_keeps_what_was_changed(rows: Rows) -> None:
    assert ("update", "Person") in resources(rows(SHARED, "app.py")["POST /people/<int:key>/rename"])


ANOTHER = """
from flask import Flask, jsonify
from flask.views import MethodView
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Base(MethodView):
    def other(self):
        return Removing()

    def get(self, key):
        return {called}.handle(key)

    def handle(self, key):
        return self.answer(key)

    def answer(self, key):
        return jsonify(Note.query.get(key))


class Removing(Base):
    def answer(self, key):
        db.session.delete(Note.query.get(key))
        db.session.commit()
        return ""


class Notes(Base):
    pass


app.add_url_rule("/notes/<key>", view_func=Notes.as_view("notes"))
"""


def test_what_a_method_gives_is_another_object_than_its_own(rows: Rows) -> None:
    def done(called: str) -> set[tuple[str, str]]:
        return resources(rows(ANOTHER.format(called=called), "app.py")["GET /notes/<key>"])

    assert ("delete", "Note") in done("self.other()")
    assert done("self") == {("read", "Note")}


def test_who_is_looked_up_while_a_view_chooses_is_not_what_is_removed(
    matrix: Callable[[Mapping[str, str]], AccessMatrix],
) -> None:
    views = """
from django.contrib.auth.models import User
from django.db import models
from rest_framework import viewsets


class Note(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)


class NoteViewSet(viewsets.ModelViewSet):
    def get_queryset(self):
        if self.action == "shared":
            author = User.objects.filter(username=self.request.GET["author"]).first()
            return Note.objects.filter(owner=author)
        return Note.objects.filter(owner=self.request.user)
"""
    urls = """
from rest_framework.routers import DefaultRouter
from views import NoteViewSet

router = DefaultRouter()
router.register("notes", NoteViewSet, basename="note")
urlpatterns = router.urls
"""
    removed = {
        access.resource
        for row in matrix({"views.py": views, "urls.py": urls})
        for access in row.accesses
        if access.operation == "delete"
    }
    assert removed == {"Note"}
