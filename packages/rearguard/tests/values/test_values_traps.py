"""Mistakes that an engine of this kind makes by its construction, each in both languages where it applies."""

CASES = [
    # -- loops come back with other values; what holds in one branch alone does not outlive it ----------
    (
        "a comparison that the first round of a loop decides",
        "py",
        """
@app.get("/a")
def a():
    first = True
    for name in ("a", "b"):
        if first == True:
            first = False
        else:
            db.execute("SELECT 1 FROM t ORDER BY " + request.args[name])  # $ sql-injection
    return {}
""",
    ),
    (
        "a comparison that the first round of a loop decides",
        "js",
        """
app.get('/a', (req, res) => {
  let where = ''
  for (let i = 0; i < 2; i++) {
    if (i === 0) where += ' WHERE '
    else where += req.query.filter
  }
  db.query('SELECT 1 FROM t' + where)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "what is true while developing ends with its branch",
        "js",
        """
app.get('/a', async (req, res) => {
  try {
    await db.query('SELECT 1')
  } catch (err) {
    if (process.env.NODE_ENV === 'development') {
      console.log(err)
    }
    res.status(500).send(err.stack)  // $ error-exposure
  }
})
app.get('/b', async (req, res) => {
  try {
    await db.query('SELECT 1')
  } catch (err) {
    console.error(err)
    if (process.env.NODE_ENV === 'development') {
      return res.status(500).send(err.stack)
    }
    res.status(500).end()
  }
})
""",
    ),
    (
        "a break inside match leaves the loop around it",
        "py",
        """
@app.get("/a")
def a():
    name = "id"
    while True:
        match request.args["mode"]:
            case "own":
                name = request.args["name"]
                break
            case _:
                pass
        db.execute(f"SELECT {name} FROM t")
        break
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "an error passes through a try that catches nothing",
        "py",
        """
@app.get("/a")
def a():
    name = "id"
    try:
        try:
            name = request.args["name"]
            raise ValueError("no")
        finally:
            print("done")
    except ValueError:
        db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "loops in loops are read in time that does not double with each",
        "py",
        "\n@app.get('/a')\ndef a():\n    key = request.args['key']\n"
        + "".join(f"{'    ' * (depth + 1)}for n{depth} in range(2):\n" for depth in range(40))
        + "    " * 41
        + "db.execute(key)  # $ sql-injection\n    return {}\n",
    ),
    # -- sanitising is by context, and joins must not mix what was cleaned on one path only ------------
    (
        "escaping for one context does not help in another",
        "py",
        """
@app.get("/a")
def a():
    name = html.escape(request.args["name"])
    db.execute(f"SELECT 1 FROM t WHERE name = '{name}'")  # $ sql-injection
    return f"<p>{name}</p>"
""",
    ),
    (
        "escaping for one context does not help in another",
        "js",
        """
app.get('/a', (req, res) => {
  const name = encodeURIComponent(req.query.name)
  db.query(`SELECT 1 FROM t WHERE name = '${name}'`)  // $ sql-injection
  res.redirect('https://example.com/?name=' + name)
})
""",
    ),
    (
        "cleaned on one branch only",
        "py",
        """
@app.get("/a")
def a():
    key = request.args["key"]
    if request.args.get("strict"):
        key = int(key)
    db.execute(f"SELECT 1 FROM t WHERE id = {key}")  # $ sql-injection
    return {}


@app.get("/b")
def b():
    key = request.args["key"]
    if request.args.get("strict"):
        key = int(key)
    else:
        key = 0
    db.execute(f"SELECT 1 FROM t WHERE id = {key}")
    return {}
""",
    ),
    (
        "cleaned on one branch only",
        "js",
        """
app.get('/a', (req, res) => {
  let key = req.query.key
  if (req.query.strict) key = Number(key)
  db.query(`SELECT 1 FROM t WHERE id = ${key}`)  // $ sql-injection
  res.end()
})

app.get('/b', (req, res) => {
  let key = req.query.key
  if (req.query.strict) key = Number(key)
  else key = 0
  db.query(`SELECT 1 FROM t WHERE id = ${key}`)
  res.end()
})
""",
    ),
    # -- a use that depends on the caller's constants ----------------------------------------------------
    (
        "the caller's constant switches the shell on",
        "py",
        """
def run(command, through_shell):
    return subprocess.run(command, shell=through_shell)


@app.get("/a")
def a():
    run(["echo", request.args["x"]], False)
    return {}


@app.get("/b")
def b():
    run("echo " + request.args["y"], True)  # $ command-injection
    return {}
""",
    ),
    (
        "the caller's constant leaves the shell off",
        "py",
        """
def run(command, through_shell=False):
    return subprocess.run(command, shell=through_shell)


def outer(command):
    return run(command)


@app.get("/a")
def a():
    outer(["echo", request.args["x"]])
    run(["echo", request.args["x"]])
    return {}
""",
    ),
    (
        "the caller's constant switches the shell on",
        "js",
        """
function run(command, args, shell) {
  return spawn(command, args, { shell })
}

app.get('/a', (req, res) => {
  run('echo', [req.query.x], false)
  run('echo', [req.query.y], true)  // $ command-injection
  res.end()
})
""",
    ),
    (
        "the caller's constant fixes the host",
        "py",
        """
def get(base, path):
    return requests.get(base + path, timeout=5)


@app.get("/a")
def a():
    get("https://api.example.com/", request.args["path"])
    return {}
""",
    ),
    (
        "the caller's constant does not fix the host",
        "py",
        """
def get(base, path):
    return requests.get(base + path, timeout=5)  # $ server-side-request-forgery


@app.get("/a")
def a():
    get("https://", request.args["path"])
    return {}
""",
    ),
    (
        "the caller's constant fixes the host",
        "js",
        """
const get = (base, path) => fetch(`${base}${path}`)

app.get('/a', async (req, res) => {
  await get('https://api.example.com/', req.query.path)
  res.end()
})
""",
    ),
    (
        "a fragment from the caller",
        "py",
        """
def select(where):
    return db.execute("SELECT 1 FROM t WHERE " + where)  # $ sql-injection


@app.get("/a")
def a():
    select("id = 1")
    select("name = '" + request.args["name"] + "'")
    return {}
""",
    ),
    (
        "a fragment from the caller, all of them constant",
        "js",
        """
const select = (where, values) => db.query('SELECT 1 FROM t WHERE ' + where, values)

app.get('/a', (req, res) => {
  select('id = 1', [])
  select('name = $1', [req.query.name])
  res.end()
})
""",
    ),
    # -- facts join by intersection, and belong to access paths -----------------------------------------
    (
        "a test on one branch proves nothing behind the join",
        "py",
        """
@app.get("/a")
def a():
    name = request.args["name"]
    if request.args.get("check"):
        if name not in ("a", "b"):
            abort(400)
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "a test on one branch proves nothing behind the join",
        "js",
        """
app.get('/a', (req, res) => {
  const name = req.query.name
  if (req.query.check) {
    if (!['a', 'b'].includes(name)) return res.end()
  }
  db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "the same input read twice",
        "py",
        """
@app.get("/a")
def a():
    if request.args["name"] not in ("a", "b"):
        abort(400)
    db.execute(f"SELECT {request.args['name']} FROM t")
    return {}


@app.get("/b")
def b():
    if request.args["other"] not in ("a", "b"):
        abort(400)
    db.execute(f"SELECT {request.args['name']} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "the same input read twice",
        "js",
        """
app.get('/a', (req, res) => {
  if (!['a', 'b'].includes(req.query.name)) return res.end()
  db.query(`SELECT ${req.query.name} FROM t`)
  res.end()
})

app.get('/b', (req, res) => {
  if (!['a', 'b'].includes(req.query.other)) return res.end()
  db.query(`SELECT ${req.query.name} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "a new value under a proven name",
        "py",
        """
@app.get("/a")
def a():
    name = request.args["name"]
    if name not in ("a", "b"):
        abort(400)
    name = request.args["other"]
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "a new value under a proven name",
        "js",
        """
app.get('/a', (req, res) => {
  let name = req.query.name
  if (!['a', 'b'].includes(name)) return res.end()
  name = req.query.other
  db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "half a proof of the old value and half of the new one",
        "py",
        """
@app.get("/a")
def a():
    target = request.args["next"]
    if not target.startswith("/"):
        abort(400)
    target = request.args["other"]
    if target.startswith("//"):
        abort(400)
    return redirect(target)  # $ open-redirect
""",
    ),
    (
        "half a proof of the old value and half of the new one",
        "js",
        """
app.get('/a', (req, res) => {
  let target = req.query.next
  if (!target.startsWith('/')) return res.end()
  target = req.query.other
  if (target.startsWith('//')) return res.end()
  res.redirect(target)  // $ open-redirect
})
""",
    ),
    # -- helpers that prove, helpers that enforce -------------------------------------------------------
    (
        "a helper that proves",
        "py",
        """
def is_known(name):
    return name in ("a", "b")


def looks_like_anything(name):
    return len(name) > 3


@app.get("/a")
def a():
    name = request.args["name"]
    if not is_known(name):
        return {}
    db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/b")
def b():
    name = request.args["name"]
    if not looks_like_anything(name):
        return {}
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}


@app.get("/c")
def c():
    name = request.args["name"]
    if is_known(name):
        return {}
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "a helper that proves",
        "js",
        """
const isKnown = (name) => ['a', 'b'].includes(name)

function isWord(text) {
  return typeof text === 'string' && /^[a-z]+$/.test(text)
}

app.get('/a', (req, res) => {
  if (!isKnown(req.query.name)) return res.end()
  db.query(`SELECT ${req.query.name} FROM t`)
  res.end()
})

app.get('/b', (req, res) => {
  if (isKnown(req.query.name)) return res.end()
  db.query(`SELECT ${req.query.name} FROM t`)  // $ sql-injection
  res.end()
})

app.get('/c', (req, res) => {
  const { name } = req.query
  if (isWord(name)) db.query(`SELECT ${name} FROM t`)
  res.end()
})
""",
    ),
    (
        "a helper that enforces",
        "py",
        """
def require_known(name):
    if name not in ("a", "b"):
        raise ValueError(name)


def complain(name):
    if name not in ("a", "b"):
        print(name)


@app.get("/a")
def a():
    name = request.args["name"]
    require_known(name)
    db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/b")
def b():
    name = request.args["name"]
    complain(name)
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "a helper that enforces",
        "js",
        """
function requireKnown(name) {
  if (!['a', 'b'].includes(name)) throw new Error(name)
}

function complain(name) {
  if (!['a', 'b'].includes(name)) console.log('odd')
}

app.get('/a', (req, res) => {
  const name = req.query.name
  requireKnown(name)
  db.query(`SELECT ${name} FROM t`)
  res.end()
})

app.get('/b', (req, res) => {
  const name = req.query.name
  complain(name)
  db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    # -- regions that leave ---------------------------------------------------------------------------
    (
        "try, except, else, finally",
        "py",
        """
@app.get("/a")
def a():
    try:
        key = int(request.args["key"])
    except ValueError:
        return {}
    db.execute(f"SELECT {key} FROM t")
    return {}


@app.get("/b")
def b():
    key = request.args["key"]
    try:
        key = int(key)
    except ValueError:
        print("no number")
    db.execute(f"SELECT {key} FROM t")  # $ sql-injection
    return {}


@app.get("/c")
def c():
    key = 0
    try:
        key = request.args["key"]
    finally:
        db.execute(f"SELECT {key} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "try, catch, finally",
        "js",
        """
app.get('/a', (req, res) => {
  let order
  try {
    order = req.query.order
    if (order !== 'up') throw new Error('order')
  } catch (error) {
    return res.end()
  }
  db.query(`SELECT ${order} FROM t`)
  res.end()
})

app.get('/b', (req, res) => {
  let order = req.query.order
  try {
    if (order !== 'up') throw new Error('order')
  } catch (error) {
    console.log(error)
  }
  db.query(`SELECT ${order} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "with and while",
        "py",
        """
@app.get("/a")
def a():
    with open("/srv/fixed") as file:
        name = request.args["name"]
        if name != "a":
            raise LookupError(name)
    db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/b")
def b():
    while True:
        name = request.args["name"]
        if name == "a":
            break
    db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/c")
def c():
    while True:
        name = request.args["name"]
        if name != "a":
            break
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "break and continue",
        "js",
        """
app.get('/a', (req, res) => {
  for (const name of req.query.names) {
    if (!['a', 'b'].includes(name)) continue
    db.query(`SELECT ${name} FROM t`)
  }
  res.end()
})

app.get('/b', (req, res) => {
  let chosen = 'a'
  for (const name of req.query.names) {
    chosen = name
    break
  }
  db.query(`SELECT ${chosen} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "break and continue",
        "py",
        """
@app.get("/a")
def a():
    for name in request.args.getlist("name"):
        if name not in ("a", "b"):
            continue
        db.execute(f"SELECT {name} FROM t")
    return {}


@app.get("/b")
def b():
    chosen = "a"
    for name in request.args.getlist("name"):
        chosen = name
        break
    db.execute(f"SELECT {chosen} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "match",
        "py",
        """
@app.get("/a")
def a():
    name = request.args["name"]
    match name:
        case "a" | "b":
            db.execute(f"SELECT {name} FROM t")
        case other:
            db.execute(f"SELECT {other} FROM t")  # $ sql-injection
    return {}


@app.get("/b")
def b():
    match request.args["name"]:
        case "a":
            column = "a"
        case "b":
            column = "b"
        case _:
            return {}
    db.execute(f"SELECT {column} FROM t")
    return {}
""",
    ),
    (
        "switch with fall-through",
        "js",
        """
app.get('/a', (req, res) => {
  const name = req.query.name
  switch (name) {
    case 'a':
    case 'b':
      db.query(`SELECT ${name} FROM t`)
      break
    default:
      res.end()
  }
})

app.get('/b', (req, res) => {
  let column = 'x'
  switch (req.query.name) {
    case 'a':
      column = req.query.column
    case 'b':
      db.query(`SELECT ${column} FROM t`)  // $ sql-injection
  }
  res.end()
})

app.get('/c', (req, res) => {
  let column = 'x'
  switch (req.query.name) {
    case 'a':
      column = req.query.column
      break
    case 'b':
      db.query(`SELECT ${column} FROM t`)
  }
  res.end()
})
""",
    ),
    # -- flow that is no call --------------------------------------------------------------------------
    (
        "a field set in the constructor",
        "py",
        """
class Search:
    def __init__(self, term):
        self.term = term
        self.limit = 10

    def run(self):
        db.execute(f"SELECT 1 FROM t WHERE name = '{self.term}'")  # $ sql-injection
        db.execute(f"SELECT 1 FROM t LIMIT {self.limit}")


@app.get("/a")
def a():
    Search(request.args["term"]).run()
    return {}
""",
    ),
    (
        "a field set in the constructor",
        "ts",
        """
class Search {
  limit = 10
  constructor(private term: string) {}

  run() {
    db.query(`SELECT 1 FROM t WHERE name = '${this.term}'`)  // $ sql-injection
    db.query(`SELECT 1 FROM t LIMIT ${this.limit}`)
  }
}

app.get('/a', (req, res) => {
  new Search(req.query.term).run()
  res.end()
})
""",
    ),
    (
        "a module variable",
        "py",
        """
current = "a"


@app.post("/set")
def put():
    global current
    current = request.form["name"]
    return {}


@app.get("/get")
def get():
    db.execute(f"SELECT {current} FROM t")  # $ sql-injection
    return {}
""",
    ),
    (
        "a module variable",
        "js",
        """
let current = 'a'

app.post('/set', (req, res) => {
  current = req.query.name
  res.end()
})

app.get('/get', (req, res) => {
  db.query(`SELECT ${current} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "a field of the request that middleware sets",
        "js",
        """
app.use((req, res, next) => {
  req.tenant = req.headers['x-tenant']
  req.started = Date.now()
  next()
})

app.get('/a', (req, res) => {
  db.query(`SELECT 1 FROM ${req.tenant}`)  // $ sql-injection
  db.query(`SELECT ${req.started} FROM t`)
  res.end()
})
""",
    ),
    (
        "a field of the application's context",
        "py",
        """
from flask import g


@app.before_request
def remember():
    g.tenant = request.headers["X-Tenant"]
    g.page = 1


@app.get("/a")
def a():
    db.execute(f"SELECT 1 FROM {g.tenant}")  # $ sql-injection
    db.execute(f"SELECT {g.page} FROM t")
    return {}
""",
    ),
    # -- functions as values ---------------------------------------------------------------------------
    (
        "a closure reads the variable as it is when it runs",
        "py",
        """
@app.get("/a")
def a():
    name = request.args["name"]

    def run():
        db.execute(f"SELECT {name} FROM t")  # $ sql-injection

    run()
    return {}


@app.get("/b")
def b():
    name = request.args["name"]

    def run():
        db.execute(f"SELECT {name} FROM t")

    name = "a"
    run()
    return {}
""",
    ),
    (
        "a closure reads the variable as it is when it runs",
        "js",
        """
app.get('/a', (req, res) => {
  const name = req.query.name
  const run = () => db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  run()
  res.end()
})

app.get('/b', (req, res) => {
  let name = req.query.name
  const run = () => db.query(`SELECT ${name} FROM t`)
  name = 'a'
  run()
  res.end()
})
""",
    ),
    (
        "a function given to another",
        "py",
        """
def twice(action, value):
    action(value)
    action(value)


def query(name):
    db.execute(f"SELECT {name} FROM t")  # $ sql-injection


@app.get("/a")
def a():
    twice(query, request.args["name"])
    return {}


@app.get("/b")
def b():
    twice(print, request.args["name"])
    return {}
""",
    ),
    (
        "a function given to another",
        "js",
        """
function twice(action, value) {
  action(value)
  action(value)
}

app.get('/a', (req, res) => {
  twice((name) => db.query(`SELECT ${name} FROM t`), req.query.name)  // $ sql-injection
  res.end()
})

app.get('/b', (req, res) => {
  twice((name) => console.log('name'), req.query.name)
  res.end()
})
""",
    ),
    # -- what a parameter means is decided by the route --------------------------------------------------
    (
        "a parameter of FastAPI",
        "py",
        """
--- api.py
import sqlite3
from typing import Annotated

from fastapi import Depends, FastAPI, Header

api = FastAPI()
connection = sqlite3.connect("app.db")


def helper(name: str):
    connection.execute(f"SELECT {name} FROM t")


def settings():
    return "t"


@api.get("/path/{name}")
def path(name: str, number: int):
    connection.execute(f"SELECT {name} FROM t")  # $ sql-injection
    connection.execute(f"SELECT {number} FROM t")


@api.get("/header")
def header(token: Annotated[str, Header()]):
    connection.execute(f"SELECT {token} FROM t")  # $ sql-injection


@api.get("/dependency")
def dependency(table: Annotated[str, Depends(settings)]):
    connection.execute(f"SELECT 1 FROM {table}")
""",
    ),
    (
        "a parameter of an Express error handler",
        "js",
        """
app.use((error, req, res, next) => {
  db.query(`SELECT ${req.query.name} FROM t`)  // $ sql-injection
  next(error)
})
""",
    ),
    # -- one evaluator of constants ----------------------------------------------------------------------
    (
        "a constant through names, joins and helpers",
        "py",
        """
SCHEME = "https"
HOST = "api.example.com"
BASE = f"{SCHEME}://{HOST}"


def endpoint(version):
    return BASE + "/v" + str(version)


@app.get("/a")
def a():
    requests.get(BASE + "/" + request.args["path"], timeout=5)
    requests.get(f"{endpoint(2)}/{request.args['path']}", timeout=5)
    requests.get(SCHEME + "://" + request.args["host"], timeout=5)  # $ server-side-request-forgery
    return {}
""",
    ),
    (
        "the order that rows come in is none of the rows",
        "js",
        """
const { unlink } = require('fs/promises')

async function paginate(query, pagination) {
  const items = await query.orderBy(pagination.by).offset(pagination.page * 10).limit(10)
  return { items, by: pagination.by }
}

app.get('/a', async (req, res) => {
  const page = await paginate(rows('items'), { by: req.query.by, page: 1 })
  for (const item of page.items) await unlink('/srv/items/' + item.id)
  await unlink('/srv/items/' + page.by)  // $ path-traversal
  res.end()
})
""",
    ),
    (
        "a number that the mapper gives",
        "js",
        """
const multer = require('multer')
const mongoose = require('mongoose')

const Photo = mongoose.model('Photo', new mongoose.Schema({ name: String, image: { data: Buffer } }))

async function create(photo, file) {
  if (file) photo.image = { data: file.buffer }
  const made = new Photo(photo)
  await made.save()
  return Photo.findOne({ _id: made._id })
}

app.post('/photos', multer({ limits: { fileSize: 9 } }).single('image'), async (req, res) => {
  await create({ name: 'new' }, req.file)
  res.json(await Photo.findOne({ _id: req.body._id }))  // $ nosql-injection
})
""",
    ),
    (
        "a constant from another module",
        "js",
        """
const { BASE, paths } = require('./settings')

app.get('/a', async (req, res) => {
  await fetch(`${BASE}/${req.query.path}`)
  await fetch(BASE + paths.items + req.query.id)
  await fetch(req.query.base + paths.items)  // $ server-side-request-forgery
  res.end()
})
--- settings.js
const HOST = 'api.example.com'
module.exports = { BASE: `https://${HOST}`, paths: { items: '/items/' } }
""",
    ),
]


def test_trap(case_problems: list[str]) -> None:
    assert case_problems == []
