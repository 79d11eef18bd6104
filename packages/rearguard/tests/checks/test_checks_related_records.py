"""Related records that a query answers with, and how findings speak of records."""

import pytest
from rearguard.checks import CHECKS
from rearguard.checks.base import with_article
from rearguard.frontends import settings_kind
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.collect import LANGUAGES
from rearguard.review.read import lower

APP = """
import { PrismaClient } from '@prisma/client';
import express from 'express';
import session from 'express-session';

const prisma = new PrismaClient();
const app = express();
app.use(session({ secret: process.env.SESSION_SECRET, cookie: { secure: true } }));
app.use((req, res, next) => (req.session.userId ? next() : res.sendStatus(401)));
app.get('/records', async (req, res) => {
  res.json(await prisma.%s.findMany({ include: %s }));
});
"""
SCHEMA = """
model User {
  id           Int    @id
  passwordHash String
  posts        Post[]
  team         Team   @relation(fields: [teamId], references: [id])
  teamId       Int
}
model Post {
  id     Int    @id
  title  String
  userId Int
  user   User   @relation(fields: [userId], references: [id])
}
model Team {
  id    Int    @id
  name  String
  users User[]
}
"""


@pytest.mark.parametrize(
    ("model", "included", "reported"),
    [
        ("post", "{ user: true }", True),
        ("team", "{ users: true, _count: { select: { users: true } } }", True),
        ("team", "{ _count: { select: { users: true } } }", False),
        ("team", "{ _count: { select: { users: { where: { id: 1 } } } } }", False),
        ("post", "{ user: { omit: { passwordHash: true } } }", False),
    ],
)
def test_what_is_counted_does_not_come_along(
    all_models: Models, model: str, included: str, reported: bool
) -> None:
    """`_count` answers with a number."""
    files = {"app.ts": APP % (model, included), "schema.prisma": SCHEMA}
    sources = [
        Source(path, text.encode(), LANGUAGES.get(f".{path.rpartition('.')[2]}") or settings_kind(path))
        for path, text in files.items()
    ]
    program = analyse_sources(sources, lower(sources, 1), models=all_models)
    drafts = run_checks(program, [one for one in CHECKS if one.rule.id == "excessive-data-exposure"])
    assert bool(list(drafts)) is reported


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Order", "an Order"),
        ("event", "an event"),
        ("User", "a User"),
        ("update", "an update"),
        ("note", "a note"),
    ],
)
def test_records_have_the_article_that_is_spoken(name: str, expected: str) -> None:
    """Findings say `an order`."""
    assert with_article(name) == expected
