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
