"""Validators that programs make themselves: what a schema lets through is known behind them, and no more.

Each program has a route whose validator makes the field a text, which nothing is said of, and routes whose
validator does not: those are found.
"""

from collections.abc import Callable

import pytest

_HEAD = """\
const express = require('express')
const mongoose = require('mongoose')
const Joi = require('joi')
const { z } = require('zod')
const User = mongoose.model('User', new mongoose.Schema({ email: String, role: String }))
const app = express()
app.use(express.json())
const handle = (fn) => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next)
const weak = %(weak)s
const good = %(good)s
"""
_ROUTES = """
app.post('/good', %(good)s, handle(async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })
}))
app.post('/unnamed', %(good)s, handle(async (req, res) => {
  res.json({ found: (await User.findOne({ role: req.body.role })) !== null })  // $ %(other)snosql-injection
}))
app.post('/weak', %(weak)s, handle(async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })  // $ nosql-injection
}))
app.post('/none', handle(async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })  // $ nosql-injection
}))
"""
_JOI = "Joi.object({ email: Joi.string().email().required() }).unknown()"
_JOI_WEAK = "Joi.object({ email: Joi.any().required() })"
_ZOD = "z.object({ email: z.string().email() }).passthrough()"
_ZOD_WEAK = "z.object({ email: z.any() })"
_SCHEMAS = {"joi": (_JOI, _JOI_WEAK), "zod": (_ZOD, _ZOD_WEAK)}

Case = tuple[str, str, str, str, str]
CASES: tuple[Case, ...] = (
    (
        "a list of schemas and parts, looked through in a loop",
        "joi",
        """
const validate = (schemas, options = {}) => {
  return handle(async (req, res, next) => {
    const settings = { abortEarly: false, ...options }
    for (const { schema, property } of schemas) {
      const { error, value } = schema.validate(req[property], settings)
      if (error) return res.status(400).json({ message: 'no' })
      req[property] = value
    }
    next()
  })
}
""",
        "validate([{ schema: good, property: 'body' }])",
        "validate([{ schema: weak, property: 'body' }])",
    ),
    (
        "a schema, and the part by name",
        "joi",
        """
function validate(schema, property) {
  return (req, res, next) => {
    const { error } = schema.validate(req[property])
    if (!error) return next()
    res.status(422).json({ error: error.details.map((d) => d.message).join(',') })
  }
}
""",
        "validate(good, 'body')",
        "validate(weak, 'body')",
    ),
    (
        "a schema, the part by default",
        "zod",
        """
const validate = (schema, source = 'body') => (req, res, next) => {
  const result = schema.safeParse(req[source])
  if (!result.success) {
    return res.status(400).json({ errors: result.error.flatten() })
  }
  req[source] = result.data
  next()
}
""",
        "validate(good)",
        "validate(weak)",
    ),
    (
        "a schema, and the other part",
        "joi",
        """
function validate(schema, property) {
  return (req, res, next) => {
    const { error } = schema.validate(req[property])
    if (error) return res.status(400).end()
    next()
  }
}
""",
        "validate(good, 'body')",
        "validate(good, 'query')",
    ),
    (
        "parts by their keys, compiled whole, and put back",
        "joi",
        """
const pick = require('lodash/pick')
const validate = (schema) => (req, res, next) => {
  const validSchema = pick(schema, ['params', 'query', 'body'])
  const object = pick(req, Object.keys(validSchema))
  const { value, error } = Joi.compile(validSchema)
    .prefs({ errors: { label: 'key' }, abortEarly: false })
    .validate(object)
  if (error) {
    return next(new Error(error.details.map((details) => details.message).join(', ')))
  }
  Object.assign(req, value)
  return next()
}
""",
        "validate({ body: good })",
        "validate({ body: weak })",
    ),
    (
        "keys of plain fields, compiled whole",
        "joi",
        """
const pick = require('lodash/pick')
const validate = (schema) => (req, res, next) => {
  const object = pick(req, Object.keys(schema))
  const { value, error } = Joi.compile(schema).validate(object)
  if (error) return next(new Error('no'))
  Object.assign(req, value)
  return next()
}
""",
        "validate({ body: Joi.object().keys({ email: Joi.string().required() }).unknown() })",
        "validate({ query: Joi.object().keys({ email: Joi.string().required() }) })",
    ),
    (
        "entries of the parts",
        "zod",
        """
const validate = (schemas) => async (req, res, next) => {
  try {
    for (const [part, schema] of Object.entries(schemas)) {
      req[part] = await schema.parseAsync(req[part])
    }
    next()
  } catch (error) {
    res.status(400).json({ error: 'invalid' })
  }
}
""",
        "validate({ body: good, params: z.object({}) })",
        "validate({ params: good })",
    ),
    (
        "a written list of the parts",
        "joi",
        """
const validate = (schemas) => (req, res, next) => {
  const errors = []
  ;['params', 'query', 'body'].forEach((key) => {
    if (schemas[key]) {
      const { error } = schemas[key].validate(req[key])
      if (error) errors.push(error.message)
    }
  })
  if (errors.length) return res.status(400).json({ errors })
  next()
}
""",
        "validate({ body: good })",
        "validate({ query: good })",
    ),
    (
        "one schema of the whole request",
        "zod",
        """
const validate = (schema) => (req, res, next) => {
  try {
    schema.parse({ body: req.body, query: req.query, params: req.params })
    next()
  } catch (e) {
    return res.status(400).send(e.errors)
  }
}
""",
        "validate(z.object({ body: good }))",
        "validate(z.object({ query: good }))",
    ),
    (
        "promises, both ways",
        "joi",
        """
const validate = (schema) => (req, res, next) => {
  schema.validateAsync(req.body)
    .then(() => next())
    .catch((err) => res.status(400).json({ message: err.message }))
}
""",
        "validate(good)",
        "validate(weak)",
    ),
    (
        "a class with a static maker",
        "joi",
        """
class Validator {
  static check(schema) {
    return async (req, res, next) => {
      try {
        req.body = await schema.validateAsync(req.body, { stripUnknown: false })
        next()
      } catch (err) {
        next(err)
      }
    }
  }
}
""",
        "Validator.check(good)",
        "Validator.check(weak)",
    ),
    (
        "a validator that is written where it is used",
        "joi",
        """
const checked = (req, res, next) => {
  const { error } = good.validate(req.body)
  if (error) return res.status(400).send(error.message)
  next()
}
const checkedNot = (req, res, next) => {
  const { error } = weak.validate(req.body)
  if (error) return res.status(400).send(error.message)
  next()
}
""",
        "checked",
        "checkedNot",
    ),
    (
        "an error that nobody looks at",
        "joi",
        """
const validate = (schema) => (req, res, next) => {
  const { error } = schema.validate(req.body)
  if (error) return res.status(400).json({ error: error.message })
  next()
}
const tell = (schema) => (req, res, next) => {
  const { error, value } = schema.validate(req.body)
  if (error) console.warn(error.message)
  req.body = value
  next()
}
""",
        "validate(good)",
        "tell(good)",
    ),
    (
        "an error that is caught and let pass",
        "zod",
        """
const validate = (schema) => (req, res, next) => {
  try {
    schema.parse(req.body)
    next()
  } catch (error) {
    next(error)
  }
}
const tell = (schema) => (req, res, next) => {
  try {
    schema.parse(req.body)
  } catch (error) {
    console.warn(error)
  }
  next()
}
""",
        "validate(good)",
        "tell(good)",
    ),
    (
        "kinds by any name: a list and a table of validators",
        "joi",
        """
const guardWith = (schema) => [(req, res, next) => {
  const { error } = schema.validate(req.body)
  if (error) return res.status(400).json({ error: error.message })
  next()
}]
const table = { strong: guardWith(good), loose: guardWith(weak) }
""",
        "table.strong",
        "table.loose",
    ),
    (
        "schemas made of others",
        "joi",
        """
const text = (min, max) => Joi.string().trim().min(min).max(max).messages({ 'string.empty': 'no' })
const fields = { email: text(3, 200).email().regex(/^((?!spam).)*$/, 'real'), any: Joi.any() }
const base = Joi.object({ email: fields.email, role: Joi.valid(Joi.ref('other')), other: Joi.any() }).strict().unknown()
const schemas = {
  strong: base.fork(['email'], (field) => field.required()).fork('role', () => Joi.any()),
  loose: Joi.object({ other: fields.any }).append({ email: fields.any }),
}
const validate = (schema) => (req, res, next) => {
  const { error, value } = schema.validate(req.body)
  if (error) return res.status(400).json({ error: error.message })
  req.body = value
  next()
}
""",
        "validate(schemas.strong)",
        "validate(schemas.loose)",
    ),
    (
        "celebrate",
        "joi",
        """
const { celebrate, Segments, Joi: J } = require('celebrate')
""",
        "celebrate({ [Segments.BODY]: J.object().keys({ email: J.string().required() }).unknown() })",
        "celebrate({ [Segments.BODY]: J.object().keys({ email: J.any() }) })",
    ),
    (
        "yup",
        "joi",
        """
const yup = require('yup')
const validate = (schema) => async (req, res, next) => {
  try {
    await schema.validate(req.body, { strict: true })
    return next()
  } catch (err) {
    return res.status(400).json({ type: err.name })
  }
}
""",
        "validate(yup.object({ email: yup.string().required() }))",
        "validate(yup.object({ email: yup.mixed() }))",
    ),
    (
        "ajv",
        "joi",
        """
const Ajv = require('ajv')
const ajv = new Ajv()
const validate = (schema) => {
  const check = ajv.compile(schema)
  return (req, res, next) => {
    if (!check(req.body)) return res.status(400).json(check.errors)
    next()
  }
}
""",
        "validate({ type: 'object', properties: { email: { type: 'string' } } })",
        "validate({ type: 'object', properties: { email: {} } })",
    ),
    (
        "a helper that throws",
        "joi",
        """
function check(schema, data) {
  const { error, value } = schema.validate(data)
  if (error) throw new Error('invalid')
  return value
}
function look(schema, data) {
  return schema.validate(data).value
}
const validate = (schema) => (req, res, next) => {
  req.body = check(schema, req.body)
  next()
}
const tell = (schema) => (req, res, next) => {
  req.body = look(schema, req.body)
  next()
}
""",
        "validate(good)",
        "tell(good)",
    ),
    (
        "what a schema makes of anything, and throws away",
        "zod",
        """
const validate = (schema) => (req, res, next) => {
  req.body = schema.parse(req.body)
  next()
}
const look = (schema) => (req, res, next) => {
  schema.parse(req.body)
  next()
}
const cast = z.object({ email: z.coerce.string() }).loose()
""",
        "validate(cast)",
        "look(cast)",
    ),
    (
        "a text that is read as an object",
        "zod",
        """
const validate = (schema) => (req, res, next) => {
  const parsed = schema.safeParse(req.body)
  if (!parsed.success) throw new Error('invalid')
  req.body = parsed.data
  next()
}
const opened = z.object({ email: z.string().transform((text) => JSON.parse(text)) })
const cut = z.object({ email: z.string().transform((text) => text.trim()) }).passthrough()
""",
        "validate(cut)",
        "validate(opened)",
    ),
    (
        "the one or the other",
        "zod",
        """
const validate = (schema) => (req, res, next) => {
  const { success } = schema.safeParse(req.body)
  if (success) return next()
  res.sendStatus(400)
}
const either = z.object({ email: z.union([z.string(), z.number()]).optional() })
const neither = z.object({ email: z.string().or(z.object({}).passthrough()) })
""",
        "validate(either)",
        "validate(neither)",
    ),
    (
        "makers that call makers",
        "joi",
        """
const validate = (schema, part) => (req, res, next) => {
  const { error } = schema.validate(req[part])
  return error ? next(error) : next()
}
const validateBody = (schema) => validate(schema, 'body')
const validateQuery = (schema) => validate(schema, 'query')
""",
        "validateBody(good)",
        "validateQuery(good)",
    ),
    (
        "chains that a helper runs",
        "joi",
        """
const { body, validationResult } = require('express-validator')
const validate = (chains) => async (req, res, next) => {
  for (const chain of chains) await chain.run(req)
  const errors = validationResult(req)
  if (errors.isEmpty()) return next()
  res.status(400).json({ errors: errors.array() })
}
""",
        "validate([body('email').isString().isEmail()])",
        "validate([body('email').notEmpty()])",
    ),
    (
        "chains before what asks for their outcome",
        "joi",
        """
const { body, validationResult } = require('express-validator')
const outcome = (req, res, next) => {
  const errors = validationResult(req)
  if (!errors.isEmpty()) return res.status(400).json({ errors: errors.array() })
  next()
}
const strong = [body('email').isString().isLength({ max: 90 }), outcome]
const loose = [body('email').isString()]
""",
        "...strong",
        "...loose",
    ),
)


def _program(case: Case, other: str = "") -> dict[str, str]:
    _, kind, code, good, weak = case
    strong, loose = _SCHEMAS[kind]
    routes = _ROUTES % {"good": good, "weak": weak, "other": other}
    return {"app.js": _HEAD % {"good": strong, "weak": loose} + code + routes}


@pytest.mark.parametrize("validator", CASES, ids=[case[0] for case in CASES])
def test_what_validators_let_through(validator: Case, problems: Callable[..., list[str]]) -> None:
    assert not problems(_program(validator), None, "nosql-injection")


PROGRAMS = (
    (
        "classes, by a promise that rejects",
        "app.ts",
        """\
import express from 'express'
import mongoose from 'mongoose'
import { IsString, IsEmail, IsOptional, validate, validateOrReject } from 'class-validator'
import { plainToInstance, plainToClass } from 'class-transformer'
const User = mongoose.model('User', new mongoose.Schema({ email: String, role: String }))
const app = express()
app.use(express.json())
class Login {
  @IsString()
  email: string

  @IsOptional()
  role: any
}

const validateDto = (type: any) => async (req, res, next) => {
  const dto = plainToInstance(type, req.body)
  try {
    await validateOrReject(dto)
    req.body = dto
    next()
  } catch (errors) {
    res.status(400).json({ errors: 'invalid' })
  }
}

app.post('/good', validateDto(Login), async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })
})
app.post('/weak', validateDto(Login), async (req, res) => {
  res.json({ found: (await User.findOne({ role: req.body.role })) !== null })  // $ nosql-injection
})
app.post('/none', async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })  // $ nosql-injection
})
""",
    ),
    (
        "classes, by a promise of errors",
        "app.ts",
        """\
import express from 'express'
import mongoose from 'mongoose'
import { IsString, IsEmail, IsOptional, validate, validateOrReject } from 'class-validator'
import { plainToInstance, plainToClass } from 'class-transformer'
const User = mongoose.model('User', new mongoose.Schema({ email: String, role: String }))
const app = express()
app.use(express.json())
class Login {
  @IsString()
  email: string

  @IsOptional()
  role: any
}

function validateDto(type: any, skip = false) {
  return (req, res, next) => {
    validate(plainToClass(type, req.body), { skipMissingProperties: skip }).then((errors) => {
      if (errors.length > 0) {
        res.status(400).json({ message: 'invalid' })
      } else {
        next()
      }
    })
  }
}

app.post('/good', validateDto(Login), async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })
})
app.post('/weak', validateDto(Login), async (req, res) => {
  res.json({ found: (await User.findOne({ role: req.body.role })) !== null })  // $ nosql-injection
})
app.post('/none', async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })  // $ nosql-injection
})
""",
    ),
    (
        "classes, and errors that are only told",
        "app.ts",
        """\
import express from 'express'
import mongoose from 'mongoose'
import { IsString, IsEmail, IsOptional, validate, validateOrReject } from 'class-validator'
import { plainToInstance, plainToClass } from 'class-transformer'
const User = mongoose.model('User', new mongoose.Schema({ email: String, role: String }))
const app = express()
app.use(express.json())
class Login {
  @IsString()
  email: string

  @IsOptional()
  role: any
}

function validateDto(type: any, skip = false) {
  return async (req, res, next) => {
    const errors = await validate(plainToClass(type, req.body))
    if (errors.length > 0) console.warn(errors.length)
    next()
  }
}

app.post('/good', validateDto(Login), async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })  // $ nosql-injection
})
app.post('/weak', validateDto(Login), async (req, res) => {
  res.json({ found: (await User.findOne({ role: req.body.role })) !== null })  // $ nosql-injection
})
app.post('/none', async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })  // $ nosql-injection
})
""",
    ),
    (
        "a map of fields",
        "app.js",
        """\
const express = require('express')
const mongoose = require('mongoose')
const { checkSchema, validationResult } = require('express-validator')
const User = mongoose.model('User', new mongoose.Schema({ email: String, role: String }))
const app = express()
app.use(express.json())
const outcome = (req, res, next) => { const e = validationResult(req); return e.isEmpty() ? next() : res.status(400).json({ errors: e.array() }) }
app.post('/good', checkSchema({ email: { in: ['body'], isString: true } }), outcome, async (req, res) => {
  res.json({ found: (await User.findOne({ email: req.body.email })) !== null })
})
app.post('/weak', checkSchema({ email: { in: ['body'], isString: true } }), outcome, async (req, res) => {
  res.json({ found: (await User.findOne({ role: req.body.role })) !== null })  // $ nosql-injection
})
""",
    ),
    (
        "several fields at once, and one in another",
        "app.js",
        """\
const express = require('express')
const mongoose = require('mongoose')
const { body, validationResult } = require('express-validator')
const User = mongoose.model('User', new mongoose.Schema({ email: String, role: String }))
const app = express()
app.use(express.json())
const fields = [body(['email', 'name']).isString(), body('home.city').trim()]
app.post('/people', fields, async (req, res) => {
  if (!validationResult(req).isEmpty()) return res.sendStatus(400)
  await User.findOne({ email: req.body.email, name: req.body.name, city: req.body.home.city })
  await User.findOne({ city: req.body.home.zip })  // $ nosql-injection
  res.end()
})
""",
    ),
    (
        "a whole body, where fields may come along and where not",
        "app.js",
        """\
const express = require('express')
const mongoose = require('mongoose')
const Joi = require('joi')
const { z } = require('zod')
const User = mongoose.model('User', new mongoose.Schema({ email: String, role: String }))
const app = express()
app.use(express.json())
const checked = (schema) => (req, res, next) => {
  const { error } = schema.validate(req.body)
  return error ? res.sendStatus(400) : next()
}
const looked = (schema) => (req, res, next) => (schema.safeParse(req.body).success ? next() : res.sendStatus(400))
const parsed = (schema) => (req, res, next) => {
  req.body = schema.parse(req.body)
  next()
}
const text = Joi.object({ email: Joi.string(), address: Joi.object({ city: Joi.string() }) })
const same = z.object({ email: z.string() })
app.post('/closed', checked(text), async (req, res) => {
  res.json({ n: await User.countDocuments(req.body) })
})
app.post('/open', checked(text.unknown()), async (req, res) => {
  res.json({ n: await User.countDocuments(req.body) })  // $ nosql-injection
})
app.post('/looked', looked(same), async (req, res) => {
  res.json({ n: await User.countDocuments(req.body) })  // $ nosql-injection
})
app.post('/parsed', parsed(same), async (req, res) => {
  res.json({ n: await User.countDocuments(req.body) })
})
app.post('/strict', looked(same.strict()), async (req, res) => {
  res.json({ n: await User.countDocuments(req.body) })
})
""",
    ),
)


@pytest.mark.parametrize(("path", "text"), [p[1:] for p in PROGRAMS], ids=[p[0] for p in PROGRAMS])
def test_what_else_checks_requests(path: str, text: str, problems: Callable[..., list[str]]) -> None:
    assert not problems({path: text}, None, "nosql-injection")
