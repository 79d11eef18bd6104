"""Guards that ask what routes are registered with; those of Fastify by tokens and by lists of checks."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

HEAD = """
import Fastify from 'fastify'
import auth from '@fastify/auth'
import bearer from '@fastify/bearer-auth'
import jwt from '@fastify/jwt'
import passport from '@fastify/passport'
import fp from 'fastify-plugin'
import knexFactory from 'knex'
const knex = knexFactory({ client: 'pg' })
const app = Fastify()
app.register(auth)
app.register(jwt, { secret: process.env.SECRET })
app.decorate('known', async (request, reply) => { await request.jwtVerify() })
app.decorate('admin', async (request, reply) => {
  if (request.user.role !== 'admin') return reply.code(403).send()
})
const erase = async (request) => knex('items').where({ id: request.params.id }).delete()
"""


def _row(rows: Rows, text: str) -> Row:
    return rows(HEAD + text)["DELETE /items/:id"]


@pytest.mark.parametrize(
    "hook",
    [
        "async (request) => { await request.jwtVerify() }",
        "(request) => request.jwtVerify()",
        "async (request, reply) => { try { await request.jwtVerify() } catch (error) { reply.send(error) } }",
        "async (request, reply) => { if (request.url === '/up') return; await request.jwtVerify() }",
        "async (request, reply) => { try { request.user = app.jwt.verify(request.cookies.t) } "
        "catch { return reply.code(401).send() } }",
        "passport.authenticate('jwt', { session: false })",
        "app.auth([app.known])",
    ],
)
def test_the_token_of_the_request_is_a_login(rows: Rows, hook: str) -> None:
    row = _row(rows, f"app.delete('/items/:id', {{ onRequest: {hook} }}, erase)")
    assert row.authentication.state == "required"
    assert row.authorization.state == "none"


@pytest.mark.parametrize(
    "hook",
    [
        "async (request) => { try { await request.jwtVerify() } catch (error) { request.log.info(error) } }",
        "async (request, reply) => { if (request.headers.authorization) await request.jwtVerify() }",
        "async (request) => { request.claims = app.jwt.decode(request.cookies.t) }",
    ],
)
def test_a_token_that_may_be_wrong_is_none(rows: Rows, hook: str) -> None:
    row = _row(rows, f"app.delete('/items/:id', {{ onRequest: {hook} }}, erase)")
    assert row.authentication.state != "required"


def test_what_is_sent_is_no_refusal(rows: Rows) -> None:
    text = """
app.delete('/items/:id', async (request, reply) => {
  try {
    const gone = await erase(request)
    return reply.send(gone)
  } catch (error) {
    return reply.send(error)
  }
})
"""
    assert _row(rows, text).authentication.state == "none"


def test_of_several_checks_each_lets_its_own_callers_through(rows: Rows) -> None:
    route = "app.delete('/items/:id', {{ preHandler: app.auth([app.known, app.admin]{}) }}, erase)"
    assert _row(rows, route.format(", { relation: 'and' }")).authorization.state == "required"
    assert _row(rows, route.format("")).authorization.state == "unknown"


def test_keys_are_asked_for_where_the_plugin_is_registered(rows: Rows) -> None:
    text = """
app.register(async (machines) => {
  machines.register(bearer, { keys: new Set([process.env.KEY]) })
  machines.delete('/items/:id', erase)
})
app.delete('/other/:id', erase)
"""
    found = rows(HEAD + text)
    assert found["DELETE /items/:id"].authentication.state == "required"
    assert found["DELETE /other/:id"].authentication.state == "none"


OPTIONS = """
const adminOnly = { config: { roles: ['admin'] } }
const secured = (...roles) => ({ config: { roles } })
app.addHook('onRequest', async (request) => {
  if (request.routeOptions.config.public) return
  await request.jwtVerify()
})
HOOK
app.post('/login', { config: { public: true } }, async (request, reply) => reply.send({}))
app.delete('/items/:id', ROUTE erase)
"""
HOOKS = [
    """app.addHook('preHandler', async (request, reply) => {
  const roles = request.routeOptions.config?.roles
  if (roles && !roles.includes(request.user.role)) return reply.code(403).send()
})""",
    """app.register(fp(async (inner) => {
  inner.addHook('preHandler', async (request, reply) => {
    const { config } = request.routeOptions
    const wanted = config.roles ?? []
    if (wanted.length && !wanted.includes(request.user.role)) return reply.code(403).send()
  })
}))""",
    """app.addHook('preHandler', async (request, reply) => {
  if (!request.routeConfig.roles) return
  if (!request.routeConfig.roles.includes(request.user.role)) throw app.httpErrors.forbidden()
})""",
]


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(
    ("route", "state"),
    [
        ("adminOnly,", "required"),
        ("{ ...adminOnly, schema: {} },", "required"),
        ("secured('admin'),", "required"),
        ("", "none"),
        ("{ schema: {} },", "none"),
        ("{ config: { roles: [] } },", "none"),
        ("{ roles: ['admin'] },", "none"),
    ],
)
def test_what_a_route_is_registered_with_decides(rows: Rows, hook: str, route: str, state: str) -> None:
    found = rows(HEAD + OPTIONS.replace("HOOK", hook).replace("ROUTE", route))
    assert found["DELETE /items/:id"].authorization.state == state
    assert found["DELETE /items/:id"].authentication.state == "required"
    assert found["POST /login"].authentication.state == "none"


def test_options_that_something_adds_are_not_known(rows: Rows) -> None:
    text = OPTIONS.replace("HOOK", HOOKS[0]).replace("ROUTE", "")
    text += "app.addHook('onRoute', (options) => { options.config = { roles: rolesOf(options.url) } })\n"
    assert rows(HEAD + text)["DELETE /items/:id"].authorization.state == "required"


PROCEDURES = """
import { initTRPC, TRPCError } from '@trpc/server'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const t = initTRPC.context().meta().create()
const guarded = t.middleware(async ({ meta, ctx, next }) => {
  if (!ctx.session) throw new TRPCError({ code: 'UNAUTHORIZED' })
  if (meta?.role && ctx.session.user.role !== meta.role) throw new TRPCError({ code: 'FORBIDDEN' })
  return next()
})
const procedure = t.procedure.use(guarded)
export const router = t.router({
  clear: procedure.meta({ role: 'admin' }).mutation(() => prisma.item.deleteMany({})),
  reset: procedure.mutation(() => prisma.item.deleteMany({})),
})
"""


def test_what_a_procedure_tells_of_itself_decides(rows: Rows) -> None:
    found = rows(PROCEDURES, "main.ts")
    assert found["POST /clear"].authorization.state == "required"
    assert found["POST /reset"].authorization.state == "none"
    assert found["POST /reset"].authentication.state == "required"
