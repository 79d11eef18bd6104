"""Who is found among the members of something is a member of it, however the list is searched."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

HEAD = """
const express = require('express');
const jwt = require('jsonwebtoken');
const { Schema, model, Types } = require('mongoose');
const Board = model('Board', new Schema({ slug: String, members: [{ user: Types.ObjectId, role: String }] }));
const Card = model('Card', new Schema({ board: Types.ObjectId, title: String }));
const app = express();
app.use((req, res, next) => {
  req.user = jwt.verify(req.get('authorization'), process.env.KEY);
  next();
});
"""


@pytest.mark.parametrize(
    "seat",
    [
        "board.members.find((m) => String(m.user) === req.user.sub)",
        "board.members.find((m) => m.user.equals(req.user.sub))",
        "seatOf(board, req.user.sub)",
    ],
)
def test_a_board_is_kept_to_those_found_among_its_members(rows: Rows, seat: str) -> None:
    text = f"""
const seatOf = (board, id) => board.members.find((m) => m.role && m.user.toString() === id);
app.get('/boards/:slug/cards', async (req, res) => {{
  const board = await Board.findOne({{ slug: String(req.params.slug) }});
  if (!board || !{seat}) return res.sendStatus(404);
  res.json(await Card.find({{ board: board._id }}));
}});
app.get('/boards/:slug', async (req, res) => {{
  const board = await Board.findOne({{ slug: String(req.params.slug) }});
  const first = board.members.find((m) => m.role === 'lead');
  if (!first) return res.sendStatus(404);
  res.json(board);
}});
"""
    found = rows(HEAD + text)
    assert {a.restricted.state for a in found["GET /boards/:slug/cards"].accesses} == {"restricted"}
    assert {a.limit for a in found["GET /boards/:slug/cards"].accesses} == {"tenant"}
    assert found["GET /boards/:slug"].accesses[0].restricted.state == "open"
