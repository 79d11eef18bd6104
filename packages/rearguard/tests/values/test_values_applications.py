"""Situations that well-kept applications are full of: declared fields, registers, data as answers."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

CASES = [
    (
        "fields that a model's declaration limits",
        "py",
        """
import enum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, Field, field_validator

api = FastAPI()
LANGUAGES = {"en", "de"}


class Kind(str, enum.Enum):
    A = "a"


def known(text):
    return text in LANGUAGES


class Base(BaseModel):
    pass


class Part(Base):
    key: UUID
    free: str


class Item(Base):
    number: int
    key: UUID | None = None
    kind: Kind
    one_of: Literal["a", "b"]
    word: str = Field(pattern="^[a-z]+$")
    marked: Annotated[str, Field(pattern="^[a-z]+$")]
    loose: str = Field(pattern="[a-z]+")
    language: str
    shouted: str
    part: Part

    @field_validator("language")
    def valid_language(cls, value):
        if not known(value):
            raise ValueError("not known")
        return value

    @field_validator("shouted")
    @classmethod
    def valid_shouted(cls, value):
        return value.upper()


@api.post("/limited")
def limited(item: Item):
    db.execute(f"SELECT {item.number}")
    db.execute(f"SELECT {item.key}")
    db.execute(f"SELECT {item.kind}")
    db.execute(f"SELECT {item.one_of}")
    db.execute(f"SELECT {item.word}")
    db.execute(f"SELECT {item.marked}")
    db.execute(f"SELECT {item.language}")
    db.execute(f"SELECT {item.part.key}")
    return {}


@api.post("/free")
def free(item: Item):
    db.execute(f"SELECT {item.loose}")  # $ sql-injection
    db.execute(f"SELECT {item.shouted}")  # $ sql-injection
    db.execute(f"SELECT {item.part.free}")  # $ sql-injection
    return {}
""",
    ),
    (
        "annotations that nothing checks",
        "py",
        """
class Item:
    language: str


@app.post("/plain")
def plain():
    item = Item()
    item.language = request.form["language"]
    db.execute(f"SELECT {item.language}")  # $ sql-injection
    return {}
""",
    ),
    (
        "objects are sent as JSON, their texts as markup",
        "js",
        """
const User = require('mongoose').model('User', {})
const service = {
  find: async (id) => User.findById(id),
}
const unknown = require('./missing')

app.get('/object', async (req, res) => {
  const user = await service.find(req.params.id)
  res.send(user)
})

app.get('/made', async (req, res) => {
  res.send(unknown.client.create({ name: req.query.name }))
})

app.get('/text', async (req, res) => {
  const user = await service.find(req.params.id)
  res.send(user.name)  // $ cross-site-scripting
})

app.get('/joined', (req, res) => {
  res.send('<p>' + req.query.name)  // $ cross-site-scripting
})
""",
    ),
    (
        "several statements with values of their own",
        "js",
        """
const pgp = require('pg-promise')()
const shop = pgp('postgres://localhost/shop')

app.post('/drop', async (req, res) => {
  const work = [{ query: 'DELETE FROM t WHERE id = $1', values: [req.body.id] }]
  await shop.none(pgp.helpers.concat(work))
  res.end()
})

app.post('/within', async (req, res) => {
  const work = [{ query: 'DELETE FROM t WHERE id = $1', values: [req.body.id] }]
  await shop.tx((t) => t.none(pgp.helpers.concat(work)))
  res.end()
})

const run = (work) => shop.none(pgp.helpers.concat(work))

app.post('/called', async (req, res) => {
  await run([{ query: 'DELETE FROM t WHERE id = $1', values: [req.body.id] }])
  await run([{ query: 'DELETE FROM ' + req.body.table, values: [] }])  // $ sql-injection
  res.end()
})

app.post('/bad', async (req, res) => {
  await shop.none(
    pgp.helpers.concat([{ query: `DELETE FROM ${req.body.table}`, values: [] }]),  // $ sql-injection
  )
  res.end()
})
""",
    ),
    (
        "a name that was looked up in a register is one of its keys",
        "ts",
        """
const { createReadStream } = require('fs')
const { rm } = require('fs/promises')
const { join } = require('path')

interface Store {
  getById(id: string): Promise<any>
}

class Memory implements Store {
  protected mails = new Map<string, any>()

  async getById(id: string): Promise<any> {
    return this.mails.get(id)
  }

  async delete(id: string): Promise<boolean> {
    const mail = this.mails.get(id)
    if (!mail) {
      return false
    }
    this.mails.delete(id)
    return true
  }
}

class Files extends Memory {
  constructor(private dir: string) {
    super()
  }

  async delete(id: string): Promise<boolean> {
    const deleted = await super.delete(id)
    if (!deleted) {
      return false
    }
    await rm(join(this.dir, id))
    return true
  }

  async discard(id: string): Promise<void> {
    await super.delete(id)
    await rm(join(this.dir, id))  // $ path-traversal
  }
}

class Server {
  constructor(private storage: Store) {}

  async get(id: string) {
    const mail = await this.storage.getById(id)
    if (!mail) {
      throw new Error('not found')
    }
    return mail
  }

  async download(id: string) {
    await this.get(id)
    return createReadStream(join('/mails', id))
  }

  async peek(id: string) {
    return createReadStream(join('/mails', id))  // $ path-traversal
  }
}

const files = new Files('/mails')
const server = new Server(files)

app.get('/mail', async (req, res) => (await server.download(req.query.id)).pipe(res))
app.get('/peek', async (req, res) => (await server.peek(req.query.id)).pipe(res))
app.delete('/mail', async (req, res) => res.json(await files.delete(req.query.id)))
app.post('/discard', async (req, res) => res.json(await files.discard(req.query.id)))
""",
    ),
    (
        "what a class extends, through super",
        "py",
        """
class Base:
    def __init__(self, name):
        self.name = name

    def condition(self, text):
        return "name = '" + text + "'"


class Report(Base):
    def __init__(self, name):
        super().__init__(name)

    def run(self):
        db.execute("SELECT 1 FROM t WHERE " + super().condition(self.name))  # $ sql-injection


@app.get("/report")
def report():
    Report(request.args["name"]).run()
    return {}
""",
    ),
    (
        "what a class extends, through super",
        "js",
        """
class Base {
  constructor(name) {
    this.name = name
  }
  condition(text) {
    return `name = '${text}'`
  }
}

class Report extends Base {
  constructor(name) {
    super(name)
  }
  run() {
    return db.query('SELECT 1 FROM t WHERE ' + super.condition(this.name))  // $ sql-injection
  }
}

app.get('/report', async (req, res) => {
  await new Report(req.query.name).run()
  res.end()
})
""",
    ),
    (
        "what an upload holds is no path, what it is called is",
        "py",
        """
import shutil
from pathlib import Path

from fastapi import FastAPI, File, UploadFile

api = FastAPI()


@api.post("/content")
def content(image: bytes = File(...)):
    shutil.copy2(image, Path("x"))


@api.post("/name")
def name(image: UploadFile):
    (Path("/tmp") / image.filename).write_bytes(image.file.read())  # $ path-traversal
""",
    ),
    (
        "a member that nothing assigns is what its class declares",
        "ts",
        """
const axios = require('axios')

class Bot {
  private base = 'https://api.example.org/'
  private other = 'https://a.example/'

  async send(key: string) {
    await axios.post(`${this.base}bot${key}/send`, {})
  }

  point(other: string) {
    this.other = other
  }

  async ask(key: string) {
    await axios.post(`${this.other}${key}/send`, {})  // $ server-side-request-forgery
  }
}

class Elsewhere {
  constructor(base: string) {
    this.base = base
  }
}

app.post('/send', async (req, res) => {
  await new Bot().send(req.query.key)
  res.end()
})

app.post('/ask', async (req, res) => {
  const bot = new Bot()
  bot.point(req.query.other)
  await bot.ask('x')
  res.end()
})
""",
    ),
    (
        "an application's own class of answers",
        "py",
        """
from flask import current_app


def answer(data):
    return current_app.response_class(json.dumps(data), mimetype="application/json")


@app.get("/data")
def data():
    return answer({"name": request.args["name"]})


@app.get("/page")
def page():
    return current_app.response_class("<p>" + request.args["name"])  # $ cross-site-scripting
""",
    ),
]


def test_situation(case_problems: list[str]) -> None:
    assert case_problems == []


_SENDERS = """
import httpx
from fastapi import FastAPI

app = FastAPI()


class Checked(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request):
        raise PermissionError


@app.get("/checked")
async def checked(url: str):
    async with httpx.AsyncClient(transport=Checked()) as client:
        return (await client.get(url)).text


@app.get("/plain")
async def plain(url: str):
    async with httpx.AsyncClient(timeout=5) as client:
        return (await client.get(url)).text
"""


_KEPT = """
import requests
from flask import Flask, request

app = Flask(__name__)


class Settings:
    hook = ""


settings = Settings()


@app.post("/hook")
def store():
    settings.hook = request.form["hook"]
    return {}


@app.post("/ping")
def ping():
    return requests.get(settings.hook, timeout=5).text
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (_SENDERS, [("GET /checked", "likely"), ("GET /plain", "certain")]),
        (_KEPT, [("POST /hook", "likely")]),
    ],
    ids=["a client with a sender of its own may refuse addresses", "kept between requests"],
)
def test_confidence(tmp_path: Path, code: str, expected: list[tuple[str, str]]) -> None:
    (tmp_path / "main.py").write_text(code, encoding="utf-8")
    options = Options(only=("server-side-request-forgery",))
    findings = review_path(tmp_path, "app", options).result.findings
    assert sorted((f.endpoint.name if f.endpoint else "", f.confidence.value) for f in findings) == expected


_BODY = """
import sqlite3

from fastapi import FastAPI, Header
from pydantic import BaseModel

app = FastAPI()
db = sqlite3.connect("app.db")


class Part(BaseModel):
    word: str


class Item(BaseModel):
    parts: list[Part]
    part: Part


@app.post("/one")
def one(item: Item, accept_language: str = Header()):
    db.execute("SELECT " + item.part.word + accept_language)
"""


def test_the_request_has_the_form_that_the_client_sends(tmp_path: Path) -> None:
    """FastAPI: a lone body parameter is the body itself; headers have hyphens."""
    (tmp_path / "main.py").write_text(_BODY, encoding="utf-8")
    (finding,) = review_path(tmp_path, "app", Options(only=("sql-injection",))).result.findings
    assert finding.message.startswith('Body field "part.word" becomes part')
    assert finding.message.endswith('So does header "accept-language".')
    assert '{"part": {"word": ' in finding.verification[0].request
