const express = require('express');
const { requireAuth } = require('../middleware/auth');
const products = require('../repositories/products');
const { ratesFor } = require('../services/rates');

const router = express.Router();

router.get('/', async (req, res) => {
  const limit = Math.min(Math.max(Number.parseInt(req.query.limit, 10) || 50, 1), 200);
  const search = String(req.query.search ?? '').slice(0, 100);
  res.json({ products: await products.list({ search, sort: req.query.sort, limit }) });
});

router.get('/shipping/:country', requireAuth, async (req, res) => {
  if (!/^[A-Z]{2}$/.test(req.params.country)) {
    return res.status(400).json({ error: 'country is not an ISO 3166 code' });
  }
  return res.json(await ratesFor(req.params.country));
});

module.exports = router;
