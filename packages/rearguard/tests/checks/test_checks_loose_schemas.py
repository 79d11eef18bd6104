"""Bodies of which a schema looks at some fields, and which are stored whole; and bodies spread over the caller's own."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

SCHEMA = """
model User {
  id    Int    @id
  email String
  name  String
  role  String @default("user")
}
"""
KNOWN = """const prisma = new PrismaClient()
const app = express()
app.use(express.json())
app.use(async (req, res, next) => {
  try {
    const claims = jwt.verify(req.headers.authorization, process.env.KEY, { algorithms: ['HS256'] })
    req.user = await prisma.user.findUnique({ where: { id: claims.sub } })
    next()
  } catch (error) {
    res.status(401).end()
  }
})
"""
EXPRESS = (
    """
import express from 'express'
import jwt from 'jsonwebtoken'
import Ajv from 'ajv'
import Joi from 'joi'
import * as yup from 'yup'
import { z } from 'zod'
import { body, matchedData, validationResult } from 'express-validator'
import { PrismaClient } from '@prisma/client'
"""
    + KNOWN
    + """const checked = (schema) => (req, res, next) => {
  try { schema.parse(req.body); next() } catch (error) { res.status(400).end() }
}
const replaced = (schema) => (req, res, next) => {
  try { req.body = schema.parse(req.body); next() } catch (error) { res.status(400).end() }
}
const ajv = new Ajv()
const NAME = { type: 'object', properties: { name: { type: 'string' } } }
const open = ajv.compile(NAME)
const closed = ajv.compile({ ...NAME, additionalProperties: false })
const written = ajv.compile({ type: 'object', properties: { name: {} }, additionalProperties: false })
const profile = z.object({ name: z.string().max(80) })
const lax = yup.object({ name: yup.string() })
const person = Joi.object({ name: Joi.string() })
app.patch('/me', MIDDLE async (req, res) => {
  BEFORE
  await prisma.user.update({ where: { id: req.user.id }, data: DATA })
  res.status(204).end()
})
"""
)
REFUSED = "return res.status(400).end()"
NOTED = f"if (!validationResult(req).isEmpty()) {REFUSED}"


def _told(findings_of: Found, middle: str, before: str, data: str) -> list[str]:
    text = EXPRESS.replace("MIDDLE", middle).replace("BEFORE", before).replace("DATA", data)
    files = {"app.js": text, "schema.prisma": SCHEMA}
    return [finding.subject for finding in findings_of(files, "mass-assignment")]


@pytest.mark.parametrize(
    ("middle", "before", "data"),
    [
        ("", "", "req.body"),
        ("body('name').isString(),", NOTED, "req.body"),
        ("", f"if (!open(req.body)) {REFUSED}", "req.body"),
        ("", f"const r = profile.safeParse(req.body); if (!r.success) {REFUSED}", "req.body"),
        ("checked(profile),", "", "req.body"),
        ("", "const data = await lax.validate(req.body)", "data"),
    ],
)
def test_fields_that_nothing_names_come_along(
    findings_of: Found, middle: str, before: str, data: str
) -> None:
    assert _told(findings_of, middle, before, data) == ["role"]


@pytest.mark.parametrize(
    ("middle", "before", "data"),
    [
        ("body('name').isString(),", NOTED, "matchedData(req)"),
        ("", f"if (!written(req.body)) {REFUSED}", "req.body"),
        # What is spread into a schema is not followed.
        ("", f"if (!closed(req.body)) {REFUSED}", "req.body"),
        ("", f"const r = profile.safeParse(req.body); if (!r.success) {REFUSED}", "r.data"),
        ("", f"const r = profile.strict().safeParse(req.body); if (!r.success) {REFUSED}", "req.body"),
        ("checked(profile.strict()),", "", "req.body"),
        ("replaced(profile),", "", "req.body"),
        ("", f"const {{ error }} = person.validate(req.body); if (error) {REFUSED}", "req.body"),
        ("", "const data = await lax.noUnknown().validate(req.body)", "data"),
        ("", "const data = await lax.validate(req.body, { stripUnknown: true })", "data"),
    ],
)
def test_fields_that_nothing_names_are_kept_out(
    findings_of: Found, middle: str, before: str, data: str
) -> None:
    assert _told(findings_of, middle, before, data) == []


FASTIFY = """
import Fastify from 'fastify'
import jwt from '@fastify/jwt'
import { Type } from '@sinclair/typebox'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = Fastify(OPTIONS)
app.register(jwt, { secret: process.env.SECRET })
app.addHook('onRequest', async (request) => { await request.jwtVerify() })
const object = (properties) => ({ body: { type: 'object', required: Object.keys(properties), properties } })
app.patch('/me', { schema: SCHEMA }, async (request) => {
  await prisma.user.update({ where: { id: request.user.sub }, data: request.body })
  return { status: 'saved' }
})
"""
FIELDS = "properties: { name: { type: 'string' } }"


def _of_route(findings_of: Found, schema: str, options: str = "") -> list[str]:
    files = {"app.js": FASTIFY.replace("SCHEMA", schema).replace("OPTIONS", options), "schema.prisma": SCHEMA}
    return [finding.subject for finding in findings_of(files, "mass-assignment")]


@pytest.mark.parametrize(
    "schema",
    [
        f"{{ body: {{ type: 'object', {FIELDS} }} }}",
        f"{{ body: {{ type: 'object', additionalProperties: true, {FIELDS} }} }}",
        "{ body: Type.Object({ name: Type.String() }) }",
        "object({ name: { type: 'string' } })",
    ],
)
def test_a_schema_of_a_route_leaves_further_fields_as_they_are(findings_of: Found, schema: str) -> None:
    assert _of_route(findings_of, schema) == ["role"]


@pytest.mark.parametrize(
    ("schema", "options"),
    [
        (f"{{ body: {{ type: 'object', additionalProperties: false, {FIELDS} }} }}", ""),
        ("{ body: Type.Object({ name: Type.String() }, { additionalProperties: false }) }", ""),
        ("{ body: { $ref: 'profile#' } }", ""),
        (
            f"{{ body: {{ type: 'object', {FIELDS} }} }}",
            "{ ajv: { customOptions: { removeAdditional: 'all' } } }",
        ),
    ],
)
def test_a_schema_of_a_route_takes_further_fields_away(findings_of: Found, schema: str, options: str) -> None:
    assert _of_route(findings_of, schema, options) == []


SPREAD = (
    """
import express from 'express'
import jwt from 'jsonwebtoken'
import { PrismaClient } from '@prisma/client'
import { z } from 'zod'
"""
    + KNOWN
    + """const pick = (source, keys) => Object.fromEntries(keys.map((key) => [key, source[key]]))
const Search = z.object({ status: z.string() })
async function listFor(user, filters) {
  return prisma.stay.findMany({ where: WHERE })
}
app.post('/search', async (req, res) => {
  const { page, ...rest } = req.body
  res.json(await listFor(req.user, GIVEN))
})
"""
)
OVER = "{ skipperId: user.id, ...filters }"


@pytest.mark.parametrize(
    ("where", "given", "told"),
    [
        (OVER, "req.body", ["skipperId"]),
        (OVER, "rest", ["skipperId"]),
        ("{ ...filters, skipperId: user.id }", "rest", []),
        ("{ AND: [{ skipperId: user.id }, filters] }", "rest", []),
        (OVER, "Search.parse(req.body)", []),
        (OVER, "pick(req.body, ['status', 'day'])", []),
        (OVER, "{ status: req.body.status }", []),
        (OVER, "{ ...req.body }", ["skipperId"]),
        (OVER, "{ status: new Form(req.body) }", []),
    ],
)
def test_what_a_helper_spreads_over_the_caller(
    findings_of: Found, where: str, given: str, told: list[str]
) -> None:
    text = SPREAD.replace("WHERE", where).replace("GIVEN", given)
    assert [finding.subject for finding in findings_of({"app.js": text}, "mass-assignment")] == told
