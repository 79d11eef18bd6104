"""Whose an object is, and what restricts an access to it."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Access, Row

Rows = Callable[..., Mapping[str, Row]]

EXPRESS = """
const express = require('express');
const session = require('express-session');
const mongoose = require('mongoose');
const { Pool } = require('pg');
const pool = new Pool();
const Order = mongoose.model('Order', new mongoose.Schema({ total: Number }));
const User = mongoose.model('User', new mongoose.Schema({ name: String }));
const app = express();
app.use(express.json());
app.use(session({ secret: process.env.SESSION_SECRET }));
app.use((req, res, next) => (req.session.userId ? next() : res.sendStatus(401)));
app.post('/orders', async (req, res) => {
  await Order.create({ customer: req.session.userId, total: Number(req.body.total) });
  await pool.query('INSERT INTO orders (customer_id, total) VALUES ($1, $2)', [req.session.userId, 1]);
  res.end();
});
"""
FASTAPI = """
import jwt
from typing import Annotated
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="/token")


class Base(DeclarativeBase):
    pass


class User(Base):
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


def get_db():
    yield Session()


Db = Annotated[Session, Depends(get_db)]


def current_user(token: Annotated[str, Depends(bearer)], db: Db) -> User:
    user = db.get(User, jwt.decode(token, "k", algorithms=["HS256"])["sub"])
    if user is None:
        raise HTTPException(401)
    return user


CurrentUser = Annotated[User, Depends(current_user)]
"""


def access(row: Row, operation: str) -> Access:
    return next(
        a for a in row.accesses if a.operation == operation and a.resource.lower() not in ("user", "users")
    )


@pytest.mark.parametrize(
    ("body", "operation", "expected"),
    [
        ("res.json(await Order.findById(req.params.id));", "read", "open"),
        (
            "res.json(await Order.findOne({ _id: req.params.id, customer: req.session.userId }));",
            "read",
            "restricted",
        ),
        (
            (
                "const o = await Order.findById(req.params.id);"
                " if (String(o.customer) !== req.session.userId) return res.sendStatus(404); res.json(o);"
            ),
            "read",
            "restricted",
        ),
        (
            "const o = await Order.findById(req.params.id); o.total = 1; await o.save(); res.end();",
            "update",
            "open",
        ),
        (
            (
                "const o = await Order.findById(req.params.id);"
                " if (!o.customer.equals(req.session.userId)) throw new ForbiddenError(); o.deleteOne();"
            ),
            "delete",
            "restricted",
        ),
        (
            (
                "const o = await Order.findById(req.params.id);"
                " if (o.customer === req.session.userId) { await Order.deleteOne({ _id: o.id }); } res.end();"
            ),
            "delete",
            "restricted",
        ),
        (
            (
                "const o = await Order.findById(req.params.id);"
                " if (!o.total) return res.sendStatus(404); await Order.deleteOne({ _id: req.params.id });"
            ),
            "delete",
            "open",
        ),
        (
            (
                "await pool.query('DELETE FROM orders WHERE id = $1 AND customer_id = $2',"
                " [req.params.id, req.session.userId]); res.end();"
            ),
            "delete",
            "restricted",
        ),
        (
            "await pool.query(`DELETE FROM orders WHERE id = ${Number(req.params.id)}`); res.end();",
            "delete",
            "open",
        ),
        (
            (
                "const { rows } = await pool.query('SELECT * FROM orders WHERE id = $1', [req.params.id]);"
                " if (rows[0].customer_id !== req.session.userId) return res.sendStatus(403);"
                " await pool.query('DELETE FROM orders WHERE id = $1', [rows[0].id]); res.end();"
            ),
            "delete",
            "restricted",
        ),
    ],
)
def test_express(rows: Rows, body: str, operation: str, expected: str) -> None:
    found = rows(f"{EXPRESS}app.post('/orders/:id', async (req, res) => {{ {body} }});")["POST /orders/:id"]
    touched = access(found, operation)
    assert touched.restricted.state == expected
    assert touched.owner_field in ("customer", "customer_id")


def test_a_kwarg_may_have_another_name_than_the_path_parameter(rows: Rows) -> None:
    """A comparison is found by where its value comes from, not by how it is called."""
    text = """
def ensure_mine(db, account_number, user):
    note = db.get(Note, account_number)
    if note is None or note.owner_id != user.id:
        raise HTTPException(404)
    return note


@app.delete("/notes/{id}")
def remove(id: int, db: Db, user: CurrentUser):
    ensure_mine(db, account_number=id, user=user)
    db.delete(db.get(Note, id))
    db.commit()
"""
    assert (
        access(rows(FASTAPI + text, "main.py")["DELETE /notes/{id}"], "delete").restricted.state
        == "restricted"
    )


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        ("db.get(Note, id)", "open"),
        ("db.scalar(select(Note).where(Note.id == id))", "open"),
        ("db.scalar(select(Note).where(Note.id == id, Note.owner_id == user.id))", "restricted"),
        ("db.scalar(select(Note).where(Note.id == id).where(Note.owner_id == user.id))", "restricted"),
        ("db.query(Note).filter_by(id=id, owner_id=user.id).first()", "restricted"),
        ("db.query(Note).filter(Note.id == id).first()", "open"),
    ],
)
def test_sqlalchemy(rows: Rows, lookup: str, expected: str) -> None:
    text = f"""

@app.get("/notes/{{id}}")
def show(id: int, db: Db, user: CurrentUser):
    note = {lookup}
    if note is None:
        raise HTTPException(404)
    return note
"""
    row = rows(FASTAPI + text, "main.py")["GET /notes/{id}"]
    assert access(row, "read").restricted.state == expected
    assert row.ownership.state == expected


def test_a_dependency_may_do_the_check(rows: Rows) -> None:
    text = """
def own_note(id: int, db: Db, user: CurrentUser) -> Note:
    note = db.get(Note, id)
    if note is None or note.owner_id != user.id:
        raise HTTPException(404)
    return note


@app.delete("/notes/{id}")
def remove(note: Annotated[Note, Depends(own_note)], db: Db):
    db.delete(note)
    db.commit()
"""
    assert (
        access(rows(FASTAPI + text, "main.py")["DELETE /notes/{id}"], "delete").restricted.state
        == "restricted"
    )


def test_a_repository_that_belongs_to_the_caller(rows: Rows) -> None:
    text = """
class Notes:
    def __init__(self, db, owner_id):
        self._db = db
        self._owner_id = owner_id

    def get(self, id):
        return self._db.scalar(select(Note).where(Note.id == id, Note.owner_id == self._owner_id))


@app.get("/notes/{id}")
def show(id: int, db: Db, user: CurrentUser):
    return Notes(db, user.id).get(id)
"""
    assert access(rows(FASTAPI + text, "main.py")["GET /notes/{id}"], "read").restricted.state == "restricted"


def test_only_operators_get_there(rows: Rows) -> None:
    text = """
def admin(user: CurrentUser) -> User:
    if not user.is_admin:
        raise HTTPException(403)
    return user


@app.delete("/notes/{id}", dependencies=[Depends(admin)])
def remove(id: int, db: Db):
    db.delete(db.get(Note, id))
    db.commit()
"""
    assert (
        access(rows(FASTAPI + text, "main.py")["DELETE /notes/{id}"], "delete").restricted.state
        == "restricted"
    )


def test_owner_fields_are_learned_from_the_project(rows: Rows) -> None:
    """`keeper` is no conventional name: it is set from the caller."""
    text = """
const Box = mongoose.model('Box', new mongoose.Schema({ label: String }));
app.post('/boxes', async (req, res) => {
  res.json(await Box.create({ keeper: req.session.userId, label: 'x' }));
});
app.get('/boxes/:id', async (req, res) => res.json(await Box.findById(req.params.id)));
"""
    found = access(rows(EXPRESS + text)["GET /boxes/:id"], "read")
    assert found.owner_field == "keeper"
    assert found.owner_evidence


def test_things_without_owner_have_none(rows: Rows) -> None:
    text = """
const Country = mongoose.model('Country', new mongoose.Schema({ name: String }));
app.get('/countries/:id', async (req, res) => res.json(await Country.findById(req.params.id)));
"""
    assert access(rows(EXPRESS + text)["GET /countries/:id"], "read").owner_field == ""


def test_a_project_function_that_runs_statements(rows: Rows) -> None:
    text = """
const query = (text, values) => pool.query(text, values);
app.delete('/orders/:id', async (req, res) => {
  await query('DELETE FROM orders WHERE id = $1', [req.params.id]);
  res.end();
});
"""
    found = access(rows(EXPRESS + text)["DELETE /orders/:id"], "delete")
    assert found.resource == "orders"
    assert found.restricted.state == "open"


def test_refusing_to_act_on_oneself_protects_nobody_else(rows: Rows) -> None:
    text = """

@app.delete("/users/{id}")
def remove(id: int, db: Db, user: CurrentUser):
    other = db.get(User, id)
    if other == user:
        raise HTTPException(403, "not yourself")
    db.delete(other)
    db.commit()
"""
    row = rows(FASTAPI + text, "main.py")["DELETE /users/{id}"]
    assert row.authorization.state == "none"
    assert {a.operation: a.restricted.state for a in row.accesses} == {"read": "open", "delete": "open"}


def test_a_role_in_the_handler_opens_the_other_branch_only(rows: Rows) -> None:
    text = """

@app.get("/notes")
def notes(db: Db, user: CurrentUser):
    if user.is_admin:
        return db.scalars(select(Note)).all()
    return db.scalars(select(Note).where(Note.owner_id == user.id)).all()
"""
    row = rows(FASTAPI + text, "main.py")["GET /notes"]
    assert {a.restricted.state for a in row.accesses} == {"restricted"}


def test_what_a_method_changes_is_the_object_it_is_called_on(rows: Rows) -> None:
    text = """
class Notes:
    def erase(self, db, note):
        db.delete(note)
        db.commit()


@app.delete("/notes/{id}")
def remove(id: int, db: Db, user: CurrentUser):
    Notes().erase(db, db.get(Note, id))
"""
    touched = access(rows(FASTAPI + text, "main.py")["DELETE /notes/{id}"], "delete")
    assert (touched.resource, touched.restricted.state) == ("Note", "open")


TYPED = """
from django.db import models
from django.http import HttpRequest
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class Account(models.Model):
    name = models.TextField()


class Asked(HttpRequest):
    user: Account


class Note(models.Model):
    owner = models.ForeignKey(Account, on_delete=models.CASCADE)


class Notes(APIView):
    request: Asked
    permission_classes = [IsAuthenticated]

    def get(self, request, pk):
        return Response(Note.objects.filter(owner=self.request.user).get(pk=pk).id)


urlpatterns = [path("notes/<pk>", Notes.as_view())]
"""


def test_a_member_whose_type_alone_is_said_is_what_the_framework_puts_there(rows: Rows) -> None:
    row = rows(TYPED, "urls.py")["GET /notes/<pk>"]
    assert (row.authentication.state, row.ownership.state) == ("required", "restricted")


MAPPED = """
from django.db import models
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet


class Note(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)


class Notes(ModelViewSet):
    queryset = Note.objects.all()
    permission_classes = [IsAuthenticated]

    def destroy(self, request, pk):
        Note.objects.filter(owner=request.user, pk=pk).delete()
        return Response()


urlpatterns = [
    path("notes", Notes.as_view({"get": "list"})),
    path("notes/<pk>", Notes.as_view({"get": "retrieve", "delete": "destroy"})),
]
"""


def test_methods_are_what_a_map_says_they_are(rows: Rows) -> None:
    found = rows(MAPPED, "urls.py")
    assert {name: row.ownership.state for name, row in found.items()} == {
        "GET /notes": "none",
        "GET /notes/<pk>": "open",
        "DELETE /notes/<pk>": "restricted",
    }
    assert {row.authentication.state for row in found.values()} == {"required"}


WAYS = """
from flask import Flask, jsonify
from flask_login import login_required
from flask_sqlalchemy import SQLAlchemy

from sso import client_for

app = Flask(__name__)
db = SQLAlchemy(app)


class Account(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer)


@app.get("/accounts/<%s>")
@login_required
def show(%s):
    found = Account.query.filter_by(id=client_for(%s).verified().id).first()
    return jsonify(found)
"""


@pytest.mark.parametrize(("name", "state"), [("provider", "none"), ("login_method", "none"), ("ref", "open")])
def test_what_says_how_to_look_chooses_no_object(rows: Rows, name: str, state: str) -> None:
    row = rows(WAYS % (name, name, name), "app.py")[f"GET /accounts/<{name}>"]
    assert row.ownership.state == state
