"""Logins, and what is known of callers once they are known."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
from flask import Flask, abort, g, jsonify, request, session
from flask_sqlalchemy import SQLAlchemy
from werkzeug.security import check_password_hash
app = Flask(__name__)
db = SQLAlchemy(app)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    password_hash = db.Column(db.String)
    is_admin = db.Column(db.Boolean)

    def checked(self):
        if not self.is_admin:
            abort(403)
        return self

class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    owner_id = db.Column(db.Integer)

@app.before_request
def known():
    if request.path in ("/login", "/login-and-read"):
        return
    g.user = User.query.get(session["uid"])
    if g.user is None:
        abort(401)
    g.operator = g.user.checked()

def logged_in():
    user = User.query.filter_by(email=request.json["email"]).first()
    if not check_password_hash(user.password_hash, request.json["password"]):
        abort(401)
    session["uid"] = user.id

@app.post("/login")
def login():
    logged_in()
    return "", 204

@app.post("/login-and-read")
def login_and_read():
    logged_in()
    return jsonify(Note.query.get(request.json["note"]))

@app.get("/notes/<id>")
def note(id):
    return jsonify(Note.query.get(id))
"""
EXPRESS = """
const express = require("express");
const bcrypt = require("bcrypt");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
async function loggedIn(req, res) {
  const rider = await prisma.rider.findUnique({ where: { email: req.body.email } });
  if (!(await bcrypt.compare(req.body.password, rider.passwordHash))) return res.sendStatus(401);
  req.session.rider = rider.id;
}
app.post("/login", async (req, res) => { await loggedIn(req, res); res.end(); });
app.post("/login-and-read", async (req, res) => {
  await loggedIn(req, res);
  res.json(await prisma.note.findUnique({ where: { id: req.body.note } }));
});
"""


DJANGO_FORM = """
from django import forms
from django.contrib.auth import authenticate, login
from django.http import HttpResponseRedirect
from django.urls import path
from django.views.generic import FormView

class Typed(forms.Form):
    username = forms.CharField()
    password = forms.CharField()

class SignIn(FormView):
    form_class = Typed

    def form_valid(self, form):
        user = authenticate(self.request, **form.cleaned_data)
        if user is None:
            return self.form_invalid(form)
        login(self.request, user)
        return HttpResponseRedirect("/")

urlpatterns = [path("login", SignIn.as_view())]
"""


def test_a_verdict_on_a_password_is_no_login_of_the_callers(rows: Callable[..., Rows]) -> None:
    assert rows(DJANGO_FORM, "urls.py")["POST /login"].authentication.state == "none"


def test_a_login_excuses_the_account_and_no_other_record(rows: Callable[..., Rows]) -> None:
    for read in (rows(FLASK, "app.py"), rows(EXPRESS)):
        assert read["POST /login"].ownership.state == "none"
        assert read["POST /login-and-read"].ownership.state == "open"


def test_methods_of_the_callers_record_are_followed_wherever_they_are_called(
    rows: Callable[..., Rows],
) -> None:
    assert rows(FLASK, "app.py")["GET /notes/<id>"].authorization.state == "required"
