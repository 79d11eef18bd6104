"""Inputs of endpoints: what bounds them, and what becomes of them."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

EXPRESS = """
const express = require('express');
const mongoose = require('mongoose');
const { z } = require('zod');
const Joi = require('joi');
const Item = mongoose.model('Item', new mongoose.Schema({ name: String }));
const app = express();
app.use(express.json());
"""
FLASK = """
import sqlite3
from flask import Flask, abort, request

app = Flask(__name__)
db = sqlite3.connect("app.db")
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const name = req.body.name;", "none"),
        ("const { name } = req.body; if (!name) return res.sendStatus(400);", "none"),
        ("const name = Number(req.body.name);", "number"),
        ("const name = String(req.body.name).slice(0, 80);", "length"),
        ("const { name } = req.body; if (!/^[a-z]+$/.test(name)) return res.sendStatus(400);", "pattern"),
        ("const { name } = req.body; if (!['a', 'b'].includes(name)) return res.sendStatus(400);", "pattern"),
        (
            "const { name } = req.body; if (typeof name !== 'string') throw new ValidationError();",
            "pattern",
        ),
        ("const { name } = z.object({ name: z.string().max(9) }).parse(req.body);", "schema"),
        (
            (
                "const r = Joi.object({ name: Joi.string() }).validate(req.body); const { name } = req.body;"
                " if (r.error) return res.sendStatus(400);"
            ),
            "schema",
        ),
    ],
)
def test_express(rows: Rows, body: str, expected: str) -> None:
    handler = f"async (req, res) => {{ {body} await Item.create({{ name }}); res.end(); }}"
    text = f"{EXPRESS}app.post('/items', {handler});"
    used = {use.name: use for use in rows(text)["POST /items"].used if use.used_as == "stored"}
    assert {use.validation for use in used.values()} == {expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('request.get_json()["name"]', "none"),
        ('request.form.get("name", "")', "none"),
        ('request.form.get("name", type=int)', "number"),
        ('int(request.form["name"])', "number"),
        ('request.form["name"][:80]', "length"),
    ],
)
def test_flask(rows: Rows, value: str, expected: str) -> None:
    text = f"""{FLASK}

@app.post("/items")
def add():
    db.execute("INSERT INTO items (name) VALUES (?)", ({value},))
    return "", 201
"""
    (used,) = [use for use in rows(text, "main.py")["POST /items"].used if use.used_as == "stored"]
    assert used.validation == expected
    assert used.name == "name"


def test_fastapi_models_are_schemas_and_mappings_are_not(rows: Rows) -> None:
    text = """
from fastapi import Body, FastAPI
from pydantic import BaseModel
import sqlite3

app = FastAPI()
db = sqlite3.connect("app.db")


class ItemIn(BaseModel):
    name: str


@app.post("/typed")
def typed(data: ItemIn):
    db.execute("INSERT INTO items (name) VALUES (?)", (data.name,))


@app.post("/loose")
def loose(data: dict = Body()):
    db.execute("INSERT INTO items (name) VALUES (?)", (data["name"],))
"""
    found = rows(text, "main.py")
    assert [(u.name, u.validation) for u in found["POST /typed"].used] == [("name", "schema")]
    assert [(u.name, u.validation) for u in found["POST /loose"].used] == [("name", "none")]


def test_identifiers_and_whole_bodies(rows: Rows) -> None:
    handler = "async (req, res) => { await Item.findByIdAndUpdate(req.params.id, req.body); }"
    text = f"{EXPRESS}app.put('/items/:id', {handler});"
    row = rows(text)["PUT /items/:id"]
    assert {(u.channel, u.name, u.used_as) for u in row.used} == {
        ("path", "id", "identifier"),
        ("body", "", "stored"),
    }
    assert set(row.inputs) == {"path id", "body"}
