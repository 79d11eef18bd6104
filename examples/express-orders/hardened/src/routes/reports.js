const express = require('express');
const customers = require('../repositories/customers');

const router = express.Router();

router.get('/top-customers', async (req, res) => {
  res.json({ customers: await customers.topSpenders() });
});

module.exports = router;
