const express = require('express');
const { requireRole } = require('../middleware/auth');
const { validate } = require('../middleware/validate');
const orders = require('../repositories/orders');
const { byId, newOrder, orderQuery, orderStatus, orderTexts } = require('../schemas');
const { notify } = require('../services/webhooks');

const router = express.Router();

router.get('/', validate({ query: orderQuery }), async (req, res) => {
  res.json({ orders: await orders.listForCustomer(req.user.id, req.valid.query) });
});

router.post('/', validate({ body: newOrder }), async (req, res) => {
  const order = await orders.create(req.user.id, req.valid.body);
  await notify(req.user.id, 'order.created', { id: order.id });
  res.status(201).json(order);
});

router.get('/:id', validate({ params: byId }), async (req, res) => {
  const order = await orders.findForCustomer(req.valid.params.id, req.user.id);
  if (!order) {
    return res.status(404).json({ error: 'No such order' });
  }
  return res.json({ ...order, items: await orders.itemsOf(order) });
});

router.patch('/:id', validate({ params: byId, body: orderTexts }), async (req, res) => {
  const order = await orders.updateTexts(req.valid.params.id, req.user.id, req.valid.body);
  if (!order) {
    return res.status(404).json({ error: 'No such order' });
  }
  return res.json(order);
});

router.delete('/:id', validate({ params: byId }), async (req, res) => {
  const { id } = req.valid.params;
  const cancelled = await orders.cancelPending(id, req.user.id);
  if (cancelled) {
    return res.json(cancelled);
  }
  if (await orders.findForCustomer(id, req.user.id)) {
    return res.status(409).json({ error: 'Only pending orders can be cancelled' });
  }
  return res.status(404).json({ error: 'No such order' });
});

router.post(
  '/:id/status',
  requireRole('staff', 'admin'),
  validate({ params: byId, body: orderStatus }),
  async (req, res) => {
    const order = await orders.setStatus(req.valid.params.id, req.valid.body.status);
    if (!order) {
      return res.status(404).json({ error: 'No such order' });
    }
    return res.json(order);
  },
);

module.exports = router;
