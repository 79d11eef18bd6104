const express = require('express');
const webhooks = require('../repositories/webhooks');
const { deliver } = require('../services/webhooks');

const router = express.Router();

router.get('/', async (req, res) => {
  res.json({ webhooks: await webhooks.list(req.user.id) });
});

router.post('/', async (req, res) => {
  res.status(201).json(await webhooks.add(req.user.id, req.body));
});

router.post('/test', async (req, res) => {
  try {
    res.json(await deliver(req.body.url, { event: 'ping' }));
  } catch (err) {
    console.warn('webhook test failed', err.code);
    res.status(502).json({ error: 'The destination did not answer' });
  }
});

router.delete('/:id', async (req, res) => {
  const id = Number.parseInt(req.params.id, 10);
  if (!Number.isSafeInteger(id) || !(await webhooks.remove(req.user.id, id))) {
    return res.status(404).json({ error: 'No such webhook' });
  }
  return res.status(204).end();
});

module.exports = router;
