"""Who calls, as it is kept while a request is answered: what holds it, and what only looks like that."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

EXPRESS = """
const express = require("express");
const jwt = require("jsonwebtoken");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use((req, res, next) => {
  req.tenant = jwt.verify(req.headers.authorization, process.env.KEY).tenant;
  next();
});
app.get("/header/:id", async (req, res) => {
  res.json(await prisma.note.findFirst({ where: { id: req.params.id, tenant: req.get("tenant") } }));
});
app.get("/member/:id", async (req, res) => {
  res.json(await prisma.note.findFirst({ where: { id: req.params.id, tenant: req.tenant } }));
});
"""
KOA = """
const Koa = require("koa");
const Router = require("@koa/router");
const jwt = require("jsonwebtoken");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = new Koa();
const router = new Router();
app.use(async (ctx, next) => {
  ctx.state.tenant = jwt.verify(ctx.headers.authorization, process.env.KEY).tenant;
  await next();
});
router.get("/header/:id", async (ctx) => {
  ctx.body = await prisma.note.findFirst({ where: { id: ctx.params.id, tenant: ctx.get("tenant") } });
});
router.get("/member/:id", async (ctx) => {
  ctx.body = await prisma.note.findFirst({ where: { id: ctx.params.id, tenant: ctx.state.tenant } });
});
app.use(router.routes());
"""
AIOHTTP = """
import sqlite3
import jwt
from aiohttp import web
db = sqlite3.connect("notes.db")
FIND = "SELECT * FROM notes WHERE id = ? AND tenant = ?"

@web.middleware
async def known(request, handler):
    request["tenant"] = jwt.decode(request.headers["Authorization"], KEY, algorithms=["HS256"])["tenant"]
    return await handler(request)

routes = web.RouteTableDef()

@routes.get("/header/{id}")
async def header(request):
    found = db.execute(FIND, (request.match_info["id"], request.headers.get("tenant")))
    return web.json_response(found.fetchone())

@routes.get("/member/{id}")
async def member(request):
    found = db.execute(FIND, (request.match_info["id"], request.get("tenant")))
    return web.json_response(found.fetchone())

app = web.Application(middlewares=[known])
app.add_routes(routes)
"""
STORED = """
const { AsyncLocalStorage } = require("async_hooks");
const express = require("express");
const jwt = require("jsonwebtoken");
const { PrismaClient } = require("@prisma/client");
const config = require("./config");
const prisma = new PrismaClient();
const app = express();
const storage = new AsyncLocalStorage();
app.use((req, res, next) => {
  const user = jwt.verify(req.headers.authorization, process.env.KEY);
  storage.run({ tenant: req.headers["x-tenant"] || user.tenant, owner: user.sub }, next);
});
app.get("/own/:id", async (req, res) => {
  const { owner } = storage.getStore();
  res.json(await prisma.note.findFirst({ where: { id: req.params.id, owner } }));
});
app.get("/said/:id", async (req, res) => {
  res.json(await prisma.note.findFirst({ where: { id: req.params.id, tenant: storage.getStore().tenant } }));
});
app.get("/set/:id", async (req, res) => {
  res.json(await prisma.note.findFirst({ where: { id: req.params.id, tenant: config().tenant } }));
});
"""


def states(read: Rows) -> dict[str, str]:
    return {name.split("/")[1]: row.ownership.state for name, row in read.items()}


def test_a_header_that_is_read_by_a_name_is_no_member_of_the_request(rows: Callable[..., Rows]) -> None:
    wanted = {"header": "open", "member": "restricted"}
    assert states(rows(EXPRESS)) == states(rows(KOA)) == wanted
    assert states(rows(AIOHTTP, "app.py")) == wanted


def test_what_is_kept_for_a_request_is_read_there_alone(rows: Callable[..., Rows]) -> None:
    read = rows(STORED)
    assert states(read)["own"] == "restricted"

    def named(path: str) -> set[str]:
        surface = read[f"GET /{path}/:id"].surface
        assert surface is not None
        keys = dict(next(fact.touch for fact in surface.facts if fact.touch is not None).keys)
        return {atom.name for atom in keys["tenant"]}

    assert "headers" in named("said")
    assert not named("set")


CHOSEN = """
const express = require("express");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use((req, res, next) => { if (!req.session.user) return res.sendStatus(401); next(); });
const numbered = (req, res, next) => { req.noteId = Number(req.params.id); next(); };
app.get("/notes/:id", numbered, async (req, res) => {
  res.json(await prisma.note.findUnique({ where: { id: req.noteId } }));
});
"""
DIGEST = """
import hashlib
from typing import Annotated
from fastapi import Cookie, Depends, FastAPI, HTTPException
from sqlalchemy import delete, select
from tables import Entry, Note, database
app = FastAPI()

def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()

async def customer(kh: Annotated[str | None, Cookie()] = None):
    found = await database.scalar(select(Entry).where(Entry.COLUMN == digest(kh or "")))
    if found is None:
        raise HTTPException(401)
    return found.customer

Me = Annotated[Entry, Depends(customer)]

@app.delete("/notes/{id}")
async def remove(id: int, me: Me):
    await database.execute(delete(Note).where(Note.id == id, Note.customer_id == me.id))
"""
DIGEST_SCRIPT = """
const express = require("express");
const crypto = require("crypto");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(async (req, res, next) => {
  const digest = crypto.createHash("sha256").update(req.cookies.kh || "").digest("hex");
  const entry = await prisma.entry.findUnique({ where: { COLUMN: digest } });
  if (!entry) return res.sendStatus(401);
  req.entry = entry;
  next();
});
app.delete("/notes/:id", async (req, res) => {
  await prisma.note.deleteMany({ where: { id: req.params.id, customerId: req.entry.customerId } });
  res.end();
});
"""


def test_what_a_client_chooses_stays_chosen_where_it_is_kept(rows: Callable[..., Rows]) -> None:
    assert rows(CHOSEN)["GET /notes/:id"].ownership.state == "open"


def test_a_record_found_by_the_digest_of_a_cookie_is_the_callers(rows: Callable[..., Rows]) -> None:
    def state(text: str, path: str, column: str) -> str:
        (row,) = rows(text.replace("COLUMN", column), path).values()
        return row.ownership.state

    assert state(DIGEST, "app.py", "digest") == state(DIGEST_SCRIPT, "main.js", "digest") == "restricted"
    assert state(DIGEST, "app.py", "theme") == "open"
