import { Router } from 'express';
import path from 'node:path';

export default function makeTicketRouter({ db, tickets }) {
  const router = Router();

  router.get('/', async (req, res) => { // OK: idor-list
    res.render('list.njk', { tickets: await tickets.allFor(res.locals.viewer.id) });
  });
  router.get('/all', async (req, res) => { // MISSED: insecure-direct-object-reference idor-list
    res.render('list.njk', { tickets: await tickets.all() });
  });
  router.get('/:id', async (req, res) => { // BAD: insecure-direct-object-reference idor-read
    const ticket = await tickets.get(req.params.id);
    if (!ticket) return res.status(404).send('Not found');
    res.render('ticket.njk', { ticket });
  });
  router.get('/:id/plain', async (req, res) => { // OK: idor-read
    const ticket = await tickets.get(req.params.id);
    if (ticket?.reporter_id !== res.locals.viewer.id) return res.status(404).send('Not found');
    res.render('plain.njk', { ticket });
  });
  router.get('/:id/owned', async (req, res) => { // OK: idor-read
    const ticket = await tickets.getFor(req.params.id, res.locals.viewer.id);
    if (!ticket) return res.status(404).send('Not found');
    res.render('plain.njk', { ticket });
  });
  router.post('/', async (req, res) => { // BAD: missing-csrf-protection csrf
    const { subject, description } = req.body;
    const [row] = await tickets.add({ subject, description, reporter_id: res.locals.viewer.id });
    res.redirect(`/tickets/${row.id}`);
  });
  router.post('/import', async (req, res) => {
    await db('tickets').insert({ ...req.body, reporter_id: res.locals.viewer.id }); // MISSED: mass-assignment|missing-csrf-protection mass-write
    res.redirect('/tickets');
  });
  router.post('/:id', async (req, res) => { // BAD: insecure-direct-object-reference idor-update
    const { subject } = req.body;
    await tickets.update(req.params.id, { subject });
    res.redirect('/tickets');
  });
  router.post('/:id/amend', async (req, res) => { // OK: idor-update
    const { subject } = req.body;
    const changed = await tickets.updateFor(req.params.id, res.locals.viewer.id, { subject });
    if (!changed) return res.status(404).send('Not found');
    res.redirect('/tickets');
  });
  router.post('/:id/delete', async (req, res) => { // BAD: insecure-direct-object-reference idor-delete
    await tickets.remove(req.params.id);
    res.redirect('/tickets');
  });
  router.post('/:id/withdraw', async (req, res) => { // OK: idor-delete
    await db('tickets').where({ id: req.params.id, reporter_id: req.session.accountId }).del();
    res.redirect('/tickets');
  });
  router.get('/:id/file', async (req, res) => { // BAD: insecure-direct-object-reference idor-file
    const ticket = await db('tickets').where('id', req.params.id).first();
    if (!ticket) return res.sendStatus(404);
    res.download(path.join('/srv/files', ticket.file_name));
  });
  router.get('/:id/evidence', async (req, res) => { // FALSE: idor-file
    const ticket = await db('tickets').where('id', req.params.id).first();
    if (!ticket || ticket.reporter_id !== req.session.accountId) return res.sendStatus(404);
    res.download(path.join('/srv/files', ticket.file_name));
  });
  router.get('/:id/replies/:replyId', async (req, res) => { // BAD: insecure-direct-object-reference idor-parent
    const ticket = await tickets.getFor(req.params.id, res.locals.viewer.id);
    if (!ticket) return res.sendStatus(404);
    res.json(await tickets.reply(req.params.replyId));
  });
  router.get('/:id/answers/:replyId', async (req, res) => { // OK: idor-parent
    const ticket = await tickets.getFor(req.params.id, res.locals.viewer.id);
    if (!ticket) return res.sendStatus(404);
    res.json(await tickets.replyOf(req.params.replyId, ticket.id));
  });
  router.get('/:id/close', async (req, res) => { // MISSED: state-change-on-get|missing-csrf-protection get-change
    await tickets.updateFor(req.params.id, res.locals.viewer.id, { closed: true });
    res.redirect('/tickets');
  });
  router.get('/sorted', async (req, res) => {
    const rows = await db.raw(`select * from tickets where reporter_id = ? order by ${req.query.by}`, [res.locals.viewer.id]); // BAD: sql-injection sqli
    res.json(rows.rows);
  });
  return router;
}
