"""Repairs in the way that other places of the program show: guards, helpers, logs, errors, headers."""

from collections.abc import Callable
from typing import Any

Review = Callable[..., Any]

GUARD = """from functools import wraps

from aiohttp import web
from aiohttp_session import get_session


def signed_in(handler):
    @wraps(handler)
    async def guarded(request):
        session = await get_session(request)
        if "uid" not in session:
            raise web.HTTPUnauthorized()
        return await handler(request)

    return guarded
"""
DEVICES = """from aiohttp import web

from hub.guard import signed_in

routes = web.RouteTableDef()


@routes.get("/devices/{id}")
@signed_in
async def show(request):
    row = await request.app["pg"].fetchrow("SELECT * FROM devices WHERE id = $1", int(request.match_info["id"]))
    return web.json_response(dict(row))


@routes.delete("/devices/{id}")
async def remove(request):
    await request.app["pg"].execute("DELETE FROM devices WHERE id = $1", int(request.match_info["id"]))
    return web.json_response({"ok": True})


app = web.Application()
app.add_routes(routes)
"""
DATABASE = """import sqlite3


def rows(sql, params=()):
    con = sqlite3.connect("shop.db")
    return con.execute(sql, params).fetchall()
"""
SEARCH = """from flask import Flask, request

import database

app = Flask(__name__)


@app.get("/search")
def search():
    word = request.args["word"]
    return {"rows": database.rows(f"SELECT id FROM links WHERE title LIKE '%{word}%'")}
"""
LOGIN = """import logging

from flask import Flask, request, session
from werkzeug.security import check_password_hash

from store import find_user

app = Flask(__name__)
log = logging.getLogger(__name__)


@app.post("/login")
def login():
    password = request.form["password"]
    %s
    user = find_user(request.form["name"])
    if user is None or not check_password_hash(user.hash, password):
        return {"error": "wrong name or password"}, 401
    session["uid"] = user.id
    return {"ok": True}
"""
EXPRESS_LOGIN = """const express = require('express')
const bcrypt = require('bcrypt')
const db = require('./db')

const app = express()
app.use(express.json())

app.post('/login', async (req, res) => {
  const user = await db.users.findOne({ name: String(req.body.name) })
  if (!user || !(await bcrypt.compare(String(req.body.password), user.hash))) return res.status(401).json({ error: 'wrong password' })
  req.session.uid = user.id
  res.json({ ok: true })
})
"""


def test_a_decorator_that_asks_on_the_siblings_asks_here_too(review: Review) -> None:
    files = {"hub/__init__.py": "", "hub/guard.py": GUARD, "hub/devices.py": DEVICES}
    text = review(files).after("missing-authentication")["hub/devices.py"]
    assert '@routes.delete("/devices/{id}")\n@signed_in\nasync def remove' in text


def test_a_decorator_above_the_registration_is_moved_below_it(review: Review) -> None:
    swapped = DEVICES.replace(
        '@routes.get("/devices/{id}")\n@signed_in\n', '@signed_in\n@routes.get("/devices/{id}")\n'
    )
    files = {"hub/__init__.py": "", "hub/guard.py": GUARD, "hub/devices.py": swapped}
    text = review(files).after("missing-authentication")["hub/devices.py"]
    assert '@routes.get("/devices/{id}")\n@signed_in\nasync def show' in text


def test_a_decorator_is_moved_above_what_keeps_answers(review: Review) -> None:
    kept = "from hub.cache import kept\n" + DEVICES.replace(
        '@routes.get("/devices/{id}")\n@signed_in\n', '@signed_in\n@routes.get("/devices/{id}")\n@kept\n'
    )
    files = {
        "hub/__init__.py": "",
        "hub/guard.py": GUARD,
        "hub/devices.py": kept,
        "hub/cache.py": "def kept(handler):\n    return handler\n",
    }
    text = review(files).after("missing-authentication")["hub/devices.py"]
    assert '@routes.get("/devices/{id}")\n@signed_in\n@kept\nasync def show' in text


def test_values_are_bound_where_a_helper_is_given_the_text(review: Review) -> None:
    text = review({"app.py": SEARCH, "database.py": DATABASE}).after("sql-injection")["app.py"]
    assert 'database.rows("SELECT id FROM links WHERE title LIKE ?", (f"%{word}%",))' in text


def test_a_helper_without_values_is_left_alone(review: Review) -> None:
    helper = DATABASE.replace(", params=()", "").replace("(sql, params)", "(sql)")
    assert "takes no values" in review({"app.py": SEARCH, "database.py": helper}).refusal("sql-injection")


def test_a_secret_in_a_line_of_the_log_is_marked(review: Review) -> None:
    program = LOGIN % "log.info(f\"login of {request.form['name']!r} with {password}\")"
    assert 'with [redacted]")' in review({"app.py": program}).text("sensitive-data-in-log")
    program = LOGIN % 'log.info("password %s", password)'
    assert 'log.info("password %s", "[redacted]")' in review({"app.py": program}).text(
        "sensitive-data-in-log"
    )
    program = LOGIN % "log.info('asked')\n    print(password)"
    assert "print" not in review({"app.py": program}).text("sensitive-data-in-log")


def test_line_breaks_are_escaped_in_python_and_taken_out_in_a_script(review: Review) -> None:
    program = LOGIN % "log.info(f\"login of {request.form['name']} began\")"
    assert "{request.form['name']!r} began" in review({"app.py": program}).text("log-injection")
    script = EXPRESS_LOGIN.replace(
        "  req.session", "  console.log(`login of ${req.body.name} ok`)\n  req.session"
    )
    text = review({"app.js": script}).text("log-injection")
    assert r"${String(req.body.name).replace(/[\r\n]+/g, ' ')} ok" in text


def test_a_failed_login_leaves_a_line(review: Review) -> None:
    text = review({"app.py": LOGIN % "pass"}).text("missing-security-logging")
    assert 'log.warning("login failed from %s", request.remote_addr)\n        return {"error"' in text
    text = review({"app.js": EXPRESS_LOGIN}).text("missing-security-logging")
    assert "user.hash))) {\n    console.warn(`login failed from ${req.ip}`)\n    return res" in text


def test_an_error_is_made_general_where_it_is_caught(review: Review) -> None:
    program = (
        "from flask import Flask, render_template\n\nfrom work import do\n\napp = Flask(__name__)\n\n\n"
        "@app.get('/')\ndef home():\n    try:\n        message = do()\n    except Exception as error:\n"
        "        message = str(error)\n    return message\n"
    )
    text = review({"app.py": program}).text("error-exposure")
    assert "logger.exception('home failed')\n        message = 'Internal error'" in text


def test_claims_get_an_end(python: Review) -> None:
    program = (
        "import jwt\nfrom flask import Flask, current_app\n\napp = Flask(__name__)\n\n\n"
        "def issue(user):\n    claims = {'sub': user.id}\n"
        "    return jwt.encode(claims, current_app.config['KEY'], algorithm='HS256')\n"
    )
    text = python(program).text("jwt-missing-claims")
    assert "claims = {'sub': user.id, 'exp': int(time.time()) + 15 * 60}" in text
    assert text.startswith("import time\n")


def test_host_names_are_listed_by_the_environment(review: Review) -> None:
    program = "import os\n\nSECRET_KEY = os.environ['KEY']\nALLOWED_HOSTS = ['*']\nMIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\n"
    text = review({"shop/settings.py": program}).text("security-headers")
    assert "ALLOWED_HOSTS = os.environ.get('ALLOWED_HOSTS', 'localhost').split(',')" in text


STORE = """const express = require('express')
const pool = require('./db')
const { authenticate } = require('./auth')

const app = express()
app.use(authenticate)

app.get('/files', async (req, res) => {
  const { rows } = await pool.query('select * from files where owner_id = $1', [req.user.id])
  res.json(rows)
})

app.delete('/files/:id', async (req, res) => {
  await pool.query('delete from files where id = $1', [req.params.id])
  res.sendStatus(204)
})
"""
AUTH = """const jwt = require('jsonwebtoken')

exports.authenticate = (req, res, next) => {
  try {
    req.user = jwt.verify(req.headers.authorization, process.env.KEY, { algorithms: ['HS256'] })
  } catch {
    return res.sendStatus(401)
  }
  next()
}
"""
POOL = "const { Pool } = require('pg')\nmodule.exports = new Pool()\n"


def test_a_statement_is_limited_to_the_owner_as_its_siblings_are(review: Review) -> None:
    text = review({"app.js": STORE, "auth.js": AUTH, "db.js": POOL}).after(
        "insecure-direct-object-reference"
    )["app.js"]
    assert "'delete from files where id = $1 and owner_id = $2', [req.params.id, req.user.id])" in text
