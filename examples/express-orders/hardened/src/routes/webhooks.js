const express = require('express');
const log = require('../log');
const { validate } = require('../middleware/validate');
const webhooks = require('../repositories/webhooks');
const { byWebhookId, newWebhook, webhookTest } = require('../schemas');
const { deliver, isAllowed } = require('../services/webhooks');

const router = express.Router();

function requireAllowedDestination(req, res, next) {
  if (!isAllowed(req.valid.body.url)) {
    return res.status(400).json({ error: 'This destination is not on the allowlist' });
  }
  return next();
}

router.get('/', async (req, res) => {
  res.json({ webhooks: await webhooks.list(req.user.id) });
});

router.post('/', validate({ body: newWebhook }), requireAllowedDestination, async (req, res) => {
  res.status(201).json(await webhooks.add(req.user.id, req.valid.body));
});

router.post('/test', validate({ body: webhookTest }), requireAllowedDestination, async (req, res) => {
  try {
    res.json(await deliver(req.valid.body.url, { event: 'ping' }));
  } catch (err) {
    log.warn('webhook test failed', { reason: err.message });
    res.status(502).json({ error: 'The destination did not answer' });
  }
});

router.delete('/:id', validate({ params: byWebhookId }), async (req, res) => {
  if (!(await webhooks.remove(req.user.id, req.valid.params.id))) {
    return res.status(404).json({ error: 'No such webhook' });
  }
  return res.status(204).end();
});

module.exports = router;
