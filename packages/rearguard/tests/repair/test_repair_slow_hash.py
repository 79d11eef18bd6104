"""Fast hashes of passwords become slow ones: what was stored before still matches, and nothing is guessed."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from packages.rearguard.tests.repair.conftest import Repaired

Review = Callable[[Mapping[str, str]], Repaired]
CHECK = "weak-password-hash"

FLASK = """import hashlib

from flask import Flask, abort, request
from models import User, db

app = Flask(__name__)


def hash_password(password):
    return hashlib.sha256(password.encode()).hexdigest()


@app.post("/register")
def register():
    user = User(name=request.form["name"], password=hash_password(request.form["password"]))
    db.session.add(user)
    db.session.commit()
    return "", 204


@app.post("/login")
def login():
    user = User.query.filter_by(name=request.form["name"]).first()
    if user is None or user.password != hash_password(request.form["password"]):
        abort(401)
    return "", 204
"""
FASTAPI = """from hashlib import md5

from fastapi import FastAPI, HTTPException
from models import User, session

app = FastAPI()


@app.post("/register")
async def register(name: str, password: str):
    hashed = md5(password.encode()).hexdigest()
    await session.execute("INSERT INTO users (name, password) VALUES (?, ?)", (name, hashed))


@app.post("/login")
async def login(name: str, password: str):
    user = await User.get(name=name)
    hashed = md5(password.encode()).hexdigest()
    if hashed == user.password:
        return {"ok": True}
    raise HTTPException(401)
"""
EXPRESS = """const crypto = require('crypto')
const express = require('express')
const { User } = require('./models')

const app = express()
app.use(express.json())

const digestOf = (password) => crypto.createHash('sha256').update(password).digest('hex')

app.post('/register', async (req, res) => {
  const { email, password } = req.body
  const hash = digestOf(password)
  await User.create({ email, hash })
  res.sendStatus(204)
})

app.post('/login', async (req, res) => {
  const user = await User.findOne({ email: String(req.body.email) })
  if (!user || user.hash !== digestOf(req.body.password)) return res.sendStatus(401)
  res.sendStatus(204)
})
"""


def test_a_function_that_hashes_is_followed_to_its_callers(review: Review, compiles: Any) -> None:
    text = review({"app.py": FLASK}).after(CHECK)["app.py"]
    compiles(text, "app.py")
    assert 'password=slow_hash(hash_password(request.form["password"])))' in text
    assert 'not hash_matches(hash_password(request.form["password"]), user.password)' in text
    assert not [f for f in review({"app.py": text}).findings if f.rule.id == CHECK]


def test_what_was_stored_before_still_matches(review: Review) -> None:
    text = review({"app.py": FLASK}).after(CHECK)["app.py"]
    names: dict[str, Any] = {}
    head = text[: text.index("@app.post")].replace("from flask import Flask, abort, request\n", "")
    exec(head.replace("from models import User, db\n", "").replace("app = Flask(__name__)\n", ""), names)
    digest = names["hash_password"]("correct horse")
    kept = names["slow_hash"](digest)
    assert len(kept) == 104
    assert kept != names["slow_hash"](digest)
    matches = names["hash_matches"]
    assert matches(digest, kept)
    assert matches(digest, digest)
    assert not matches(names["hash_password"]("other"), kept)
    assert not matches(digest, None)
    assert not matches(kept, kept)


def test_code_that_awaits_does_not_block(review: Review, compiles: Any) -> None:
    text = review({"app.py": FASTAPI}).after(CHECK)["app.py"]
    compiles(text, "app.py")
    assert "hashed = await to_thread(slow_hash, md5(password.encode()).hexdigest())" in text
    assert "if await to_thread(hash_matches, hashed, user.password):" in text


def test_express_waits_for_it(review: Review, compiles: Any) -> None:
    text = review({"app.js": EXPRESS}).after(CHECK)["app.js"]
    compiles(text, "app.js")
    assert "const hash = await slowHash(digestOf(password))" in text
    assert "|| !(await hashMatches(digestOf(req.body.password), user.hash))" in text
    assert not [f for f in review({"app.js": text}).findings if f.rule.id == CHECK]


def test_what_the_script_stores_matches(review: Review, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    text = review({"app.js": EXPRESS}).after(CHECK)["app.js"]
    head = text[: text.index("app.post")]
    for line in ("const express = require('express')", "const { User } = require('./models')",
                 "const app = express()", "app.use(express.json())"):  # fmt: skip
        head = head.replace(line, "")
    (tmp_path / "run.cjs").write_text(
        head + "(async () => {\n  const d = digestOf('a'), kept = await slowHash(d)\n"
        "  console.log(kept.length, await hashMatches(d, kept), await hashMatches(d, d),\n"
        "    await hashMatches(digestOf('b'), kept), await hashMatches(kept, kept), await hashMatches(d, null))\n})()\n"
    )
    done = subprocess.run(["node", "run.cjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["104", "true", "true", "false", "false", "false"], done.stderr


LOOKED_UP = FLASK.replace(
    """    user = User.query.filter_by(name=request.form["name"]).first()
    if user is None or user.password != hash_password(request.form["password"]):
        abort(401)
""",
    """    digest = hash_password(request.form["password"])
    user = User.query.filter_by(name=request.form["name"], password=digest).first()
    if user is None:
        abort(401)
""",
)
SELECTED = FASTAPI.replace(
    """    user = await User.get(name=name)
    hashed = md5(password.encode()).hexdigest()
    if hashed == user.password:
        return {"ok": True}
""",
    """    hashed = md5(password.encode()).hexdigest()
    if await session.execute("SELECT 1 FROM users WHERE name = ? AND password = ?", (name, hashed)):
        return {"ok": True}
""",
)
ONLY_STORED = FLASK.replace(' or user.password != hash_password(request.form["password"])', "")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (LOOKED_UP, "a query looks it up"),
        (SELECTED, "a query looks it up"),
        (ONLY_STORED, "no place is seen where the hash is compared"),
        (FLASK.replace(".hexdigest()", ".digest()"), "not kept as a text"),
    ],
)
def test_what_cannot_be_done_is_refused(review: Review, program: str, reason: str) -> None:
    assert reason in review({"app.py": program}).refusal(CHECK)


def test_a_function_that_does_not_wait_is_left(review: Review) -> None:
    program = EXPRESS.replace(
        "app.post('/login', async (req, res) => {", "app.post('/login', (req, res) => {"
    )
    program = program.replace("await User.findOne", "User.findOne")
    assert "does not wait" in review({"app.js": program}).refusal(CHECK)


AWAITED = EXPRESS.replace("digestOf = (", "digestOf = async (").replace(
    "= digestOf(password)", "= await digestOf(password)"
)
AWAITED = AWAITED.replace("!== digestOf(req.body.password)", "!== (await digestOf(req.body.password))")


def test_a_digest_that_is_waited_for_is_waited_for_before(review: Review, compiles: Any) -> None:
    text = review({"app.js": AWAITED}).after(CHECK)["app.js"]
    compiles(text, "app.js")
    assert "const hash = await slowHash(await digestOf(password))" in text
    assert "|| !(await hashMatches(await digestOf(req.body.password), user.hash))" in text


def test_a_generator_waits_for_nothing(review: Review) -> None:
    program = FASTAPI.replace(
        "    if hashed == user.password:\n",
        "    if any(hashed == old for old in user.passwords):\n",
    )
    assert "a generator expression" in review({"app.py": program}).refusal(CHECK)
