const { Router } = require('express');
const bcrypt = require('bcrypt');
const jwt = require('jsonwebtoken');
const _ = require('lodash');
const { body, validationResult } = require('express-validator');
const asyncHandler = require('express-async-handler');
const { Customer } = require('../models');
const router = Router();
const attempts = new Map();

const throttle = (req, res, next) => {
  const now = Date.now();
  const seen = (attempts.get(req.ip) || []).filter((t) => now - t < 60000);
  if (seen.length >= 5) return res.status(429).json({ error: 'slow down' });
  attempts.set(req.ip, [...seen, now]);
  next();
};
const rules = [body('email').isEmail(), body('password').isString().isLength({ min: 12, max: 128 })];
const validate = (req, res, next) => {
  const errors = validationResult(req);
  if (!errors.isEmpty()) return res.status(400).json({ errors: errors.array() });
  return next();
};

router.post('/login', rules, validate, asyncHandler(async (req, res) => { // BAD: missing-rate-limit login-limit
  const customer = await Customer.findOne({ where: { email: req.body.email } });
  if (!customer) return res.status(401).json({ error: 'no such customer' }); // BAD: user-enumeration enum
  const ok = await bcrypt.compare(req.body.password, customer.passwordDigest);
  if (!ok) return res.status(401).json({ error: 'wrong password' });
  res.json({ token: jwt.sign({ sub: customer.id, company: customer.companyId }, process.env.JWT_SECRET) }); // BAD: jwt-missing-claims jwt-exp
}));
router.post('/login2', throttle, rules, validate, asyncHandler(async (req, res) => { // OK: login-limit; OK: enum; OK: jwt-exp
  const customer = await Customer.findOne({ where: { email: req.body.email } });
  const ok = customer && (await bcrypt.compare(req.body.password, customer.passwordDigest));
  if (!ok) return res.status(401).json({ error: 'invalid credentials' });
  res.json({ token: jwt.sign({ sub: customer.id, company: customer.companyId }, process.env.JWT_SECRET, { expiresIn: '1h' }) });
}));
router.post('/register', throttle, rules, validate, asyncHandler(async (req, res) => {
  const customer = await Customer.create({ email: req.body.email, passwordDigest: await bcrypt.hash(req.body.password, 12) });
  res.status(201).json(customer); // BAD: excessive-data-exposure mass-read
}));
router.post('/signup', throttle, rules, validate, asyncHandler(async (req, res) => { // OK: mass-read
  const customer = await Customer.create({ email: req.body.email, passwordDigest: await bcrypt.hash(req.body.password, 12) });
  res.status(201).json(_.pick(customer.toJSON(), ['id', 'email', 'fullName']));
}));
router.get('/me', asyncHandler(async (req, res) => { // OK: mass-read
  res.json(await Customer.findByPk(req.auth.sub, { attributes: { exclude: ['passwordDigest'] } }));
}));
router.put('/me', asyncHandler(async (req, res) => {
  const customer = await Customer.findByPk(req.auth.sub);
  await customer.update(req.body); // BAD: mass-assignment self-role
  res.sendStatus(204);
}));
router.patch('/me', asyncHandler(async (req, res) => { // OK: self-role
  await Customer.update(_.pick(req.body, ['fullName']), { where: { id: req.auth.sub } });
  res.sendStatus(204);
}));
router.post('/me/password', throttle, asyncHandler(async (req, res) => {
  console.info('password change', JSON.stringify(req.body.password)); // BAD: sensitive-data-in-log pw-log
  res.sendStatus(202);
}));
router.post('/me/settings', asyncHandler(async (req, res) => {
  const settings = {};
  for (const [section, values] of Object.entries(req.body)) {
    for (const key of Object.keys(values)) {
      settings[section] = settings[section] || {};
      settings[section][key] = values[key]; // BAD: prototype-pollution proto
    }
  }
  res.json(settings);
}));
module.exports = router;
