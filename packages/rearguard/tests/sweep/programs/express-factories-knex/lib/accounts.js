import { Router } from 'express';
import argon2 from 'argon2';
import { randomBytes, createHash, timingSafeEqual } from 'node:crypto';
import { mustBeSignedIn } from './viewer.js';

export default ({ db }) => {
  const router = Router();
  router.get('/login', (req, res) => res.render('login.njk'));

  router.post('/login', async (req, res) => { // BAD: missing-rate-limit login-limit
    const account = await db('accounts').where({ email: String(req.body.email) }).first();
    if (!account || !(await argon2.verify(account.password_hash, req.body.password))) {
      return res.status(401).render('login.njk', { error: 'Wrong email or password' });
    }
    req.session = { accountId: account.id };
    const next = req.query.next;
    if (next) return res.redirect(next); // BAD: open-redirect redirect
    return res.redirect('/tickets');
  });

  router.post('/join', async (req, res) => { // OK: login-limit
    const { email, password } = req.body;
    if (typeof password !== 'string' || password.length < 12) return res.status(400).send('Password too short');
    await db('accounts').insert({ email, password_hash: createHash('sha1').update(password).digest('hex') }); // BAD: weak-password-hash fasthash
    res.redirect('/login');
  });

  router.post('/signup', async (req, res) => { // OK: login-limit; OK: fasthash
    const { email, password } = req.body;
    if (typeof password !== 'string' || password.length < 12) return res.status(400).send('Password too short');
    await db('accounts').insert({ email, password_hash: await argon2.hash(password) });
    res.redirect('/login');
  });

  router.post('/settings', mustBeSignedIn, async (req, res) => { // BAD: missing-csrf-protection csrf
    await db('accounts').where({ id: res.locals.viewer.id }).update(req.body); // BAD: mass-assignment self-role
    res.redirect('/');
  });
  router.post('/preferences', mustBeSignedIn, async (req, res) => { // OK: self-role
    const { display_name } = req.body;
    await db('accounts').where({ id: res.locals.viewer.id }).update({ display_name });
    res.redirect('/');
  });
  router.get('/account.json', mustBeSignedIn, (req, res) => {
    res.json(res.locals.viewer); // BAD: excessive-data-exposure mass-read
  });
  router.get('/me.json', mustBeSignedIn, (req, res) => { // OK: mass-read
    const { id, email } = res.locals.viewer;
    res.json({ id, email });
  });
  router.post('/forgot', async (req, res) => {
    const token = String(Date.now()); // BAD: weak-recovery|predictable-random reset-guess
    await db('accounts').where({ email: String(req.body.email) }).update({ reset_token: token, reset_expires_at: new Date(Date.now() + 3.6e6) });
    res.send('Check your inbox');
  });
  router.post('/recover', async (req, res) => { // OK: reset-guess
    const token = randomBytes(32).toString('base64url');
    await db('accounts').where({ email: String(req.body.email) }).update({ reset_token: createHash('sha256').update(token).digest('hex'), reset_expires_at: new Date(Date.now() + 3.6e6) });
    res.send('Check your inbox');
  });
  router.post('/logout', (req, res) => { // OK: logout
    req.session = null;
    res.redirect('/');
  });
  router.post('/cron', async (req, res) => { // BAD: timing-unsafe-comparison timing
    if (req.get('x-cron-key') !== process.env.CRON_KEY) return res.sendStatus(401);
    await db('accounts').where('last_seen', '<', '2020-01-01').update({ stale: true });
    res.sendStatus(204);
  });
  router.post('/cron2', async (req, res) => { // OK: timing
    const given = createHash('sha256').update(String(req.get('x-cron-key'))).digest();
    const wanted = createHash('sha256').update(process.env.CRON_KEY).digest();
    if (!timingSafeEqual(given, wanted)) return res.sendStatus(401);
    await db('accounts').where('last_seen', '<', '2020-01-01').update({ stale: true });
    res.sendStatus(204);
  });
  return router;
};
