const bcrypt = require('bcryptjs');
const express = require('express');
const { issueToken } = require('../middleware/auth');
const customers = require('../repositories/customers');

const router = express.Router();

async function authenticate({ email, password } = {}) {
  if (typeof email !== 'string' || typeof password !== 'string' || password.length > 72) {
    return null;
  }
  const customer = await customers.findByEmail(email.toLowerCase());
  if (!customer || !(await bcrypt.compare(password, customer.password_hash))) {
    return null;
  }
  return customer;
}

router.get('/login', (req, res) => {
  res.render('login', { returnTo: req.query.returnTo || '/orders', failed: false });
});

router.post('/login', async (req, res) => {
  const returnTo = req.body?.returnTo || '/orders';
  const customer = await authenticate(req.body);
  if (!customer) {
    return res.status(401).render('login', { returnTo, failed: true });
  }
  res.cookie('token', issueToken(customer), { httpOnly: true, sameSite: 'lax', maxAge: 3600 * 1000 });
  return res.redirect(303, returnTo);
});

router.post('/logout', (req, res) => {
  res.clearCookie('token');
  res.redirect(303, '/login');
});

router.post('/api/tokens', async (req, res) => {
  const customer = await authenticate(req.body);
  if (!customer) {
    return res.status(401).json({ error: 'Wrong email or password' });
  }
  return res.json({ token: issueToken(customer) });
});

module.exports = router;
