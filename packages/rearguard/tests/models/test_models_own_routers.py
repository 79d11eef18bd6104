"""Routes registered through functions of the program's own."""

from collections.abc import Callable, Mapping

from rearguard.models import ModelView, assemble
from rearguard.models.javascript.express import EXPRESS

Program = Callable[[Mapping[str, str]], ModelView]

BASE = """
import { Router, RequestHandler } from 'express'
import { trace, allow } from './guards'

export class Controller {
  private app = Router()

  protected route(options: { method: string; path: string; handler: RequestHandler; permission?: string }) {
    this.app[options.method](options.path, trace, allow(options.permission), options.handler.bind(this))
  }

  protected get(path: string, handler: RequestHandler, permission = 'none') {
    this.route({ method: 'get', path, handler, permission })
  }

  protected upload(path: string, filter: RequestHandler, handler: RequestHandler) {
    this.app.post(path, trace, filter, handler)
  }

  protected use(path: string, router: Router) {
    this.app.use(path, router)
  }

  get router() {
    return this.app
  }
}
"""
GUARDS = """
export const trace = (req, res, next) => next()
export const allow = (permission) => (req, res, next) => (req.can(permission) ? next() : res.sendStatus(403))
"""
USERS = """
import { Controller } from './controller'

export class Users extends Controller {
  constructor() {
    super()
    this.get('/', this.list)
    this.route({ method: 'delete', path: '/:id', handler: this.remove, permission: 'admin' })
  }

  list(req, res) { res.json([]) }
  remove(req, res) { res.end() }
}
"""
FILES = """
import { Controller } from './controller'

const filter = (req, res, next) => next()

export class Files extends Controller {
  constructor() {
    super()
    this.upload('/:name', filter, this.store)
  }

  async store(req, res) { res.end() }
}
"""
API = """
import express from 'express'
import { Controller } from './controller'
import { Users } from './users'
import { Files } from './files'

class Api extends Controller {
  constructor() {
    super()
    this.use('/users', new Users().router)
    this.use('/files', new Files().router)
  }
}

const app = express()
app.use('/api', new Api().router)
"""


def endpoints(view: ModelView) -> list[str]:
    assert EXPRESS.routes is not None
    return sorted(
        f"{e.method} {e.path} | {' > '.join(link.label for link in e.chain)} | {e.handler.label}"
        for e in assemble(EXPRESS.routes(view))
    )


def test_a_base_class_with_options_and_mounts(program: Program) -> None:
    view = program(
        {
            "controller.ts": BASE,
            "guards.ts": GUARDS,
            "users.ts": USERS,
            "files.ts": FILES,
            "api.ts": API,
        }
    )
    guard = "trace > allow(options.permission)"
    assert endpoints(view) == [
        f"DELETE /api/users/:id | {guard} | this.remove",
        f"GET /api/users | {guard} | this.list",
        "POST /api/files/:name | trace > filter | this.store",
    ]


def test_a_table_that_is_registered_later(program: Program) -> None:
    view = program(
        {
            "router.js": """
const express = require('express')

class PromiseRouter {
  constructor() {
    this.routes = []
    this.mountRoutes()
  }

  mountRoutes() {}

  route(method, path, ...handlers) {
    this.routes.push({ path, method, handler: handlers[0] })
  }

  mountOnto(app) {
    this.routes.forEach((route) => {
      app[route.method.toLowerCase()].call(app, route.path, route.handler)
    })
    return app
  }

  router() {
    return this.mountOnto(express.Router())
  }
}

module.exports = PromiseRouter
""",
            "users.js": """
const PromiseRouter = require('./router')
const once = (req) => Promise.resolve()

class Users extends PromiseRouter {
  mountRoutes() {
    this.route('GET', '/users', (req) => this.find(req))
    this.route('POST', '/users', once, (req) => this.find(req))
  }

  find(req) {}
}
""",
        }
    )
    assert endpoints(view) == ["GET /users |  | inline", "POST /users | once | inline"]


def test_a_function_that_is_given_the_router(program: Program) -> None:
    view = program(
        {
            "app.js": """
const express = require('express')
const check = (req, res, next) => next()
const app = express()
const api = express.Router()

function add(router, path, handler) {
  router.get(path, check, handler)
}

add(api, '/orders', (req, res) => res.json([]))
add(api, '/orders/:id', (req, res) => res.json({}))
app.use('/api', api)
"""
        }
    )
    assert endpoints(view) == ["GET /api/orders | check | inline", "GET /api/orders/:id | check | inline"]
