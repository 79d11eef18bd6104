"""Each rule of positive evidence, both ways: a program that shows it, and one that does not."""

from typing import Any

import pytest
from rearguard.assurance import Outcome
from rearguard.assurance.asvs import RULES
from rearguard.assurance.evidence import BROKEN, EVIDENCE
from rearguard.standards import requirement, requirements

FLASK = "from flask import Flask, request, session\nfrom werkzeug.security import check_password_hash\n\napp = Flask(__name__)\n\n\n"
API = "from typing import Annotated\n\nfrom fastapi import Depends, FastAPI, HTTPException, Header\nfrom pydantic import BaseModel, Field\n\napp = FastAPI()\n\n\n"
EXPRESS = "const express = require('express');\nconst app = express();\n"

CASES: dict[str, tuple[str, str, str]] = {
    # requirement: file, the program that shows it, the program that does not
    "11.4.2": (
        "app.py",
        "from argon2 import PasswordHasher\n\n\ndef keep(password: str) -> str:\n    return PasswordHasher().hash(password)\n",
        "import hashlib\n\n\ndef keep(password: str) -> str:\n    return hashlib.sha256(password.encode()).hexdigest()\n",
    ),
    "1.5.1": (
        "app.py",
        "from lxml import etree\n\n\ndef read(text: str) -> str:\n    parser = etree.XMLParser(resolve_entities=False, no_network=True)\n    return etree.fromstring(text, parser).tag\n",
        "from lxml import etree\n\n\ndef read(text: str, plain: str) -> str:\n    parser = etree.XMLParser(resolve_entities=False)\n    return etree.fromstring(text, parser).tag + etree.fromstring(plain).tag\n",
    ),
    "9.1.1": (
        "app.py",
        "import jwt\n\n\ndef caller(token: str, key: str) -> dict:\n    return jwt.decode(token, key, algorithms=['HS256'])\n",
        "import jwt\n\n\ndef caller(token: str) -> dict:\n    return jwt.decode(token, options={'verify_signature': False})\n",
    ),
    "9.1.2": (
        "app.js",
        EXPRESS
        + "const jwt = require('jsonwebtoken');\nfunction caller(token, key) { return jwt.verify(token, key, { algorithms: ['HS256'] }); }\nmodule.exports = caller;\n",
        EXPRESS
        + "const jwt = require('jsonwebtoken');\nfunction caller(token, key) { return jwt.verify(token, key); }\nmodule.exports = caller;\n",
    ),
    "7.2.4": (
        "app.js",
        EXPRESS
        + "const session = require('express-session');\napp.use(session({ secret: process.env.S }));\napp.post('/login', (req, res, next) => { req.session.regenerate((e) => { req.session.user = 1; res.end(); }); });\n",
        EXPRESS
        + "const session = require('express-session');\napp.use(session({ secret: process.env.S }));\napp.post('/login', (req, res) => { req.session.user = 1; res.end(); });\n",
    ),
    "11.2.3": (
        "app.py",
        "from cryptography.hazmat.primitives.asymmetric import rsa\n\nKEY = rsa.generate_private_key(public_exponent=65537, key_size=4096)\n",
        "from cryptography.hazmat.primitives.asymmetric import rsa\n\nKEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)\n",
    ),
    "11.5.1": (
        "app.py",
        "import secrets\n\n\ndef reset_token() -> str:\n    return secrets.token_urlsafe(32)\n",
        "import random\n\n\ndef reset_token() -> str:\n    return str(random.random())\n",
    ),
    "6.2.4": (
        "app.py",
        "from django.contrib.auth.password_validation import validate_password\n\n\ndef register(password: str) -> None:\n    validate_password(password)\n",
        "def register(password: str) -> None:\n    print(len(password))\n",
    ),
    "16.5.4": (
        "app.py",
        FLASK
        + "@app.errorhandler(Exception)\ndef failed(error):\n    app.logger.exception('failed')\n    return 'failed', 500\n",
        FLASK + "@app.get('/')\ndef index():\n    return 'hello'\n",
    ),
    "2.2.1": (
        "app.py",
        API + "@app.get('/notes/{number}')\ndef note(number: int) -> dict:\n    return {'number': number}\n",
        FLASK + "@app.post('/notes')\ndef add():\n    return request.get_json()['title']\n",
    ),
    "8.2.1": (
        "app.py",
        FLASK.replace("import Flask", "import Flask, abort")
        + "def current():\n    if not session.get('user'):\n        abort(401)\n    return session['user']\n\n\n@app.get('/notes')\ndef notes():\n    return str(current())\n",
        FLASK + "@app.get('/notes')\ndef notes():\n    return 'all'\n",
    ),
    "3.5.1": (
        "app.py",
        FLASK
        + "from flask_wtf.csrf import CSRFProtect\nimport db\n\nCSRFProtect(app)\n\n\n@app.post('/notes')\ndef add():\n    db.session.add(db.Note(owner=session['user'], title=request.form['title']))\n    return 'added'\n",
        FLASK
        + "import db\n\n\n@app.post('/notes')\ndef add():\n    db.session.add(db.Note(owner=session['user'], title=request.form['title']))\n    return 'added'\n",
    ),
    "6.3.1": (
        "app.py",
        FLASK
        + "from flask_limiter import Limiter\nfrom flask_limiter.util import get_remote_address\n\nlimiter = Limiter(get_remote_address, app=app)\n\n\n@app.post('/login')\n@limiter.limit('5/minute')\ndef login():\n    return str(check_password_hash('x', request.form['password']))\n",
        FLASK
        + "@app.post('/login')\ndef login():\n    return str(check_password_hash('x', request.form['password']))\n",
    ),
}
UPLOAD = (
    FLASK + "@app.post('/upload')\ndef upload():\n    return str(len(request.files['file'].read()))\n\n\n"
)
COOKIE = (
    FLASK
    + "from flask import make_response\n\n\n@app.get('/in')\ndef begin():\n    answer = make_response('')\n"
    + "    answer.set_cookie({})\n    return answer\n"
)
CASES |= {
    "3.3.1": (
        "app.py",
        COOKIE.format("'__Host-login', new_token(), secure=True, httponly=True, samesite='Lax'"),
        COOKIE.format("'login', new_token(), secure=True, httponly=True, samesite='Lax'"),
    ),
    "3.3.2": (
        "app.py",
        COOKIE.format("'login', new_token(), secure=True, httponly=True, samesite='Strict'"),
        COOKIE.format("'login', new_token(), secure=True, httponly=True"),
    ),
    "3.3.3": (
        "app.py",
        COOKIE.format("'__Host-login', new_token(), secure=True, httponly=True"),
        COOKIE.format("'__Secure-login', new_token(), secure=True, httponly=True"),
    ),
    "3.3.4": (
        "app.py",
        COOKIE.format("'login', new_token(), secure=True, httponly=True"),
        COOKIE.format("'login', new_token(), secure=True, httponly=choose()"),
    ),
    "3.4.2": (
        "app.js",
        EXPRESS + "const cors = require('cors');\napp.use(cors({ origin: ['https://shop.example.org'] }));\n",
        EXPRESS + "const cors = require('cors');\napp.use(cors({ origin: chosen() }));\n",
    ),
    "4.3.2": (
        "app.py",
        "from ariadne.asgi import GraphQL\n\napp = GraphQL(make_schema(), introspection=False)\n",
        "from ariadne.asgi import GraphQL\n\napp = GraphQL(make_schema(), introspection=chosen())\n",
    ),
    "5.2.1": (
        "app.py",
        UPLOAD + "app.config['MAX_CONTENT_LENGTH'] = 1_000_000\n",
        UPLOAD,
    ),
    "13.4.2": (
        "app.py",
        FLASK + "app.run(debug=False)\n",
        FLASK + "app.run(debug=chosen())\n",
    ),
}
OTP = FLASK + "import pyotp\nimport secrets\nimport random\n\n\n"
LIMITED = (
    "from flask_limiter import Limiter\nfrom flask_limiter.util import get_remote_address\n\n"
    "limiter = Limiter(get_remote_address, app=app)\n\n\n"
)
SEARCH = "def search():\n    return request.args['q'][:20]\n"
TAKES_CODE = "def check():\n    return str(pyotp.TOTP(session['seed']).verify(request.form['code']))\n"
JWT = "import jwt\n\n\ndef read(token, key):\n    return jwt.decode(token, key, algorithms=['HS256'])\n\n\n"
CASES |= {
    "2.4.1": (
        "app.py",
        FLASK + LIMITED + "@app.get('/search')\n@limiter.limit('5/minute')\n" + SEARCH,
        FLASK + "@app.get('/search')\n" + SEARCH,
    ),
    "6.5.3": (
        "app.py",
        OTP + "def seed():\n    return secrets.token_hex(20)\n\n\n@app.post('/check')\n" + TAKES_CODE,
        OTP + "def seed():\n    return str(random.random())\n\n\n@app.post('/check')\n" + TAKES_CODE,
    ),
    "6.6.3": (
        "app.py",
        OTP + LIMITED + "@app.post('/check')\n@limiter.limit('5/minute')\n" + TAKES_CODE,
        OTP + "@app.post('/check')\n" + TAKES_CODE,
    ),
    "7.3.2": (
        "app.py",
        FLASK
        + "from datetime import timedelta\n\napp.config['PERMANENT_SESSION_LIFETIME'] = timedelta(hours=8)\n",
        FLASK + "app.config['SESSION_COOKIE_NAME'] = 'shop'\n",
    ),
    "9.2.1": (
        "app.py",
        JWT
        + "def make(user, end, key):\n    return jwt.encode({'sub': user, 'exp': end}, key, algorithm='HS256')\n",
        JWT + "def make(user, key):\n    return jwt.encode({'sub': user}, key, algorithm='HS256')\n",
    ),
    "9.2.3": (
        "app.py",
        "import jwt\n\n\ndef read(token, key):\n    return jwt.decode(token, key, algorithms=['HS256'], audience='shop')\n",
        JWT,
    ),
    "10.3.1": (
        "app.js",
        EXPRESS
        + "const { jwtVerify } = require('jose');\n// access_token of an oauth provider\nmodule.exports = (token, key) => jwtVerify(token, key, { algorithms: ['RS256'], audience: 'shop' });\n",
        EXPRESS
        + "const { jwtVerify } = require('jose');\n// access_token of an oauth provider\nmodule.exports = (token, key) => jwtVerify(token, key, { algorithms: ['RS256'] });\n",
    ),
    "9.2.4": (
        "app.py",
        JWT
        + "def make(user, key):\n    return jwt.encode({'sub': user, 'aud': 'shop'}, key, algorithm='HS256')\n",
        JWT + "def make(user, key):\n    return jwt.encode({'sub': user}, key, algorithm='HS256')\n",
    ),
    "10.2.1": (
        "app.js",
        EXPRESS
        + "const Provider = require('passport-oauth2').Strategy;\nmodule.exports = new Provider({ clientID: 'shop', state: true }, (token, more, profile, done) => done(null, profile));\n",
        EXPRESS
        + "const Provider = require('passport-oauth2').Strategy;\nmodule.exports = new Provider({ clientID: 'shop' }, (token, more, profile, done) => done(null, profile));\n",
    ),
    "11.3.2": (
        "app.py",
        "from cryptography.fernet import Fernet\n\n\ndef seal(key: bytes, text: bytes) -> bytes:\n    return Fernet(key).encrypt(text)\n",
        "from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes\n\n\ndef seal(key: bytes, iv: bytes):\n    return Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()\n",
    ),
    "11.4.4": (
        "app.py",
        "import hashlib\n\n\ndef encryption_key(password: bytes, salt: bytes) -> bytes:\n    return hashlib.pbkdf2_hmac('sha256', password, salt, 600_000)\n",
        "import hashlib\n\n\ndef encryption_key(password: bytes, salt: bytes) -> bytes:\n    return hashlib.pbkdf2_hmac('sha256', password, salt, 1_000)\n",
    ),
    "12.1.1": (
        "app.py",
        "import ssl\n\ncontext = ssl.create_default_context()\ncontext.minimum_version = ssl.TLSVersion.TLSv1_2\n",
        "import ssl\n\ncontext = ssl.create_default_context()\ncontext.minimum_version = ssl.TLSVersion.TLSv1\n",
    ),
}
CASES["2.2.2"] = CASES["2.2.1"]
CASES["11.6.1"] = CASES["11.2.3"]


def test_every_rule_has_a_case(cases: Any) -> None:
    assert set(CASES) | {case.number for case in cases} == set(EVIDENCE)
    assert set(BROKEN) <= set(EVIDENCE)


@pytest.mark.parametrize("number", sorted(CASES))
def test_evidence_is_shown(number: str, verified: Any) -> None:
    name, shows, _ = CASES[number]
    row = verified({name: shows}).rows[number]
    assert row.outcome is Outcome.MET, row.reason
    assert row.evidence[0].text


@pytest.mark.parametrize("number", sorted(CASES))
def test_without_it_nothing_is_met(number: str, verified: Any) -> None:
    name, _, does_not = CASES[number]
    row = verified({name: does_not}).rows[number]
    assert row.outcome is not Outcome.MET
    assert not row.evidence


def test_only_what_can_be_proved_has_a_rule_of_evidence() -> None:
    assert all(requirement(number).decides == "PF" for number in EVIDENCE)


def test_every_requirement_that_a_reader_can_decide_is_decided() -> None:
    """Those that only a running service shows have no rule here; all others have one."""
    dynamic_alone = {
        *("3.2.1", "3.5.8"),
        *("4.1.1", "4.1.4", "4.2.1", "8.3.2", "13.4.4", "13.4.6"),
    }
    static = {one.number for one in requirements() if one.decides} - dynamic_alone
    assert static - set(RULES) == set()
    assert not set(RULES) & dynamic_alone
    assert all(requirement(number).decides for number in RULES)
    assert all(decision.weaknesses for decision in RULES.values())
