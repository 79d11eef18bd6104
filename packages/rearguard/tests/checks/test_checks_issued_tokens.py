"""Tokens that a program makes, in its log; and its whole configuration in an answer."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

APP = """
import logging, os
import jwt
from flask import Flask, current_app, jsonify, request
app = Flask(__name__)
log = logging.getLogger(__name__)
def sign(user):
    return jwt.encode({"sub": user, "exp": 1}, os.environ["KEY"], algorithm="HS256")
@app.post("/open")
def begin():
    made = sign(request.json["name"])
    LINE
    return jsonify(made)
"""
NODE = """
const express = require('express')
const jwt = require('jsonwebtoken')
const app = express()
app.use(express.json())
const sign = (user) => jwt.sign({ sub: user }, process.env.KEY, { expiresIn: '5m' })
app.post('/open', async (req, res) => {
  const made = await sign(req.body.name)
  LINE
  res.json({ made })
})
"""


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ('log.info("made %s", made)', 1),
        ('log.info(f"made {made}")', 1),
        ('log.info("made %s", len(made))', 0),
        ('log.info("made one")', 0),
    ],
)
def test_a_token_in_a_log_of_python(findings_of: Found, line: str, count: int) -> None:
    assert len(findings_of({"app.py": APP.replace("LINE", line)}, "sensitive-data-in-log")) == count


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("console.log('made', made)", 1),
        ("console.log(`made ${made}`)", 1),
        ("console.log('made', made.length)", 0),
    ],
)
def test_a_token_in_a_log_of_node(findings_of: Found, line: str, count: int) -> None:
    assert len(findings_of({"app.js": NODE.replace("LINE", line)}, "sensitive-data-in-log")) == count


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("jsonify({k: str(v) for k, v in current_app.config.items()})", 1),
        ("jsonify(dict(app.config))", 1),
        ("jsonify({k: v for k, v in os.environ.items()})", 1),
        ("jsonify({k: v for k, v in os.environ.items() if k in SHOWN})", 0),
        ("jsonify(name=app.config['NAME'])", 0),
    ],
)
def test_a_whole_configuration_is_answered(findings_of: Found, answer: str, count: int) -> None:
    app = APP.replace("LINE", "pass").replace("return jsonify(made)", f"return {answer}")
    assert len(findings_of({"app.py": app}, "excessive-data-exposure")) == count
