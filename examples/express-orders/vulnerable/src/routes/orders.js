const express = require('express');
const { requireAuth } = require('../middleware/auth');
const { requireUuid } = require('../middleware/params');
const orders = require('../repositories/orders');
const { notify } = require('../services/webhooks');

const router = express.Router();
const STATUSES = ['pending', 'packed', 'shipped', 'delivered', 'cancelled'];

router.get('/', requireAuth, async (req, res) => {
  const { status, sort = 'created_at' } = req.query;
  res.json({ orders: await orders.listForCustomer(req.user.id, { status, sort }) });
});

router.post('/', requireAuth, async (req, res) => {
  const order = await orders.create(req.user.id, req.body);
  await notify(req.user.id, 'order.created', { id: order.id });
  res.status(201).json(order);
});

router.get('/:id', requireAuth, requireUuid('id'), async (req, res) => {
  const order = await orders.findById(req.params.id);
  if (!order) {
    return res.status(404).json({ error: 'No such order' });
  }
  return res.json({ ...order, items: await orders.itemsOf(order.id) });
});

router.patch('/:id', requireAuth, async (req, res) => {
  try {
    const order = await orders.updateTexts(req.params.id, req.user.id, req.body);
    if (!order) {
      return res.status(404).json({ error: 'No such order' });
    }
    return res.json(order);
  } catch (err) {
    console.error('update failed', err);
    return res.status(500).json({ error: `Could not update the order: ${err.message}` });
  }
});

router.delete('/:id', requireAuth, requireUuid('id'), async (req, res) => {
  const order = await orders.findById(req.params.id);
  if (!order) {
    return res.status(404).json({ error: 'No such order' });
  }
  if (order.status !== 'pending') {
    return res.status(409).json({ error: 'Only pending orders can be cancelled' });
  }
  return res.json(await orders.setStatus(order.id, 'cancelled'));
});

router.post('/:id/status', requireUuid('id'), async (req, res) => {
  if (!STATUSES.includes(req.body?.status)) {
    return res.status(400).json({ error: `status must be one of ${STATUSES.join(', ')}` });
  }
  const order = await orders.setStatus(req.params.id, req.body.status);
  if (!order) {
    return res.status(404).json({ error: 'No such order' });
  }
  return res.json(order);
});

module.exports = router;
