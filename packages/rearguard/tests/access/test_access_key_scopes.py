"""What the record of a caller's own key may do is a role, and not whose an object is."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

KEYS = """
import express from 'express'
import { createHash } from 'node:crypto'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()
const sha256 = (value) => createHash('sha256').update(value).digest('hex')
app.use(async (req, res, next) => {
  const raw = SENT
  const key = await prisma.apiKey.findUnique({ where: { keyHash: sha256(raw) }, include: { partner: true } })
  if (!key) return res.status(401).end()
  req.apiKey = key
  req.partner = key.partner
  next()
})
const requireScope = (scope) => (req, res, next) => {
  if (!req.apiKey?.scopes.includes(scope)) return res.status(403).end()
  next()
}
app.post('/stays', requireScope('stays:write'), async (req, res) => {
  res.json(await prisma.stay.create({ data: { partnerId: req.partner.id } }))
})
"""


@pytest.mark.parametrize("sent", ["req.get('x-api-key')", "req.get('x-api-key') ?? req.query.api_key"])
def test_scopes_of_a_key(rows: Rows, sent: str) -> None:
    row = rows(KEYS.replace("SENT", sent))["POST /stays"]
    assert row.authentication.state == "required"
    assert row.authorization.state == "required"
    assert not [check for check in row.surface.checks if check.kind == "ownership"] if row.surface else False
