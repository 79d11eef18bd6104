"""What is meant for everyone, by what it does: codes that are sent, accounts that visitors make."""

from collections.abc import Callable, Iterable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
import secrets
from flask import Flask, request
from flask_mail import Mail, Message
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
mail = Mail(app)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    password_hash = db.Column(db.String)
    code = db.Column(db.String)

class Upload(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    handle = db.Column(db.String)
    hash = db.Column(db.String)

class Mailbox(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    host = db.Column(db.String)
    login = db.Column(db.String)
    password = db.Column(db.String)

@app.post("/greeting")
def greeting():
    user = User.query.filter_by(email=request.json["email"]).first()
    user.code = secrets.token_urlsafe()
    db.session.commit()
    mail.send(Message("Your code", recipients=[user.email], body=user.code))
    return "", 204

class Renewal(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    token = db.Column(db.String)
    user_id = db.Column(db.Integer)

@app.post("/begin")
def begin():
    user = User.query.filter_by(email=request.json["email"]).first()
    db.session.add(Renewal(token=secrets.token_urlsafe(), user_id=user.id))
    db.session.commit()
    mail.send(Message("Your link", recipients=[user.email]))
    return "", 204

@app.post("/finish")
def finish():
    found = Renewal.query.filter_by(token=request.json["t"]).first()
    user = User.query.filter_by(id=found.user_id).first()
    user.code = crypt(request.json["p"])
    db.session.commit()
    return "", 204

@app.post("/trust")
def trust():
    user = User.query.filter_by(email=request.json["email"]).first()
    user.verified = True
    db.session.commit()
    return "", 204

@app.post("/people")
def people():
    db.session.add(User(email=request.json["email"], password_hash=crypt(request.json["password"])))
    db.session.commit()
    return "", 204

@app.post("/admin/people")
def operators():
    db.session.add(User(email=request.json["email"], password_hash=crypt(request.json["password"])))
    db.session.commit()
    return "", 204

@app.post("/uploads")
def uploads():
    db.session.add(Upload(handle=request.json["name"], hash=request.json["hash"]))
    db.session.commit()
    return "", 204

@app.post("/mailboxes")
def mailboxes():
    db.session.add(Mailbox(host=request.json["h"], login=request.json["l"], password=request.json["p"]))
    db.session.commit()
    return "", 204
"""
EXPRESS = """
const express = require("express");
const crypto = require("crypto");
const { PrismaClient } = require("@prisma/client");
const mailer = require("./mailer");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
app.post("/greeting", async (req, res) => {
  const code = crypto.randomBytes(32).toString("hex");
  await prisma.user.update({ where: { email: req.body.email }, data: { code } });
  await mailer.send({ to: req.body.email, code });
  res.end();
});
app.post("/begin", async (req, res) => {
  const user = await prisma.user.findUnique({ where: { email: req.body.email } });
  await prisma.renewal.create({ data: { token: crypto.randomUUID(), userId: user.id } });
  await mailer.send({ to: user.email });
  res.end();
});
app.post("/finish", async (req, res) => {
  const found = await prisma.renewal.findUnique({ where: { token: req.body.t } });
  await prisma.user.update({ where: { id: found.userId }, data: { code: crypt(req.body.p) } });
  res.end();
});
app.post("/trust", async (req, res) => {
  await prisma.user.update({ where: { email: req.body.email }, data: { verified: true } });
  res.end();
});
app.post("/people", async (req, res) => {
  await prisma.user.create({ data: { email: req.body.email, passwordHash: crypt(req.body.password) } });
  res.end();
});
app.post("/admin/people", async (req, res) => {
  await prisma.user.create({ data: { email: req.body.email, passwordHash: crypt(req.body.password) } });
  res.end();
});
app.post("/uploads", async (req, res) => {
  await prisma.upload.create({ data: { handle: req.body.name, hash: req.body.hash } });
  res.end();
});
app.post("/mailboxes", async (req, res) => {
  await prisma.mailbox.create({ data: { host: req.body.h, login: req.body.l, password: req.body.p } });
  res.end();
});
"""
LANGUAGES = ((FLASK, "app.py"), (EXPRESS, "main.js"))


@pytest.mark.parametrize(("text", "path"), LANGUAGES)
def test_a_code_goes_to_its_owner_only_where_a_message_is_sent(
    rows: Callable[..., Rows], text: str, path: str
) -> None:
    read = rows(text, path)
    assert read["POST /greeting"].public == "sends a code or link to the owner of an account"
    assert not read["POST /trust"].public
    assert read["POST /begin"].public == "sends a code or link to the owner of an account"


@pytest.mark.parametrize(("text", "path"), LANGUAGES)
def test_what_is_found_by_way_of_a_handed_out_secret_is_the_holders(
    rows: Callable[..., Rows], text: str, path: str
) -> None:
    assert rows(text, path)["POST /finish"].public
    other = text.replace("token=request.json", "user_id=request.json").replace(
        "token: req.body.t", "userId: req.body.t"
    )
    assert not rows(other, path)["POST /finish"].public


@pytest.mark.parametrize(("text", "path"), LANGUAGES)
def test_visitors_make_accounts_of_their_own_and_nothing_else(
    rows: Callable[..., Rows], text: str, path: str
) -> None:
    read = rows(text, path)
    assert read["POST /people"].public == "creates an account"
    assert not any(read[f"POST {path}"].public for path in ("/admin/people", "/uploads", "/mailboxes"))


LINKS = """
import asyncio
import hashlib
import hmac
import os
import secrets
import sqlite3
from fastapi import FastAPI, HTTPException, Request
from aiosmtplib import send

app = FastAPI()
conn = sqlite3.connect("x.db")

def mac(person):
    return hmac.new(os.environ["KEY"].encode(), str(person).encode(), hashlib.sha256).hexdigest()

def send_mail(to, text):
    send(text, recipients=[to])

@app.get("/feeds/{person}/{seal}.ics")
async def sealed(person: int, seal: str):
    if not hmac.compare_digest(seal, mac(person)):
        raise HTTPException(404)
    return conn.execute("SELECT * FROM leaves WHERE person_id = ?", (person,)).fetchall()

@app.get("/feeds/{person}.ics")
async def unsealed(person: int):
    return conn.execute("SELECT * FROM leaves WHERE person_id = ?", (person,)).fetchall()

@app.post("/door")
async def door(request: Request):
    email = (await request.json())["email"]
    user = conn.execute("SELECT * FROM users WHERE email = ?", (email,)).fetchone()
    code = secrets.token_urlsafe()
    conn.execute("UPDATE users SET code = ? WHERE id = ?", (code, user["id"]))
    await asyncio.to_thread(send_mail, user["email"], code)
"""


def test_a_seal_in_the_address_is_a_secret_and_a_code_goes_out_in_a_thread(
    matrix: Callable[[Mapping[str, str]], Iterable[Row]],
) -> None:
    found = {row.endpoint.path: row.public for row in matrix({"app.py": LINKS})}
    assert found["/feeds/{person}/{seal}.ics"] == "called with a secret that its address holds"
    assert found["/feeds/{person}.ics"] == ""
    assert found["/door"] == "sends a code or link to the owner of an account"
