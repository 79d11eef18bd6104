"""Logins: how often they may be asked, and the session that they begin."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

Review = Callable[[Mapping[str, str]], Any]

EXPRESS = """\
const express = require('express');
const session = require('express-session');
const bcrypt = require('bcrypt');
const users = require('./users');

const app = express();
app.use(express.json());
app.use(session({ secret: process.env.KEY, resave: false, saveUninitialized: false }));

app.post('/login', async (req, res) => {
  const user = await users.find(String(req.body.email));
  if (!user || !(await bcrypt.compare(String(req.body.password), user.passwordHash))) {
    return res.status(401).json({ error: 'wrong e-mail or password' });
  }
  req.session.userId = user.id;
  res.json({ ok: true });
});
"""

DJANGO = {
    "shop/views.py": """\
from django.contrib.auth.hashers import check_password
from django.http import HttpResponse
from django.shortcuts import render

from .models import Person


def login(request):
    if request.method == "POST":
        person = Person.objects.filter(email=request.POST["email"]).first()
        if person and check_password(request.POST["password"], person.password):
            request.session["person_id"] = person.id
            return HttpResponse("ok")
    return render(request, "login.html")
""",
    "shop/urls.py": "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [path('login', views.login)]\n",
    "shop/models.py": "from django.db import models\n\n\nclass Person(models.Model):\n"
    "    email = models.EmailField()\n    password = models.CharField(max_length=200)\n",
}

FLASK = """\
from flask import Flask, jsonify, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.security import check_password_hash

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app)
USERS = {"ada": "hash"}


@app.get("/hello")
@limiter.limit("10 per minute")
def hello():
    return "hello"


@app.post("/login")
def login():
    data = request.get_json()
    if not check_password_hash(USERS[data["email"]], data["password"]):
        return jsonify(error="wrong"), 401
    return jsonify(ok=True)
"""


def test_a_login_of_express_gets_a_limiter_and_a_new_session(
    review: Review, compiles: Callable[[str, str], None]
) -> None:
    repaired = review({"app.js": EXPRESS})
    text = repaired.text("missing-rate-limit")
    assert "const rateLimit = require('express-rate-limit');" in text
    assert (
        "const loginLimit = rateLimit({ windowMs: 60_000, limit: 5 });\n\napp.post('/login', loginLimit, "
        in text
    )
    assert "needs the package express-rate-limit" in repaired.fix("missing-rate-limit").title
    compiles(text, "app.js")
    text = repaired.text("session-fixation")
    assert (
        "  await new Promise((resolve, reject) => {\n"
        "    req.session.regenerate((error) => (error ? reject(error) : resolve()));\n  });\n"
        "  req.session.userId = user.id;\n"
    ) in text
    compiles(text, "app.js")


def test_a_session_that_holds_more_is_renewed_by_a_person(review: Review) -> None:
    program = EXPRESS + "app.post('/cart', (req, res) => {\n  req.session.cart = [];\n  res.json({});\n});\n"
    assert "the session holds more, which would be lost: cart" in review({"app.js": program}).refusal(
        "session-fixation"
    )


def test_a_session_of_django_gets_a_new_key(review: Review) -> None:
    text = review(DJANGO).text("session-fixation")
    assert (
        '            request.session.cycle_key()\n            request.session["person_id"] = person.id\n'
        in text
    )


def test_a_project_without_a_limiter_chooses_one(review: Review) -> None:
    assert "the project has no limiter" in review(DJANGO).refusal("missing-rate-limit")


@pytest.mark.parametrize("library", ["flask_limiter"])
def test_the_limiter_of_the_project_is_used(review: Review, library: str) -> None:
    text = review({"app.py": FLASK}).text("missing-rate-limit")
    assert '@app.post("/login")\n@limiter.limit("5 per minute")\ndef login():' in text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("req.session['cart'] = [];", "would be lost: cart"),
        ("const { cart, userId } = req.session;", "would be lost: cart"),
        ("req.session[req.body.key] = 1;", "under `req.body.key` is not seen"),
        ("const kept = req.session;", "handed on as a whole"),
        ("fill(req.session, req.body);", "handed on as a whole"),
        ("req.flash('info', 'Saved.');", "messages for the next page"),
    ],
)
def test_whatever_else_a_session_holds_is_not_lost(review: Review, line: str, reason: str) -> None:
    more = f"app.post('/cart', (req, res) => {{\n  {line}\n  res.json({{}});\n}});\n"
    assert reason in review({"app.js": EXPRESS + more}).refusal("session-fixation")


def test_a_session_that_only_knows_who_it_is_is_renewed(review: Review) -> None:
    program = EXPRESS.replace("req.session.userId = ", "req.session['userId'] = ") + (
        "app.get('/me', (req, res) => {\n  if (!req.session) return res.sendStatus(401);\n"
        "  const { userId } = req.session;\n  res.json({ id: userId, same: req.session['userId'] });\n});\n"
    )
    text = review({"app.js": program}).text("session-fixation")
    assert "resolve()));\n  });\n  req.session['userId'] = user.id;\n" in text


SLOWAPI = """\
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from slowapi import Limiter
from slowapi.util import get_remote_address
from werkzeug.security import check_password_hash

app = FastAPI()
limiter = Limiter(key_func=get_remote_address)
USERS = {"ada": "hash"}


class Login(BaseModel):
    name: str
    password: str


@app.get("/hello")
@limiter.limit("10/minute")
def hello(request: Request):
    return "hello"


@app.post("/login")
def login(%s):
    if not check_password_hash(USERS[%s.name], %s.password):
        raise HTTPException(401)
    return {"ok": True}
"""


def test_slowapi_needs_a_parameter_that_is_the_request(review: Review) -> None:
    text = review({"app.py": SLOWAPI % ("request: Request, login: Login", "login", "login")}).text(
        "missing-rate-limit"
    )
    assert '@limiter.limit("5/minute")\ndef login(request: Request, login: Login):' in text
    body = review({"app.py": SLOWAPI % ("request: Login", "request", "request")})
    assert "the limiter needs the request" in body.refusal("missing-rate-limit")
