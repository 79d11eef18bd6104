const express = require('express');
const { pool } = require('../db');
const invoices = require('../services/invoices');

const router = express.Router();

router.get('/stats', async (req, res) => {
  const { rows } = await pool.query('SELECT status, count(*)::int AS orders FROM orders GROUP BY status');
  res.json({ stats: rows });
});

router.get('/disk', async (req, res) => {
  res.json({ disk: await invoices.diskUsage() });
});

module.exports = router;
