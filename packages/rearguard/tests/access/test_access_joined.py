"""Tables that a query is begun with under a shorter name, and what is joined to them."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Build = Callable[..., Mapping[str, Row]]

KNEX = """
const express = require('express')
const knex = require('knex')({ client: 'pg' })
const app = express()
app.use(express.json())
app.use(async (req, res, next) => {
  req.visitor = await knex('logins as l')
    .%s('guests as g', 'g.id', 'l.guest_id')
    .where('l.token', req.cookies.pass)
    .andWhere('l.until', '>', new Date())
    .first('g.id', 'g.name')
  next()
})
const known = (req, res, next) => (req.visitor ? next() : res.status(401).end())
app.put('/tables/:id', known, async (req, res) => {
  await knex('tables').where({ id: req.params.id, guest_id: req.visitor.id }).update({ seats: 2 })
  res.end()
})
"""


@pytest.mark.parametrize("join", ["join", "leftJoin", "innerJoin"])
def test_the_caller_is_found_by_way_of_a_join(rows: Build, join: str) -> None:
    """What is joined, and the column that it is looked up by, are not what the query is about."""
    found = rows(KNEX % join)
    kept = found["PUT /tables/:id"]
    assert kept.authentication.state == "required"
    assert [(a.resource, a.operation, a.restricted.state) for a in kept.accesses] == [
        ("tables", "update", "restricted")
    ]
