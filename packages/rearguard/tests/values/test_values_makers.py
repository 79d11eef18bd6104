"""Handlers that functions make: each does what its own maker was given, and nothing of what others were."""

CASES = (
    (
        "a controller of any service, and the method by its name",
        "js",
        """
--- controller.js
const caught = (fn) => async (req, res, next) => {
  try {
    await fn(req, res, next)
  } catch (error) {
    next(error)
  }
}
const create = (service, name) =>
  caught(async (req, res) => {
    const body = req.file ? [req.user, req.body, req.file] : [req.user, req.body]
    const data = await service[name](...body)
    res.status(data.status).send({ id: data.id })
  })
const list = (service, method) => caught(async (req, res) => {
  res.send({ n: (await service[method](req.query)).length })
})
export default { create, list }
--- services.js
import mongoose from 'mongoose'
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const Post = mongoose.model('Post', new mongoose.Schema({ title: String }))
export const users = {
  save: async (user, body) => User.findOne({ email: String(body.email), owner: user }),
  find: async (query) => User.find({ email: String(query.email) }),
}
export const posts = {
  save: async (user, body) => Post.findOne({ title: body.title, owner: user }),  // $ nosql-injection
  find: async (query) => Post.find({ title: String(query.title) }),
  all: async (query) => Post.find({ title: query.title }),  // $ nosql-injection
  drop: async (query) => Post.find({ title: query }),
}
--- app.js
import express from 'express'
import controller from './controller.js'
import { users, posts } from './services.js'
const app = express()
app.use(express.json())
app.post('/users', controller.create(users, 'save'))
app.get('/users', controller.list(users, 'find'))
const postController = { save: controller.create(posts, 'save'), find: controller.list(posts, 'find') }
app.post('/posts', postController.save)
app.get('/posts', postController.find)
app.get('/all', controller.list(posts, 'all'))
""",
    ),
    (
        "validators in front of handlers of one maker",
        "js",
        """
--- app.js
const express = require('express')
const mongoose = require('mongoose')
const Joi = require('joi')
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const Post = mongoose.model('Post', new mongoose.Schema({ email: String }))
const app = express()
app.use(express.json())
const validate = (schema) => [(req, res, next) => {
  const { error } = schema.validate(req.body)
  if (error) return res.status(400).json({ error: 'invalid' })
  next()
}]
const byMail = (Model) => async (req, res) => {
  res.json({ found: (await Model.findOne({ email: req.body.email })) !== null })  // $ nosql-injection
}
app.post('/users', validate(Joi.object({ email: Joi.string() })), byMail(User))
app.post('/posts', validate(Joi.object({ email: Joi.any() })), byMail(Post))
""",
    ),
    (
        "one maker that makes several, and is called by another",
        "js",
        """
--- app.js
const express = require('express')
const mongoose = require('mongoose')
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const Post = mongoose.model('Post', new mongoose.Schema({ email: String }))
const app = express()
app.use(express.json())
const users = {
  get: async (key) => User.findOne({ email: String(key) }),
  put: async (key) => User.findOne({ email: key }),  // $ nosql-injection
}
const posts = { get: async (key) => Post.findOne({ email: String(key) }), put: async (key) => Post.findOne({ email: String(key) }) }
const run = (store, deed) => async (req, res) => res.json({ done: (await store[deed](req.body.email)) !== null })
const controller = (store) => ({
  read: run(store, 'get'),
  write: run(store, 'put'),
  check: async (req, res) => res.json({ done: (await store.get(req.body.email)) !== null }),
})
const ofUsers = controller(users), ofPosts = controller(posts)
app.post('/users/read', ofUsers.read)
app.post('/users/check', ofUsers.check)
app.post('/users/write', ofUsers.write)
app.post('/posts/read', ofPosts.read)
app.post('/posts/write', ofPosts.write)
""",
    ),
    (
        "a name that is not the maker's",
        "js",
        """
--- app.js
const express = require('express')
const mongoose = require('mongoose')
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const app = express()
app.use(express.json())
const users = { safe: async (key) => User.findOne({ email: String(key) }) }
const run = (store, deed) => async (req, res) => {
  const weak = (deed) => User.findOne({ email: deed })  // $ nosql-injection
  await weak(req.body.email)
  res.json({ done: (await store[deed](req.body.email)) !== null })
}
app.post('/a', run(users, 'safe'))
app.post('/b', run(users, 'other'))
""",
    ),
    (
        "objects of one class with services of their own",
        "js",
        """
--- app.js
const express = require('express')
const mongoose = require('mongoose')
const Joi = require('joi')
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const Post = mongoose.model('Post', new mongoose.Schema({ email: String }))
const app = express()
app.use(express.json())
const strict = (req, res, next) => {
  const { error } = Joi.object({ email: Joi.string() }).validate(req.body)
  return error ? res.sendStatus(400) : next()
}
const users = { put: async (key) => User.findOne({ email: String(key) }), take: async (key) => User.findOne({ email: key }) }  // $ nosql-injection
const posts = { put: async (key) => Post.findOne({ email: key }) }
class Controller {
  constructor(service) {
    this.service = service
    this.write = this.write.bind(this)
  }
  async write(req, res) {
    res.json({ done: (await this.service.put(req.body.email)) !== null })
  }
  take = async (req, res) => res.json({ done: (await this.service.take(req.body.email)) !== null })
}
const ofUsers = new Controller(users), ofPosts = new Controller(posts)
app.post('/users', ofUsers.write)
app.post('/users/take', ofUsers.take)
app.post('/posts', strict, ofPosts.write)
""",
    ),
    (
        "a method of a service by its name, in a class",
        "js",
        """
--- app.js
const express = require('express')
const mongoose = require('mongoose')
const Joi = require('joi')
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const Post = mongoose.model('Post', new mongoose.Schema({ email: String }))
const app = express()
app.use(express.json())
const strict = (req, res, next) => {
  const { error } = Joi.object({ email: Joi.string() }).validate(req.body)
  return error ? res.sendStatus(400) : next()
}
const users = { put: async (key) => User.findOne({ email: String(key) }), take: async (key) => User.findOne({ email: key }) }  // $ nosql-injection
const posts = { put: async (key) => Post.findOne({ email: key }) }
class Controller {
  constructor(service) {
    this.service = service
  }
  run(name) {
    return async (req, res) => res.json({ done: (await this.service[name](req.body.email)) !== null })
  }
}
const ofUsers = new Controller(users), ofPosts = new Controller(posts)
app.post('/users', ofUsers.run('put'))
app.post('/users/take', ofUsers.run('take'))
app.post('/posts', strict, ofPosts.run('put'))
""",
    ),
    (
        "classes that give what they extend a service",
        "js",
        """
--- app.js
const express = require('express')
const mongoose = require('mongoose')
const Joi = require('joi')
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const Post = mongoose.model('Post', new mongoose.Schema({ email: String }))
const app = express()
app.use(express.json())
const strict = (req, res, next) => {
  const { error } = Joi.object({ email: Joi.string() }).validate(req.body)
  return error ? res.sendStatus(400) : next()
}
const users = { put: async (key) => User.findOne({ email: String(key) }), take: async (key) => User.findOne({ email: key }) }  // $ nosql-injection
const posts = { put: async (key) => Post.findOne({ email: key }) }
class Base {
  constructor(service) {
    this.service = service
  }
  write = async (req, res) => res.json({ done: (await this.service.put(req.body.email)) !== null })
  take = async (req, res) => res.json({ done: (await this.service.take(req.body.email)) !== null })
  static of() {
    return new this()
  }
}
class Users extends Base {
  constructor() {
    super(users)
  }
}
class Posts extends Base {
  constructor() {
    super(posts)
  }
}
const ofUsers = new Users(), ofPosts = new Posts()
app.post('/users', ofUsers.write)
app.post('/users/take', ofUsers.take)
app.post('/posts', strict, ofPosts.write)
""",
    ),
)


def test_what_makers_give_is_told_apart(case_problems: list[str]) -> None:
    assert not case_problems
