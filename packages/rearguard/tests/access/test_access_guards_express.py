"""Guards of Express applications are found by what they do and where they stand."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

HEAD = """
const express = require('express');
const jwt = require('jsonwebtoken');
const bcrypt = require('bcryptjs');
const session = require('express-session');
const { Pool } = require('pg');
const pool = new Pool();
const app = express();
app.use(express.json());
app.use(session({ secret: process.env.SESSION_SECRET }));
"""
ERASE = """async (req, res) => {
  await pool.query('DELETE FROM items WHERE id = $1', [Number(req.params.id)]);
  res.end();
}"""


def state(rows: Rows, text: str, name: str = "DELETE /items/:id") -> str:
    return rows(HEAD + text)[name].authentication.state


def test_inline_check_in_an_anonymous_handler(rows: Rows) -> None:
    text = """
app.delete('/items/:id', async (req, res) => {
  if (!req.session.userId) {
    return res.status(401).end();
  }
  await pool.query('DELETE FROM items WHERE id = $1', [Number(req.params.id)]);
  return res.end();
});
"""
    row = rows(HEAD + text)["DELETE /items/:id"]
    assert row.authentication.state == "required"
    assert row.guards == ("authentication: check in the handler (main.js:14)",)


def test_absent_guard_is_none_and_not_intent(rows: Rows) -> None:
    row = rows(
        HEAD + "app.get('/items', async (req, res) => res.json(await pool.query('SELECT * FROM items')));"
    )
    assert row["GET /items"].authentication.state == "none"
    assert row["GET /items"].public == ""


@pytest.mark.parametrize(
    "refusal",
    [
        "return res.status(401).json({});",
        "return res.sendStatus(403);",
        "return res.redirect('/login');",
        "return next(new UnauthorizedError('no'));",
        "throw new UnauthorizedError('no');",
        "res.statusCode = 401; return res.status(401).end();",
        "return unauthorized(res);",
    ],
)
def test_a_guard_may_have_any_name_and_refuse_in_any_way(rows: Rows, refusal: str) -> None:
    text = f"""
class UnauthorizedError extends Error {{}}
function unauthorized(res) {{ return res.status(401).end(); }}
function ensureMember(req, res, next) {{
  if (!req.session.userId) {{
    {refusal}
  }}
  next();
}}
app.delete('/items/:id', ensureMember, {ERASE});
"""
    assert state(rows, text) == "required"


def test_the_positive_form_of_a_guard(rows: Rows) -> None:
    text = f"""
app.use((req, res, next) => {{
  if (req.session.userId) {{
    next();
  }} else {{
    res.status(401).end();
  }}
}});
app.delete('/items/:id', {ERASE});
"""
    assert state(rows, text) == "required"


def test_a_token_verified_in_a_callback(rows: Rows) -> None:
    text = f"""
function check(req, res, next) {{
  const token = req.headers.authorization && req.headers.authorization.split(' ')[1];
  if (token == null) return res.sendStatus(401);
  jwt.verify(token, process.env.KEY, (err, user) => {{
    if (err) return res.sendStatus(403);
    req.user = user;
    next();
  }});
}}
app.delete('/items/:id', check, {ERASE});
"""
    assert state(rows, text) == "required"


def test_a_token_looked_up_in_the_store(rows: Rows) -> None:
    text = f"""
async function check(req, res, next) {{
  const {{ rows }} = await pool.query('SELECT user_id FROM tokens WHERE t = $1', [req.get('authorization')]);
  if (rows.length === 0) return res.sendStatus(401);
  req.caller = rows[0];
  return next();
}}
app.delete('/items/:id', check, {ERASE});
"""
    assert state(rows, text) == "required"


def test_an_api_key_compared_with_a_known_one(rows: Rows) -> None:
    text = f"""
function key(req, res, next) {{
  if (req.headers['x-api-key'] !== process.env.API_KEY) return res.sendStatus(401);
  return next();
}}
app.delete('/items/:id', key, {ERASE});
"""
    assert state(rows, text) == "required"


def test_an_import_that_is_not_used_guards_nothing(rows: Rows) -> None:
    text = f"const {{ authenticate }} = require('./auth');\napp.delete('/items/:id', {ERASE});"
    assert state(rows, text) == "none"


def test_a_guard_covers_later_routes_only(rows: Rows) -> None:
    text = f"""
app.delete('/early/:id', {ERASE});
app.use((req, res, next) => (req.session.userId ? next() : res.sendStatus(401)));
app.delete('/late/:id', {ERASE});
"""
    found = rows(HEAD + text)
    assert found["DELETE /early/:id"].authentication.state == "none"
    assert found["DELETE /late/:id"].authentication.state == "required"


def test_a_guard_of_a_path_does_not_vouch_for_its_siblings(rows: Rows) -> None:
    text = f"""
const admin = express.Router();
admin.delete('/items/:id', {ERASE});
app.use('/admin', (req, res, next) => (req.session.userId ? next() : res.sendStatus(401)), admin);
app.delete('/items/:id', {ERASE});
"""
    found = rows(HEAD + text)
    assert found["DELETE /admin/items/:id"].authentication.state == "required"
    assert found["DELETE /items/:id"].authentication.state == "none"


def test_wrong_old_password_is_no_guard(rows: Rows) -> None:
    text = """
app.post('/password', async (req, res) => {
  const { rows } = await pool.query('SELECT hash FROM users WHERE name = $1', [req.body.name]);
  if (!(await bcrypt.compare(req.body.old, rows[0].hash))) {
    return res.status(401).json({ error: 'wrong old password' });
  }
  const hash = await bcrypt.hash(req.body.next, 10);
  await pool.query('UPDATE users SET hash = $1 WHERE name = $2', [hash, req.body.name]);
  return res.end();
});
"""
    assert state(rows, text, "POST /password") == "none"


def test_work_done_before_the_refusal_is_unguarded(rows: Rows) -> None:
    text = """
app.delete('/items/:id', async (req, res) => {
  await pool.query('DELETE FROM items WHERE id = $1', [Number(req.params.id)]);
  if (!req.session.userId) {
    return res.sendStatus(401);
  }
  return res.end();
});
"""
    assert state(rows, text) == "none"


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("if (!req.headers.authorization) return res.sendStatus(401); next();", "none"),
        (
            "const c = jwt.decode(req.get('authorization')); if (!c) return res.sendStatus(401); next();",
            "none",
        ),
        ("if (!req.body.name) return res.sendStatus(401); next();", "none"),
        ("if (req.session.userId) req.user = req.session.userId; next();", "none"),
    ],
)
def test_what_is_no_guard(rows: Rows, check: str, expected: str) -> None:
    text = f"function gate(req, res, next) {{ {check} }}\napp.delete('/items/:id', gate, {ERASE});"
    assert state(rows, text) == expected


def test_a_login_that_is_optional(rows: Rows) -> None:
    text = f"""
function maybe(req, res, next) {{
  const token = req.get('authorization');
  if (!token) return next();
  try {{
    req.user = jwt.verify(token, process.env.KEY);
  }} catch (err) {{
    return res.sendStatus(401);
  }}
  return next();
}}
app.delete('/items/:id', maybe, {ERASE});
"""
    assert state(rows, text) == "optional"


def test_paths_that_a_global_guard_lets_through(rows: Rows) -> None:
    text = f"""
const OPEN = ['/open', '/login'];
app.use((req, res, next) => {{
  if (OPEN.includes(req.path)) return next();
  if (!req.session.userId) return res.sendStatus(401);
  return next();
}});
app.delete('/items/:id', {ERASE});
app.post('/open', async (req, res) => {{ await pool.query('DELETE FROM items'); res.end(); }});
"""
    found = rows(HEAD + text)
    assert found["DELETE /items/:id"].authentication.state == "required"
    assert found["POST /open"].authentication.state == "none"


def test_what_cannot_be_read_is_unknown(rows: Rows) -> None:
    text = f"const {{ protect }} = require('@company/guards');\napp.delete('/items/:id', protect, {ERASE});"
    assert state(rows, text) == "unknown"


def test_what_stands_before_the_login_too_refuses_nobody(rows: Rows) -> None:
    text = f"""
const sprinkle = require('./missing');
app.use(sprinkle());
app.post('/login', async (req, res) => {{
  const {{ rows }} = await pool.query('SELECT hash FROM users WHERE name = $1', [req.body.name]);
  if (!(await bcrypt.compare(req.body.password, rows[0].hash))) return res.sendStatus(401);
  req.session.userId = 1;
  return res.end();
}});
app.delete('/items/:id', {ERASE});
"""
    assert state(rows, text) == "none"


def test_roles_are_authorization(rows: Rows) -> None:
    text = f"""
const requireRole = (...roles) => (req, res, next) => {{
  if (!roles.includes(req.user.role)) return res.status(403).end();
  return next();
}};
app.delete('/items/:id', requireRole('admin'), {ERASE});
"""
    row = rows(HEAD + text)["DELETE /items/:id"]
    assert row.authorization.state == "required"
    assert row.authentication.state == "required"


@pytest.mark.parametrize(
    "strategy", ["passport.authenticate('jwt', { session: false })", "passport.authenticate('bearer')"]
)
def test_guards_of_libraries(rows: Rows, strategy: str) -> None:
    text = f"const passport = require('passport');\napp.delete('/items/:id', {strategy}, {ERASE});"
    assert state(rows, text) == "required"


def test_a_library_guard_called_inside_a_middleware(rows: Rows) -> None:
    text = f"""
const passport = require('passport');
const auth = (...rights) => async (req, res, next) =>
  passport.authenticate('jwt', {{ session: false }})(req, res, next);
app.delete('/items/:id', auth('erase'), {ERASE});
"""
    assert state(rows, text) == "required"


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("post", "/login", "login"),
        ("post", "/auth/register", "registration"),
        ("post", "/forgot-password", "password reset"),
        ("post", "/auth/refresh-token", "token refresh"),
        ("post", "/logout", "logout"),
        ("get", "/healthz", "health check"),
    ],
)
def test_public_by_nature(rows: Rows, method: str, path: str, reason: str) -> None:
    found = rows(f"{HEAD}app.{method}('{path}', (req, res) => res.end());")
    assert found[f"{method.upper()} {path}"].public == reason


def test_the_status_of_an_order_is_no_health_check(rows: Rows) -> None:
    text = (
        "app.post('/orders/:id/status', async (req, res) => { await pool.query('UPDATE orders SET s = 1') });"
    )
    assert rows(HEAD + text)["POST /orders/:id/status"].public == ""


def test_a_webhook_is_public_when_its_signature_is_verified(rows: Rows) -> None:
    text = """
const crypto = require('crypto');
app.post('/webhook', express.raw({ type: '*/*' }), async (req, res) => {
  const digest = crypto.createHmac('sha256', process.env.KEY).update(req.body).digest();
  if (!crypto.timingSafeEqual(digest, Buffer.from(req.get('x-signature'), 'hex'))) {
    return res.sendStatus(401);
  }
  await pool.query('DELETE FROM items');
  return res.end();
});
app.post('/hooks', async (req, res) => { await pool.query('DELETE FROM items'); res.end(); });
"""
    found = rows(HEAD + text)
    webhook = found["POST /webhook"]
    assert webhook.authentication.state == "required" or webhook.public
    assert found["POST /hooks"].authentication.state == "none"
    assert not found["POST /hooks"].public


def test_a_refusal_beside_next_in_the_other_branch(rows: Rows) -> None:
    text = """
app.use((req, res, next) => {
  const original = res.json;
  res.json = function (body) { return original.call(this, body); };
  next();
});
const allow = (permission) => {
  const check = (req, res, next) => {
    if (!req.session.user || !req.session.user.can(permission)) {
      res.status(403).json({ error: 'no' });
    } else {
      next();
    }
  };
  return check;
};
app.delete('/items/:id', allow('items'), %s);
"""
    assert state(rows, text % ERASE) == "required"


def test_owners_pass_and_everyone_else_by_role(rows: Rows) -> None:
    text = """
const { rights } = require('./rights');
const auth = (...needed) => (req, res, next) => {
  const user = req.session.user;
  if (!user) return res.status(401).end();
  const allowed = needed.every((right) => rights.get(user.role).includes(right));
  if (!allowed && req.params.id !== user.id) return res.status(403).end();
  return next();
};
const OWNED = async (req, res) => {
  await pool.query('DELETE FROM users WHERE id = $1', [req.params.id]);
  res.end();
};
app.delete('/users/:id', auth('manage'), OWNED);
app.delete('/users', auth('manage'), async (req, res) => {
  await pool.query('DELETE FROM users');
  res.end();
});
"""
    found = rows(HEAD + text)
    owned, whole = found["DELETE /users/:id"], found["DELETE /users"]
    assert {row.authentication.state for row in (owned, whole)} == {"required"}
    assert (owned.authorization.state, owned.ownership.state) == ("none", "restricted")
    # A route without the part of the path that names the owner is for those with the role alone.
    assert whole.authorization.state == "required"


def test_owner_alone_is_asked_for_no_role(rows: Rows) -> None:
    text = """
app.delete('/users/:id', (req, res, next) => {
  if (!req.session.user) return res.status(401).end();
  if (req.params.id !== req.session.user.id) return res.status(403).end();
  return next();
}, async (req, res) => {
  await pool.query('DELETE FROM users WHERE id = $1', [req.params.id]);
  res.end();
});
"""
    row = rows(HEAD + text)["DELETE /users/:id"]
    assert (row.authorization.state, row.ownership.state) == ("none", "restricted")


VALIDATE = """
const %s = (schema) => (req, res, next) => {
  const problems = schema.check(pick(req, Object.keys(schema)), shapes);
  if (problems.length) return next(problems);
  return next();
};
const authSchemas = require('./schemas');
app.delete('/items/:id', %s(authSchemas.erase), """


def test_what_a_validator_is_given_makes_it_no_guard(rows: Rows) -> None:
    assert state(rows, VALIDATE % ("validate", "validate") + ERASE + ");") == "none"
    assert state(rows, VALIDATE % ("guarded", "guarded") + ERASE + ");") == "unknown"


@pytest.mark.parametrize("own", ["if (req.headers.origin !== HOME) return res.sendStatus(403)", ""])
def test_a_guard_that_spares_get_takes_nothing_from_one_that_does_not(rows: Rows, own: str) -> None:
    text = f"""
const express = require('express')
const session = require('express-session')
const {{ PrismaClient }} = require('@prisma/client')
const HOME = process.env.HOME_ORIGIN
const db = new PrismaClient()
const app = express()
app.use(session({{ secret: process.env.KEY, cookie: {{ sameSite: 'none', secure: true }} }}))
app.use((req, res, next) => {{
  if (!['GET', 'HEAD'].includes(req.method) && req.headers['x-csrf-token'] !== req.session.token) {{
    return res.sendStatus(403)
  }}
  next()
}})
app.get('/leave/:id', async (req, res) => {{
  if (!req.session.userId) return res.sendStatus(401)
  {own}
  await db.seat.delete({{ where: {{ id: Number(req.params.id), userId: req.session.userId }} }})
  res.sendStatus(204)
}})
"""
    assert (rows(text)["GET /leave/:id"].csrf.state == "protected") is bool(own)


@pytest.mark.parametrize(
    "guard",
    [
        "next(req.user.roles.some((r) => roles.includes(r)) ? undefined : new ForbiddenError('no'))",
        "next(req.user.roles.includes(roles[0]) ? null : createError(403))",
        "{ next(!req.user ? new UnauthorizedError() : req.user.role !== roles[0] ? new ForbiddenError() : undefined); }",
    ],
)
def test_a_test_chooses_what_next_is_handed(rows: Rows, guard: str) -> None:
    text = f"""
const known = (req, res, next) => {{
  req.user = jwt.verify(req.headers.authorization, process.env.KEY);
  next();
}};
const allow = (...roles) => (req, res, next) => {guard};
app.delete('/items/:id', known, allow('admin'), {ERASE});
app.get('/items/:id', known, {ERASE});
"""
    found = rows(HEAD + text)
    assert found["DELETE /items/:id"].authorization.state == "required"
    assert found["GET /items/:id"].authorization.state == "none"
