"""Programs that mean the same get the same answer, however they are written: JavaScript and TypeScript."""

from collections.abc import Callable

import pytest

EXPRESS = "const express = require('express')\nconst app = express()\n"
POOL = "const { Pool } = require('pg')\nconst pool = new Pool()\n"

FOUND = {
    "a field of the request, matched by a helper for something else": """
const { execFile } = require('child_process')
const isOdd = (req) => !/^[a-z0-9]+$/.test(req.query.branch)
app.get('/', (req, res) => {
  if (isOdd(req)) return res.sendStatus(400)
  execFile('git', ['log', req.query.since], () => res.end())  // $ command-injection
})
""",
    "a class calls what only the one that extends it has": """
class Base {
  run (req) { return this.inner(req) }
}
class Search extends Base {
  inner (req) { return pool.query(`SELECT * FROM t WHERE a = '${req.query.a}'`) }  // $ sql-injection
}
app.get('/', async (req, res) => res.json(await new Search().run(req)))
""",
    "a list written out is spread into a call": """
app.get('/', async (req, res) => {
  await pool.query(...[`SELECT * FROM t WHERE a = '${req.query.a}'`, []])  // $ sql-injection
  res.end()
})
""",
    "a wrapper hands on all its arguments": """
function wrap (fn) { return function () { return fn.apply(this, arguments) } }
app.get('/a', wrap(async (req, res) => {
  await pool.query(`SELECT * FROM t WHERE a = '${req.query.a}'`)  // $ sql-injection
  res.end()
}))
app.get('/b', wrap((req, res) => res.end()))
""",
    "a promise made of a value": """
app.get('/', (req, res) => {
  Promise.resolve(req.query.a).then((a) => {
    pool.query(`SELECT * FROM t WHERE a = '${a}'`)  // $ sql-injection
    res.end()
  })
})
""",
    "options merged by a call": """
app.get('/', (req, res) => {
  res.cookie('session', 'x', Object.assign({}, { httpOnly: false, secure: true, sameSite: 'lax' }))  // $ cookie-without-httponly
  res.end()
})
""",
}

SILENT = {
    "the host of an address, compared by a helper": """
const ours = (url) => url.host === 'partner.example.com'
app.get('/', (req, res) => {
  const url = new URL(req.query.url)
  if (!ours(url)) return res.sendStatus(400)
  res.redirect(url.href)
})
""",
    "a field of the request, matched by a helper": """
const { execFile } = require('child_process')
const isOdd = (req) => !/^[a-z0-9]+$/.test(req.query.branch)
app.get('/', (req, res) => {
  if (isOdd(req)) return res.sendStatus(400)
  execFile('git', ['log', req.query.branch], () => res.end())
})
""",
    "a chain of checks under another name, read by a helper": """
const { query: asked, validationResult: outcome } = require('express-validator')
const fails = (req) => {
  if (outcome(req).isEmpty()) return false
  return true
}
const checked = (req, res, next) => {
  if (fails(req)) return res.status(400).end()
  next()
}
const greet = (req, res) => res.send('<h1>Hello ' + req.query.name + '</h1>')
app.get('/', asked('name').isAlphanumeric(), checked, (req, res) => greet(req, res))
""",
}

GUARDED = """
const jwt = require('jsonwebtoken')
app.use((req, res, next) => {
  try {
    req.user = jwt.verify((req.get('authorization') || '').slice(7), process.env.KEY, { algorithms: ['HS256'] })
  } catch (err) {
    return res.sendStatus(401)
  }
  return next()
})
app.delete('/orders/:id', async (req, res) => {
  TEST
  await pool.query('DELETE FROM orders WHERE id = $1', [Number(req.params.id)])
  return res.status(204).end()
})
app.get('/orders', async (req, res) => {
  const { rows } = await pool.query('SELECT id FROM orders WHERE user_id = $1', [req.user.sub])
  res.json(rows)
})
"""
TESTS = {
    "as it stands": "if (req.body.userId !== req.user.sub) { return res.sendStatus(403) }",
    "in a variable": "const other = req.body.userId !== req.user.sub\n  if (other) return res.sendStatus(403)",
    "compared with true": "if ((req.body.userId !== req.user.sub) === true) return res.sendStatus(403)",
    "in a function": "if (!same(req)) return res.sendStatus(403)",
    "in the other branch": "if (req.body.userId === req.user.sub) {\n  } else { return res.sendStatus(403) }",
    "in branches of a function": "if (decided(req)) return res.sendStatus(403)",
    "in one that is waited for": "const no = await later(req)\n  if (no) return res.sendStatus(403)",
}
HELPERS = """
const same = (req) => req.body.userId === req.user.sub
function decided (req) {
  if (req.body.userId !== req.user.sub) return true
  return false
}
async function later (req) { return decided(req) }
"""


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_a_comparison_with_what_the_client_sends_is_told(
    test: str, problems: Callable[..., list[str]]
) -> None:
    program = GUARDED.replace("TEST", test)
    lines = program.splitlines()
    place = next(i for i, line in enumerate(lines) if "sendStatus(403)" in line)
    lines[place] += "  // $ incorrect-authorization"
    assert problems({"main.js": EXPRESS + POOL + "\n".join(lines) + HELPERS}) == []


@pytest.mark.parametrize("program", FOUND.values(), ids=FOUND)
def test_is_found(program: str, problems: Callable[..., list[str]]) -> None:
    assert problems({"main.js": EXPRESS + POOL + program}) == []


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT)
def test_is_silent(program: str, problems: Callable[..., list[str]]) -> None:
    assert problems({"main.js": EXPRESS + program}) == []
