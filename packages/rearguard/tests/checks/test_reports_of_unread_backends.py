"""Misreadings that eight well-kept backends showed, each beside a twin that must be told."""

from collections.abc import Callable

import pytest
from rearguard.findings import Confidence, Finding

_TORNADO = """
import json
from tornado import web
from tornado.httputil import url_concat

class Base(web.RequestHandler):
    def get_content_type(self):
        return "text/html"

    def set_default_headers(self):
        self.set_header("Content-Type", self.get_content_type())

    def next_url(self):
        url = self.settings["base_url"] + "home"
        return url_concat(url, [("q", self.get_argument("q"))])

class Api(Base):
    def get_content_type(self):
        return "application/json"

class Groups(Api):
    def post(self):
        body = json.loads(self.request.body)
        self.write(json.dumps({"name": body["name"]}))

class Page(Base):
    def post(self):
        body = json.loads(self.request.body)
        self.write(json.dumps({"name": body["name"]}))

class Go(Base):
    def get(self):
        self.redirect(self.next_url())

class Away(Base):
    def get(self):
        self.redirect(url_concat(self.get_argument("next"), [("q", "1")]))

app = web.Application([("/g", Groups), ("/p", Page), ("/go", Go), ("/away", Away)])
"""
_DATABASE = """
const { Sequelize } = require('sequelize')
class Database {
  constructor() {
    this.sequelize = null
  }
  get models() {
    return this.sequelize?.models || {}
  }
  /** @type {typeof import('./models/Author')} */
  get authorModel() {
    return this.models.author
  }
  async connect() {
    this.sequelize = new Sequelize({ dialect: 'sqlite', storage: 'a.db' })
    require('./models/Author').init(this.sequelize)
  }
  async search(query) {
    const pattern = this.sequelize.escape(`%${query}%`)
    return this.sequelize.query(`SELECT name FROM authors WHERE name LIKE ${pattern}`)
  }
}
module.exports = new Database()
"""
_AUTHOR = """
const { DataTypes, Model } = require('sequelize')
class Author extends Model {
  static async pathOf(id) {
    const author = await this.findByPk(id, { attributes: ['id', 'imagePath'] })
    if (!author) return null
    return author.imagePath
  }
  static init(sequelize) {
    super.init({ imagePath: DataTypes.STRING, name: DataTypes.STRING }, { sequelize, modelName: 'author' })
  }
}
module.exports = Author
"""
_PICTURES = """
const express = require('express')
const Path = require('path')
const Database = require('./db')
const app = express()
app.get('/a/:id', async (req, res) => {
  const author = await Database.authorModel.findByPk(req.params.id)
  if (!author) return res.sendStatus(404)
  res.sendFile(author.imagePath)
})
app.get('/c', async (req, res) => {
  res.json(await Database.search(req.query.q))
})
app.get('/h', async (req, res) => {
  res.json(await Database.sequelize.query(`SELECT name FROM authors WHERE name LIKE '%${req.query.q}'`))
})
app.get('/d/:id', async (req, res) => {
  const author = await Database.authorModel.findByPk(req.params.id)
  if (!author) return res.sendStatus(404)
  res.sendFile(Path.resolve('/pictures/' + req.params.id))
})
"""
_SCHEMA = """
model Organization {
  id String @id
  projects Project[]
}
model Project {
  id String @id
  name String
  organizationId String
  organization Organization @relation(fields: [organizationId], references: [id])
}
model Client {
  id String @id
  secret String
  organizationId String
}
"""
_CASES: dict[str, tuple[str, dict[str, str], tuple[tuple[str, int], ...]]] = {
    "a list that a helper starts": (
        "command-injection",
        {
            "app.py": """
import subprocess as sp
from fastapi import FastAPI, Request

app = FastAPI()

def run(cmd):
    return sp.run(cmd, stdout=sp.PIPE).stdout

@app.get("/a")
def a(request: Request, camera: str):
    return run(["ffmpeg", "-i", "/tmp/" + camera, "pipe:"])

@app.get("/b")
def b(request: Request, camera: str):
    return run([request.app.config.path, "-i", "/tmp/" + camera, "pipe:"])

@app.get("/c")
def c(request: Request, camera: str):
    return sp.run([request.app.config.path, "-i", "/tmp/" + camera, "pipe:"])

@app.get("/d")
def d(request: Request, camera: str):
    path = "/tmp/" + camera
    cmd = ["ffmpeg", "-i", path, "pipe:"]
    return run(cmd)

def joined(cmd):
    return sp.run(" ".join(cmd), shell=True, stdout=sp.PIPE).stdout

def listed(cmd, **options):
    return sp.run(["nice", *cmd], stdout=sp.PIPE).stdout

@app.get("/e")
def e(request: Request, camera: str):
    return joined(["ffmpeg", "-i", "/tmp/" + camera])

@app.get("/f")
def f(request: Request, camera: str):
    return run([camera, "-i"])

@app.get("/g")
def g(request: Request, camera: str):
    return run(["sh", "-c", "ls " + camera])

@app.get("/h")
def h(request: Request, camera: str):
    return listed(["ls", camera])

@app.get("/i")
def i(request: Request, camera: str):
    return run(["git", "clone", camera])

@app.get("/j")
def j(request: Request, camera: str):
    return run(["git", "clone", "--", camera])
""",
        },
        (
            ("app.py", 29),
            ("app.py", 40),
            ("app.py", 44),
            ("app.py", 52),
        ),
    ),
    "addresses of others under a name that any has": (
        "cleartext-transmission",
        {
            "bots.ts": """
export const bots = [
  { name: 'Acoon', url: 'http://www.acoon.de/robot.asp' },
  { name: 'Amo', url: 'http://amorank.com' },
];
export const gateway = { url: process.env.GATEWAY_URL || 'http://push.textline.io/api' };
""",
            "gsc.ts": """
import { gateway } from './bots';

export async function rows(token: string, site: string) {
  const url = `https://www.googleapis.com/webmasters/v3/sites/${encodeURIComponent(site)}/query`;
  return fetch(url, { headers: { Authorization: `Bearer ${token}` } });
}

export async function send(token: string) {
  return fetch(gateway.url, { headers: { Authorization: `Bearer ${token}` } });
}
""",
        },
        (("bots.ts", 6),),
    ),
    "a type that the handler's class names": (
        "cross-site-scripting",
        {
            "app.py": _TORNADO,
        },
        (("app.py", 29),),
    ),
    "a query put behind an address": (
        "open-redirect",
        {
            "app.py": _TORNADO,
        },
        (("app.py", 37),),
    ),
    "a query that may be put behind an address": (
        "open-redirect",
        {
            "app.py": """
from urllib.parse import parse_qsl
from tornado import web
from tornado.httputil import url_concat
from .utils import url_path_join

class Base(web.RequestHandler):
    def asked(self, url):
        if self.request.query:
            url = url_concat(url, parse_qsl(self.request.query))
        return url

    def glued(self, url):
        if self.request.query:
            url = url + self.get_argument("q")
        return url

class Home(Base):
    def get(self):
        self.redirect(self.asked(url_path_join(self.hub.base_url, "home")))

class Glued(Base):
    def get(self):
        self.redirect(self.glued(url_path_join(self.hub.base_url, "home")))

app = web.Application([("/a", Home), ("/b", Glued)])
""",
        },
        (("app.py", 24),),
    ),
    "resources that a loop registers": (
        "missing-authentication",
        {
            "routes.py": """
from flask_login import current_user, login_required
from flask_restful import Resource
from store import Note, db

class Notes(Resource):
    @login_required
    def get(self):
        return [note.text for note in Note.query.filter_by(owner_id=current_user.id)]

class Own(Resource):
    @login_required
    def delete(self, number):
        db.session.delete(Note.query.filter_by(id=number, owner_id=current_user.id).first_or_404())
        db.session.commit()

class Open(Resource):
    def delete(self, number):
        db.session.delete(Note.query.get_or_404(number))
        db.session.commit()

class Unlisted(Resource):
    def delete(self, number):
        db.session.delete(Note.query.get_or_404(number))
        db.session.commit()

ROUTES = [
    (Notes, "/notes/"),
    (Own, "/notes/<int:number>/", "/old/<int:number>/"),
    (Open, "/open/<int:number>/"),
]
""",
            "store.py": """
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    owner_id = db.Column(db.ForeignKey("user.id"))
    text = db.Column(db.String)
""",
            "app.py": """
from flask import Flask
from flask_login import LoginManager
from flask_restful import Api
from routes import ROUTES
from store import db

def create_app():
    app = Flask(__name__)
    db.init_app(app)
    LoginManager(app)
    api = Api(app, prefix="/api")
    for route in ROUTES:
        api.add_resource(*route)
    return app
""",
        },
        (("routes.py", 18),),
    ),
    "a type that a function gives": (
        "cross-site-scripting",
        {
            "app.py": """
from enum import Enum
import cv2
from fastapi import FastAPI, Request, Response

app = FastAPI()

class Extension(str, Enum):
    png = "png"
    jpg = "jpg"

    def mime(self) -> str:
        if self == Extension.jpg:
            return "image/jpeg"
        return f"image/{self.value}"

    def page(self) -> str:
        return f"text/{self.value}"

@app.get("/a.{extension}")
def a(extension: Extension, name: str):
    _, img = cv2.imencode(f".{name}", camera.frame)
    return Response(content=img.tobytes(), media_type=extension.mime())

@app.get("/b.{extension}")
def b(extension: Extension, name: str):
    return Response(content="<b>" + name, media_type=extension.page())

@app.get("/c")
def c(name: str):
    return Response(content="<b>" + name, media_type="text/html")

def kind(name):
    return "image/png" if name.endswith(".png") else "application/octet-stream"

@app.get("/d")
def d(name: str):
    return Response(content="<b>" + name, media_type=kind(name))
""",
        },
        (
            ("app.py", 27),
            ("app.py", 31),
        ),
    ),
    "models that Sequelize keeps by name": (
        "path-traversal",
        {
            "db.js": _DATABASE,
            "models/Author.js": _AUTHOR,
            "app.js": _PICTURES,
        },
        (("app.js", 20),),
    ),
    "literals that Sequelize escapes": (
        "sql-injection",
        {
            "db.js": _DATABASE,
            "models/Author.js": _AUTHOR,
            "app.js": _PICTURES,
        },
        (("app.js", 15),),
    ),
    "input that tRPC's middleware asks for": (
        "insecure-direct-object-reference",
        {
            "app.ts": """
import { initTRPC, TRPCError } from '@trpc/server';
import { PrismaClient } from '@prisma/client';
import { z } from 'zod';

const db = new PrismaClient();
const t = initTRPC.context<Context>().create();

async function createContext({ req }: any) {
  return { session: await db.session.findUnique({ where: { token: req.headers.authorization } }) };
}

const authed = t.middleware(async ({ ctx, next }) => {
  if (!ctx.session?.userId) {
    throw new TRPCError({ code: 'UNAUTHORIZED' });
  }
  return next({ ctx: { session: ctx.session } });
});

async function accessOf({ userId, projectId }: { userId: string; projectId: string }) {
  return db.projectAccess.findFirst({ where: { userId, projectId } });
}

const access = t.middleware(async ({ ctx, next, getRawInput }) => {
  const rawInput = (await getRawInput()) as any;
  if ('projectId' in rawInput) {
    const found = await accessOf({ userId: ctx.session.userId!, projectId: rawInput.projectId as string });
    if (!found) {
      throw new TRPCError({ code: 'FORBIDDEN' });
    }
  }
  return next();
});

const protectedProcedure = t.procedure.use(authed).use(access);
const looseProcedure = t.procedure.use(authed);

export const appRouter = t.router({
  mine: protectedProcedure.query(({ ctx }) => db.note.findMany({ where: { projectId: 'x', userId: ctx.session.userId } })),
  rename: protectedProcedure
    .input(z.object({ projectId: z.string(), name: z.string().max(80) }))
    .mutation(({ input }) => db.project.update({ where: { id: input.projectId }, data: { name: input.name } })),
  list: protectedProcedure
    .input(z.object({ projectId: z.string() }))
    .query(({ input }) => db.note.findMany({ where: { projectId: input.projectId } })),
  loose: looseProcedure
    .input(z.object({ projectId: z.string() }))
    .query(({ input }) => db.note.findMany({ where: { projectId: input.projectId } })),
  own: protectedProcedure
    .input(z.object({ projectId: z.string() }))
    .query(({ input, ctx }) => db.note.findMany({ where: { projectId: input.projectId, userId: ctx.session.userId } })),
});
""",
            "schema.prisma": _SCHEMA,
        },
        (("app.ts", 46),),
    ),
    "a client whose secret comes with a header": (
        "insecure-direct-object-reference",
        {
            "app.ts": """
import Fastify, { FastifyReply, FastifyRequest } from 'fastify';
import { PrismaClient } from '@prisma/client';
import { verifyPassword } from './crypto';

const db = new PrismaClient();
const app = Fastify();

async function validate(headers: any) {
  const id = headers['x-client-id'] as string;
  const secret = (headers['x-client-secret'] as string) || '';
  const client = await db.client.findUnique({ where: { id } });
  if (!client) {
    throw new Error('Invalid client id');
  }
  if (!(await verifyPassword(secret, client.secret))) {
    throw new Error('Invalid client secret');
  }
  return client;
}

async function remove(request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) {
  const project = await db.project.findFirst({
    where: { id: request.params.id, organizationId: request.client!.organizationId },
  });
  if (!project) {
    return reply.status(404).send();
  }
  await db.project.update({ where: { id: request.params.id }, data: { name: 'gone' } });
  reply.send({ ok: 1 });
}

async function loose(request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) {
  await db.project.update({ where: { id: request.params.id }, data: { name: 'gone' } });
  reply.send({ ok: 1 });
}

const routes = async (fastify: any) => {
  fastify.addHook('preHandler', async (req: FastifyRequest, reply: FastifyReply) => {
    try {
      const client = await validate(req.headers);
      req.client = client;
    } catch (e) {
      return reply.status(401).send({ error: 'Unauthorized' });
    }
  });
  fastify.route({ method: 'DELETE', url: '/projects/:id', handler: remove });
  fastify.route({ method: 'DELETE', url: '/loose/:id', handler: loose });
};

app.register(routes);
app.listen({ port: 1 });
""",
            "schema.prisma": _SCHEMA,
        },
        (("app.ts", 33),),
    ),
    "a server's health, and a person's": (
        "sensitive-data-in-log",
        {
            "store.py": """
import logging

log = logging.getLogger(__name__)

class Store:
    def __init__(self, min_health):
        self.min_health = min_health

    def wait(self, person):
        log.warning("waiting for %s", self.min_health)
        log.warning("waiting for %s", person.health)
""",
        },
        (("store.py", 12),),
    ),
    "whether there is a token": (
        "sensitive-data-in-log",
        {
            "refresh.js": """
const logger = require('pino')();

exports.refresh = (req) => {
  const shouldReturnRefreshToken = req.headers.x;
  logger.info(`returned: ${shouldReturnRefreshToken}`);
  const refreshToken = make();
  logger.info(`made: ${refreshToken}`);
};
""",
        },
        (("refresh.js", 8),),
    ),
    "a message's key": (
        "hardcoded-secret",
        {
            "titles.js": """
exports.titles = [
  { text: 'Encoding M4b', key: 'MessageTaskEncodingM4bDescription' },
  { text: 'Encoding M4b', key: 'q7Xd9Zk2Lm4Vb8Rt1Ws6Yp3N' },
];
""",
        },
        (("titles.js", 4),),
    ),
    "a login of the service's own": (
        "missing-rate-limit",
        {
            "app.py": """
import smtplib
from flask import Flask, current_app, request, session

app = Flask(__name__)

def send(subject, to):
    password = current_app.config.get("EMAIL_PASSWORD")
    smtp = smtplib.SMTP_SSL("mail.example.net")
    smtp.login("robot", password)
    smtp.sendmail("robot", [to], subject)

@app.post("/tell")
def tell():
    send("hello", request.form["to"])
    return "ok"

@app.post("/login")
def enter():
    user = find(request.form["name"])
    if not user.check_password(request.form["password"]):
        return "", 401
    session["user"] = user.id
    return "ok"
""",
        },
        (("app.py", 19),),
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


_PROXIED = """
from fastapi import Depends, FastAPI, HTTPException, Request, Response

app = FastAPI()

@app.get("/auth")
def auth(request: Request):
    answer = Response("", status_code=202)
    answer.headers["remote-role"] = role_of(request.cookies.get("session"))
    return answer

@app.get("/stats")
def stats(request: Request):
    if request.headers.get("remote-role") != "admin":
        raise HTTPException(403)
    return {"ok": 1}

@app.get("/other")
def other(request: Request):
    if request.headers.get("x-user-role") != "admin":
        raise HTTPException(403)
    return {"ok": 1}

@app.get("/more")
def more(request: Request):
    if request.headers.get("remote-role") != "admin":
        raise HTTPException(403)
    return {"ok": 1}
"""


def test_a_header_that_the_program_hands_to_its_proxy_is_one_question(
    findings_of: Callable[..., list[Finding]],
) -> None:
    found = findings_of({"app.py": _PROXIED}, "client-controlled-identity")
    assert {(f.subject, f.confidence) for f in found} == {
        ("header remote-role", Confidence.QUESTION),
        ("header x-user-role", Confidence.LIKELY),
    }
    assert len(found) == 2
