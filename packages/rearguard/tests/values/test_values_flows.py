"""What the engine follows: through functions, files, objects, containers, texts, and what stops it."""

CASES = [
    # -- between functions and files -------------------------------------------------------------------
    (
        "through three functions and back",
        "py",
        """
def read():
    return request.args["name"]


def wrap(text):
    return "'" + text + "'"


def run(condition):
    db.execute("SELECT 1 FROM t WHERE name = " + condition)  # $ sql-injection


@app.get("/a")
def a():
    run(wrap(read()))
    return {}
""",
    ),
    (
        "through three functions and back",
        "js",
        """
const read = (req) => req.query.name
const wrap = (text) => `'${text}'`

function run(condition) {
  return db.query('SELECT 1 FROM t WHERE name = ' + condition)  // $ sql-injection
}

app.get('/a', (req, res) => {
  run(wrap(read(req)))
  res.end()
})
""",
    ),
    (
        "through a package",
        "py",
        """
--- app/__init__.py
--- app/web.py
from flask import Flask, request

from app.services import users
from app.services.users import find as find_user

app = Flask(__name__)


@app.get("/a")
def a():
    users.find(request.args["a"])
    find_user(request.args["b"])
    return {}
--- app/services/__init__.py
--- app/services/users.py
from ..store import run


def find(name):
    return run(f"SELECT 1 FROM users WHERE name = '{name}'")  # $ sql-injection
--- app/store.py
import sqlite3


def run(statement):
    return sqlite3.connect("x").execute(statement)
""",
    ),
    (
        "through re-exports",
        "ts",
        """
--- src/app.ts
import express from 'express'
import { users } from './services'
import findUser from './services/users'

const app = express()

app.get('/a', async (req, res) => {
  res.json(await users.find(req.query.a as string))
})

app.get('/b', async (req, res) => {
  res.json(await findUser(req.query.b as string))
})
--- src/services/index.ts
export * as users from './users'
--- src/services/users.ts
import { run } from '../store'

export async function find(name: string) {
  return run(`SELECT 1 FROM users WHERE name = '${name}'`)  // $ sql-injection
}

export default find
--- src/store.ts
import { Pool } from 'pg'

const pool = new Pool()
export const run = (text: string) => pool.query(text)
""",
    ),
    (
        "a helper around a sink is reported at each of its callers",
        "py",
        """
def shell(command):
    return os.popen(command).read()


def again(command):
    return shell(command)


@app.get("/a")
def a():
    shell("ls " + request.args["a"])  # $ command-injection
    again("du " + request.args["b"])  # $ command-injection
    shell("uptime")
    return {}
""",
    ),
    (
        "a page put together by hand is reported where the input goes in",
        "py",
        """
@app.get("/a")
def a():
    rows = ""
    for name in request.args.getlist("name"):
        rows += "<li>%s</li>" % name  # $ cross-site-scripting
    page = "<ul>"
    page += rows
    page += "</ul>"
    return page


@app.get("/b")
def b():
    items = []
    items.append(f"<li>{request.args['name']}</li>")  # $ cross-site-scripting
    items.append(f"<li>{html.escape(request.args['other'])}</li>")
    return "<ul>" + "".join(items) + "</ul>"
""",
    ),
    (
        "a page put together by hand is reported where the input goes in",
        "js",
        """
app.get('/a', (req, res) => {
  let page = '<ul>'
  page += `<li>${req.query.name}</li>`  // $ cross-site-scripting
  page += '</ul>'
  res.send(page)
})
""",
    ),
    (
        "recursion",
        "py",
        """
def build(parts, depth):
    if depth == 0:
        return parts
    return build(parts + " ", depth - 1)


@app.get("/a")
def a():
    db.execute("SELECT " + build(request.args["x"], 3))  # $ sql-injection
    db.execute("SELECT " + build("x", 3))
    return {}
""",
    ),
    (
        "arguments by name, default, rest",
        "py",
        """
def run(first, *rest, second="b", **others):
    db.execute(f"SELECT {first} FROM t")
    db.execute(f"SELECT {second} FROM t")  # $ sql-injection
    db.execute(f"SELECT {rest[0]} FROM t")  # $ sql-injection


@app.get("/a")
def a():
    run("a", request.args["y"], second=request.args["x"])
    return {}
""",
    ),
    (
        "arguments by pattern, default, rest",
        "js",
        """
function run({ first, second = 'b' }, ...rest) {
  db.query(`SELECT ${first} FROM t`)
  db.query(`SELECT ${second} FROM t`)  // $ sql-injection
  db.query(`SELECT ${rest[0]} FROM t`)  // $ sql-injection
}

app.get('/a', (req, res) => {
  run({ first: 'a', second: req.query.x }, req.query.y)
  res.end()
})
""",
    ),
    # -- functions as values ---------------------------------------------------------------------------
    (
        "promises",
        "js",
        """
const later = async (value) => value

app.get('/a', (req, res) => {
  later(req.query.name)
    .then((name) => name.trim())
    .then((name) => db.query(`SELECT ${name} FROM t`))  // $ sql-injection
    .catch((error) => res.end())
})

app.get('/b', async (req, res) => {
  const [first, second] = await Promise.all([later(req.query.name), later('b')])
  await db.query(`SELECT ${first} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "async functions",
        "py",
        """
async def later(value):
    return value


@app.get("/a")
async def a():
    name = await later(request.args["name"])
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    db.execute(f"SELECT {await later('b')} FROM t")
    return {}
""",
    ),
    (
        "callbacks of a container",
        "js",
        """
app.get('/a', (req, res) => {
  req.query.names.forEach((name) => {
    db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  })
  const texts = req.query.names.map((name) => `'${name}'`)
  db.query('SELECT ' + texts.join(', '))  // $ sql-injection
  const lengths = req.query.names.map((name) => name.length)
  ;['a', 'b'].forEach((name) => db.query(`SELECT ${name} FROM t`))
  res.end()
})
""",
    ),
    (
        "comprehensions and generators",
        "py",
        """
def names():
    for name in request.args.getlist("name"):
        yield name.strip()


@app.get("/a")
def a():
    db.execute("SELECT " + ", ".join(f'"{name}"' for name in names()))  # $ sql-injection
    db.execute("SELECT " + ", ".join(["?" for _ in names()]))
    db.execute("SELECT " + ", ".join(name for name in ("a", "b") if name in request.args))
    return {}
""",
    ),
    (
        "a decorator that hands the arguments on",
        "py",
        """
import functools


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print(function.__name__)
        return function(*args, **kwargs)

    return wrapper


@logged
def run(name):
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection


@app.get("/a")
@logged
def a():
    run(request.args["name"])
    return {}
""",
    ),
    (
        "a wrapper around a handler",
        "js",
        """
const wrap = (handler) => (req, res, next) => Promise.resolve(handler(req, res, next)).catch(next)

app.get('/a', wrap(async (req, res) => {
  await db.query(`SELECT ${req.query.name} FROM t`)  // $ sql-injection
  res.end()
}))
""",
    ),
    # -- dependency injection --------------------------------------------------------------------------
    (
        "a dependency's own parameters and its result",
        "py",
        """
--- api.py
import sqlite3

from fastapi import Depends, FastAPI

api = FastAPI()
connection = sqlite3.connect("app.db")


class Repository:
    def __init__(self, connection):
        self.connection = connection

    def find(self, name):
        self.connection.execute(f"SELECT {name} FROM t")  # $ sql-injection


def repository():
    return Repository(connection)


def order(sort: str = "name"):
    return sort


def limited(size: int = 10):
    return size


@api.get("/a")
def a(name: str, repo: Repository = Depends(repository)):
    repo.find(name)


@api.get("/b")
def b(sort: str = Depends(order), size: int = Depends(limited)):
    connection.execute(f"SELECT 1 FROM t LIMIT {size}")
    connection.execute(f"SELECT 1 FROM t ORDER BY {sort}")  # $ sql-injection
""",
    ),
    (
        "dependencies of dependencies, classes, and sinks inside them",
        "py",
        """
--- api.py
import sqlite3
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Header

api = FastAPI()
connection = sqlite3.connect("app.db")


class Page:
    def __init__(self, sort: str = "name", size: int = 10):
        self.sort = sort
        self.size = size


@dataclass
class Filter:
    city: str


def tenant(x_tenant: Annotated[str, Header()]):
    return x_tenant


def schema(name: str = Depends(tenant)):
    return "schema_" + name


def audit(actor: str):
    connection.execute(f"INSERT INTO log VALUES ('{actor}')")  # $ sql-injection


def fixed():
    return "t"


@api.get("/a", dependencies=[Depends(audit)])
def a(page: Annotated[Page, Depends()], schema: Annotated[str, Depends(schema)]):
    connection.execute(f"SELECT 1 FROM t LIMIT {page.size}")
    connection.execute(f"SELECT 1 FROM t ORDER BY {page.sort}")  # $ sql-injection
    connection.execute(f"SELECT 1 FROM {schema}.t")  # $ sql-injection


@api.get("/b")
def b(filter: Filter = Depends(), table: str = Depends(fixed)):
    connection.execute(f"SELECT 1 FROM {table}")
    connection.execute(f"SELECT 1 FROM t WHERE city = '{filter.city}'")  # $ sql-injection
""",
    ),
    # -- objects and containers ------------------------------------------------------------------------
    (
        "keys are told apart",
        "py",
        """
@app.get("/a")
def a():
    options = {"name": request.args["name"], "size": 10}
    options["order"] = "id"
    db.execute(f"SELECT 1 FROM t LIMIT {options['size']}")
    db.execute(f"SELECT 1 FROM t ORDER BY {options['order']}")
    db.execute(f"SELECT {options['name']} FROM t")  # $ sql-injection
    options["name"] = "fixed"
    db.execute(f"SELECT {options['name']} FROM t")
    return {}


@app.get("/b")
def b():
    options = {"name": request.args["name"]}
    del options["name"]
    db.execute(f"SELECT {options.get('name', 'a')} FROM t")
    return {}


@app.get("/c")
def c():
    options = {"name": request.args["name"]}
    name = options.pop("name")
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "keys are told apart",
        "js",
        """
app.get('/a', (req, res) => {
  const options = { name: req.query.name, size: 10 }
  options.order = 'id'
  db.query(`SELECT 1 FROM t LIMIT ${options.size}`)
  db.query(`SELECT 1 FROM t ORDER BY ${options['order']}`)
  db.query(`SELECT ${options.name} FROM t`)  // $ sql-injection
  options.name = 'fixed'
  db.query(`SELECT ${options.name} FROM t`)
  res.end()
})

app.get('/b', (req, res) => {
  const merged = { size: 10, ...req.query, order: 'id' }
  db.query(`SELECT 1 FROM t ORDER BY ${merged.order}`)
  db.query(`SELECT ${merged.name} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "destructuring and spread",
        "js",
        """
app.get('/a', (req, res) => {
  const { query: { name, ...others }, params } = req
  const [first = 'a', second] = [name, 'b']
  db.query(`SELECT ${first} FROM t`)  // $ sql-injection
  db.query(`SELECT ${second} FROM t`)
  db.query(`SELECT ${others.column} FROM t`)  // $ sql-injection
  const all = [...['a', 'b'], req.query.c]
  db.query('SELECT ' + all.join(','))  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "unpacking",
        "py",
        """
@app.get("/a")
def a():
    first, second = request.args["name"], "b"
    db.execute(f"SELECT {first} FROM t")  # $ sql-injection
    db.execute(f"SELECT {second} FROM t")
    head, *rest = request.args["names"].split(",")
    db.execute(f"SELECT {rest[0]} FROM t")  # $ sql-injection
    values = {"a": 1, **request.args}
    db.execute(f"SELECT {values['a']} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "lists",
        "py",
        """
@app.get("/a")
def a():
    parts = ["SELECT 1 FROM t"]
    parts.append("WHERE name = '" + request.args["name"] + "'")
    db.execute(" ".join(parts))  # $ sql-injection
    return {}


@app.get("/b")
def b():
    parts = ["SELECT 1 FROM t"]
    values = []
    if "name" in request.args:
        parts.append("WHERE name = ?")
        values.append(request.args["name"])
    db.execute(" ".join(parts), values)
    return {}
""",
    ),
    (
        "lists",
        "js",
        """
app.get('/a', (req, res) => {
  const parts = ['SELECT 1 FROM t']
  parts.push(`WHERE name = '${req.query.name}'`)
  db.query(parts.join(' '))  // $ sql-injection
  res.end()
})

app.get('/b', (req, res) => {
  const parts = ['SELECT 1 FROM t']
  const values = []
  if (req.query.name) {
    values.push(req.query.name)
    parts.push(`WHERE name = $${values.length}`)
  }
  db.query(parts.join(' '), values)
  res.end()
})
""",
    ),
    (
        "methods and inheritance",
        "py",
        """
class Base:
    def __init__(self, name):
        self.name = name

    def column(self):
        return self.name


class Quoted(Base):
    def column(self):
        return "fixed"


@app.get("/a")
def a():
    db.execute(f"SELECT {Base(request.args['x']).column()} FROM t")  # $ sql-injection
    db.execute(f"SELECT {Quoted(request.args['x']).column()} FROM t")
    return {}
""",
    ),
    (
        "methods and inheritance",
        "ts",
        """
class Base {
  constructor(protected name: string) {}
  column() {
    return this.name
  }
}

class Quoted extends Base {
  column() {
    return 'fixed'
  }
}

app.get('/a', (req, res) => {
  db.query(`SELECT ${new Base(req.query.x).column()} FROM t`)  // $ sql-injection
  db.query(`SELECT ${new Quoted(req.query.x).column()} FROM t`)
  res.end()
})
""",
    ),
    (
        "a setter",
        "py",
        """
class Query:
    def where(self, text):
        self.text = text
        return self

    def run(self):
        db.execute("SELECT 1 FROM t WHERE " + self.text)  # $ sql-injection


@app.get("/a")
def a():
    Query().where("name = '" + request.args["x"] + "'").run()
    return {}
""",
    ),
    # -- constants ---------------------------------------------------------------------------------------
    (
        "one of two constants",
        "py",
        """
def direction(newest):
    return "DESC" if newest else "ASC"


@app.get("/a")
def a():
    order = "name"
    if request.args.get("by") == "age":
        order = "age"
    db.execute(f"SELECT 1 FROM t ORDER BY {order} {direction(request.args.get('newest'))}")
    return {}
""",
    ),
    (
        "one of two constants",
        "js",
        """
const direction = (newest) => (newest ? 'DESC' : 'ASC')

app.get('/a', (req, res) => {
  let order = 'name'
  if (req.query.by === 'age') order = 'age'
  db.query(`SELECT 1 FROM t ORDER BY ${order} ${direction(req.query.newest)}`)
  res.end()
})
""",
    ),
    # -- what stops a value ------------------------------------------------------------------------------
    (
        "casts",
        "py",
        """
@app.get("/a")
def a():
    size = int(request.args["size"])
    ratio = float(request.args["ratio"])
    db.execute(f"SELECT 1 FROM t LIMIT {size} OFFSET {size * 2} WHERE r > {ratio:.2f}")
    db.execute("SELECT 1 FROM t LIMIT %d" % int(request.args["size"]))
    db.execute(f"SELECT 1 FROM t LIMIT {str(size)}")
    db.execute(f"SELECT 1 FROM t LIMIT {str(request.args['size'])}")  # $ sql-injection
    return {}
""",
    ),
    (
        "casts",
        "js",
        """
app.get('/a', (req, res) => {
  const size = +req.query.size
  const page = Number(req.query.page) || 1
  const rest = parseInt(req.query.rest, 10)
  db.query(`SELECT 1 FROM t LIMIT ${size} OFFSET ${page * rest}`)
  db.query(`SELECT 1 FROM t LIMIT ${String(req.query.size)}`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "patterns that are anchored",
        "py",
        """
WORD = re.compile(r"^[a-z]+$")
LOOSE = re.compile(r"[a-z]+")


@app.get("/a")
def a():
    name = request.args["name"]
    if not WORD.match(name):
        abort(400)
    db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/b")
def b():
    name = request.args["name"]
    if not LOOSE.match(name):
        abort(400)
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "patterns that are anchored",
        "js",
        """
const WORD = /^[a-z]+$/
const LOOSE = /[a-z]+/

app.get('/a', (req, res) => {
  if (!WORD.test(req.query.name)) return res.end()
  db.query(`SELECT ${req.query.name} FROM t`)
  res.end()
})

app.get('/b', (req, res) => {
  if (!LOOSE.test(req.query.name)) return res.end()
  db.query(`SELECT ${req.query.name} FROM t`)  // $ sql-injection
  res.end()
})

app.get('/c', (req, res) => {
  if (!req.query.name.match(/^\\w+$/)) return res.end()
  db.query(`SELECT ${req.query.name} FROM t`)
  res.end()
})
""",
    ),
    (
        "allow-lists",
        "py",
        """
ALLOWED = {"a", "b"}
COLUMNS = {"a": "column_a", "b": "column_b"}


@app.get("/a")
def a():
    name = request.args["name"]
    if name in ALLOWED:
        db.execute(f"SELECT {name} FROM t")
    else:
        db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}


@app.get("/b")
def b():
    name = request.args["name"]
    assert name in ALLOWED
    db.execute(f"SELECT {name} FROM t")
    db.execute(f"SELECT {COLUMNS[request.args['x']]} FROM t")
    db.execute(f"SELECT {COLUMNS.get(request.args['x'], request.args['x'])} FROM t")  # $ sql-injection
    return {}


@app.get("/c")
def c():
    name = request.args["name"]
    if name in request.args["allowed"]:
        db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "allow-lists",
        "js",
        """
const ALLOWED = new Set(['a', 'b'])
const COLUMNS = { a: 'column_a', b: 'column_b' }

app.get('/a', (req, res) => {
  const { name } = req.query
  if (ALLOWED.has(name)) db.query(`SELECT ${name} FROM t`)
  else db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  res.end()
})

app.get('/b', (req, res) => {
  const column = COLUMNS[req.query.name] ?? 'column_a'
  db.query(`SELECT ${column} FROM t`)
  const other = COLUMNS[req.query.name] ?? req.query.name
  db.query(`SELECT ${other} FROM t`)  // $ sql-injection
  res.end()
})

app.get('/c', (req, res) => {
  const name = ['a', 'b'].find((known) => known === req.query.name)
  db.query(`SELECT ${name} FROM t`)
  res.end()
})
""",
    ),
    (
        "guards that leave in several ways",
        "py",
        """
@app.get("/a")
def a():
    name = request.args["name"]
    if name == "a" or name == "b":
        pass
    else:
        raise LookupError(name)
    db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/b")
def b():
    name = request.args.get("name")
    if not name or name not in ("a", "b"):
        return {"error": "name"}, 400
    db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/c")
def c():
    name = request.args["name"]
    allowed = name in ("a", "b")
    if not allowed:
        abort(400)
    db.execute(f"SELECT {name} FROM t")
    return {}
""",
    ),
    (
        "guards that leave in several ways",
        "js",
        """
app.get('/a', (req, res) => {
  const { name } = req.query
  if (name !== 'a' && name !== 'b') {
    throw new Error(name)
  }
  db.query(`SELECT ${name} FROM t`)
  res.end()
})

app.get('/b', (req, res) => {
  const { name } = req.query
  const allowed = ['a', 'b'].includes(name)
  if (!name || !allowed) {
    return res.status(400).json({ error: 'name' })
  }
  db.query(`SELECT ${name} FROM t`)
  res.end()
})

app.get('/c', (req, res) => {
  const name = ['a', 'b'].includes(req.query.name) ? req.query.name : 'a'
  db.query(`SELECT ${name} FROM t`)
  res.end()
})
""",
    ),
    (
        "bound parameters",
        "py",
        """
@app.get("/a")
def a():  # $ missing-input-validation
    db.execute("SELECT 1 FROM t WHERE name = ?", (request.args["name"],))
    db.execute("SELECT 1 FROM t WHERE name = :name", {"name": request.args["name"]})
    db.executemany("INSERT INTO t VALUES (?)", [(name,) for name in request.args.getlist("name")])
    return {}
""",
    ),
    (
        "bound parameters",
        "js",
        """
app.get('/a', (req, res) => {
  db.query('SELECT 1 FROM t WHERE name = $1', [req.query.name])
  db.query({ text: 'SELECT 1 FROM t WHERE name = $1', values: [req.query.name] })
  db.query({ text: `SELECT ${req.query.name} FROM t` })  // $ sql-injection
  res.end()
})
""",
    ),
    # -- what is not known -------------------------------------------------------------------------------
    (
        "an unknown function gives back what it is given",
        "py",
        """
from somewhere import tidy


@app.get("/a")
def a():
    subprocess.run("echo " + tidy(request.args["name"]), shell=True)  # $ command-injection
    return {}
""",
    ),
    (
        "an unknown function gives back what it is given",
        "js",
        """
const { tidy } = require('somewhere')

app.get('/a', (req, res) => {
  exec('echo ' + tidy(req.query.name))  // $ command-injection
  res.end()
})
""",
    ),
]


def test_flow(case_problems: list[str]) -> None:
    assert case_problems == []
