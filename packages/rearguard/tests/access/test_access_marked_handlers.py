"""Guards in front of everything that ask the handler itself: attributes that decorators, or assignments, set."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

AIOHTTP = """
import sqlite3
from aiohttp import web
db = sqlite3.connect("shop.db")
routes = web.RouteTableDef()

MARKS

@web.middleware
async def known(request, handler):
    row = db.execute("SELECT * FROM logins WHERE mark = ?", (request.cookies["shop"],)).fetchone()
    request["user"] = row
    return await handler(request)

@web.middleware
async def door(request, handler):
    TEST
        raise web.HTTPUnauthorized()
    return await handler(request)

@routes.post("/orders/{id}")
async def amend(request):
    db.execute("UPDATE orders SET note = ? WHERE id = ?", (await request.text(), request.match_info["id"]))
    return web.Response()

@routes.post("/orders")
DECORATOR
async def order(request):
    db.execute("INSERT INTO orders (note) VALUES (?)", (await request.text(),))
    return web.Response()

def build():
    app = web.Application()
    ADDED
    app.add_routes(routes)
    return app
"""
OPENED = """
def open_to_all(view):
    view.guest = True
    return view
"""
ASKED = """
def needs(*roles):
    def mark(view):
        setattr(view, "roles", roles)
        return view
    return mark
"""
ASKS_GUEST = 'if not getattr(request.match_info.handler, "guest", False) and request["user"] is None:'
ASKS_ROLES = 'if getattr(handler, "roles", None) and request["user"] is None:'


def _states(build: Matrices, text: str, path: str = "main.py") -> dict[str, str]:
    return {row.endpoint.path: row.authentication.state for row in build({path: text})}


def _aiohttp(marks: str, test: str, decorator: str, added: str) -> str:
    text = AIOHTTP.replace("MARKS", marks).replace("TEST", test)
    return text.replace("DECORATOR", decorator).replace("ADDED", added)


@pytest.mark.parametrize(
    "added",
    [
        "app.middlewares.extend([known, door])",
        "app.middlewares.append(known); app.middlewares.insert(1, door)",
    ],
)
def test_a_mark_opens_one_handler_and_no_other(matrix: Matrices, added: str) -> None:
    found = _states(matrix, _aiohttp(OPENED, ASKS_GUEST, "@open_to_all", added))
    assert found == {"/orders/{id}": "required", "/orders": "none"}


def test_a_mark_asks_one_handler_for_a_login(matrix: Matrices) -> None:
    added = "app.middlewares.extend([known, door])"
    found = _states(matrix, _aiohttp(ASKED, ASKS_ROLES, '@needs("clerk")', added))
    assert found["/orders"] == "required"
    assert found["/orders/{id}"] != "required"


FLASK = """
import sqlite3
from flask import Flask, abort, current_app, request, session
app = Flask(__name__)
db = sqlite3.connect("shop.db")

@app.before_request
def door():
    view = current_app.view_functions.get(request.endpoint)
    if getattr(view, "guest", False):
        return
    if "user" not in session:
        abort(401)

@app.post("/orders/<int:key>")
def amend(key):
    db.execute("UPDATE orders SET note = ? WHERE id = ?", (request.form["note"], key))
    return ""

@app.post("/orders")
def order():
    db.execute("INSERT INTO orders (note) VALUES (?)", (request.form["note"],))
    return ""

order.guest = True
"""


def test_a_mark_may_be_set_behind_the_function(matrix: Matrices) -> None:
    assert _states(matrix, FLASK) == {"/orders/<int:key>": "required", "/orders": "none"}


ROLES = """
import sqlite3
from aiohttp import web
db = sqlite3.connect("shop.db")
routes = web.RouteTableDef()
ANYBODY = ("guest", "clerk", "manager")

def allow(*roles):
    def mark(view):
        view.allowed = roles
        return view
    return mark

@web.middleware
async def door(request, handler):
    user = db.execute("SELECT * FROM logins WHERE mark = ?", (request.cookies["shop"],)).fetchone()
    if user is None:
        raise web.HTTPUnauthorized()
    if user["role"] not in getattr(request.match_info.handler, "allowed", ANYBODY):
        raise web.HTTPForbidden()
    return await handler(request)

@routes.post("/orders/{id}")
async def amend(request):
    db.execute("UPDATE orders SET note = ? WHERE id = ?", (await request.text(), request.match_info["id"]))
    return web.Response()

@routes.delete("/orders/{id}")
@allow("manager")
async def drop(request):
    db.execute("DELETE FROM orders WHERE id = ?", (request.match_info["id"],))
    return web.Response()

app = web.Application(middlewares=[door])
app.add_routes(routes)
"""


def test_where_no_role_is_named_being_known_is_enough(matrix: Matrices) -> None:
    rows = {row.endpoint.method: row for row in matrix({"main.py": ROLES})}
    assert rows["POST"].authentication.state == "required"
    assert rows["POST"].authorization.state == "none"
    assert rows["DELETE"].authorization.state == "required"


BY_NAME = """
from fastapi import Depends, FastAPI, Header, HTTPException
from motor.motor_asyncio import AsyncIOMotorClient
import jwt
db = AsyncIOMotorClient("mongodb://db").shop
app = FastAPI()

class Shelf:
    def __init__(self, firm, kind):
        self.firm = firm
        self.box = db[kind]
    async def one(self, key):
        return await self.box.find_one({"_id": key, "firm": self.firm})

class Caller:
    def __init__(self, firm):
        self.firm = firm
    def shelf(self, kind):
        return Shelf(self.firm, kind)

def caller(authorization: str = Header()) -> Caller:
    claims = jwt.decode(authorization, "k", algorithms=["HS256"])
    return Caller(claims["firm"])

@app.get("/orders/{key}")
async def order(key: str, who: Caller = Depends(caller)):
    return await who.shelf("orders").one(key)

@app.get("/notes/{key}")
async def note(key: str, who: Caller = Depends(caller)):
    return await who.shelf("notes").one(key)
"""


def test_a_collection_is_known_by_the_name_that_it_is_asked_for_by(matrix: Matrices) -> None:
    rows = {row.endpoint.path: row for row in matrix({"main.py": BY_NAME})}
    assert [a.resource for a in rows["/orders/{key}"].accesses] == ["orders"]
    assert [a.resource for a in rows["/notes/{key}"].accesses] == ["notes"]
    assert rows["/notes/{key}"].accesses[0].restricted.state == "restricted"


TABLES = """
import sqlite3
from flask import Flask, request
app = Flask(__name__)
db = sqlite3.connect("shop.db")

def change(table, key, note):
    db.execute(f"UPDATE {table} SET note = ? WHERE id = ?", (note, key))

@app.post("/orders/<int:key>")
def amend(key):
    change("orders", key, request.form["note"])
    return ""

@app.post("/parcels/<int:key>")
def relabel(key):
    change("parcels", key, request.form["note"])
    return ""
"""


def test_a_table_is_known_by_the_name_that_a_helper_is_given(matrix: Matrices) -> None:
    rows = {row.endpoint.path: row for row in matrix({"main.py": TABLES})}
    assert [(a.operation, a.resource) for a in rows["/orders/<int:key>"].accesses] == [("update", "orders")]
    assert [a.resource for a in rows["/parcels/<int:key>"].accesses] == ["parcels"]


FORM = """
import sqlite3
from flask import Flask, abort, request, session
app = Flask(__name__)
db = sqlite3.connect("shop.db")

@app.before_request
def of_this_site():
    if request.method == "POST":
        sent = request.form.get("token")
        TEST
            abort(403)

@app.post("/notes")
def note():
    if "user" not in session:
        abort(401)
    db.execute("INSERT INTO notes (text, owner) VALUES (?, ?)", (request.form["text"], session["user"]))
    return ""
"""


@pytest.mark.parametrize(
    ("test", "state"),
    [
        ('if sent and sent != session["token"]:', "missing"),
        ('if not sent or sent != session["token"]:', "protected"),
        ('if sent != session["token"]:', "protected"),
    ],
)
def test_a_form_token_that_may_be_left_out_protects_nothing(matrix: Matrices, test: str, state: str) -> None:
    (row,) = matrix({"main.py": FORM.replace("TEST", test)})
    assert row.csrf.state == state
