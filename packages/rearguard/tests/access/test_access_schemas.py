"""Whose an object is, by what the program declares of it."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

EXPRESS = """
const express = require('express')
const passport = require('passport')
%s
const app = express()
app.use(express.json())
app.put('/letters/:id', passport.authenticate('jwt', { session: false }), async (req, res) => {
  %s
  res.json({})
})
"""
SQL = EXPRESS % (
    "const { Pool } = require('pg')\nconst pool = new Pool()",
    "await pool.query('UPDATE letters SET body = $1 WHERE id = $2', [req.body.body, req.params.id])",
)
PRISMA = EXPRESS % (
    "const { PrismaClient } = require('@prisma/client')\nconst db = new PrismaClient()",
    "await db.letter.update({ where: { id: Number(req.params.id) }, data: { body: req.body.body } })",
)
TABLES = """
-- what people write
CREATE TABLE users (id serial PRIMARY KEY, email text);
CREATE TABLE letters (
  id serial PRIMARY KEY,
  body text CHECK (length(body) < 4000),
  %s
);
"""
MODELS = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
model User {
  id      Int      @id
  letters Letter[]
}
model Letter {
  id     Int    @id
  body   String
  hostId Int
  host   User   @relation(fields: [hostId], references: [id])
}
"""


def owner(matrix: AccessMatrix, resource: str) -> tuple[str, str]:
    """The owner field and the whole of the first access to a resource."""
    found = [a for row in matrix for a in row.accesses if a.resource.lower().startswith(resource)]
    return found[0].owner_field, found[0].part_of


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ("host_id integer NOT NULL REFERENCES users (id)", "host_id"),
        ("host_id integer, FOREIGN KEY (host_id) REFERENCES users (id)", "host_id"),
        ("owner_id integer", "owner_id"),
        ("from_id integer REFERENCES users (id), to_id integer REFERENCES users (id)", ""),
        ("approved_by integer REFERENCES users (id)", ""),
        ("host_id integer REFERENCES houses (id)", ""),
    ],
)
def test_the_column_that_refers_to_an_account_says_whose_it_is(
    matrix: Matrices, columns: str, field: str
) -> None:
    assert owner(matrix({"app.js": SQL, "db/schema.sql": TABLES % columns}), "letter")[0] == field


def test_prismas_schema_is_read(matrix: Matrices) -> None:
    found = matrix({"app.js": PRISMA, "prisma/schema.prisma": MODELS})
    assert owner(found, "letter") == ("hostId", "")
    assert found.fields.of("letter") == {"id", "body", "hostId"}


def test_whom_it_is_given_to_is_no_owner(matrix: Matrices) -> None:
    given = MODELS.replace("hostId", "userId").replace("host  ", "assignedTo")
    assert owner(matrix({"app.js": PRISMA, "prisma/schema.prisma": given}), "letter") == ("", "")


def test_what_it_is_part_of_is_declared(matrix: Matrices) -> None:
    tables = TABLES % "parcel integer REFERENCES parcels (id)"
    tables += "CREATE TABLE parcels (id serial, owner_id integer REFERENCES users (id));"
    parcels = SQL.replace("letters", "parcels")
    found = matrix({"app.js": SQL, "parcels.js": parcels, "schema.sql": tables})
    assert owner(found, "letter") == ("", "parcel")
    assert owner(found, "parcel") == ("owner_id", "")


def test_columns_of_models_that_a_call_makes(matrix: Matrices) -> None:
    model = """
const mongoose = require('mongoose')
const Letter = mongoose.model('Letter', new mongoose.Schema({
  body: String,
  host: { type: mongoose.Schema.Types.ObjectId, ref: 'User' },
}))
"""
    text = EXPRESS % (model, "await Letter.findByIdAndUpdate(req.params.id, { body: req.body.body })")
    assert owner(matrix({"app.js": text}), "letter")[0] == "host"
