"""Guards that ask for one of several marks of a route, and logins by whatever a password is called."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix
from rearguard.analysis.access.intent import OPENS_SESSION

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

FASTIFY = """
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import { Notes, People } from './store.js'
const app = Fastify()
app.register(fp(async (inner) => {
  inner.decorateRequest('person', null)
  inner.addHook('onRequest', async (request) => {
    request.person = await People.findOne({ mark: request.cookies.mark })
  })
  inner.addHook('onRequest', async (request, reply) => {
    const { members, roles } = request.routeOptions.config
    if (TEST && !request.person) return reply.code(401).send()
  })
}))
app.get('/open', async () => Notes.find({}))
app.get('/no', { config: { members: false } }, async () => Notes.find({}))
app.get('/members', { config: { members: true } }, async () => Notes.find({}))
app.get('/roles', { config: { members: false, roles: ['clerk'] } }, async () => Notes.find({}))
app.get('/both', { config: { members: true, roles: ['clerk'] } }, async () => Notes.find({}))
"""
STORE = """
import mongoose from 'mongoose'
export const People = mongoose.model('Person', new mongoose.Schema({ mark: String }))
export const Notes = mongoose.model('Note', new mongoose.Schema({ text: String }))
"""


@pytest.mark.parametrize(
    ("test", "asked"),
    [
        ("(members || roles)", {"/members", "/roles", "/both"}),
        ("(members && roles)", {"/both"}),
        ("(roles ?? []).length", {"/roles", "/both"}),
    ],
)
def test_either_option_of_a_route_asks_for_a_login(matrix: Matrices, test: str, asked: set[str]) -> None:
    found = matrix({"main.ts": FASTIFY.replace("TEST", test), "store.ts": STORE})
    assert {row.endpoint.path for row in found if row.authentication.state == "required"} == asked
    assert all(row.authentication.state in ("required", "none") for row in found)


FLASK = """
import sqlite3
from flask import Flask, abort, current_app, request, session
app = Flask(__name__)
db = sqlite3.connect("shop.db")

@app.before_request
def door():
    view = current_app.view_functions.get(request.endpoint)
    if getattr(view, "guest", False) or getattr(view, "hook", False):
        return
    if "user" not in session:
        abort(401)

@app.post("/amend")
def amend():
    db.execute("UPDATE orders SET note = ?", (request.form["note"],))
    return ""

@app.post("/order")
def order():
    db.execute("INSERT INTO orders (note) VALUES (?)", (request.form["note"],))
    return ""

@app.post("/told")
def told():
    db.execute("INSERT INTO orders (note) VALUES (?)", (request.form["note"],))
    return ""

order.guest = True
told.hook = True
"""


def test_either_mark_of_a_view_lifts_the_login(matrix: Matrices) -> None:
    found = {row.endpoint.path: row.authentication.state for row in matrix({"main.py": FLASK})}
    assert found == {"/amend": "required", "/order": "none", "/told": "none"}


NEST = """
import { CanActivate, Controller, Delete, ExecutionContext, Get, SetMetadata, UnauthorizedException, UseGuards } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
export const Members = () => SetMetadata('members', true)
export const Roles = (...roles) => SetMetadata('roles', roles)
export class Door implements CanActivate {
  constructor(private reflector: Reflector) {}
  canActivate(context: ExecutionContext) {
    const members = this.reflector.get('members', context.getHandler())
    const roles = this.reflector.get('roles', context.getHandler())
    const { user } = context.switchToHttp().getRequest()
    if ((members || roles) && !user) throw new UnauthorizedException()
    return true
  }
}
@UseGuards(Door)
@Controller()
export class Notes {
  @Get('open') open() { return prisma.note.findMany() }
  @Members() @Get('members') members() { return prisma.note.findMany() }
  @Roles('clerk') @Get('roles') roles() { return prisma.note.findMany() }
}
"""


def test_either_decorator_asks_for_a_login(matrix: Matrices) -> None:
    found = {row.endpoint.path: row.authentication.state for row in matrix({"main.ts": NEST})}
    assert found == {"/open": "none", "/members": "required", "/roles": "required"}


LOGINS = {
    "express": (
        "main.js",
        """
const express = require('express')
const bcrypt = require('bcrypt')
const { People, Visits } = require('./store')
const app = express()
app.post('/enter', async (req, res) => {
  const person = await People.findOne({ email: String(req.body.email) })
  if (!person || !(await bcrypt.compare(req.body.phrase, person.phrase))) return res.status(401).end()
  await Visits.create({ person: person._id })
  res.json({ ok: true })
})
""",
    ),
    "fastapi": (
        "main.py",
        """
from argon2 import PasswordHasher
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session
from store import Person, open_session
app = FastAPI()
hasher = PasswordHasher()

@app.post("/enter")
def enter(email: str, words: str, db: Session = Depends(open_session)):
    person = db.query(Person).filter(Person.email == email).first()
    hasher.verify(person.sentence, words)
    return {"ok": True}
""",
    ),
}


@pytest.mark.parametrize("name", LOGINS)
def test_a_login_is_what_verifies_a_stored_hash(matrix: Matrices, name: str) -> None:
    path, text = LOGINS[name]
    (row,) = matrix({path: text, "store.js": STORE.replace("export const", "const")})
    assert row.purpose == OPENS_SESSION


def test_no_login_is_what_asks_those_who_are_known_again(matrix: Matrices) -> None:
    text = """
const express = require('express')
const bcrypt = require('bcrypt')
const { People } = require('./store')
const app = express()
app.use(async (req, res, next) => {
  req.person = await People.findOne({ mark: req.cookies.mark })
  return req.person ? next() : res.status(401).end()
})
app.post('/again', async (req, res) => {
  res.json({ fits: await bcrypt.compare(req.body.phrase, req.person.phrase) })
})
"""
    (row,) = matrix({"main.js": text, "store.js": STORE.replace("export const", "const")})
    assert row.purpose != OPENS_SESSION
