"""Guards that are written around every handler, and that ask for a role only where they are given one."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import Row

Build = Callable[..., Mapping[str, Row]]

TOKEN = """
import express, { Router } from 'express'
import jwt from 'jsonwebtoken'
import { PrismaClient } from '@prisma/client'
const db = new PrismaClient()
function bearer(header) {
  if (!header) return null
  try {
    return jwt.verify(header.slice(7), process.env.KEY, { algorithms: ['HS256'] })
  } catch {
    return null
  }
}
const app = express()
"""
BASE = (
    TOKEN
    + """
class Pages {
  router = Router()
  secured(method, path, work, ...ranks) {
    this.router[method](path, (req, res, next) => {
      const who = bearer(req.headers.authorization)
      if (!who) return res.status(401).end()
      if (ranks.length && !ranks.includes(who.rank)) return res.status(403).end()
      req.who = who
      work(req, res).catch(next)
    })
  }
}
class Kennels extends Pages {
  constructor() {
    super()
    this.secured('get', '/dogs', this.all)
    this.secured('delete', '/dogs/:id', this.remove, 'KEEPER')
  }
  async all(req, res) {
    res.json(await db.dog.findMany({ where: { ownerId: req.who.id } }))
  }
  async remove(req, res) {
    res.json(await db.dog.delete({ where: { id: req.params.id } }))
  }
}
app.use(new Kennels().router)
"""
)
FUNCTIONS = (
    TOKEN
    + """
const known = (req, res, next) => {
  req.who = bearer(req.headers.authorization)
  return req.who ? next() : res.status(401).end()
}
const allow = (%s) => (req, res, next) => {
  if (%s && !ranks.includes(req.who.rank)) return res.status(403).end()
  next()
}
app.get('/dogs', known, allow(), async (req, res) => {
  res.json(await db.dog.findMany({ where: { ownerId: req.who.id } }))
})
app.delete('/dogs/:id', known, allow(%s), async (req, res) => {
  res.json(await db.dog.delete({ where: { id: req.params.id } }))
})
"""
)


def states(rows: Mapping[str, Row]) -> dict[str, tuple[str, str]]:
    return {name: (row.authentication.state, row.authorization.state) for name, row in rows.items()}


WANTED = {"GET /dogs": ("required", "none"), "DELETE /dogs/:id": ("required", "required")}


def test_a_method_of_a_base_class_wraps_what_it_registers(rows: Build) -> None:
    assert states(rows(BASE)) == WANTED


def test_a_guard_without_roles_asks_for_none(rows: Build) -> None:
    assert states(rows(FUNCTIONS % ("...ranks", "ranks.length", "'KEEPER'"))) == WANTED
    assert states(rows(FUNCTIONS % ("ranks", "ranks", "['KEEPER']"))) == WANTED
