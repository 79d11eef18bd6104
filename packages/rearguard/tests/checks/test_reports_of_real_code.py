"""Idioms of real applications that were told wrongly once, each beside a twin that must be told."""

from collections.abc import Callable

import pytest
from rearguard.findings import Confidence, Finding

_DRF = """
from rest_framework import viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from django.db import models
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.urls import path

class Shot(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    hidden = models.BooleanField(default=False)

class Album(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    title = models.CharField(max_length=80)
    shots = models.ManyToManyField(Shot)
"""
_NOTES = """
from flask import Flask, abort, jsonify
from flask_login import LoginManager, current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
LoginManager(app)

class Person(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)

class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    person_id = db.Column(db.ForeignKey("person.id"))
    text = db.Column(db.String)
    shelf = db.Column(db.String)

def seen_by(person_id, viewer):
    shelves = [shelf.name for shelf in viewer.shelves]
    return Note.query.filter(Note.person_id == person_id, Note.shelf.in_(shelves)).all()

@app.get("/mine/<int:number>")
@login_required
def mine(number):
    note = Note.query.filter_by(id=number, person_id=current_user.id).first_or_404()
    return jsonify(text=note.text)

"""
_CASES: dict[str, tuple[str, dict[str, str], tuple[tuple[str, int], ...]]] = {
    "a task that is given itself": (
        "path-traversal",
        {
            "tasks.py": """
from celery import shared_task

@shared_task(bind=True)
def pack(self, number, options):
    with open("/data/%s.zip" % number, "wb") as out:
        out.write(b"")

@shared_task
def plain(name, number):
    with open("/data/%s.zip" % name, "wb") as out:
        out.write(b"")
""",
            "app.py": """
from flask import Flask, request
from tasks import pack, plain

app = Flask(__name__)

@app.post("/pack")
def start():
    pack.delay(7, request.form["options"])
    plain.delay(request.form["name"], 7)
    return "", 202
""",
        },
        (("tasks.py", 11),),
    ),
    "markup that a library escapes": (
        "cross-site-scripting",
        {
            "views.py": """
import pygments
from django.http import HttpResponse
from django.urls import path
from django.utils.html import linebreaks
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

def coloured(request):
    return HttpResponse(pygments.highlight(request.POST["code"], PythonLexer(), HtmlFormatter()))

def broken(request):
    return HttpResponse(linebreaks(request.POST["notes"], autoescape=True))

def raw(request):
    return HttpResponse(linebreaks(request.POST["notes"]))

urlpatterns = [path("a", coloured), path("b", broken), path("c", raw)]
""",
        },
        (("views.py", 16),),
    ),
    "an address that another service makes": (
        "open-redirect",
        {
            "app.py": """
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from provider import client

app = FastAPI()

@app.get("/login")
async def login(screen: str = "login"):
    url = await client.auth_url(extra={"screen": screen})
    return RedirectResponse(url)

@app.get("/back")
async def back(to: str):
    return RedirectResponse(to)
""",
        },
        (("app.py", 15),),
    ),
    "an algorithm that is a setting": (
        "jwt-unverified",
        {
            "tokens.py": """
import jwt

class Backend:
    def __init__(self, algorithm, key):
        self.algorithm = algorithm
        self.key = key

    def decode(self, token):
        return jwt.decode(token, self.key, algorithms=[self.algorithm], audience="a")

def believed(token, key):
    said = jwt.get_unverified_header(token)
    return jwt.decode(token, key, algorithms=[said["alg"]], audience="a")
""",
        },
        (("tokens.py", 14),),
    ),
    "captions and addresses of passwords": (
        "default-credentials",
        {
            "i18n/de/user.js": "export default { username: 'Benutzername', password: 'Passwort' }\n",
            "pages.py": 'PAGES = {"login": "/login", "user": "/me", "password": "/change-password/{0}"}\n',
            "seed.py": """
from django.contrib.auth.models import User

def seed():
    User.objects.create_user(username="root", password="letmein1")
""",
        },
        (("seed.py", 5),),
    ),
    "what is compared and no secret": (
        "timing-unsafe-comparison",
        {
            "app.py": """
import hashlib
import hmac

from flask import Flask, abort, request
from settings import KEY, acme, db

app = Flask(__name__)

def by_code(code):
    return db.codes.find_one({"code": hmac.new(KEY, code.encode(), hashlib.sha256).hexdigest()})

@app.post("/token")
def token():
    found = by_code(request.form["code"])
    if found["redirect_uri"] != request.form["redirect_uri"]:
        abort(400)
    return {"ok": True}

@app.get("/.well-known/acme-challenge/<token>")
def challenge(token):
    if acme.settings.challenge.token != token:
        abort(404)
    return acme.settings.answer

@app.post("/hook")
def hook():
    if request.headers["X-Signature"] != hmac.new(KEY, request.data, hashlib.sha256).hexdigest():
        abort(401)
    return "", 204
""",
        },
        (("app.py", 28),),
    ),
    "a query within a query, and a helper that says yes or no": (
        "insecure-direct-object-reference",
        {
            "views.py": _DRF
            + """
def may_see(user, number):
    if user.is_superuser:
        return True
    shot = get_object_or_404(Shot, pk=number)
    return shot.hidden == False

class Albums(viewsets.ReadOnlyModelViewSet):
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        shots = Shot.objects.filter(hidden=False)
        return Album.objects.filter(owner=self.request.user).prefetch_related(Prefetch("shots", queryset=shots))

class Titles(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request, number):
        return Response({"seen": may_see(request.user, number)})

class Open(APIView):
    permission_classes = [IsAuthenticated]

    def delete(self, request, number):
        get_object_or_404(Album, pk=number).delete()
        return Response(status=204)

class Own(APIView):
    permission_classes = [IsAuthenticated]

    def delete(self, request, number):
        get_object_or_404(Album, pk=number, owner=request.user).delete()
        return Response(status=204)

urlpatterns = [
    path("albums", Albums.as_view({"get": "list"})), path("titles/<int:number>", Titles.as_view()),
    path("open/<int:number>", Open.as_view()), path("own/<int:number>", Own.as_view()),
]
""",
        },
        (("views.py", 42),),
    ),
    "who calls a socket, and who calls a page": (
        "insecure-direct-object-reference",
        {
            "sockets.py": """
from auth import check

class Known:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        scope["user"] = await check(scope["query_string"])
        return await self.app(scope, receive, send)
""",
            "views.py": _DRF
            + """
class Own(APIView):
    permission_classes = [IsAuthenticated]

    def delete(self, request, number):
        get_object_or_404(Album, pk=number, owner=request.user).delete()
        return Response(status=204)

class Open(APIView):
    permission_classes = [IsAuthenticated]

    def delete(self, request, number):
        get_object_or_404(Album, pk=number).delete()
        return Response(status=204)

urlpatterns = [path("own/<int:number>", Own.as_view()), path("open/<int:number>", Open.as_view())]
""",
        },
        (("views.py", 30),),
    ),
    "a digest by which something is found makes it no login": (
        "missing-authentication",
        {
            "app.py": """
from flask import Flask, request, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

class Shot(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    image_hash = db.Column(db.String)

@app.post("/shots/remove")
def remove():
    db.session.delete(Shot.query.filter_by(image_hash=request.form["image_hash"]).first_or_404())
    db.session.commit()
    return "", 204

@app.post("/shots/hide")
def hide():
    if "uid" not in session:
        return "", 401
    db.session.delete(Shot.query.filter_by(image_hash=request.form["image_hash"]).first_or_404())
    db.session.commit()
    return "", 204
""",
        },
        (("app.py", 13),),
    ),
    "a key of the query that was not followed": (
        "insecure-direct-object-reference",
        {
            "app.ts": """
import express from 'express'
import { BaseEntity, Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm'
import { checked, whoever } from './who'

@Entity() class User extends BaseEntity { @PrimaryColumn() id: string }
@Entity() class Seat extends BaseEntity {
  @PrimaryColumn() id: string
  @Column() hall: string
  @ManyToOne(() => User) user: User
  @Column() user_id: string
}
const app = express()
app.use(async (req, res, next) => {
  req.user_id = (await checked(req.headers.authorization)).id
  if (!req.user_id) return res.sendStatus(401)
  next()
})
app.post('/own/:id', async (req, res) => {
  await Seat.update({ id: req.params.id, user_id: req.user_id }, { hall: null })
  res.sendStatus(204)
})
app.post('/unread/:hall', async (req, res) => {
  await Seat.update({ user_id: whoever(), hall: req.params.hall }, { hall: null })
  res.sendStatus(204)
})
app.post('/open/:id', async (req, res) => {
  await Seat.update({ id: req.params.id }, { hall: null })
  res.sendStatus(204)
})
""",
        },
        (("app.ts", 27),),
    ),
    "one of a list of ours": (
        "path-traversal",
        {
            "app.ts": """
import express from 'express'
import fs from 'fs'
import path from 'path'
const own = [{ id: 'a' }, { id: 'b' }]
const app = express()
app.get('/a', (req, res) => {
  const idp = req.query.idp as string
  const provider = own.find((p) => p.id === idp)
  if (!provider) return res.sendStatus(404)
  res.send(fs.readFileSync(path.join('/x', `docs/${idp}`), 'utf8'))
})
app.get('/b', (req, res) => {
  const { idp } = req.query
  if (idp) {
    const provider = own.find((p) => { return p.id === idp })
    if (!provider) return res.sendStatus(404)
  }
  if (idp) res.send(fs.readFileSync(path.join('/x', `docs/${idp}`), 'utf8'))
})
app.get('/c', (req, res) => {
  const { idp } = req.query
  const provider = own.find((p) => p.id !== idp)
  if (!provider) return res.sendStatus(404)
  res.send(fs.readFileSync(path.join('/x', `docs/${idp}`), 'utf8'))
})
app.get('/d', (req, res) => {
  const { idp } = req.query
  if (!own.some((p) => p.id === idp)) return res.sendStatus(404)
  res.send(fs.readFileSync(path.join('/x', `docs/${idp}`), 'utf8'))
})
app.get('/e', (req, res) => {
  const { idp } = req.query
  const list = JSON.parse(String(req.query.list))
  if (!list.some((p) => p.id === idp)) return res.sendStatus(404)
  res.send(fs.readFileSync(path.join('/x', `docs/${idp}`), 'utf8'))
})
""",
        },
        (("app.ts", 25), ("app.ts", 36)),
    ),
    "a list of which one is chosen, by a helper of the project": (
        "insecure-direct-object-reference",
        {
            "models.py": """
from django.db import models
class Problem(models.Model):
    authors = models.ManyToManyField("auth.User")
    def is_accessible_by(self, user):
        return self.authors.filter(id=user.id).exists()
class Submission(models.Model):
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    problem = models.ForeignKey(Problem, on_delete=models.CASCADE)
    body = models.TextField()
""",
            "views.py": """
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from models import Submission, Problem
def related(queryset):
    return queryset.select_related("problem").only("id", "body")
@login_required
def one(request):
    submission = get_object_or_404(related(Submission.objects.all()), id=int(request.GET["id"]))
    if not submission.problem.is_accessible_by(request.user):
        raise Http404()
    return render(request, "row.html", {"submission": submission})
@login_required
def mine(request):
    return render(request, "rows.html", {"rows": Submission.objects.filter(user=request.user)})
@login_required
def remove(request, pk):
    get_object_or_404(Submission, pk=pk, user=request.user).delete()
    return JsonResponse({})
@login_required
def change(request, pk):
    s = get_object_or_404(Submission, pk=pk, user=request.user)
    s.body = request.POST["b"]; s.save()
    return JsonResponse({})
@login_required
def bare(request):
    submission = get_object_or_404(related(Submission.objects.all()), id=int(request.GET["id"]))
    return render(request, "row.html", {"submission": submission})
urlpatterns = [path("one", one), path("mine", mine), path("rm/<int:pk>", remove), path("ch/<int:pk>", change), path("bare", bare)]
""",
        },
        (("views.py", 28),),
    ),
    "names that a body's class declares": (
        "sql-injection",
        {
            "app.py": """
from fastapi import FastAPI, Depends
from pydantic import BaseModel
import asyncpg
app = FastAPI()
class Strict(BaseModel):
    model_config = {"extra": "forbid"}
class Patch(Strict):
    title: str | None = None
    details: str | None = None
class Loose(BaseModel):
    model_config = {"extra": "allow"}
    title: str | None = None
class Repo:
    def __init__(self, db: asyncpg.Connection):
        self.db = db
    async def patch(self, order_id: int, data: dict):
        sets = ", ".join(f"{col} = ${i}" for i, col in enumerate(data, start=2))
        await self.db.execute(f"UPDATE work_orders SET {sets} WHERE id = $1", order_id, *data.values())
async def repo() -> Repo:
    return Repo(await asyncpg.connect("x"))
@app.patch("/a/{order_id}")
async def a(order_id: int, body: Patch, orders: Repo = Depends(repo)):
    changes = body.model_dump(exclude_unset=True)
    if changes:
        await orders.patch(order_id, changes)
@app.patch("/b/{order_id}")
async def b(order_id: int, body: Patch, orders: Repo = Depends(repo)):
    db = await asyncpg.connect("x")
    data = body.model_dump(exclude_unset=True)
    sets = ", ".join(f"{col} = ${i}" for i, col in enumerate(data, start=2))
    await db.execute(f"UPDATE work_orders SET {sets} WHERE id = $1", order_id, *data.values())
@app.patch("/c/{order_id}")
async def c(order_id: int, body: dict, orders: Repo = Depends(repo)):
    db = await asyncpg.connect("x")
    sets = ", ".join(f"{col} = ${i}" for i, col in enumerate(body, start=2))
    await db.execute(f"UPDATE work_orders SET {sets} WHERE id = $1", order_id, *body.values())
@app.patch("/d/{order_id}")
async def d(order_id: int, body: Loose):
    db = await asyncpg.connect("x")
    data = body.model_dump(exclude_unset=True)
    sets = ", ".join(f"{col} = ${i}" for i, col in enumerate(data, start=2))
    await db.execute(f"UPDATE work_orders SET {sets} WHERE id = $1", order_id, *data.values())
""",
        },
        (("app.py", 37), ("app.py", 43)),
    ),
    "names and values of a map of ours": (
        "sql-injection",
        {
            "app.py": """
import sqlite3
from flask import Flask, request
app = Flask(__name__)
@app.get("/x")
def x():
    db = sqlite3.connect("x")
    wanted = {"name": request.args["name"], "kind": "a"}
    out = []
    for column, value in wanted.items():
        out.append(db.execute(f"select * from t where {column} = '{value}'").fetchall())
    return str(out)
@app.get("/y")
def y():
    db = sqlite3.connect("x")
    wanted = {"name": request.args["name"], "kind": "a"}
    out = []
    for column, value in wanted.items():
        out.append(db.execute(f"select * from t where {column} = ?", (value,)).fetchall())
    return str(out)
""",
        },
        (("app.py", 11),),
    ),
    "questions of a manager of the program's own, one after the other": (
        "insecure-direct-object-reference",
        {
            "models.py": """
from django.db import models
class TicketQuerySet(models.QuerySet):
    def for_user(self, user):
        return self.filter(owner=user)
    def open(self):
        return self.filter(closed=False)
class Ticket(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    closed = models.BooleanField(default=False)
    title = models.CharField(max_length=80)
    objects = TicketQuerySet.as_manager()
""",
            "views.py": """
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from models import Ticket
@login_required
def own(request, pk):
    t = Ticket.objects.for_user(request.user).get(pk=pk)
    return JsonResponse({"t": t.title})
@login_required
def any_open(request, pk):
    t = Ticket.objects.open().get(pk=pk)
    return JsonResponse({"t": t.title})
@login_required
def close(request, pk):
    t = get_object_or_404(Ticket.objects.open(), pk=pk)
    t.closed = True
    t.save()
    return JsonResponse({})
@login_required
def close_own(request, pk):
    t = get_object_or_404(Ticket.objects.for_user(request.user).open(), pk=pk)
    t.closed = True
    t.save()
    return JsonResponse({})
@login_required
def bulk(request):
    Ticket.objects.open().filter(pk__in=request.POST.getlist("ids")).update(closed=True)
    return JsonResponse({})
@login_required
def bulk_own(request):
    Ticket.objects.for_user(request.user).filter(pk__in=request.POST.getlist("ids")).update(closed=True)
    return JsonResponse({})
@login_required
def drop_own(request, pk):
    Ticket.objects.for_user(request.user).filter(pk=pk).delete()
    return JsonResponse({})
urlpatterns = [path("own/<int:pk>", own), path("open/<int:pk>", any_open), path("close/<int:pk>", close), path("cown/<int:pk>", close_own), path("bulk", bulk), path("bown", bulk_own), path("drop/<int:pk>", drop_own)]
""",
        },
        (("views.py", 12), ("views.py", 16), ("views.py", 28)),
    ),
    "a viewer who may be a guest": (
        "missing-authentication",
        {
            "app.py": _NOTES
            + """@app.get("/people/<int:number>/notes")
def shown(number):
    return jsonify([note.text for note in seen_by(number, current_user)])
"""
        },
        (),
    ),
    "nobody who looks": (
        "missing-authentication",
        {
            "app.py": _NOTES
            + """@app.get("/people/<int:number>/all")
def everything(number):
    return jsonify([note.text for note in Note.query.filter_by(person_id=number).all()])
"""
        },
        (("app.py", 31),),
    ),
    "errors of the program's own": (
        "error-exposure",
        {
            "app.py": """
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

class OrderError(Exception):
    def __init__(self, detail):
        self.detail = detail

handlers = {}

async def told(request: Request, exc: OrderError):
    return JSONResponse(content={"detail": exc.detail}, status_code=400)

handlers[OrderError] = told

async def all_told(request: Request, exc: Exception):
    return JSONResponse({"detail": str(exc)}, 500)

handlers[Exception] = all_told

app = FastAPI()
for kind, handler in handlers.items():
    app.add_exception_handler(kind, handler)
""",
        },
        (("app.py", 17),),
    ),
    "a token and its digest, made together": (
        "api-key-in-clear",
        {
            "app.py": """
import hashlib
import secrets

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

class Login(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    token = db.Column(db.String)

class ApiKey(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    api_key = db.Column(db.String)

def made():
    token = secrets.token_urlsafe(32)
    return token, hashlib.sha256(token.encode()).hexdigest()

@app.post("/logins")
def log_in():
    token, token_hash = made()
    db.session.add(Login(token=token_hash))
    db.session.commit()
    return {"token": token}

@app.get("/me")
def me():
    found = Login.query.filter_by(token=hashlib.sha256(request.headers["x-token"].encode()).hexdigest()).first_or_404()
    return {"id": found.id}

@app.post("/keys")
def new_key():
    key = secrets.token_urlsafe(32)
    db.session.add(ApiKey(api_key=key))
    db.session.commit()
    return {"key": key}
""",
        },
        (("app.py", 38),),
    ),
    "a record whose fields are given by place": (
        "insecure-direct-object-reference",
        {
            "app.py": """
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()

@dataclass
class Member:
    club: int
    user_id: int

class Known(NamedTuple):
    club: int
    user_id: int

async def db():
    return await asyncpg.connect("x")

async def user(authorization: str = Header(), conn: asyncpg.Connection = Depends(db)):
    claims = jwt.decode(authorization, "k", algorithms=["HS256"])
    found = await conn.fetchrow("SELECT id FROM users WHERE id = $1", int(claims["sub"]))
    if found is None:
        raise HTTPException(401)
    return dict(found)

async def member(club: int, me: dict = Depends(user), conn: asyncpg.Connection = Depends(db)) -> Member:
    role = await conn.fetchval("SELECT role FROM members WHERE club = $1 AND user_id = $2", club, me["id"])
    if role is None:
        raise HTTPException(404)
    return Member(club, me["id"])

async def known(me: dict = Depends(user)) -> Known:
    return Known(0, me["id"])

@app.get("/clubs/{club}/boats")
async def boats(m: Member = Depends(member), conn: asyncpg.Connection = Depends(db)):
    return [dict(row) for row in await conn.fetch("SELECT id, name FROM boats WHERE club = $1", m.club)]

@app.delete("/clubs/{club}/boats/{number}")
async def sink(number: int, m: Member = Depends(member), conn: asyncpg.Connection = Depends(db)):
    await conn.execute("DELETE FROM boats WHERE id = $1 AND club = $2", number, m.club)

@app.delete("/trips/{number}")
async def cancel(number: int, m: Known = Depends(known), conn: asyncpg.Connection = Depends(db)):
    await conn.execute("DELETE FROM trips WHERE id = $1 AND user_id = $2", number, m.user_id)

@app.put("/trips/{number}")
async def rename(number: int, name: str, m: Known = Depends(known), conn: asyncpg.Connection = Depends(db)):
    await conn.execute("UPDATE trips SET name = $1 WHERE id = $2", name, number)
""",
        },
        (("app.py", 52),),
    ),
    "a shared key that is refused with 400": (
        "missing-authentication",
        {
            "errors.ts": """
export class HTTPError extends Error {
  constructor(message: string, public code: number = 400) { super(message) }
}
""",
            "routes.ts": """
import express from 'express'
import fs from 'node:fs'
import { HTTPError } from './errors'
import { config } from './config'

const app = express()
app.delete('/kept/:id', async (req, res) => {
  if (req.headers.signature !== config.get().requestSignature) throw new HTTPError('Invalid signature')
  fs.unlinkSync('/data/' + Number(req.params.id))
  res.json({})
})
app.delete('/open/:id', async (req, res) => {
  if (req.headers['content-type'] !== config.get().contentType) throw new HTTPError('Invalid type')
  fs.unlinkSync('/data/' + Number(req.params.id))
  res.json({})
})
""",
        },
        (("routes.ts", 13),),
    ),
    "a file that a program is told to open": (
        "server-side-request-forgery",
        {
            "app.py": """
import subprocess

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

class Film(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    path = db.Column(db.String)

@app.post("/films/<int:number>/still")
def still(number):
    subprocess.run(["ffmpeg", "-i", db.session.get(Film, number).path, "/tmp/still.png"])
    return "", 204

@app.post("/still")
def direct():
    subprocess.run(["ffmpeg", "-i", request.form["address"], "/tmp/still.png"])
    return "", 204
""",
        },
        (("app.py", 21),),
    ),
    "a form that operators alone see": (
        "mass-assignment",
        {
            "forms.py": """
from django import forms
from django.contrib.auth.models import User

class MemberForm(forms.ModelForm):
    class Meta:
        model = User
        fields = "__all__"

class SignUpForm(forms.ModelForm):
    class Meta:
        model = User
        fields = "__all__"
""",
            "admin.py": """
from django.contrib import admin
from forms import MemberForm

class MemberAdmin(admin.ModelAdmin):
    form = MemberForm
""",
            "views.py": """
from django.http import HttpResponse
from django.urls import path
from forms import SignUpForm

def sign_up(request):
    form = SignUpForm(request.POST)
    if form.is_valid():
        form.save()
    return HttpResponse("ok")

urlpatterns = [path("sign-up", sign_up)]
""",
        },
        (("forms.py", 13),),
    ),
    "objects that a controller declares": (
        "cross-site-scripting",
        {
            "boards.controller.ts": """
import { Body, Controller, Param, Post } from '@nestjs/common'
import type { BoardVo } from './types'

@Controller('boards')
export class BoardsController {
  @Post(':id/rename')
  rename(@Param('id') id: string, @Body() body: { name: string }): Promise<BoardVo> {
    return this.store.rename(id, (row) => row, `${id}`) ?? id
  }

  @Post(':id/shout')
  shout(@Param('id') id: string): string {
    return `<b>${id}</b>`
  }
}
""",
        },
        (("boards.controller.ts", 14),),
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_the_twin_alone_is_told(name: str, findings_of: Callable[..., list[Finding]]) -> None:
    check, files, wanted = _CASES[name]
    found = {
        (f.location.path, files[f.location.path][: f.location.start].count("\n") + 1)
        for f in findings_of(files, check)
    }
    assert found == set(wanted)


_SQL = """
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

class Sheet(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    {column} = db.Column(db.String)

@app.post("/sheets")
def add():
    db.session.add(Sheet({column}=request.form["name"]))
    db.session.commit()
    return ""

@app.get("/sheets/<int:number>")
def rows(number):
    return str(db.session.connection().exec_driver_sql("select * from " + db.session.get(Sheet, number).{column}).all())
"""


@pytest.mark.parametrize(
    ("column", "confidence"), [("db_table_name", Confidence.QUESTION), ("title", Confidence.LIKELY)]
)
def test_stored_names_of_tables_are_asked_about(
    column: str, confidence: Confidence, findings_of: Callable[..., list[Finding]]
) -> None:
    found = findings_of({"a.py": _SQL.format(column=column)}, "sql-injection")
    assert [f.confidence for f in found] == [confidence]


def test_members_that_servers_set_are_no_input(findings_of: Callable[..., list[Finding]]) -> None:
    files = {
        "app.py": """
from django.db import connection
from django.urls import path
from wrapped import wrap

def counted(request):
    request = wrap(request.POST)
    with connection.cursor() as cursor:
        cursor.execute("select %d from %s" % (request.user.id, request.queryset.model._meta.db_table))

def named(request):
    request = wrap(request.POST)
    with connection.cursor() as cursor:
        cursor.execute("select '%s'" % request.data)

urlpatterns = [path("a", counted), path("b", named)]
"""
    }
    lines = {files["app.py"][: f.location.start].count("\n") + 1 for f in findings_of(files, "sql-injection")}
    assert lines == {14}
