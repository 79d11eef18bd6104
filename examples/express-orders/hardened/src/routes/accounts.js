const { randomUUID } = require('node:crypto');
const bcrypt = require('bcryptjs');
const express = require('express');
const { rateLimit } = require('express-rate-limit');
const log = require('../log');
const { endSession, issueToken, startSession } = require('../middleware/auth');
const customers = require('../repositories/customers');
const { credentials } = require('../schemas');

const router = express.Router();
const attempts = rateLimit({ windowMs: 15 * 60 * 1000, limit: 20, standardHeaders: 'draft-8', legacyHeaders: false });

// Compared when no account matches, so that the answer takes as long as for a wrong password.
const UNKNOWN_ACCOUNT_HASH = bcrypt.hashSync(randomUUID(), 10);

async function authenticate(body) {
  const parsed = credentials.safeParse(body);
  if (!parsed.success) {
    return null;
  }
  const { email, password } = parsed.data;
  const customer = await customers.findByEmail(email.toLowerCase());
  const matches = await bcrypt.compare(password, customer?.password_hash ?? UNKNOWN_ACCOUNT_HASH);
  if (!customer || !matches) {
    log.warn('login failed', { user: customer?.id ?? null });
    return null;
  }
  log.info('login', { user: customer.id });
  return customer;
}

// Only a path of this site: one leading slash, and no second slash or backslash, which would start a host.
function localPath(value) {
  return typeof value === 'string' && /^\/(?![/\\])[^\\\s]*$/.test(value) ? value : '/orders';
}

router.get('/login', (req, res) => {
  res.render('login', { returnTo: localPath(req.query.returnTo), failed: false });
});

router.post('/login', attempts, async (req, res) => {
  const returnTo = localPath(req.body?.returnTo);
  const customer = await authenticate(req.body);
  if (!customer) {
    return res.status(401).render('login', { returnTo, failed: true });
  }
  startSession(res, customer);
  return res.redirect(303, returnTo);
});

router.post('/logout', (req, res) => {
  endSession(res);
  res.redirect(303, '/login');
});

router.post('/api/tokens', attempts, async (req, res) => {
  const customer = await authenticate(req.body);
  if (!customer) {
    return res.status(401).json({ error: 'Wrong email or password' });
  }
  return res.json({ token: issueToken(customer) });
});

module.exports = router;
