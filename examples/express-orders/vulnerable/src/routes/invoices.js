const path = require('node:path');
const express = require('express');
const { requireUuid } = require('../middleware/params');
const orders = require('../repositories/orders');
const invoices = require('../services/invoices');

const router = express.Router();

router.get('/archive', async (req, res) => {
  const archive = await invoices.archive(req.user.id, req.query.month);
  res.download(archive, 'invoices.tar.gz', () => invoices.discard(archive));
});

router.post('/:orderId', requireUuid('orderId'), async (req, res) => {
  const order = await orders.findById(req.params.orderId);
  if (!order || order.customer_id !== req.user.id) {
    return res.status(404).json({ error: 'No such order' });
  }
  return res.status(201).json({ file: await invoices.write(order, await orders.itemsOf(order.id)) });
});

router.get('/files/:file', async (req, res) => {
  const folder = await invoices.folderOf(req.user.id);
  res.sendFile(path.join(folder, req.params.file));
});

module.exports = router;
