const express = require('express');
const { validate } = require('../middleware/validate');
const orders = require('../repositories/orders');
const { archiveQuery, byInvoiceFile, byOrderId } = require('../schemas');
const invoices = require('../services/invoices');

const router = express.Router();

router.get('/archive', validate({ query: archiveQuery }), async (req, res) => {
  const archive = await invoices.archive(req.user.id, req.valid.query.month);
  if (!archive) {
    return res.status(404).json({ error: 'No invoices in that month' });
  }
  return res.download(archive, 'invoices.tar.gz', () => invoices.discard(archive));
});

router.post('/:orderId', validate({ params: byOrderId }), async (req, res) => {
  const order = await orders.findForCustomer(req.valid.params.orderId, req.user.id);
  if (!order) {
    return res.status(404).json({ error: 'No such order' });
  }
  return res.status(201).json({ file: await invoices.write(order, await orders.itemsOf(order)) });
});

router.get('/files/:file', validate({ params: byInvoiceFile }), async (req, res) => {
  res.sendFile(req.valid.params.file, { root: await invoices.folderOf(req.user.id) });
});

module.exports = router;
