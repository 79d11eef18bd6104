"""What JavaScript does with values beside calls: promises, objects, closures, events, state of a request."""

CASES = [
    # -- later ------------------------------------------------------------------------------------
    (
        "a promise made by hand",
        "js",
        """
const read = (name) => new Promise((resolve, reject) => {
  if (!name) return reject(new Error('none'))
  resolve(name)
})

app.get('/a', async (req, res) => {
  const name = await read(req.query.name)
  await db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  res.end()
})

app.get('/b', (req, res) => {
  read(req.query.name).then(function (name) {
    return db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  })
  read('fixed').then((name) => db.query(`SELECT ${name} FROM t`))
  res.end()
})
""",
    ),
    (
        "promises that are together",
        "js",
        """
const later = async (value) => value

app.get('/a', (req, res) => {
  Promise.all([later(req.query.name), later('b')]).then(([first, second]) => {
    db.query(`SELECT ${first} FROM t`)  // $ sql-injection
    db.query(`SELECT ${second} FROM t`)
  })
  res.end()
})

app.get('/b', async (req, res) => {
  const texts = await Promise.all(req.query.names.map(async (name) => `'${name}'`))
  await db.query('SELECT ' + texts.join(', '))  // $ sql-injection
  const one = await Promise.race([later(req.query.a), later('x')])
  await db.query(`SELECT ${one} FROM t`)  // $ sql-injection
  const kept = await Promise.resolve(req.query.b)
  await db.query(`SELECT ${kept} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "callbacks of the project's own",
        "js",
        """
function load(name, done) {
  setImmediate(() => done(null, name))
}

app.get('/a', (req, res) => {
  load(req.query.name, (error, found) => {
    db.query(`SELECT ${found} FROM t`)  // $ sql-injection
    res.end()
  })
  load('fixed', (error, found) => {
    db.query(`SELECT ${found} FROM t`)
  })
})
""",
    ),
    (
        "async iteration",
        "js",
        """
async function* names(req) {
  for (const name of req.query.names) yield name
}

app.get('/a', async (req, res) => {
  for await (const name of names(req)) {
    await db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  }
  res.end()
})
""",
    ),
    (
        "a generator by hand",
        "js",
        """
function* names(req) {
  yield req.query.name
}

app.get('/a', (req, res) => {
  const [first] = [...names(req)]
  db.query(`SELECT ${first} FROM t`)  // $ sql-injection
  const { value } = names(req).next()
  db.query(`SELECT ${value} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    # -- objects ----------------------------------------------------------------------------------
    (
        "fields of this",
        "js",
        """
class Search {
  #column
  where = 'x'

  constructor(column) {
    this.#column = column
  }

  setWhere(where) {
    this.where = where
    return this
  }

  run() {
    db.query(`SELECT ${this.#column} FROM t`)  // $ sql-injection
    db.query(`SELECT 1 FROM t WHERE ${this.where}`)  // $ sql-injection
  }
}

app.get('/a', (req, res) => {
  new Search(req.query.column).setWhere(req.query.where).run()
  res.end()
})
""",
    ),
    (
        "functions with a prototype",
        "js",
        """
function Search(column) {
  this.column = column
}

Search.prototype.run = function () {
  return db.query(`SELECT ${this.column} FROM t`)  // $ sql-injection
}

app.get('/a', (req, res) => {
  const search = new Search(req.query.column)
  search.run()
  res.end()
})
""",
    ),
    (
        "getters and static members",
        "js",
        """
class Filter {
  constructor(query) {
    this.query = query
  }

  get column() {
    return this.query.column
  }

  static of(req) {
    return new Filter(req.query)
  }
}

app.get('/a', (req, res) => {
  db.query(`SELECT ${Filter.of(req).column} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "what super does",
        "ts",
        """
abstract class Repository {
  protected run(text: string) {
    return db.query(text)
  }

  abstract table(): string

  all(column: string) {
    return this.run(`SELECT ${column} FROM ${this.table()}`)  // $ sql-injection
  }
}

class Orders extends Repository {
  table() {
    return 'orders'
  }

  all(column: string) {
    return super.all(column)
  }
}

app.get('/a', async (req, res) => {
  res.json(await new Orders().all(req.query.column as string))
})
""",
    ),
    (
        "object methods",
        "js",
        """
const repository = {
  prefix: 'SELECT ',
  run(text) {
    return db.query(this.prefix + text)  // $ sql-injection
  },
  find(name) {
    return this.run(`1 FROM t WHERE name = '${name}'`)
  },
}

app.get('/a', (req, res) => {
  repository.find(req.query.name)
  res.end()
})
""",
    ),
    (
        "bind, call and apply",
        "js",
        """
function run(prefix, text) {
  return db.query(prefix + text)  // $ sql-injection
}

app.get('/a', (req, res) => {
  run.call(null, 'SELECT ', req.query.a)
  run.apply(null, ['SELECT ', req.query.b])
  const select = run.bind(null, 'SELECT ')
  select(req.query.c)
  res.end()
})
""",
    ),
    (
        "apply alone",
        "js",
        """
function run(prefix, text) {
  return db.query(prefix + text)  // $ sql-injection
}

app.get('/a', (req, res) => {
  run.apply(null, ['SELECT ', req.query.b])
  res.end()
})
""",
    ),
    (
        "bind alone",
        "js",
        """
function run(prefix, text) {
  return db.query(prefix + text)  // $ sql-injection
}

app.get('/a', (req, res) => {
  const select = run.bind(null, 'SELECT ')
  select(req.query.c)
  res.end()
})
""",
    ),
    (
        "spread arguments",
        "js",
        """
function run(prefix, text) {
  return db.query(prefix + text)  // $ sql-injection
}

app.get('/a', (req, res) => {
  const given = ['SELECT ', req.query.a]
  run(...given)
  res.end()
})
""",
    ),
    (
        "the arguments object",
        "js",
        """
function run() {
  return db.query('SELECT ' + arguments[0])  // $ sql-injection
}

app.get('/a', (req, res) => {
  run(req.query.a)
  res.end()
})
""",
    ),
    (
        "closures",
        "js",
        """
const finder = (column) => {
  const select = `SELECT ${column} FROM t`
  return { run: () => db.query(select) }  // $ sql-injection
}

function counter(table) {
  return function () {
    return db.query('SELECT 1 FROM ' + table)  // $ sql-injection
  }
}

app.get('/a', (req, res) => {
  finder(req.query.column).run()
  const count = counter(req.query.table)
  count()
  res.end()
})
""",
    ),
    (
        "curried functions",
        "js",
        """
const select = (column) => (table) => db.query(`SELECT ${column} FROM ${table}`)  // $ sql-injection

app.get('/a', (req, res) => {
  select(req.query.column)('t')
  res.end()
})

app.get('/b', (req, res) => {
  select('name')('t')
  res.end()
})
""",
    ),
    # -- containers -------------------------------------------------------------------------------
    (
        "maps and sets",
        "js",
        """
app.get('/a', (req, res) => {
  const held = new Map()
  held.set('a', req.query.name)
  db.query(`SELECT ${held.get('a')} FROM t`)  // $ sql-injection
  for (const [key, value] of held) db.query(`SELECT ${value} FROM t`)  // $ sql-injection
  const names = new Set([req.query.name])
  for (const name of names) db.query(`SELECT ${name} FROM t`)  // $ sql-injection
  db.query('SELECT ' + [...names].join(','))  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "entries of objects",
        "js",
        """
app.get('/a', (req, res) => {
  const parts = []
  for (const [key, value] of Object.entries(req.body)) parts.push(`${key} = '${value}'`)
  db.query('SELECT 1 FROM t WHERE ' + parts.join(' AND '))  // $ sql-injection
  db.query('SELECT ' + Object.keys(req.body).join(','))  // $ sql-injection
  const all = Object.assign({}, { order: 'id' }, req.query)
  db.query(`SELECT ${all.column} FROM t`)  // $ sql-injection
  const texts = Object.values(req.query).map((value) => `'${value}'`)
  db.query('SELECT ' + texts)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "methods of arrays",
        "js",
        """
app.get('/a', (req, res) => {
  const all = req.query.names.reduce((text, name) => text + name, 'SELECT ')
  db.query(all)  // $ sql-injection
  const sorted = [...req.query.names].sort().filter(Boolean).slice(0, 3)
  db.query('SELECT ' + sorted[0])  // $ sql-injection
  const [head, ...tail] = req.query.names.split(',')
  db.query('SELECT ' + tail[0])  // $ sql-injection
  const found = req.query.names.find((name) => name.length > 3)
  db.query('SELECT ' + found)  // $ sql-injection
  const pairs = Array.from(req.query.names, (name) => name.trim())
  db.query('SELECT ' + pairs.join())  // $ sql-injection
  const flat = [['a'], [req.query.b]].flat()
  db.query('SELECT ' + flat.join())  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "defaults, renames, optional chaining",
        "js",
        """
app.get('/a', ({ query: { column: chosen = 'id', size = 10, ...rest } = {} }, res) => {
  db.query(`SELECT ${chosen} FROM t`)  // $ sql-injection
  db.query(`SELECT ${rest?.other ?? 'id'} FROM t`)  // $ sql-injection
  res.end()
})

app.get('/b', (req, res) => {
  const column = req?.query?.column?.trim?.() ?? 'id'
  db.query(`SELECT ${column} FROM t`)  // $ sql-injection
  let table
  ;({ table } = req.query)
  db.query(`SELECT 1 FROM ${table}`)  // $ sql-injection
  let order = 'id'
  order ||= req.query.order
  db.query(`SELECT 1 FROM t ORDER BY ${order}`)
  let where
  where ??= req.query.where
  db.query(`SELECT 1 FROM t WHERE ${where}`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "tagged templates",
        "js",
        """
const raw = String.raw
function join(strings, ...values) {
  return strings.map((text, i) => text + (values[i] ?? '')).join('')
}

app.get('/a', (req, res) => {
  db.query(raw`SELECT ${req.query.a} FROM t`)  // $ sql-injection
  db.query(join`SELECT ${req.query.b} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    # -- schemas ----------------------------------------------------------------------------------
    (
        "what a schema lets through",
        "js",
        """
const { z } = require('zod')
const Joi = require('joi')

const order = z.object({
  id: z.coerce.number().int(),
  kind: z.enum(['a', 'b']).default('a'),
  code: z.string().regex(/^[a-z0-9]+$/).optional(),
  loose: z.string().regex(/[a-z]/),
  name: z.string().min(1),
  parts: z.array(z.object({ size: z.number(), label: z.string() })),
})
const search = Joi.object({ page: Joi.number().integer(), text: Joi.string().required() })

app.post('/a', (req, res) => {
  const { id, kind, code, loose, name, parts } = order.parse(req.body)
  db.query(`SELECT 1 FROM t WHERE id = ${id} AND kind = '${kind}' AND code = '${code}'`)
  db.query(`SELECT 1 FROM t WHERE loose = '${loose}'`)  // $ sql-injection
  db.query(`SELECT 1 FROM t WHERE name = '${name}'`)  // $ sql-injection
  for (const part of parts) {
    db.query(`SELECT 1 FROM t WHERE size = ${part.size}`)
    db.query(`SELECT 1 FROM t WHERE label = '${part.label}'`)  // $ sql-injection
  }
  res.end()
})

app.get('/b', (req, res) => {
  const { value, error } = search.validate(req.query)
  if (error) return res.sendStatus(400)
  db.query(`SELECT 1 FROM t LIMIT ${value.page}`)
  db.query(`SELECT 1 FROM t WHERE text = '${value.text}'`)  // $ sql-injection
  res.end()
})

app.get('/c', (req, res) => {
  const checked = order.partial().safeParse(req.query)
  if (!checked.success) return res.sendStatus(400)
  db.query(`SELECT 1 FROM t WHERE id = ${checked.data.id}`)
  db.query(`SELECT 1 FROM t WHERE name = '${checked.data.name}'`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "schemas in front of a handler",
        "js",
        """
--- validate.js
module.exports = (schema) => (req, res, next) => {
  for (const key of Object.keys(schema)) {
    const { error } = schema[key].validate(req[key])
    if (error) return res.status(400).end()
  }
  next()
}
--- schemas.js
const Joi = require('joi')

exports.read = {
  params: Joi.object().keys({ id: Joi.string().guid() }),
  query: Joi.object().keys({ sort: Joi.string().valid('a', 'b'), text: Joi.string() }),
}
--- app.js
const express = require('express')
const { Pool } = require('pg')
const validate = require('./validate')
const schemas = require('./schemas')

const app = express()
const db = new Pool()

app.get('/orders/:id', validate(schemas.read), (req, res) => {
  db.query(`SELECT 1 FROM t WHERE id = '${req.params.id}' ORDER BY ${req.query.sort}`)
  db.query(`SELECT 1 FROM t WHERE text = '${req.query.text}'`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "what decorators of fields and pipes of parameters let through",
        "ts",
        """
--- order.dto.ts
import { IsInt, IsString, Matches } from 'class-validator'

export class OrderDto {
  @IsInt()
  size: number

  @Matches(/^[a-z]+$/)
  kind: string

  @IsString()
  name: string
}
--- main.ts
import { ValidationPipe } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

async function start() {
  const app = await NestFactory.create(Module)
  app.useGlobalPipes(new ValidationPipe({ whitelist: true }))
}
--- orders.controller.ts
import { Body, Controller, Get, Param, ParseIntPipe, Post } from '@nestjs/common'
import { Pool } from 'pg'
import { OrderDto } from './order.dto'

const db = new Pool()

@Controller('orders')
export class Orders {
  @Get(':id')
  read(@Param('id', ParseIntPipe) id: number) {
    return db.query(`SELECT 1 FROM t WHERE id = ${id}`)
  }

  @Post()
  create(@Body() order: OrderDto) {
    db.query(`SELECT 1 FROM t WHERE size = ${order.size} AND kind = '${order.kind}'`)
    return db.query(`SELECT 1 FROM t WHERE name = '${order.name}'`)  // $ sql-injection
  }
}
""",
    ),
    # -- pages ------------------------------------------------------------------------------------
    (
        "Handlebars and Mustache",
        "js",
        """
app.get('/a', (req, res) => res.render('a', { title: req.query.title, user: { name: req.query.name }, safe: 'x', items: req.query.items }))
--- views/a.hbs
<h1>{{title}}</h1>
<h1>{{{title}}}</h1> <!-- $ cross-site-scripting -->
<p>{{{safe}}} {{&user.name}}</p> <!-- $ cross-site-scripting -->
{{#if user}}
  <p>{{{user.name}}}</p> <!-- $ cross-site-scripting -->
{{/if}}
{{#with user}}<b>{{{name}}}</b>{{/with}} <!-- $ cross-site-scripting -->
{{#each items}}
  <li>{{label}}</li>
  <li>{{{label}}}</li> <!-- $ cross-site-scripting -->
{{/each}}
{{#each items as |item|}}{{{item.label}}}{{/each}} <!-- $ cross-site-scripting -->
{{! {{{title}}} }}
{{> part}}
--- views/part.hbs
<i>{{{title}}}</i> <!-- $ cross-site-scripting -->
""",
    ),
    (
        "Pug",
        "js",
        """
app.get('/a', (req, res) => res.render('a', { title: req.query.title, items: req.query.items, safe: 'x' }))
--- views/a.pug
extends layout

block content
  h1= title
  h1!= title // $ cross-site-scripting
  p.note(title=title) #{title}
  p Hello !{title} there // $ cross-site-scripting
  p!= safe
  - const name = title.trim()
  div!= name // $ cross-site-scripting
  each item, i in items
    li= item.label
    li!= item.label // $ cross-site-scripting
  a(href!=title) go // $ cross-site-scripting
--- views/layout.pug
html
  body
    != title // $ cross-site-scripting
""",
    ),
    # -- packages -----------------------------------------------------------------------------------
    (
        "a package without routes",
        "js",
        """
--- src/index.js
const { exec, execFile } = require('child_process')

exports.clone = (repository, done) => exec('git clone ' + repository, done)  // $ command-injection
exports.run = (command, done) => exec(command, done)
exports.shell = (cmd, done) => exec('env ' + cmd, done)
exports.safe = (repository, done) => execFile('git', ['clone', '--', repository], done)

class Archive {
  unpack(file) {
    return exec(`tar xf ${file}`)  // $ command-injection
  }
}
module.exports.Archive = Archive
--- src/internal.js
const { exec } = require('child_process')
exports.helper = (name) => exec('ls ' + name)
""",
    ),
    (
        "a package without routes",
        "py",
        """
--- pack/__init__.py
from pack.archive import run, safe, unpack
--- pack/archive.py
import os
import subprocess


def unpack(path):
    os.system("tar xf " + path)  # $ command-injection


def run(command):
    os.system(command)


def safe(path):
    subprocess.run(["tar", "xf", path], check=True)


def _hidden(path):
    os.system("tar xf " + path)
""",
    ),
    # -- events and state -------------------------------------------------------------------------
    (
        "events",
        "js",
        """
const { EventEmitter } = require('events')

const bus = new EventEmitter()
bus.on('search', (name) => {
  db.query(`SELECT ${name} FROM t`)  // $ sql-injection
})
bus.on('other', (name) => {
  db.query(`SELECT ${name} FROM t`)
})

app.get('/a', (req, res) => {
  bus.emit('search', req.query.name)
  bus.emit('other', 'fixed')
  res.end()
})
""",
    ),
    (
        "state of a request",
        "js",
        """
const filter = (req, res, next) => {
  req.filter = req.query.filter
  res.locals.order = req.query.order
  next()
}

app.get('/a', filter, (req, res) => {
  db.query(`SELECT 1 FROM t WHERE ${req.filter}`)  // $ sql-injection
  db.query(`SELECT 1 FROM t ORDER BY ${res.locals.order}`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "state that is local to an asynchronous call",
        "js",
        """
const { AsyncLocalStorage } = require('async_hooks')

const storage = new AsyncLocalStorage()
app.use((req, res, next) => storage.run({ tenant: req.headers['x-tenant'] }, next))

app.get('/a', (req, res) => {
  const { tenant } = storage.getStore()
  db.query(`SELECT 1 FROM ${tenant}.t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "module state",
        "js",
        """
let last = 'id'
const state = { column: 'id' }

app.post('/a', (req, res) => {
  last = req.body.last
  state.column = req.body.column
  res.end()
})

app.get('/a', (req, res) => {
  db.query(`SELECT ${last} FROM t`)  // $ sql-injection
  db.query(`SELECT ${state.column} FROM t`)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "node callbacks of the library",
        "js",
        """
const fs = require('fs')
const util = require('util')

app.get('/a', (req, res) => {
  const text = JSON.parse(JSON.stringify(req.query))
  db.query(`SELECT ${text.name} FROM t`)  // $ sql-injection
  const made = util.format('SELECT %s FROM t', req.query.name)
  db.query(made)  // $ sql-injection
  const decoded = Buffer.from(req.query.name, 'base64').toString('utf8')
  db.query('SELECT ' + decoded)  // $ sql-injection
  const params = new URLSearchParams(req.query.more)
  db.query('SELECT ' + params.get('x'))  // $ sql-injection
  const clone = structuredClone(req.query)
  db.query('SELECT ' + clone.x)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "concatenation in other ways",
        "js",
        """
app.get('/a', (req, res) => {
  let text = 'SELECT 1 FROM t'
  text += ' WHERE name = ' + req.query.name
  db.query(text)  // $ sql-injection
  db.query('SELECT '.concat(req.query.a))  // $ sql-injection
  db.query(['SELECT', req.query.b].join(' '))  // $ sql-injection
  db.query('SELECT {}'.replace('{}', req.query.c))  // $ sql-injection
  const upper = req.query.d.toUpperCase().padEnd(20).normalize()
  db.query('SELECT ' + upper)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "an index of handlers",
        "js",
        """
const actions = {
  find: (query) => db.query(`SELECT ${query.name} FROM t`),  // $ sql-injection
  size: () => db.query('SELECT 1'),
}

app.get('/a', (req, res) => {
  actions[req.query.action === 'size' ? 'size' : 'find'](req.query)
  res.end()
})
""",
    ),
    (
        "an object that holds what was given",
        "ts",
        """
interface Options {
  where: string
}

class Builder {
  private readonly parts: string[] = []

  constructor(private readonly options: Options) {}

  add(part: string): this {
    this.parts.push(part)
    return this
  }

  toString() {
    return `SELECT 1 FROM t WHERE ${this.options.where} ${this.parts.join(' ')}`
  }
}

app.get('/a', (req, res) => {
  db.query(new Builder({ where: req.query.where as string }).toString())  // $ sql-injection
  db.query(new Builder({ where: 'x' }).add(req.query.part as string).toString())  // $ sql-injection
  db.query(new Builder({ where: 'x' }).add('y').toString())
  res.end()
})
""",
    ),
    (
        "the rest of the arguments, each in its place",
        "js",
        """
const named = (...args) => positional(...args)
function positional(table, filters) {
  db.query(`SELECT * FROM ${filters.table} LIMIT 1`)
  db.query(`SELECT * FROM ${table} LIMIT 1`)  // $ sql-injection
}
const kept = (...args) => run({ now: () => other(...args), later: () => null })
const run = (ways) => ways.now()
function other(id, filters) {
  db.query(`SELECT * FROM a WHERE b = ${filters.order}`)  // $ sql-injection
  db.query('SELECT * FROM a WHERE b = ' + filters.fixed + ' AND id = $1', [id])
}
const last = (first, ...more) => db.query('SELECT ' + first + ' FROM a WHERE id = $1', [more[0]])

app.get('/a', (req, res) => {
  named(req.query.table, { table: 'a' })
  kept(req.query.id, { order: req.query.order, fixed: 'c' })
  last('b', req.query.id)
  res.end()
})
""",
    ),
    (
        "names of an object's keys are what the code wrote",
        "js",
        """
const columns = { path: 'url_path', title: 'page_title' }
function listed(filters) {
  return Object.keys(filters).reduce(
    (found, key) => found.concat({ column: columns[key], name: key, value: filters[key] }), [])
}
const pushed = (filters) => Object.keys(filters).reduce((found, key) => {
  found.push(filters[key])
  return found
}, [])
const put = (filters) => Object.keys(filters).reduce((found, key) => {
  found[key] = filters[key]
  return found
}, {})

app.get('/a', (req, res) => {
  const filters = { path: req.query.path, title: req.query.title }
  db.query('SELECT 1 FROM t WHERE ' + Object.keys(filters).map((k) => `${k} = :${k}`).join(' AND '))
  db.query('SELECT 1 FROM t WHERE ' + Object.entries(filters).map(([k, v]) => `${k} = :${k}`).join(' AND '))
  db.query('SELECT 1 FROM t WHERE ' + Object.entries(filters).map(([k, v]) => `${k} = ${v}`).join(' AND '))  // $ sql-injection
  const parts = []
  listed(filters).forEach(({ column, name }) => { parts.push(`${column} = :${name}`) })
  db.query('SELECT 1 FROM t WHERE ' + parts.join(' AND '))
  listed(filters).forEach(({ column, value }) => { parts.push(`${column} = ${value}`) })
  db.query('SELECT 1 FROM t WHERE ' + parts.join(' AND '))  // $ sql-injection
  db.query('SELECT 1 FROM t WHERE ' + pushed(filters).join(' AND '))  // $ sql-injection
  db.query('SELECT 1 FROM t WHERE ' + put(filters).path)  // $ sql-injection
  db.query('SELECT 1 FROM t WHERE ' + Object.keys(put(filters)).join())
  res.end()
})
app.get('/b', (req, res) => {
  db.query('SELECT 1 FROM t WHERE ' + Object.keys(req.query).join(' AND '))  // $ sql-injection
  listed(req.query).forEach(({ name }) => db.query(`SELECT ${name} FROM t`))  // $ sql-injection
  const all = Object.assign({ table: 't' }, req.query)
  db.query('SELECT 1 FROM ' + all.table)  // $ sql-injection
  const one = { table: 't' }
  Object.assign(one, { id: req.query.id })
  db.query('SELECT 1 FROM ' + one.table)
  db.query('SELECT 1 FROM t WHERE id = ' + one.id)  // $ sql-injection
  res.end()
})
""",
    ),
    (
        "lists of routes from other files, spread into one",
        "js",
        """
--- main.js
import Hapi from '@hapi/hapi'
import more from './more.js'
import { late } from './late.js'

const server = Hapi.server({})
const all = [...more, ...late]
server.route(all)

--- more.js
import { execSync } from 'child_process'

export default [
  {
    method: 'GET',
    path: '/more',
    handler(request, h) {
      return execSync('ls ' + request.query.name).toString()  // $ command-injection
    },
  },
]

--- late.js
import { execFileSync, execSync } from 'child_process'

const one = { method: 'GET', path: '/a', handler: (request) => execSync('ls ' + request.query.name) }  // $ command-injection
const two = { method: 'GET', path: '/b', handler: (request) => execFileSync('ls', ['--', request.query.name]) }
export const late = [one, ...[two]]
""",
    ),
]


def test_flows(case_problems: list[str]) -> None:
    assert case_problems == []
