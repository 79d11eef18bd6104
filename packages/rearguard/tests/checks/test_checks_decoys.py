"""A hash that is kept for comparing where there is no account, and the kind of a cookie that is asked for."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

LOGIN = """
import express from 'express'
import argon2 from 'argon2'
import cookieParser from 'cookie-parser'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()
app.use(express.json(), cookieParser())
const decoy = argon2.hash('no member has this phrase')
app.post('/login', async (req, res) => {
  const member = await prisma.user.findUnique({ where: { email: String(req.body.email) } })
  const fits = await argon2.verify(LEFT, req.body.password)
  if (!member || !fits) return res.status(401).end()
  res.end()
})
app.post('/set-up', async (req, res) => {
  await prisma.user.create({ data: { email: 'a@b.example', passwordHash: await decoy } })
  res.end()
})
"""


@pytest.mark.parametrize(("left", "count"), [("member?.hash ?? (await decoy)", 0), ("member.hash", 1)])
def test_a_hash_to_compare_with(findings_of: Found, left: str, count: int) -> None:
    assert len(findings_of({"app.js": LOGIN.replace("LEFT", left)}, "default-credentials")) == count


COOKIE = """
import express from 'express'
import cookieParser from 'cookie-parser'
import { sessions } from './sessions.js'
const app = express()
app.use(cookieParser())
app.post('/refresh', async (req, res) => {
  const sent = req.cookies?.keep
  if (TEST) return res.status(401).end()
  res.json(await sessions.renew(sent))
})
"""


@pytest.mark.parametrize(("test", "count"), [("typeof sent !== 'string'", 0), ("sent !== 'yes'", 1)])
def test_the_kind_of_a_cookie_is_asked(findings_of: Found, test: str, count: int) -> None:
    assert len(findings_of({"app.js": COOKIE.replace("TEST", test)}, "incorrect-authorization")) == count
