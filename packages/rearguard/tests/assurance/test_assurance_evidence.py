"""What has a rule of positive evidence, and that each has its programs on the pages in `cases/`."""

from typing import Any

from rearguard.assurance import Outcome
from rearguard.assurance.asvs import RULES
from rearguard.assurance.evidence import BROKEN, EVIDENCE
from rearguard.standards import requirement, requirements


def test_every_rule_has_a_case(cases: Any) -> None:
    assert {case.number for case in cases} == set(EVIDENCE)
    assert set(BROKEN) <= set(EVIDENCE)


def test_how_many_codes_there_are_is_not_reckoned_beyond_what_is_wanted(verified: Any) -> None:
    """A number of four billion bytes would be worked out for ever."""
    code = "import secrets\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n@app.post('/code')\ndef make():\n"
    code += "    otp = secrets.token_bytes(4_000_000_000)\n    keep(otp)\n    return {}\n"
    assert verified({"app.py": code}).rows["6.5.4"].outcome is Outcome.MET


def test_a_password_of_a_thing_that_somebody_owns_is_none_of_an_account(verified: Any) -> None:
    code = """
const express = require("express");
const { body } = require("express-validator");
const bcrypt = require("bcrypt");
const mongoose = require("mongoose");
const Link = mongoose.model("Link", new mongoose.Schema({ owner: String, target: String, password: String }));
const app = express();
const rules = [body("password").isString().isLength({ min: 3, max: 64 })];
app.post("/links", rules, async (req, res) => {
  if (!req.session.userId) return res.status(401).end();
  const password = await bcrypt.hash(req.body.password, 12);
  await Link.create({ owner: req.session.userId, target: req.body.target, password });
  res.end();
});
app.get("/links/:id", async (req, res) => {
  res.json(await Link.findOne({ _id: req.params.id, owner: req.session.userId }));
});
"""
    assert verified({"app.js": code}).rows["6.2.1"].outcome is not Outcome.VIOLATED


def test_a_vector_of_chance_is_no_token(verified: Any) -> None:
    code = """
const { randomBytes, createCipheriv } = require("node:crypto");
module.exports = function encryptSecret(key, text) {
  const iv = randomBytes(12);
  const made = createCipheriv("aes-256-gcm", key, iv);
  return Buffer.concat([iv, made.update(text), made.final(), made.getAuthTag()]);
};
"""
    assert verified({"app.js": code}).rows["11.5.1"].outcome is not Outcome.VIOLATED


def test_what_handles_errors_below_a_path_is_no_last_resort(verified: Any) -> None:
    code = """
const express = require("express");
const app = express();
app.get("/orders", (req, res) => res.json([]));
app.use("/orders", (error, req, res, next) => {
  console.error(error);
  res.status(500).end();
});
"""
    row = verified({"app.js": code}).rows["16.5.4"]
    assert row.outcome is not Outcome.MET
    assert not row.evidence


def test_of_codes_that_are_sent_it_is_not_known_how_long_they_live(verified: Any) -> None:
    code = """
import secrets

import pyotp
from flask import Flask, request, session

app = Flask(__name__)


@app.post("/sudo")
def ask():
    sudo_code = "%06d" % secrets.randbelow(1_000_000)
    session["sudo_code"] = sudo_code
    send(sudo_code)
    return "sent"


@app.post("/totp")
def totp():
    return str(pyotp.TOTP(seed()).verify(request.form["totp"]))
"""
    assert verified({"app.py": code}).rows["6.5.5"].outcome is not Outcome.MET


def test_what_a_uuid_opens_has_fewer_bits(verified: Any) -> None:
    code = """
import secrets
import uuid

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Check(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    code = db.Column(db.String(40), default=uuid.uuid4)


def token():
    return secrets.token_urlsafe(32)


@app.get("/ping/<code>")
def ping(code):
    return str(Check.query.filter_by(code=code).first().id)
"""
    assert verified({"app.py": code}).rows["11.5.1"].outcome is not Outcome.MET


def test_headers_under_a_condition_are_none_of_every_answer(verified: Any) -> None:
    code = """
const express = require("express");
const helmet = require("helmet");
const app = express();
if (process.env.HARDENED === "true") {
  app.use((req, res, next) => helmet()(req, res, next));
}
app.get("/orders", (req, res) => res.json([]));
"""
    row = verified({"app.js": code}).rows["3.4.4"]
    assert row.outcome is not Outcome.MET
    assert not row.evidence


def test_limits_under_a_condition_limit_nothing_for_certain(verified: Any) -> None:
    code = """
const app = require("fastify")();
const bcrypt = require("bcrypt");
if (settings.limits) {
  app.register(require("@fastify/rate-limit"), { max: 5 });
}
app.post("/login", async (request, reply) => {
  const user = await find(request.body.name);
  if (!(await bcrypt.compare(request.body.password, user.hash))) return reply.code(401).send();
  return {};
});
"""
    assert verified({"app.js": code}).rows["6.3.1"].outcome is not Outcome.MET


def test_rounds_are_those_that_asvs_asks(verified: Any) -> None:
    code = "import hashlib\n\n\ndef key(password, salt):\n    return hashlib.pbkdf2_hmac('{}', password, salt, {})\n"
    for digest, rounds, enough in (
        ("sha512", 210_000, True),
        ("sha256", 210_000, False),
        ("sha256", 600_000, True),
        ("sha1", 600_000, False),
        ("sha1", 1_300_000, True),
    ):
        row = verified({"a.py": code.format(digest, rounds)}).rows["11.4.4"]
        assert (row.outcome is Outcome.MET) is enough, (digest, rounds)


EXCHANGE = """
import jwt


def exchange(token):
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    claims = jwt.decode(token, key_of(issuer), algorithms=["RS256"], options={"verify_aud": False})
    if claims.get("aud") not in audiences(issuer):
        raise ValueError("not for us")
    return claims
"""


def test_a_token_that_is_looked_into_first_is_not_verified_first(verified: Any) -> None:
    rows = verified({"app.py": EXCHANGE}).rows
    assert rows["9.1.1"].outcome is not Outcome.MET
    assert not rows["9.1.1"].evidence


def test_an_audience_that_is_compared_afterwards_is_not_ignored(verified: Any) -> None:
    assert verified({"app.py": EXCHANGE}).rows["9.2.3"].outcome is not Outcome.VIOLATED


def test_only_what_can_be_proved_has_a_rule_of_evidence() -> None:
    assert all(requirement(number).decides == "PF" for number in EVIDENCE)


def test_every_requirement_that_a_reader_can_decide_is_decided() -> None:
    """Those that only a running service shows have no rule here; all others have one."""
    dynamic_alone = {
        *("3.2.1", "3.5.8"),
        *("4.1.1", "4.2.1", "13.4.6"),
    }
    static = {one.number for one in requirements() if one.decides} - dynamic_alone
    assert static - set(RULES) == set()
    assert not set(RULES) & dynamic_alone
    assert all(requirement(number).decides for number in RULES)
    assert all(decision.weaknesses for decision in RULES.values())
