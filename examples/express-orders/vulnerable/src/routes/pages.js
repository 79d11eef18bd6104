const express = require('express');
const { requireUuid } = require('../middleware/params');
const orders = require('../repositories/orders');

const router = express.Router();

router.get('/', async (req, res) => {
  res.render('orders', { orders: await orders.listForCustomer(req.user.id, { sort: 'created_at' }) });
});

router.get('/search', async (req, res) => {
  const term = req.query.q || '';
  const found = await orders.search(req.user.id, term);
  const links = found.map((order) => `<li><a href="/orders/${order.id}">${order.status}</a></li>`);
  res.send(`<h1>Orders matching ${term}</h1><ul>${links.join('')}</ul>`);
});

router.get('/:id', requireUuid('id'), async (req, res) => {
  const order = await orders.findById(req.params.id);
  if (!order || order.customer_id !== req.user.id) {
    return res.status(404).send('No such order');
  }
  return res.render('order', { order, items: await orders.itemsOf(order.id) });
});

module.exports = router;
