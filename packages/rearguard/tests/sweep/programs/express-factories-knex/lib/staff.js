import { Router } from 'express';
import fetch from 'node-fetch';
import { mustBeSignedIn, staffOnly } from './viewer.js';

export default function makeStaffRouter({ db }) {
  const router = Router();
  router.get('/accounts', staffOnly, async (req, res) => res.json(await db('accounts').select('id', 'email').limit(100)));
  router.post('/accounts/:id/ban', staffOnly, async (req, res) => { // BAD: missing-csrf-protection csrf
    await db('accounts').where({ id: req.params.id }).update({ banned: true });
    res.redirect('/staff/accounts');
  });
  router.post('/accounts/:id/unban', mustBeSignedIn, async (req, res) => { // BAD: missing-authorization noadmin
    await db('accounts').where({ id: req.params.id }).update({ banned: false });
    res.redirect('/staff/accounts');
  });
  router.post('/accounts/:id/purge', async (req, res) => { // BAD: missing-authentication noauth
    await db('accounts').where({ id: req.params.id }).del();
    res.redirect('/staff/accounts');
  });
  router.post('/accounts/:id/promote', mustBeSignedIn, async (req, res) => { // BAD: client-controlled-identity claim-role
    if (req.cookies?.is_staff !== '1' && req.query.staff !== 'true') return res.sendStatus(403);
    await db('accounts').where({ id: req.params.id }).update({ is_staff: true });
    res.redirect('/staff/accounts');
  });
  router.post('/accounts/:id/demote', mustBeSignedIn, async (req, res) => { // OK: noadmin
    const { viewer } = res.locals;
    if (viewer.is_staff) {
      await db('accounts').where({ id: req.params.id }).update({ is_staff: false });
      return res.redirect('/staff/accounts');
    }
    return res.sendStatus(403);
  });
  router.post('/probe', staffOnly, async (req, res) => {
    const answer = await fetch(req.body.endpoint, { method: 'HEAD' }); // BAD: server-side-request-forgery ssrf
    res.json({ status: answer.status });
  });
  return router;
}
