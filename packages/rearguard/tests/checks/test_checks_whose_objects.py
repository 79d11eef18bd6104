"""Whose objects are reached, where helpers run statements, options are shared, and tenants are named."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.findings import Finding

Told = Callable[[Mapping[str, str]], set[tuple[str, str]]]
REFERENCE = "insecure-direct-object-reference"
LOGIN = "missing-authentication"
ROLE = "missing-authorization"
GUARD = "incorrect-authorization"
ACCESS = (REFERENCE, LOGIN, ROLE, GUARD)


@pytest.fixture(scope="module")
def told(findings_of: Callable[..., list[Finding]]) -> Told:
    """`(files)` to the checks of access that report something of them, and the endpoint of each."""

    def run(files: Mapping[str, str]) -> set[tuple[str, str]]:
        found = findings_of(files, *ACCESS)
        return {(f.rule.id, f.endpoint.name) for f in found if f.endpoint is not None}

    return run


HAPI = """
import Hapi from '@hapi/hapi'
import Database from 'better-sqlite3'

const db = new Database('garden.db')
const pick = (text, ...values) => db.prepare(text).get(...values)
const change = (text, ...values) => db.prepare(text).run(...values)
const wardens = { auth: { strategy: 'pass', scope: ['warden'] } }
const open = { auth: { mode: 'try' } }

const server = Hapi.server({ port: 80 })
server.auth.strategy('pass', 'cookie', { cookie: { password: process.env.COOKIE } })
server.auth.default('pass')
server.route([
  {
    method: 'GET', path: '/plots', options: { ...open, tags: ['api'] },
    handler: () => pick('SELECT id, size FROM plots WHERE free = 1'),
  },
  {
    method: 'POST', path: '/bookings',
    handler: (request) => change('INSERT INTO bookings (gardener, plot) VALUES (?, ?)', request.auth.credentials.id, 1),
  },
  {
    method: 'GET', path: '/bookings/{id}',
    handler: (request) => pick('SELECT * FROM bookings WHERE id = ? AND gardener = ?', request.params.id, request.auth.credentials.id),
  },
  {
    method: 'DELETE', path: '/bookings/{id}',
    handler: (request) => change('DELETE FROM bookings WHERE id = ?%s', request.params.id%s),
  },
  {
    method: 'PUT', path: '/plots/{id}/size', options: { ...wardens, notes: 'of the wardens' },
    handler: (request) => change('UPDATE plots SET size = ? WHERE id = ?', Number(request.payload.size), request.params.id),
  },
])
"""


def test_helpers_that_prepare_and_run_statements(told: Told) -> None:
    """The values are given to what was prepared, and options are shared by spreading them."""
    assert told({"server.js": HAPI % ("", "")}) == {(REFERENCE, "DELETE /bookings/{id}")}
    fixed = HAPI % (" AND gardener = ?", ", request.auth.credentials.id")
    assert told({"server.js": fixed}) == set()


EXPRESS = """
const express = require('express')
const jwt = require('jsonwebtoken')
const { Pool } = require('pg')
const pool = new Pool()
const app = express()
app.use(express.json())
const known = (req, res, next) => {
  req.user = jwt.verify((req.get('authorization') || '').slice(7), process.env.KEY, { algorithms: ['HS256'] })
  next()
}
const clerk = (req, res, next) => (req.user.role === 'clerk' ? next() : res.sendStatus(403))
const depotOf = (req) => %s
app.get('/crates', known, async (req, res) => {
  const { rows } = await pool.query('SELECT id, weight FROM crates WHERE company_id = $1', [req.user.companyId])
  res.json(rows)
})
app.get('/crates/:id', known, async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM crates WHERE id = $1 AND company_id = $2', [req.params.id, req.user.companyId])
  res.json(rows[0])
})
app.get('/crates/totals', known, clerk, async (req, res) => {
  const { rows } = await pool.query('SELECT weight FROM crates WHERE company_id = $1', [depotOf(req)])
  res.json(rows)
})
app.put('/crates/:number/weight', known, clerk, async (req, res) => {
  await pool.query('UPDATE crates SET weight = $1 WHERE number = $2 AND company_id = $3', [1, req.params.number, %s])
  res.sendStatus(204)
})
"""


def test_who_has_a_role_stays_within_the_tenant(told: Told) -> None:
    """A header that goes before the caller's own tenant, and a tenant that the body names."""
    assert told({"app.js": EXPRESS % ("req.get('x-company') || req.user.companyId", "req.body.company")}) == {
        (REFERENCE, "GET /crates/totals"),
        (REFERENCE, "PUT /crates/:number/weight"),
    }
    assert told({"app.js": EXPRESS % ("req.user.companyId", "req.user.companyId")}) == set()


OPENED = """
app.get('/parcels/:id', known, async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM parcels WHERE id = $1', [req.params.id])
  res.json(rows[0])
})
app.post('/parcels', known, async (req, res) => {
  await pool.query('INSERT INTO parcels (owner_id, weight) VALUES ($1, $2)', [req.user.id, 1])
  res.sendStatus(201)
})
app.get('/export/parcels', async (req, res) => {
  const { rows } = await pool.query('SELECT * FROM parcels')
  res.json(rows)
})
"""


def test_what_was_opened_by_mistake_makes_nothing_shared(told: Told) -> None:
    """That anyone may call the export is told, and so is what everyone with a login may read."""
    found = told({"app.js": EXPRESS % ("req.user.companyId", "req.user.companyId") + OPENED})
    assert found == {(LOGIN, "GET /export/parcels"), (REFERENCE, "GET /parcels/:id")}


NEST = """
import { CanActivate, Controller, createParamDecorator, ExecutionContext, Get, Injectable, Module, Param, Post,
  SetMetadata, UnauthorizedException } from '@nestjs/common'
import { APP_GUARD, Reflector } from '@nestjs/core'
import { JwtService } from '@nestjs/jwt'
import { InjectRepository } from '@nestjs/typeorm'
import { Repository } from 'typeorm'

const Needs = (...ranks: string[]) => SetMetadata('ranks', ranks)
const Me = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest().me)

@Injectable()
class KnownGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}
  async canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest()
    try {
      request.me = await this.jwt.verifyAsync(String(request.headers.authorization).slice(7))
    } catch {
      throw new UnauthorizedException()
    }
    return true
  }
}

@Injectable()
class RankGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext) {
    const ranks = this.reflector.%s
    if (!ranks) return true
    return ranks.includes(context.switchToHttp().getRequest().me.rank)
  }
}

class Claim { id: string; companyId: string; state: string }

@Controller('claims')
class ClaimsController {
  constructor(@InjectRepository(Claim) private readonly claims: Repository<Claim>) {}

  @Post(':id/reject')
  @Needs('lead')
  async reject(@Me() me, @Param('id') id: string) {
    await this.claims.update({ id, companyId: me.companyId }, { state: 'rejected' })
  }

  @Post(':id/approve')
  %s
  async approve(@Me() me, @Param('id') id: string) {
    const claim = await this.claims.findOneByOrFail({ id, companyId: me.companyId })
    claim.state = 'approved'
    return this.claims.save(claim)
  }
}

@Controller('totals')
@Needs('lead')
class TotalsController {
  constructor(@InjectRepository(Claim) private readonly claims: Repository<Claim>) {}

  @Get()
  all(@Me() me) {
    return this.claims.findBy({ companyId: me.companyId })
  }
}

@Module({
  controllers: [ClaimsController, TotalsController],
  providers: [{ provide: APP_GUARD, useClass: KnownGuard }, { provide: APP_GUARD, useClass: RankGuard }],
})
export class AppModule {}
"""
BOTH = "getAllAndOverride<string[]>('ranks', [context.getHandler(), context.getClass()])"


def test_a_guard_that_never_looks_at_the_class(told: Told) -> None:
    """What is written on a class counts where the guard reads it."""
    alone = "get<string[]>('ranks', context.getHandler())"
    assert told({"app.ts": NEST % (alone, "@Needs('lead')")}) == {(GUARD, "GET /totals")}
    assert told({"app.ts": NEST % (BOTH, "@Needs('lead')")}) == set()


def test_a_decision_like_the_other(told: Told) -> None:
    """Whoever rejects needs a rank, and whoever approves needs to be a colleague."""
    assert told({"app.ts": NEST % (BOTH, "")}) == {(ROLE, "POST /claims/:id/approve")}


CLINIC = """
const express = require('express')
const session = require('express-session')
const { Pool } = require('pg')

const pool = new Pool()
const app = express()
app.use(session({ secret: process.env.SECRET, cookie: { sameSite: 'strict' } }))
const one = (text, values) => pool.query(text, values).then((r) => r.rows[0])
app.post('/login', async (req, res) => {
  const vet = await one('SELECT id, clinic_id, password FROM users WHERE email = $1', [req.body.email])
  if (!vet || !(await verify(vet.password, req.body.password))) return res.sendStatus(401)
  req.session.userId = vet.id
  return res.sendStatus(204)
})
app.use(async (req, res, next) => {
  req.user = await one('SELECT id, clinic_id FROM users WHERE id = $1', [req.session.userId])
  return req.user ? next() : res.sendStatus(401)
})
app.get('/patients', async (req, res) => {
  res.json(await one('SELECT id, name FROM patients WHERE clinic_id = $1', [req.user.clinic_id]))
})
app.get('/patients/:id', (req, res, next) => {
  one('SELECT * FROM patients WHERE id = $1', [req.params.id]).then((p) => res.json(p)).catch(next)
})
app.get('/patients/:id/card', (req, res, next) => {
  one('SELECT * FROM patients WHERE id = $1 AND clinic_id = $2', [req.params.id, req.user.clinic_id])
    .then((p) => res.json(p)).catch(next)
})
"""


def test_who_does_not_log_in_is_a_record_like_any(told: Told) -> None:
    """Patients of a clinic whose vets log in belong to the clinic, and are no accounts with profiles."""
    assert told({"server.js": CLINIC}) == {(REFERENCE, "GET /patients/:id")}


STAFF = """
const express = require('express')
const session = require('express-session')
const { PrismaClient } = require('@prisma/client')

const prisma = new PrismaClient()
const app = express()
app.use(session({ secret: process.env.SECRET, cookie: { sameSite: 'strict' } }))
app.use(async (req, res, next) => {
  req.user = await prisma.user.findUnique({ where: { id: req.session.userId } })
  return req.user ? next() : res.sendStatus(401)
})
function may(user, plotId) {
  if (user.role === 'warden') return true
  return Boolean(user.plotId) && user.plotId === plotId
}
app.get('/plots/:id', async (req, res) => {
  if (!may(req.user, Number(req.params.id))) return res.sendStatus(403)
  res.json(await prisma.plot.findUnique({ where: { id: Number(req.params.id) } }))
})
app.patch('/plots/:id', async (req, res) => {
  if (!may(req.user, Number(%s))) return res.sendStatus(403)
  await prisma.plot.update({ where: { id: Number(req.params.id) }, data: { crop: String(req.body.crop) } })
  res.sendStatus(204)
})
app.post('/plots', async (req, res) => {
  res.json(await prisma.plot.create({ data: { ownerId: req.user.id, crop: String(req.body.crop) } }))
})
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("req.body.plotId", {(GUARD, "PATCH /plots/:id")}), ("req.params.id", set[tuple[str, str]]())],
)
def test_a_helper_that_lets_a_role_pass_is_asked_about_the_object(
    told: Told, asked: str, expected: set[tuple[str, str]]
) -> None:
    """`staff, or whoever it belongs to`: what it was asked about is what must be acted on."""
    assert told({"server.js": STAFF % asked}) == expected


LINK = """
const express = require('express')
const crypto = require('crypto')
const nodemailer = require('nodemailer')
const session = require('express-session')
const { Pool } = require('pg')

const pool = new Pool()
const mailer = nodemailer.createTransport({ host: 'mail' })
const app = express()
app.use(session({ secret: process.env.SECRET, cookie: { sameSite: 'strict' } }))
app.get('/me', async (req, res) => {
  if (!req.session.userId) return res.sendStatus(401)
  return res.json((await pool.query('SELECT id, name FROM users WHERE id = $1', [req.session.userId])).rows[0])
})
app.post('/enter', async (req, res) => {
  const { rows: [user] } = await pool.query('SELECT id FROM users WHERE email = $1', [String(req.body.email)])
  if (user) {
    const mark = crypto.randomBytes(24).toString('hex')
    await pool.query('UPDATE users SET link_token = $1 WHERE id = $2', [mark, user.id])
    await mailer.sendMail({ to: String(req.body.email), text: `https://site.example/enter?t=${mark}` })
  }
  res.sendStatus(204)
})
"""


def test_a_link_for_whoever_owns_the_address_needs_no_login(told: Told) -> None:
    """The account is the one that was found by its address, whatever it is changed by."""
    assert told({"server.js": LINK}) == set()


HONO_ROUTES = """
import { createRoute, z } from "@hono/zod-openapi";
import { bearer } from './auth'
export const list = createRoute({ method: 'get', path: '/notes', middleware: [bearer] as const, responses: {} });
export const one = createRoute({ method: 'get', path: '/notes/{id}', middleware: bearer, request: { params: z.object({ id: z.coerce.number() }) }, responses: {} });
export const drop = createRoute({ method: 'delete', path: '/notes/{id}', request: { params: z.object({ id: z.coerce.number() }) }, responses: {} });
"""
HONO_AUTH = """
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import { verify } from 'hono/jwt';
export const bearer = createMiddleware(async (c, next) => {
  const token = (c.req.header('authorization') ?? '').slice(7);
  const claims = await verify(token, process.env.KEY!).catch(() => null);
  if (!claims) throw new HTTPException(401);
  c.set('userId', claims.sub);
  await next();
});
"""
HONO_APP = """
import { OpenAPIHono } from '@hono/zod-openapi';
import { zValidator } from '@hono/zod-validator';
import { z } from 'zod';
import { PrismaClient } from '@prisma/client';
import * as routes from './routes';
import { one } from './routes';
import { bearer } from './auth';
const prisma = new PrismaClient();
const app = new OpenAPIHono();
const notes = new OpenAPIHono()
  .openapi(routes.list, async (c) => c.json(await prisma.note.findMany({ where: { ownerId: c.get('userId') } })))
  .openapi(one, async (c) => c.json(await prisma.note.findFirst({ where: { id: c.req.valid('param').id, ownerId: c.get('userId') } })))
  .openapi(routes.drop, async (c) => { const { id } = c.req.valid('param'); await prisma.note.delete({ where: { id } }); return c.body(null, 204); });
app.route('/api', notes);
app.patch('/notes/:id', bearer, zValidator('json', z.object({ title: z.string().max(80) })), async (c) => {
  const { title } = c.req.valid('json');
  await prisma.note.update({ where: { id: Number(c.req.param('id')) }, data: { title } });
  return c.json({ ok: true });
});
export default app;
"""


def test_routes_that_are_declared_apart_are_registered_with_their_guards(told: Told) -> None:
    """`app.openapi(createRoute(...), handler)`, and what a validator let through by the part that it is of."""
    files = {"src/routes.ts": HONO_ROUTES, "src/auth.ts": HONO_AUTH, "src/app.ts": HONO_APP}
    assert told(files) == {(LOGIN, "DELETE /api/notes/:id"), (REFERENCE, "PATCH /notes/:id")}
