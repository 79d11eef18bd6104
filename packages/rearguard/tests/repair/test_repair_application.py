"""Repairs at the place where an application is made, and of cookies and credentials that stand in several."""

from collections.abc import Callable
from typing import Any

import pytest

LOGIN = """

@app.post("/login")
def login():
    session["user"] = authenticate(request.form["name"], request.form["password"]).id
    return render_template("home.html")
"""
PROGRAM = f"""\
from flask import Flask, render_template, request, session

from accounts import authenticate

app = Flask(__name__)
app.config.from_prefixed_env()
{LOGIN}"""


def test_flask_sets_the_flags_of_its_session_cookie(python: Callable[[str], Any]) -> None:
    text = python(PROGRAM).text("insecure-cookie")
    line = 'app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")\n'
    assert text == PROGRAM.replace("prefixed_env()\n", f"prefixed_env()\n{line}")


def test_flask_sets_headers_after_each_request(
    python: Callable[[str], Any], compiles: Callable[[str, str], None]
) -> None:
    text = python(PROGRAM).text("security-headers")
    assert "@app.after_request\ndef protective_headers(response):\n" in text
    assert 'response.headers.setdefault("Content-Security-Policy", "frame-ancestors \'self\'")' in text
    compiles(text, "app.py")


def test_express_sets_headers_before_any_route(
    script: Callable[[str], Any], compiles: Callable[[str, str], None]
) -> None:
    program = """\
const express = require('express');
const session = require('express-session');
const app = express();
app.use(session({ secret: process.env.SECRET, cookie: { secure: true, httpOnly: true, sameSite: 'lax' } }));
app.get('/', (req, res) => res.render('home', { user: req.session.user }));
app.post('/login', (req, res) => { req.session.user = check(req.body); res.redirect('/'); });
"""
    text = script(program).text("security-headers")
    assert text.index("protectiveHeaders") < text.index("app.get(")
    assert "'X-Content-Type-Options': 'nosniff'" in text
    compiles(text, "app.js")


def test_a_cookie_gets_its_flags_wherever_it_is_set(python: Callable[[str], Any]) -> None:
    text = python("""\
from flask import Flask, make_response, request

app = Flask(__name__)


@app.get("/in")
def begin():
    answer = make_response("")
    if request.args.get("long"):
        answer.set_cookie("session", new_token(), max_age=86400)
    else:
        answer.set_cookie("session", new_token())
    return answer
""").text("insecure-cookie")
    assert text.count('secure=True, httponly=True, samesite="Lax")') == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"session=" + token', '"session=" + token + "; Secure; HttpOnly; SameSite=Lax"'),
        ('f"session={token}; Path=/"', 'f"session={token}; Path=/; Secure; HttpOnly; SameSite=Lax"'),
    ],
)
def test_a_header_written_by_hand_gets_the_flags(
    python: Callable[[str], Any], before: str, after: str
) -> None:
    text = python(f"""\
from http.server import BaseHTTPRequestHandler


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        token = new_token()
        self.send_response(200)
        self.send_header("Set-Cookie", {before})
        self.end_headers()
""").text("insecure-cookie")
    assert f'self.send_header("Set-Cookie", {after})' in text


def test_credentials_of_one_place_get_names_of_their_own(
    python: Callable[[str], Any], compiles: Callable[[str, str], None]
) -> None:
    text = python("""\
from flask import Flask, request

app = Flask(__name__)


@app.post("/login")
def login():
    name, password = request.form["name"], request.form["password"]
    if name == "anna" and password == "Winter2019!":
        return "admin"
    elif name == "bert" and password == "Sommer2020!":
        return "user"
    return "", 401
""").text("hardcoded-secret")
    assert 'ANNA_PASSWORD = os.environ["ANNA_PASSWORD"]' in text
    assert 'name == "anna" and password == ANNA_PASSWORD' in text
    assert 'name == "bert" and password == BERT_PASSWORD' in text
    assert text.index("import os") < text.index("ANNA_PASSWORD = ") < text.index("@app.post")
    compiles(text, "app.py")


STORES = """\
from flask import Flask, request

app = Flask(__name__)


@app.post("/notes")
def create():
{body}
    return ""
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '    title = request.form["title"]\n    body = request.form.get("body")\n    store(title, body)',
            '    body = request.form.get("body")\n    if len(title) > 200 or body and len(body) > 10_000:\n'
            "        abort(400)\n    store(title, body)",
        ),
        (
            '    store(request.form["title"], "")',
            '    if len(request.form["title"]) > 200:\n        abort(400)\n    store(request.form["title"], "")',
        ),
        (
            '    try:\n        store(request.form["title"], "")\n    except Exception:\n        log.exception("lost")',
            '        if len(request.form["title"]) > 200:\n            return "Invalid input", 400\n',
        ),
    ],
)
def test_texts_of_forms_are_bounded(
    python: Callable[[str], Any], before: str, after: str, compiles: Callable[[str, str], None]
) -> None:
    stored = 'import sqlite3\n\n\ndef store(title, body):\n    db = sqlite3.connect("x")\n'
    stored += '    db.execute("INSERT INTO notes (title, body) VALUES (?, ?)", (title, body))\n\n\n'
    program = STORES.format(body=before).replace("@app", f"{stored}@app", 1)
    text = python(program).text("missing-input-validation")
    assert after in text
    compiles(text, "app.py")


def test_a_django_view_asks_for_the_login_that_others_ask_for(review: Callable[..., Any]) -> None:
    views = """\
from django.http import HttpResponse, JsonResponse

from shop.models import Order


def mine(request):
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return JsonResponse({"orders": list(Order.objects.filter(owner=request.user).values())})


def wipe(request):
    Order.objects.filter(paid=True).delete()
    return HttpResponse("done")
"""
    found = review(
        {
            "manage.py": "",
            "shop/__init__.py": "",
            "shop/models.py": "from django.conf import settings\nfrom django.db import models\n\n\nclass Order(models.Model):\n"
            "    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n"
            "    paid = models.BooleanField(default=False)\n",
            "shop/views.py": views,
            "shop/urls.py": "from django.urls import path\n\nfrom shop import views\n\n"
            'urlpatterns = [path("mine", views.mine), path("wipe", views.wipe)]\n',
        }
    )
    text = found.text("missing-authentication")
    assert (
        "def wipe(request):\n    if not request.user.is_authenticated:\n        return HttpResponse(status=401)\n"
        in text
    )


SESSION = """\
from flask import Flask, request, session

from store import notes

app = Flask(__name__)


@app.post("/login")
def login():
    session["user_id"] = check(request.form["name"], request.form["password"])
    return ""


@app.post("/notes")
def add():
    if "user_id" not in session:
        return "", 401
    notes.insert_one({"owner": session["user_id"], "text": request.form["text"]})
    return ""


@app.post("/wipe")
def wipe():
    notes.delete_many({})
    return ""
"""


def test_the_session_says_who_calls(review: Callable[..., Any]) -> None:
    store = "from pymongo import MongoClient\n\nnotes = MongoClient()['app']['notes']\n"
    text = review({"app.py": SESSION, "store.py": store}).text("missing-authentication")
    assert 'def wipe():\n    if not session.get("user_id"):\n        return "", 401\n' in text or (
        'def wipe():\n    if not session.get("user_id"):\n        abort(401)\n' in text
    )


@pytest.mark.parametrize(
    ("read", "written", "reason"),
    [
        ("user.name", "User('a')", "object with attributes"),
        ("str(user)", "User('a')", "not seen to be plain data"),
    ],
)
def test_objects_are_not_read_as_json(
    python: Callable[[str], Any], read: str, written: str, reason: str
) -> None:
    found = python(f"""\
import pickle

from flask import Flask, request

app = Flask(__name__)


class User:
    def __init__(self, name):
        self.name = name


@app.get("/new")
def new():
    return pickle.dumps({written})


@app.post("/")
def load():
    user = pickle.loads(request.data)
    return {read}
""")
    assert reason in found.refusal("unsafe-deserialisation")


@pytest.mark.parametrize("drawn", ["random.choices(LETTERS, k=32)", "random.sample(LETTERS, 32)"])
def test_joined_letters_come_from_the_operating_system(python: Callable[[str], Any], drawn: str) -> None:
    text = python(
        f"import random\nimport string\n\nLETTERS = string.ascii_letters\n\n\ndef token():\n    return ''.join({drawn})\n"
    ).text("predictable-random")
    assert "return ''.join(secrets.choice(LETTERS) for _ in range(32))" in text
