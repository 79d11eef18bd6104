"""Logins that are written in a project's own way: how the digest is called, where it is compared, by what."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

_METHOD = """
import hashlib, hmac
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Person(db.Model):
    login = db.Column(db.String)
    salt = db.Column(db.String)
    secret = db.Column(db.String)

    def fits(self, raw):
        digest = hashlib.sha256((self.salt + raw).encode()).hexdigest()
        return hmac.compare_digest(digest, self.secret)


def find(login):
    return db.session.execute(db.select(Person).filter_by(login=login)).scalar_one_or_none()


@app.post("/enter")
def enter():
    person = find(request.form["login"])
    if person is None or not person.fits(request.form["password"]):
        return "no", 401
    return "yes"
"""

_BUFFERS = """
const express = require("express");
const { createHash, timingSafeEqual } = require("node:crypto");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
const digest = (password) => createHash("sha256").update(password).digest("hex");
app.post("/enter", async (req, res) => {
  const person = await prisma.person.findUnique({ where: { email: req.body.email } });
  const given = Buffer.from(digest(req.body.password));
  if (!person || !timingSafeEqual(given, Buffer.from(person.passwordHash))) return res.sendStatus(401);
  res.json({ ok: true });
});
"""

_COMPARER = """
const express = require("express");
const { createHash, timingSafeEqual } = require("node:crypto");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
const print = (value) => createHash("sha256").update(value).digest("hex");
function same(a, b) {
  return timingSafeEqual(Buffer.from(print(a)), Buffer.from(print(b)));
}
app.post("/enter", async (req, res) => {
  const person = await prisma.person.findUnique({ where: { email: req.body.email } });
  if (!person || !same(person.otpHash, print(req.body.code))) return res.sendStatus(401);
  res.json({ ok: true });
});
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [("app.py", _METHOD), ("app.js", _BUFFERS), ("app.js", _COMPARER)],
    ids=["a method and its digest", "bytes of both", "a comparer"],
)
def test_a_login_of_ones_own_is_found_and_its_limit_seen(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    options = Options(only=("missing-rate-limit",), cache=False, repair=False)
    assert len(review_path(tmp_path, ".", options).result.findings) == 1
    counted = text.replace("401", "429 if attempts else 401").replace(
        "sendStatus(429 if attempts else 401)", "sendStatus(attempts > 5 ? 429 : 401)"
    )
    (tmp_path / file).write_text(counted)
    assert not review_path(tmp_path, ".", options).result.findings


def test_a_class_that_sets_and_compares_a_password_is_told_once(tmp_path: Path) -> None:
    text = _METHOD.replace(
        "    def fits",
        "    def put(self, password):\n"
        "        self.secret = hashlib.sha256((self.salt + password).encode()).hexdigest()\n\n    def fits",
    )
    (tmp_path / "app.py").write_text(text)
    options = Options(only=("weak-password-hash",), cache=False, repair=False)
    assert len(review_path(tmp_path, ".", options).result.findings) == 1


_HASHER = """
const express = require("express"), mongoose = require("mongoose"), hashing = require("@acme/hashing");
const User = mongoose.model("User", new mongoose.Schema({ email: String, password: String }));
const app = express();
app.use(express.json());
async function fits(password, hash) { return hashing.compare(password, hash); }
app.post("/login", async (req, res) => {
  const user = await User.findOne({ email: String(req.body.email) });
  if (user && (await COMPARES(req.body.password, user.password))) return res.json({ ok: true });
  res.sendStatus(401);
});
"""

_SERVICE = """
import { Body, Controller, Injectable, Post, UnauthorizedException } from "@nestjs/common";
import { HashService, UsersService } from "./other";

@Injectable()
export class AuthService {
  constructor(private users: UsersService, private hasher: HashService) {}
  async login(email: string, password: string) {
    const user = await this.users.findByEmail(email);
    if (!user || !(await this.hasher.compare(password, user.password))) throw new UnauthorizedException();
    return { id: user.id };
  }
}

@Controller("auth")
export class AuthController {
  constructor(private auth: AuthService) {}
  @Post("login")
  login(@Body() dto: { email: string; password: string }) {
    return this.auth.login(dto.email, dto.password);
  }
}
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app.js", _HASHER.replace("COMPARES", "hashing.compare")),
        ("app.js", _HASHER.replace("COMPARES", "fits")),
        ("auth.ts", _SERVICE),
    ],
    ids=["a hasher's own", "a helper around it", "an injected one"],
)
def test_what_compares_for_a_hasher_says_nothing_of_clear_text(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    options = Options(only=("plaintext-password", "missing-rate-limit"), cache=False, repair=False)
    found = review_path(tmp_path, ".", options).result.findings
    assert [finding.rule.id for finding in found] == ["missing-rate-limit"]


def test_what_is_looked_up_in_a_map_is_not_given_to_the_only_method_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        """
import hashlib, redis
from flask import Flask, request

app = Flask(__name__)
cache = redis.Redis()


class Marks:
    def get(self, text):
        return hashlib.md5(text.encode()).hexdigest()


@app.post("/a")
def a():
    password = request.form["password"]
    return {"known": cache.get(password), "other": SETTINGS.get(password)}
"""
    )
    options = Options(only=("weak-password-hash",), cache=False, repair=False)
    assert not review_path(tmp_path, ".", options).result.findings
