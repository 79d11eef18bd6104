"""Statements about a table that a class names, and those whose conditions and values are lists that grow."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

FLASK = """
import sqlite3
from flask import Flask, abort, g, jsonify, request, session

app = Flask(__name__)
conn = sqlite3.connect("x.db")


@app.before_request
def load():
    uid = session.get("uid")
    if uid is None:
        abort(401)
    g.user = conn.execute("SELECT * FROM users WHERE id = ?", (uid,)).fetchone()

"""
REPOSITORIES = """
class Kept:
    table = ""

    def find(self, org, key):
        return conn.execute(f"SELECT * FROM {self.table} WHERE id = ? AND org_id = ?", (key, org)).fetchone()

    def delete(self, key):
        conn.execute("DELETE FROM " + self.table + " WHERE id = ?", (key,))


class Notes(Kept):
    table = "notes"


class Pets(Kept):
    @property
    def table(self):
        return "pets"


notes, pets = Notes(), Pets()


@app.delete("/notes/<int:key>")
def remove_note(key):
    notes.delete(key)
    return ""


@app.delete("/pets/<int:key>")
def remove_pet(key):
    if pets.find(g.user["org_id"], key) is None:
        abort(404)
    pets.delete(key)
    return ""
"""
EXPRESS = """
const express = require('express')
const { Pool } = require('pg')
const app = express()
const pool = new Pool()
async function auth(req, res, next) {
  const found = await pool.query('SELECT * FROM users WHERE token = $1', [req.get('Authorization')])
  if (!found.rows[0]) return res.status(401).end()
  req.user = found.rows[0]
  next()
}
"""
CLASSES = """
class Kept {
  constructor(table) { this.table = table }
  async find(org, id) {
    return (await pool.query(`SELECT * FROM ${this.table} WHERE id = $1 AND org_id = $2`, [id, org])).rows[0]
  }
  async remove(id) { await pool.query(`DELETE FROM ${this.table} WHERE id = $1`, [id]) }
}
class Pets extends Kept { constructor() { super('pets') } }
const notes = new Kept('notes')
const pets = new Pets()
app.delete('/notes/:id', auth, async (req, res) => { await notes.remove(req.params.id); res.end() })
app.delete('/pets/:id', auth, async (req, res) => {
  if (!(await pets.find(req.user.org_id, req.params.id))) return res.sendStatus(404)
  await pets.remove(req.params.id)
  res.end()
})
"""


def _said(rows: Mapping[str, Row], name: str, operation: str) -> tuple[str, str]:
    (access,) = [a for a in rows[name].accesses if a.operation == operation]
    return access.resource, access.restricted.state


@pytest.mark.parametrize(
    ("file", "source", "end"),
    [("app.py", FLASK + REPOSITORIES, "<int:key>"), ("app.js", EXPRESS + CLASSES, ":id")],
)
def test_each_class_names_its_own_table(rows: Rows, file: str, source: str, end: str) -> None:
    found = rows(source, file)
    assert _said(found, f"DELETE /notes/{end}", "delete") == ("notes", "open")
    assert _said(found, f"DELETE /pets/{end}", "delete") == ("pets", "restricted")


PY_LIST = """
@app.get("/loads")
def index():
    where, values = ["company_id = ?"], []
    values.append({company})
    if request.args.get("q"):
        where.append("status = ?")
        values.append(request.args["q"])
    sql = "SELECT * FROM loads WHERE " + " AND ".join(where)
    return jsonify(conn.execute(sql, values).fetchall())


@app.put("/loads/<int:key>")
def change(key):
    sets, values = [], []
    for name in ("status", "note"):
        if name in request.json:
            sets.append(f"{{name}} = ?")
            values.append(request.json[name])
    values.extend([key, {company}])
    conn.execute(f"UPDATE loads SET {{', '.join(sets)}} WHERE id = ? AND company_id = ?", values)
    return ""
"""
JS_LIST = """
app.get('/loads', auth, async (req, res) => {
  const where = ['company_id = $1'], values = [%(company)s]
  if (req.query.q) { values.push(req.query.q); where.push(`status = $${values.length}`) }
  res.json((await pool.query(`SELECT * FROM loads WHERE ${where.join(' AND ')}`, values)).rows)
})
app.put('/loads/:key', auth, async (req, res) => {
  const sets = [], values = []
  if (req.body.status) { values.push(req.body.status); sets.push(`status = $${values.length}`) }
  values.push(req.params.key, %(company)s)
  const at = `WHERE id = $${values.length - 1} AND company_id = $${values.length}`
  await pool.query(`UPDATE loads SET ${sets.join(', ')} ${at}`, values)
  res.end()
})
"""


@pytest.mark.parametrize(
    ("file", "source", "key", "state"),
    [
        ("app.py", FLASK + PY_LIST.format(company='g.user["company_id"]'), "<int:key>", "restricted"),
        ("app.py", FLASK + PY_LIST.format(company='request.args["company"]'), "<int:key>", "open"),
        ("app.js", EXPRESS + JS_LIST % {"company": "req.user.company_id"}, ":key", "restricted"),
        ("app.js", EXPRESS + JS_LIST % {"company": "req.query.company"}, ":key", "open"),
    ],
)
def test_grown_lists_keep_their_order(rows: Rows, file: str, source: str, key: str, state: str) -> None:
    found = rows(source, file)
    assert _said(found, "GET /loads", "read") == ("loads", state)
    assert _said(found, f"PUT /loads/{key}", "update") == ("loads", state)


ASYNC = """
from typing import Annotated

from fastapi import Cookie, Depends, FastAPI, HTTPException, Request

app = FastAPI()


class Kept:
    table = ""

    def __init__(self, conn):
        self.conn = conn

    async def update(self, key, values):
        names = [name for name in values if name.isidentifier()]
        sets = ", ".join(f"{name} = ${at}" for at, name in enumerate(names, 2))
        await self.conn.execute(f"UPDATE {self.table} SET {sets} WHERE id = $1", key, *[values[n] for n in names])


class People(Kept):
    table = "people"

    async def by_sid(self, sid):
        return await self.conn.fetchrow("SELECT * FROM people WHERE sid = $1", sid)


class Pets(Kept):
    table = "pets"


async def connection(request: Request):
    async with request.app.state.pool.acquire() as conn:
        yield conn


def kept(kind):
    def make(conn=Depends(connection)):
        return kind(conn)

    return Depends(make)


AllPeople = Annotated[People, kept(People)]
AllPets = Annotated[Pets, kept(Pets)]


async def caller(people: AllPeople, sid: Annotated[str | None, Cookie()] = None):
    person = await people.by_sid(sid) if sid else None
    if person is None:
        raise HTTPException(401)
    return person


Me = Annotated[dict, Depends(caller)]


@app.patch("/me")
async def change_me(request: Request, me: Me, people: AllPeople):
    await people.update(me["id"], await request.json())


@app.patch("/pets/{key}")
async def change_pet(key: int, request: Request, me: Me, pets: AllPets):
    await pets.update(key, await request.json())
"""


def test_a_factory_of_dependencies_gives_what_the_parameter_declares(rows: Rows) -> None:
    found = rows(ASYNC, "app.py")
    (own,) = [a for a in found["PATCH /me"].accesses if a.operation == "update"]
    (pet,) = [a for a in found["PATCH /pets/{key}"].accesses if a.operation == "update"]
    assert (own.resource, own.limit, pet.resource) == ("people", "owner", "pets")
    assert [source.path for _, source in pet.keys if source is not None] == [("key",)]
