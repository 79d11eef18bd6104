const express = require('express');
const { validate } = require('../middleware/validate');
const orders = require('../repositories/orders');
const { byId, searchQuery } = require('../schemas');

const router = express.Router();

router.get('/', async (req, res) => {
  res.render('orders', { orders: await orders.listForCustomer(req.user.id, { sort: 'created_at' }) });
});

router.get('/search', validate({ query: searchQuery }), async (req, res) => {
  const term = req.valid.query.q;
  res.render('search', { term, orders: await orders.search(req.user.id, term) });
});

router.get('/:id', validate({ params: byId }), async (req, res) => {
  const order = await orders.findForCustomer(req.valid.params.id, req.user.id);
  if (!order) {
    return res.status(404).send('No such order');
  }
  return res.render('order', { order, items: await orders.itemsOf(order) });
});

module.exports = router;
