"""What is kept, logged or sent under another name than its own, or in production alone."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

SESSION = """
import session from 'express-session'
import express from 'express'
const isProd = process.env.NODE_ENV === 'production'
const app = express()
app.use(session({ secret: process.env.K, cookie: { httpOnly: true, secure: true, sameSite: SAME } }))
app.post('/a', (req, res) => { req.session.userId = 1; res.end() })
"""


@pytest.mark.parametrize(
    ("same", "count"),
    [
        ("process.env.NODE_ENV === 'production' ? 'none' : 'lax'", 1),
        ("process.env.NODE_ENV !== 'production' ? 'lax' : 'none'", 1),
        ("isProd ? 'none' : 'strict'", 1),
        ("isProd ? 'lax' : 'none'", 0),
        ("process.env.CROSS ? 'none' : 'lax'", 0),
    ],
)
def test_what_a_cookie_says_in_production(findings_of: Found, same: str, count: int) -> None:
    assert len(findings_of({"app.js": SESSION.replace("SAME", same)}, "cookie-samesite")) == count


LOGGED = """
import express from 'express'
import pino from 'pino'
import { PrismaClient } from '@prisma/client'
import { createHash } from 'node:crypto'
const log = pino()
const prisma = new PrismaClient()
const app = express()
app.use(async (req, res, next) => {
  const raw = READ
  const key = await prisma.apiKey.findUnique({ where: { keyHash: createHash('sha256').update(raw).digest('hex') } })
  if (!key) {
    log.warn({ SHOWN }, 'unknown key')
    return res.status(401).end()
  }
  next()
})
"""


@pytest.mark.parametrize(
    ("read", "shown", "count"),
    [
        ("req.get('x-api-key') ?? req.query.api_key", "key: raw", 1),
        ("req.get('x-api-key')", "sent: raw, ip: req.ip", 1),
        ("req.get('x-api-key')", "ip: req.ip", 0),
        ("req.get('x-api-key')", "length: raw.length", 0),
        ("req.get('x-request-id')", "id: raw", 0),
    ],
)
def test_a_key_is_one_whatever_the_variable_is_called(
    findings_of: Found, read: str, shown: str, count: int
) -> None:
    text = LOGGED.replace("READ", read).replace("SHOWN", shown)
    assert len(findings_of({"app.js": text}, "sensitive-data-in-log")) == count


HASHED = """
import express from 'express'
import { createHash } from 'node:crypto'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()
const digest = (NAME) => createHash('sha256').update(String(NAME)).digest('hex')
app.put('/projects/:id', async (req, res) => {
  await prisma.project.update({ where: { id: Number(req.params.id) }, data: { held: digest(req.body.NAME) } })
  res.end()
})
"""


@pytest.mark.parametrize(("name", "count"), [("pin", 1), ("passcode", 1), ("content", 0)])
def test_a_pin_is_a_password(findings_of: Found, name: str, count: int) -> None:
    assert len(findings_of({"app.js": HASHED.replace("NAME", name)}, "weak-password-hash")) == count


TOKENS = """
import express from 'express'
import { expressjwt } from 'express-jwt'
const app = express()
app.use((req, res, next) => { SET; next() })
app.use(expressjwt({ secret: process.env.KEY, algorithms: ['HS256'] }))
app.get('/me', (req, res) => res.json(req.auth))
"""


@pytest.mark.parametrize(
    ("set_", "count"),
    [
        ("req.headers.authorization = `Bearer ${req.query.access_token}`", 1),
        ("if (req.query.token) req.headers['authorization'] = 'Bearer ' + req.query.token", 1),
        ("req.headers.authorization = `Bearer ${req.cookies.access_token}`", 0),
    ],
)
def test_a_token_of_the_address_in_the_place_of_the_headers(
    findings_of: Found, set_: str, count: int
) -> None:
    assert len(findings_of({"app.js": TOKENS.replace("SET", set_)}, "token-in-url")) == count


LIMITED = """
import express from 'express'
import bcrypt from 'bcrypt'
import rateLimit from 'express-rate-limit'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()
app.set('trust proxy', TRUSTED)
app.post('/login', rateLimit({ windowMs: 60000, limit: 5KEY }), async (req, res) => {
  const user = await prisma.user.findUnique({ where: { email: String(req.body.email) } })
  if (!user || !(await bcrypt.compare(String(req.body.password), user.hash))) return res.status(401).end()
  res.json({})
})
"""


@pytest.mark.parametrize(
    ("trusted", "key", "count"),
    [
        ("true", "", 1),
        ("1", "", 0),
        ("'10.0.0.0/8'", "", 0),
        ("true", ", keyGenerator: (req) => String(req.body.email)", 0),
    ],
)
def test_limits_by_an_address_that_anybody_writes(
    findings_of: Found, trusted: str, key: str, count: int
) -> None:
    text = LIMITED.replace("TRUSTED", trusted).replace("KEY", key)
    assert len(findings_of({"app.js": text}, "missing-rate-limit")) == count
