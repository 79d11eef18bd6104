"""Kinds of repairs that a reader sent back: done right now, or left to a person with the reason."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

Review = Callable[[Mapping[str, str]], Any]


@pytest.mark.parametrize(
    ("line", "after"),
    [
        (
            'class Settings(BaseSettings):\n    jwt_secret: str = "k9Qz7Xv2Lm4Tn8Rb"\n',
            "    jwt_secret: str\n",
        ),
        ('SECRET_KEY = env("SECRET_KEY", default="k9Qz7Xv2Lm4Tn8Rb")\n', 'SECRET_KEY = env("SECRET_KEY")\n'),
    ],
)
def test_a_setting_loses_its_default(review: Review, line: str, after: str) -> None:
    head = "import environ\nfrom pydantic_settings import BaseSettings\n\nenv = environ.Env()\n\n\n"
    repaired = review({"shop/settings.py": head + line})
    found = [f for f in repaired.findings if f.rule.id == "hardcoded-key"]
    assert found
    assert (
        repaired.text("hardcoded-key")
        == head
        + line.partition("\n")[0] * line.startswith("class")
        + ("\n" if line.startswith("class") else "")
        + after
    )


def test_all_keys_of_a_list_are_read(review: Review) -> None:
    program = (
        "const Koa = require('koa');\n\nconst app = new Koa();\napp.keys = ['first-key-of-ours', 'an-older-key'];\n"
        "app.listen(3000);\n"
    )
    assert "app.keys = required('KEYS').split(',');" in review({"app.js": program}).text("hardcoded-key")


FLASK = (
    "import os\nfrom pathlib import Path\n\nfrom flask import Flask, abort, redirect, request, send_file\n\n"
    "app = Flask(__name__)\n\n\n@app.route('/x', methods=['GET', 'POST'])\ndef view():\n"
)


def test_what_stands_in_for_a_target_does_so_for_targets_of_others(review: Review) -> None:
    body = "    app.logger.info('seen')\n    return redirect(request.form.get('next') or '/home')\n"
    text = review({"app.py": FLASK + body}).text("open-redirect")
    assert "return redirect(local_path(request.form.get('next'), '/home'))" in text


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            "send_file(Path('/srv/files') / request.args['n'])",
            "contained(Path('/srv/files'), request.args['n'])",
        ),
        (
            "send_file(os.path.join('/srv/files', request.args['n']))",
            "contained('/srv/files', request.args['n'])",
        ),
    ],
)
def test_a_path_outside_is_not_found(review: Review, line: str, wanted: str) -> None:
    text = review({"app.py": FLASK + f"    return {line}\n"}).text("path-traversal")
    assert wanted in text
    assert "        abort(404)\n    return path\n" in text
    assert ("is_relative_to" in text) == ("Path(" in line)


def test_markup_that_is_added_to_a_text_stays_a_text(review: Review) -> None:
    text = review({"app.py": FLASK + "    return '<p>' + request.args['n'] + '</p>'\n"}).text(
        "cross-site-scripting"
    )
    assert "return '<p>' + str(escape(request.args['n'])) + '</p>'" in text


def test_the_escaping_of_the_file_is_used(review: Review) -> None:
    program = (
        "const express = require('express');\nconst app = express();\n"
        "const esc = (s) => String(s).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')"
        ".replace(/\"/g, '&quot;').replace(/'/g, '&#39;');\n"
        "app.get('/x', (req, res) => {\n  res.send(`<b>${esc(req.query.a)}</b><i>${req.query.b}</i>`);\n});\n"
    )
    text = review({"app.js": program}).text("cross-site-scripting")
    assert "<b>${esc(req.query.a)}</b><i>${esc(req.query.b)}</i>" in text


HEAD = (
    "const express = require('express');\nconst mongoose = require('mongoose');\n"
    "const Visit = mongoose.model('Visit', new mongoose.Schema({ reason: String, fee: Number, "
    "room: { type: String, required: true } }));\n"
    "const app = express();\napp.use(express.json());\n\n"
)


def test_fields_are_what_the_model_says(review: Review) -> None:
    program = HEAD + (
        "app.post('/visits', async (req, res) => {\n  const { reason, fee, room, note } = req.body;\n"
        "  await Visit.create({ reason, fee: Number(fee) || 0, room, notes: String(note || '') });\n  res.json({});\n});\n"
    )
    text = review({"app.js": program}).text("missing-input-validation")
    assert (
        "  reason: Joi.string().trim().max(200).allow('', null),\n  fee: Joi.number().allow(null),\n" in text
    )
    assert "  room: Joi.string().trim().max(200).allow('').required(),\n" in text
    assert "  note: Joi.string().trim().max(10000).allow('', null),\n" in text
    assert "stripUnknown: true" in text


def test_what_nothing_tells_of_is_left_to_a_person(review: Review) -> None:
    program = HEAD.replace("reason: String", "zeal: mongoose.Schema.Types.Mixed") + (
        "app.post('/visits', async (req, res) => {\n  const { zeal } = req.body;\n"
        "  await Visit.create({ zeal });\n  res.json({});\n});\n"
    )
    refused = review({"app.js": program}).refusal("missing-input-validation")
    assert "what `zeal` may hold is not seen here" in refused


def test_a_number_in_a_text_of_sql_is_bound_as_itself(python: Callable[[str], Any]) -> None:
    program = (
        "import psycopg2\nfrom flask import Flask, request\n\napp = Flask(__name__)\ndb = psycopg2.connect('')\n\n\n"
        "@app.get('/x/<int:school>')\ndef view(school):\n    cursor = db.cursor()\n    term = request.args['term']\n"
        "    cursor.execute(f\"SELECT a FROM g WHERE school = {school:d} AND term = '{term}'\")\n"
        "    return str(cursor.fetchall())\n"
    )
    assert 'term = %s", (school, term))' in python(program).text("sql-injection")


def test_an_import_that_nothing_needs_any_more_goes(review: Review) -> None:
    program = (
        "const express = require('express');\nconst serialize = require('node-serialize');\nconst app = express();\n"
        "app.get('/x', (req, res) => {\n  res.json(serialize.unserialize(req.query.state));\n});\n"
    )
    text = review({"app.js": program}).text("unsafe-deserialisation")
    assert "res.json(JSON.parse(req.query.state));" in text
    assert "node-serialize" not in text


@pytest.mark.parametrize(
    ("name", "use", "goes"),
    [
        ("serialize", "module.exports = { app, serialize };\n", False),
        ("$s", "module.exports = { app };\n", True),
    ],
)
def test_an_import_that_something_names_stays(review: Review, name: str, use: str, goes: bool) -> None:
    program = (
        f"const express = require('express');\nconst {name} = require('node-serialize');\nconst app = express();\n"
        f"app.get('/x', (req, res) => {{\n  res.json({name}.unserialize(req.query.state));\n}});\n{use}"
    )
    text = review({"app.js": program}).text("unsafe-deserialisation")
    assert ("node-serialize" not in text) == goes


def test_what_has_a_length_may_be_a_list(review: Review) -> None:
    program = HEAD.replace("reason: String", "crew: mongoose.Schema.Types.Mixed") + (
        "app.post('/visits', async (req, res) => {\n  const { crew, room } = req.body;\n"
        "  if (!crew || crew.length > 5) return res.sendStatus(400);\n"
        "  await Visit.create({ crew, room });\n  res.json({});\n});\n"
    )
    refused = review({"app.js": program}).refusal("missing-input-validation")
    assert "what `crew` may hold is not seen here" in refused


def test_not_every_whole_number_counts_something(review: Review) -> None:
    program = (
        "import psycopg2\nfrom fastapi import FastAPI, Request\n\napp = FastAPI()\ndb = psycopg2.connect('')\n\n\n"
        "@app.post('/x')\nasync def add(request: Request):\n    data = await request.json()\n"
        "    note, offset = data['note'], int(data['offset'])\n    quantity = int(data['quantity'])\n"
        "    db.cursor().execute('INSERT INTO x (a, b, c) VALUES (%s, %s, %s)', (note, offset, quantity))\n    return {}\n"
    )
    text = review({"app.py": program}).text("missing-input-validation")
    assert "offset: int = Field(ge=-(2**63), le=2**63 - 1)" in text
    assert "quantity: int = Field(ge=0, le=2**31 - 1)" in text


def test_an_argument_that_a_function_asks_for_stays(review: Review) -> None:
    program = FLASK.replace("import os\n", "import logging\nimport os\n") + (
        "    try:\n        work()\n    except Exception as error:\n        logging.exception('failed')\n"
        "        return problem(title='No', reason=str(error), detail=str(error)), 500\n    return ''\n\n\n"
        "def problem(title, reason, detail):\n    return {'title': title, 'reason': reason, 'detail': detail}\n"
    )
    text = review({"app.py": program}).text("error-exposure")
    assert "problem(title='No', reason='Internal error', detail='Internal error'), 500" in text


def test_an_error_may_be_called_as_scripts_may_call_it(review: Review) -> None:
    program = (
        "const express = require('express');\nconst app = express();\napp.get('/x', async (req, res) => {\n"
        "  try {\n    await work();\n  } catch ($e) {\n    console.error($e);\n"
        "    res.status(500).json({ error: $e.message });\n  }\n});\n"
    )
    text = review({"app.js": program}).text("error-exposure")
    assert "res.status(500).json({ error: 'Internal error' });" in text


@pytest.mark.parametrize(("first", "meant"), [("!req.user || ", False), ("req.user && ", True)])
def test_who_refuses_strangers_means_no_visitors(review: Review, first: str, meant: bool) -> None:
    program = (
        "const express = require('express');\nconst jwt = require('jsonwebtoken');\nconst { Pool } = require('pg');\n"
        "const pool = new Pool();\nconst app = express();\n"
        "function known(req, res, next) {\n  try {\n"
        "    req.user = jwt.verify(String(req.headers.authorization), process.env.KEY, { algorithms: ['HS256'] });\n"
        "  } catch (err) {\n    return res.sendStatus(401);\n  }\n  return next();\n}\n"
        "app.get('/orders', known, async (req, res) => {\n"
        f"  if ({first}req.user.closed) return res.sendStatus(403);\n"
        "  const { rows } = await pool.query('SELECT id FROM orders WHERE user_id = $1', [req.user.sub]);\n"
        "  res.json(rows);\n});\n"
        "app.delete('/orders/:id', async (req, res) => {\n"
        "  await pool.query('DELETE FROM orders WHERE id = $1', [Number(req.params.id)]);\n"
        "  res.sendStatus(204);\n});\n"
    )
    repaired = review({"app.js": program})
    assert ("visitors who are not logged in" in repaired.fix("missing-authentication").refused) == meant


CATCHES = (
    "const express = require('express');\nconst app = express();\n\n"
    "app.get('/', async (req, res) => {\n  try {\n    await work(req.query.x);\n  } catch (error) {\n"
    "    console.error(error);\n    @@\n  }\n});\n\n"
    "const fail = (res, status, text) => res.status(status).json({ error: text });\n"
    "async function work(x) { if (x) throw new Error(x); }\n"
)


@pytest.mark.parametrize(
    ("line", "after"),
    [
        (
            "fail(res, error.status || 500, error.message);",
            "fail(res, error.status || 500, 'Internal error');",
        ),
        (
            "res.status(500).json({ error: `Error in it: ${error.message}` });",
            "res.status(500).json({ error: 'Error in it' });",
        ),
        ("res.status(500).json({ error });", "res.status(500).json({ error: 'Internal error' });"),
    ],
)
def test_the_text_of_an_error_goes_and_its_number_stays(review: Review, line: str, after: str) -> None:
    assert review({"app.js": CATCHES.replace("@@", line)}).text("error-exposure") == CATCHES.replace(
        "@@", after
    )


def test_what_decides_about_an_answer_is_no_text_of_it(review: Review) -> None:
    body = (
        "let told = error.message;\n    if (error.message?.includes('deep') || error.name === 'Deep') {\n"
        "      told = 'Too deep.';\n    }\n    fail(res, 500, told);"
    )
    repaired = review({"app.js": CATCHES.replace("@@", body)})
    found = [f for f in repaired.findings if f.rule.id == "error-exposure"]
    assert found
    assert found[0].fix is not None
    assert "put into the answer somewhere else" in found[0].fix.refused
