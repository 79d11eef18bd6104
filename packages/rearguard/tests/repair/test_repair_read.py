"""Kinds of wrong repairs that reading diffs of applications brought to light: each is right now, or refused."""

from collections.abc import Callable
from typing import Any

import pytest

AIOHTTP = """from aiohttp import ClientSession, web

routes = web.RouteTableDef()


@routes.post("/probe")
async def probe(request):
    body = await request.json()
    async with ClientSession() as http:
        async with http.get(f"http://{body['address']}/info") as answer:
            return web.json_response({"info": await answer.text()})
"""
RESOURCE = """from flask import Flask, g, request
from flask_restful import Api, Resource
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
api = Api(app)


class Comment(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.Text)
    internal = db.Column(db.Boolean)


class Comments(Resource):
    def post(self):
        data = request.get_json()
        comment = Comment(text=data["text"], internal=bool(data.get("internal")))
        db.session.add(comment)
        db.session.commit()
        return {"id": comment.id}, 201


api.add_resource(Comments, "/comments")
"""
CONTACTS = """from fastapi import Depends, FastAPI, HTTPException
from sqlmodel import Field, Session, SQLModel

from deps import get_current_user, get_session

app = FastAPI()


class User(SQLModel, table=True):
    id: int = Field(primary_key=True)
    tenant_id: int


class Contact(SQLModel, table=True):
    id: int = Field(primary_key=True)
    tenant_id: int


@app.get("/contacts")
def contacts(user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    return session.query(Contact).filter(Contact.tenant_id == user.{known}).all()


@app.get("/contacts/{{contact_id}}")
def contact(contact_id: int, user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    contact = session.get(Contact, contact_id)
    if not contact:
        raise HTTPException(404, "Contact not found")
    return contact


@app.delete("/me")
def leave(user: User = Depends(get_current_user)):
    return {{"gone": user.id}}
"""
DEPS = """from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

bearer = OAuth2PasswordBearer(tokenUrl="/token")


def get_session(): ...


def get_current_user(token: str = Depends(bearer)):
    user = lookup(token)
    if user is None:
        raise HTTPException(401, "Please log in")
    return user
"""
Review = Callable[..., Any]


def test_an_address_that_is_asked_in_clear_on_purpose_can_still_be_reached(review: Review) -> None:
    text = review({"app.py": AIOHTTP}).after("server-side-request-forgery")["app.py"]
    assert 'parts.scheme not in ("http", "https")' in text
    assert "allow_redirects=False" in text
    assert text.startswith("import os\nfrom urllib.parse import urlsplit\n\nfrom aiohttp import")


def test_a_resource_answers_with_plain_data_and_a_flag_stays_one(review: Review) -> None:
    text = review({"app.py": RESOURCE}).after("missing-input-validation")["app.py"]
    assert "class CommentsPostIn(BaseModel):" in text
    assert "    internal: bool | None = None\n" in text
    assert 'return {"error": "Invalid input", "fields": ' in text
    assert "jsonify" not in text


def test_what_belongs_to_a_group_is_compared_with_the_caller_s_group(review: Review) -> None:
    files = {"main.py": CONTACTS.format(known="tenant_id"), "deps.py": DEPS}
    text = review(files).after("insecure-direct-object-reference")["main.py"]
    assert "if not contact or contact.tenant_id != user.tenant_id:" in text


def test_a_page_with_tags_of_another_function_in_it_is_not_escaped(review: Review) -> None:
    program = (
        "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        "def tag(name, inside):\n    return f'<{name}>{inside}</{name}>'\n\n\n"
        "def gauge(label):\n    return tag('section', label)\n\n\n"
        "@app.get('/')\ndef panel():\n    drawn = gauge(request.args['label'])\n"
        "    return f'<!doctype html><title>x</title>{drawn}'\n"
    )
    for finding in review({"app.py": program}).findings:
        if finding.rule.id == "cross-site-scripting" and finding.fix is not None and not finding.fix.refused:
            assert "escape(drawn)" not in finding.fix.revised


def test_the_name_of_an_error_s_class_goes_as_a_whole(review: Review) -> None:
    program = (
        "import logging\n\nfrom flask import Flask, jsonify\n\napp = Flask(__name__)\nlog = logging.getLogger(__name__)\n\n\n"
        "@app.get('/')\ndef home():\n    try:\n        return jsonify(work())\n    except Exception as exc:\n"
        "        log.exception('failed')\n"
        "        return jsonify({'error': type(exc).__name__, 'detail': repr(exc)}), 500\n"
    )
    text = review({"app.py": program}).after("error-exposure")["app.py"]
    assert "type(" not in text
    assert "__name__, " not in text


def test_an_address_that_the_framework_makes_is_not_put_through_a_test_of_paths(review: Review) -> None:
    program = (
        "from fastapi import FastAPI, Request\nfrom fastapi.responses import RedirectResponse\n\napp = FastAPI()\n\n\n"
        "@app.get('/open/{token}')\ndef landing(token: str, request: Request):\n"
        "    return RedirectResponse(request.url_for('fetch', token=token))\n\n\n"
        "@app.get('/fetch/{token}')\ndef fetch(token: str):\n    return {}\n"
    )
    for finding in review({"main.py": program}).findings:
        if finding.rule.id == "open-redirect":
            assert finding.fix is None or "the framework makes this address" in finding.fix.refused


def test_a_module_of_node_is_imported_whole_in_typescript(review: Review) -> None:
    program = (
        "import { createReadStream } from 'fs';\nimport { join } from 'path';\nimport express from 'express';\n\n"
        "const app = express();\nconst ROOT = '/srv/media';\n"
        "app.get('/file', (req, res) => {\n"
        "  createReadStream(join(ROOT, String(req.query.name))).pipe(res);\n});\n"
    )
    text = review({"app.ts": program}).after("path-traversal")["app.ts"]
    assert "import * as path from 'path';" in text


def test_a_function_that_falls_back_on_a_text_is_left_to_a_person(review: Review) -> None:
    program = (
        "import os\nfrom pathlib import Path\n\n\ndef envsecret(name, default=None):\n"
        "    if path := os.getenv(name + '_FILE'):\n        return Path(path).read_text().strip()\n"
        "    return os.getenv(name, default)\n\n\nSECRET_KEY = envsecret('SECRET_KEY', 'hr7w-2kq9-zz81-mm3p')\n"
        "MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\n"
    )
    for finding in review({"shop/settings.py": program}).findings:
        if finding.rule.id in ("hardcoded-key", "hardcoded-secret"):
            assert finding.fix is None or "falls back on this text" in finding.fix.refused


def test_a_logger_is_made_below_an_import_that_comes_late(review: Review) -> None:
    program = (
        "from __future__ import annotations\n\n__version__ = '1'\n\nif __version__:\n    print(__version__)\n\n"
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef load():\n"
        "    try:\n        return {'a': os.stat('a').st_size}\n    except Exception as error:\n        return {'e': str(error)}, 500\n"
    )
    text = review({"app.py": program}).after("error-exposure")["app.py"]
    assert text.index("import logging") < text.index("logger = logging.getLogger")


def test_a_field_that_is_read_further_is_no_text(review: Review) -> None:
    program = (
        "const express = require('express');\nconst { Article } = require('./models');\n"
        "const app = express();\napp.use(express.json());\n"
        "app.post('/articles', async (req, res) => {\n"
        "  res.json(await Article.create({ title: req.body.article.title }));\n});\n"
    )
    models = (
        "const mongoose = require('mongoose');\n"
        "exports.Article = mongoose.model('Article', new mongoose.Schema({ title: String }));\n"
    )
    refused = review({"app.js": program, "models.js": models}).refusal("missing-input-validation")
    assert "what `article` may hold is not seen here" in refused


def test_a_function_that_many_places_send_with_keeps_their_addresses(review: Review) -> None:
    program = (
        "import requests\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        "def load(url):\n    return requests.get(url, timeout=5).text\n\n\n"
        "@app.get('/a')\ndef one():\n    return {'a': load(request.args['a'])}\n\n\n"
        "@app.get('/b')\ndef other():\n    return {'b': load('https://status.example/')}\n"
    )
    for finding in review({"app.py": program}).findings:
        if finding.rule.id == "server-side-request-forgery" and finding.fix is not None:
            assert finding.fix.refused or "requests.get(url" in finding.fix.revised


def test_options_on_lines_of_their_own_get_one_more_line(review: Review) -> None:
    program = "module.exports = () => fetch('https://a.example/', {\n  method: 'PUT',\n})\n"
    text = review({"app.js": program}).after("missing-timeout")["app.js"]
    assert "  method: 'PUT',\n  signal: AbortSignal.timeout(10_000),\n})" in text


def test_texts_of_any_letters_are_compared_as_bytes(review: Review) -> None:
    program = (
        "from flask import Flask, abort, request\n\nfrom settings import API_KEY\n\napp = Flask(__name__)\n\n\n"
        "@app.get('/')\ndef home():\n    if request.headers.get('X-Key') != API_KEY:\n        abort(401)\n    return {}\n"
    )
    text = review({"app.py": program}).after("timing-unsafe-comparison")["app.py"]
    assert "compare_digest(str(request.headers.get('X-Key')).encode(), str(API_KEY).encode())" in text


GUARDED = {
    "deps.py": """from fastapi import Depends, HTTPException, Request
from models import User


def get_session():
    raise NotImplementedError


def get_current_user(request: Request, session=Depends(get_session)) -> User:
    user = session.get(User, request.session.get("user_id"))
    if user is None:
        raise HTTPException(401)
    return user
"""
}
WALLETS = """from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.responses import RedirectResponse
from sqlmodel import Session, select

from deps import get_current_user, get_session
from models import User, Wallet
from tokens import create_access_token

router = APIRouter()


@router.get("/wallets")
def wallets(user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    return session.exec(select(Wallet).where(Wallet.owner == user.id)).all()


@router.post("/wallets")
def add_wallet(name: str, user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    session.add(Wallet(name=name, owner=user.id))
    session.commit()


@router.delete("/wallets")
def drop_wallets(user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    session.delete(session.get(Wallet, user.id))
    session.commit()


@router.put("/wallets/{number}")
def rename(number: int, name: str, session: Session = Depends(get_session)):
    wallet = session.get(Wallet, number)
    wallet.name = name
    session.commit()
    BODY


def answer(account):
    response = RedirectResponse("/")
    response.set_cookie("token", create_access_token(account.id), httponly=True, secure=True, samesite="lax")
    return response


app = FastAPI()
app.include_router(router)
"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("user = session.get(User, wallet.owner)\n    return user.name", "makes `user` itself"),
        ("return answer(wallet)", "cannot be logged in before"),
    ],
)
def test_nobody_is_asked_for_a_login_who_cannot_have_one(review: Review, body: str, reason: str) -> None:
    """A callback of a login, or an endpoint that makes the account."""
    refused = review({"app.py": WALLETS.replace("BODY", body), **GUARDED}).refusal("missing-authentication")
    assert reason in refused
    plain = {"app.py": WALLETS.replace("BODY", "return {}"), **GUARDED}
    text = review(plain).after("missing-authentication")["app.py"]
    assert text.count("user: User = Depends(get_current_user)") == 4


ACCOUNTS = """from deps import get_session
from models import User


def create_account(session, name) -> User:
    account = User(name=name)
    session.add(account)
    session.commit()
    return account


def name_of(session, number) -> str:
    return session.get(User, number).name
"""


@pytest.mark.parametrize(
    ("call", "is_refused"), [("create_account(session, name)", True), ("name_of(session, number)", False)]
)
def test_who_asks_for_an_account_is_asked_for_none_under_whatever_name(
    review: Review, call: str, is_refused: bool
) -> None:
    body = f"account = {call}\n    return {{'done': account}}"
    head = "from accounts import create_account, name_of\n" + WALLETS.replace("BODY", body)
    found = review({"app.py": head, "accounts.py": ACCOUNTS, **GUARDED})
    if is_refused:
        assert "makes an account itself, with `create_account`" in found.refusal("missing-authentication")
    else:
        text = found.after("missing-authentication")["app.py"]
        assert text.count("user: User = Depends(get_current_user)") == 4
