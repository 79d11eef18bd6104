import { Router } from 'express';
import bcrypt from 'bcrypt';
import { pbkdf2Sync, createHash, randomInt } from 'node:crypto';
import * as users from '../data/users.js';
import { only, required } from '../identify.js';
const router = Router();
const failures = {};

router.post('/login', async (req, res) => { // BAD: missing-rate-limit login-limit
  const user = users.userByEmail(req.body.email);
  if (!user || !(await bcrypt.compare(req.body.password, user.password))) return res.status(401).json({ message: 'Invalid credentials' });
  req.session.uid = user.id; // BAD: session-fixation fixation
  res.json({ id: user.id });
});
router.post('/signin', async (req, res, next) => { // OK: login-limit; OK: fixation
  const key = `${req.ip}:${req.body.email}`;
  if ((failures[key] ?? 0) >= 5) return res.status(429).json({ message: 'Too many attempts' });
  const user = users.userByEmail(req.body.email);
  if (!user || !(await bcrypt.compare(req.body.password, user.password))) {
    failures[key] = (failures[key] ?? 0) + 1;
    return res.status(401).json({ message: 'Invalid credentials' });
  }
  delete failures[key];
  req.session.regenerate((err) => {
    if (err) return next(err);
    req.session.uid = user.id;
    res.json({ id: user.id });
  });
});
router.post('/logout', (req, res) => { // BAD: session-expiration logout
  res.clearCookie('connect.sid');
  res.json({ message: 'Logged out' });
});
router.post('/signout', (req, res, next) => { // OK: logout
  req.session.destroy((err) => {
    if (err) return next(err);
    res.clearCookie('connect.sid');
    res.json({ message: 'Logged out' });
  });
});
router.get('/me', required, (req, res) => {
  res.json(req.user); // BAD: excessive-data-exposure mass-read
});
router.get('/profile', required, (req, res) => { // OK: mass-read
  const { password, ...rest } = req.user;
  res.json(rest);
});
router.put('/me', required, (req, res) => { // FALSE: mass-read
  users.patchUser(req.user.id, req.body);
  res.sendStatus(204);
});
router.put('/me/nick', required, (req, res) => { // OK: self-role
  users.setNick(req.user.id, String(req.body.nick));
  res.sendStatus(204);
});
router.get('/', required, only('admin'), (req, res) => { // OK: noadmin
  res.json(users.listUsers());
});
router.put('/:id/role', required, only('admin', 'owner'), (req, res) => { // OK: noadmin
  users.setRole(req.params.id, req.body.role === 'admin' ? 'admin' : 'user');
  res.sendStatus(204);
});
router.delete('/:id', required, (req, res) => { // BAD: missing-authorization|insecure-direct-object-reference noadmin
  users.dropUser(req.params.id);
  res.sendStatus(204);
});
router.post('/:id/role/reset', (req, res) => { // BAD: missing-authentication noauth
  users.setRole(req.params.id, 'user');
  res.sendStatus(204);
});
router.get('/:id/kick', required, only('admin'), (req, res) => { // BAD: state-change-on-get|missing-csrf-protection get-change
  users.dropUser(req.params.id);
  res.redirect('/');
});
router.get('/hello', (req, res) => {
  res.send('<p>Hello ' + req.query.name + '</p>'); // BAD: cross-site-scripting xss-reflect
});
export default router;
