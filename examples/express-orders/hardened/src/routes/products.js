const express = require('express');
const log = require('../log');
const { requireAuth } = require('../middleware/auth');
const { validate } = require('../middleware/validate');
const products = require('../repositories/products');
const { byCountry, productQuery } = require('../schemas');
const { ratesFor } = require('../services/rates');

const router = express.Router();

router.get('/', validate({ query: productQuery }), async (req, res) => {
  res.json({ products: await products.list(req.valid.query) });
});

router.get('/shipping/:country', requireAuth, validate({ params: byCountry }), async (req, res) => {
  try {
    res.json(await ratesFor(req.valid.params.country));
  } catch (err) {
    log.error('rates unavailable', { reason: err.message });
    res.status(502).json({ error: 'Shipping rates are unavailable' });
  }
});

module.exports = router;
