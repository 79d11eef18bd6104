"""What a session or key stands for says who calls: its members are no secrets, and its scopes are roles."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

HEAD = """
import express from 'express';
import jwt from 'jsonwebtoken';
import knexInit from 'knex';
import { createHash } from 'crypto';
import { sessions } from './sessions';
const knex = knexInit({ client: 'pg' });
const app = express();
"""


def test_the_kind_of_a_session_is_no_secret_that_services_share(rows: Rows) -> None:
    text = """
const patients = async (req, res, next) => {
  const session = JSON.parse(await sessions.get(req.cookies.sid));
  if (session?.kind !== 'patient') return res.sendStatus(401);
  req.me = session;
  next();
};
app.get('/visits', patients, async (req, res) => res.json(await knex('visits').where({ patient_id: req.me.id })));
"""
    row = rows(HEAD + text, "main.ts")["GET /visits"]
    assert row.authentication.state == "required"
    assert not row.for_services


def test_the_record_of_a_shown_key_is_the_caller(rows: Rows) -> None:
    text = """
const partner = (scope) => async (req, res, next) => {
  const hash = createHash('sha256').update(req.get('x-partner-key') ?? '').digest('hex');
  const key = await knex('partner_keys').where({ key_hash: hash }).first();
  if (!key) return res.sendStatus(401);
  if (!key.scopes.includes(scope)) return res.sendStatus(403);
  req.partner = key;
  next();
};
app.get('/slots', partner('slots:read'), async (req, res) => res.json(await knex('slots').where({ free: true })));
"""
    assert rows(HEAD + text, "main.ts")["GET /slots"].authorization.state == "required"


def test_a_token_that_nobody_verifies_says_who_calls(rows: Rows) -> None:
    text = """
app.use((req, res, next) => {
  const claims = jwt.decode((req.get('authorization') ?? '').slice(7));
  if (!claims) return res.sendStatus(401);
  req.user = claims;
  next();
});
app.get('/notes/:id', async (req, res) => {
  res.json(await knex('notes').where({ id: req.params.id, owner_id: req.user.sub }).first());
});
app.delete('/notes/:id', async (req, res) => res.json(await knex('notes').where({ id: req.params.id }).del()));
"""
    found = rows(HEAD + text, "main.ts")
    assert found["GET /notes/:id"].accesses[0].restricted.state == "restricted"
    assert found["DELETE /notes/:id"].accesses[0].restricted.state == "open"
    assert found["DELETE /notes/:id"].authentication.state == "none"
