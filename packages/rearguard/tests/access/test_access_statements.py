"""Which value ends up in which place of a statement, and what is asked after it has run."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
import sqlite3
from flask import Flask, abort, request, session
app = Flask(__name__)
db = sqlite3.connect("notes.db")

@app.before_request
def known():
    if "uid" not in session:
        abort(401)

def owned(id):
    note = db.execute("SELECT owner_id FROM notes WHERE id = ?", (id,)).fetchone()
    if note["owner_id"] != session["uid"]:
        abort(403)

@app.post("/early/<id>")
def early(id):
    owned(id)
    db.execute("UPDATE notes SET text = ? WHERE id = ?", (request.form["text"], id))
    return ""

@app.post("/late/<id>")
def late(id):
    db.execute("UPDATE notes SET text = ? WHERE id = ?", (request.form["text"], id))
    owned(id)
    return ""

@app.get("/own")
def own():
    values = (*request.args.getlist("tag"), session["uid"], 20)
    return list(db.execute("SELECT * FROM notes WHERE tag IN (?) AND owner_id = ? LIMIT ?", values))

@app.get("/any")
def any_of():
    values = (*request.args.getlist("tag"), request.args["owner"], session["uid"])
    return list(db.execute("SELECT * FROM notes WHERE tag IN (?) AND owner_id = ? LIMIT ?", values))
"""
EXPRESS = """
const express = require("express");
const Database = require("better-sqlite3");
const db = new Database("notes.db");
const app = express();
app.use((req, res, next) => { if (!req.session.user) return res.sendStatus(401); next(); });
const noteOf = (id) => db.prepare("SELECT owner_id FROM notes WHERE id = ?").get(id);
app.post("/early/:id", (req, res) => {
  const note = noteOf(req.params.id);
  if (note.owner_id !== req.session.user.id) return res.sendStatus(403);
  db.prepare("UPDATE notes SET text = ? WHERE id = ?").run(req.body.text, req.params.id);
  res.end();
});
app.post("/late/:id", (req, res) => {
  db.prepare("UPDATE notes SET text = ? WHERE id = ?").run(req.body.text, req.params.id);
  const note = noteOf(req.params.id);
  if (note.owner_id !== req.session.user.id) return res.sendStatus(403);
  res.end();
});
app.post("/direct/:id", (req, res) => {
  const note = db.prepare("SELECT owner_id FROM notes WHERE id = ?").get([req.params.id]);
  if (note.owner_id !== req.session.user.id) return res.sendStatus(403);
  db.prepare("DELETE FROM notes WHERE id = ?").run(req.params.id);
  res.end();
});
app.get("/own", (req, res) => {
  const values = [...req.query.tags, req.session.user.id, 20];
  res.json(db.prepare("SELECT * FROM notes WHERE tag IN (?) AND owner_id = ? LIMIT ?").all(values));
});
app.get("/any", (req, res) => {
  const values = [...req.query.tags, req.query.owner, req.session.user.id];
  res.json(db.prepare("SELECT * FROM notes WHERE tag IN (?) AND owner_id = ? LIMIT ?").all(values));
});
"""


def states(read: Rows, path: str) -> set[tuple[str, str]]:
    """What is changed or listed by a route, and how that is limited."""
    (row,) = (row for name, row in read.items() if name.split("/")[1] == path)
    return {(a.operation, a.restricted.state) for a in row.accesses if a.operation != "read"}


def test_what_is_asked_after_a_statement_has_run_prevents_nothing(rows: Callable[..., Rows]) -> None:
    for read in (rows(FLASK, "app.py"), rows(EXPRESS)):
        assert states(read, "early") == {("update", "restricted")}
        assert states(read, "late") == {("update", "open")}


def test_one_value_is_given_as_it_is_or_in_a_list(rows: Callable[..., Rows]) -> None:
    assert states(rows(EXPRESS), "direct") == {("delete", "restricted")}


def test_places_behind_a_limit_are_counted(rows: Callable[..., Rows]) -> None:
    for read in (rows(FLASK, "app.py"), rows(EXPRESS)):
        for path, wanted in (("/own", "restricted"), ("/any", "open")):
            assert [a.restricted.state for a in read[f"GET {path}"].accesses] == [wanted]


ASYNCPG = """
from fastapi import Cookie, Depends, FastAPI, HTTPException, Request
app = FastAPI()

async def camper(request: Request, sid: str = Cookie("")):
    row = await request.app.state.pg.fetchrow("SELECT id FROM campers WHERE session = $1", sid)
    if row is None:
        raise HTTPException(401)
    return row

@app.get("/own/{other}")
async def own(request: Request, other: int, me: dict = Depends(camper)):
    return await request.app.state.pg.fetch("SELECT text FROM notes WHERE camper_id = $1", me["id"])

@app.get("/other/{other}")
async def of_other(request: Request, other: int, me: dict = Depends(camper)):
    return await request.app.state.pg.fetch("SELECT text FROM notes WHERE camper_id = $1", other)
"""


def test_one_numbered_value_is_an_argument_of_its_own(rows: Callable[..., Rows]) -> None:
    read = rows(ASYNCPG, "app.py")
    for path, wanted in (("own", "restricted"), ("other", "open")):
        (access,) = (a for a in read[f"GET /{path}/{{other}}"].accesses if a.resource == "notes")
        assert access.restricted.state == wanted
    (key,) = (source for _, source in access.keys if source is not None)
    assert key.path == ("other",)


def test_a_condition_that_format_puts_in(rows: Callable[[str, str], Rows]) -> None:
    """`"... {scope} ORDER BY id".format(scope=...)` limits what is read where a condition is put in."""
    text = (
        FLASK.partition('@app.get("/own")')[0]
        + """
ALL = "SELECT * FROM notes {scope} ORDER BY id LIMIT {0}"

@app.get("/mine")
def mine():
    return list(db.execute(ALL.format("20", scope="WHERE owner_id = ?"), (session["uid"],)))

@app.get("/all")
def every():
    return list(db.execute(ALL.format("20", scope=""), ()))
"""
    )
    found = rows(text, "app.py")
    assert [a.limit for a in found["GET /mine"].accesses] == ["owner"]
    assert [a.limit for a in found["GET /all"].accesses] == [""]
