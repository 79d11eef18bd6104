"""What is said of routes whose handlers one function makes: of each what its own method does."""

from collections.abc import Callable

APP = """\
--- controller.js
const caught = (fn) => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next)
const call = (service, name) =>
  caught(async (req, res) => {
    const done = await service[name](req.body, req.headers)
    res.status(done.status).send(done)
  })
const show = (service, name) =>
  caught(async (req, res) => {
    const done = await service[name](req.query)
    res.status(done.status).json(done)
  })
module.exports = { login: call, logout: call, show }
--- services.js
const bcrypt = require('bcrypt')
const mongoose = require('mongoose')
const User = mongoose.model('User', new mongoose.Schema({ email: String, passwordHash: String }))
const staff = {
  login: async ({ email, password }) => {
    const user = await User.findOne({ email: String(email) })
    const known = user !== null && (await bcrypt.compare(String(password), user.passwordHash))
    return known ? { status: 200, id: user._id } : { status: 401 }
  },
  logout: async () => ({ status: 200 }),
}
const people = {
  show: async () => ({ status: 200, data: await User.find() }),
  count: async () => ({ status: 200, data: await User.countDocuments() }),
}
module.exports = { staff, people }
--- app.js
const express = require('express')
const controller = require('./controller')
const { staff, people } = require('./services')
const app = express()
app.use(express.json())
const routes = {
  login: controller.login(staff, 'login'),
  logout: controller.logout(staff, 'logout'),
  show: controller.show(people, 'show'),
  count: controller.show(people, 'count'),
}
app.post('/login', routes.login)
app.post('/close', routes.logout)
app.get('/people', routes.show)
app.get('/people/count', routes.count)
"""


def _files() -> dict[str, str]:
    _, *parts = APP.split("--- ")
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def _marked(files: dict[str, str], path: str, line: str, check: str) -> None:
    assert line in files[path]
    files[path] = files[path].replace(line, f"{line}  // $ {check}")


def test_only_the_login_tries_passwords(problems: Callable[..., list[str]]) -> None:
    files = _files()
    _marked(files, "app.js", "app.post('/login', routes.login)", "missing-rate-limit")
    _marked(files, "controller.js", "res.status(done.status).json(done)", "excessive-data-exposure")
    assert not problems(files, None, "missing-rate-limit")


def test_the_one_that_sends_records_is_found_for_its_own_route(problems: Callable[..., list[str]]) -> None:
    files = _files()
    files["app.js"] = files["app.js"].replace("app.get('/people', routes.show)\n", "")
    files["app.js"] = files["app.js"].replace("app.post('/login', routes.login)\n", "")
    assert not problems(files, None, "excessive-data-exposure")
