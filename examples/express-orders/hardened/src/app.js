const path = require('node:path');
const cookieParser = require('cookie-parser');
const express = require('express');
const helmet = require('helmet');

const { requireAuth, requireRole } = require('./middleware/auth');
const { errorHandler, notFound } = require('./middleware/errors');
const { rejectCrossSite } = require('./middleware/origin');
const accounts = require('./routes/accounts');
const admin = require('./routes/admin');
const invoices = require('./routes/invoices');
const orders = require('./routes/orders');
const pages = require('./routes/pages');
const products = require('./routes/products');
const reports = require('./routes/reports');
const webhooks = require('./routes/webhooks');

function createApp() {
  const app = express();
  app.set('view engine', 'ejs');
  app.set('views', path.join(__dirname, '..', 'views'));
  app.disable('x-powered-by');

  app.use(helmet());
  app.use(express.json({ limit: '100kb' }));
  app.use(express.urlencoded({ extended: false, limit: '10kb' }));
  app.use(cookieParser());
  app.use(rejectCrossSite);

  app.get('/health', (req, res) => res.json({ status: 'ok' }));
  app.use('/', accounts);
  app.use('/orders', requireAuth, pages);
  app.use('/api/products', products);
  app.use('/api/orders', requireAuth, orders);
  app.use('/api/invoices', requireAuth, invoices);
  app.use('/api/webhooks', requireAuth, webhooks);
  app.use('/api/reports', requireAuth, requireRole('staff', 'admin'), reports);
  app.use('/admin', requireAuth, requireRole('admin'), admin);

  app.use(notFound);
  app.use(errorHandler);
  return app;
}

module.exports = { createApp };
