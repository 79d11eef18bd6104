const path = require('node:path');

module.exports = {
  port: Number(process.env.PORT || 3000),
  databaseUrl: process.env.DATABASE_URL || 'postgres://orders:wren-Basalt-41@db.internal:5432/orders',
  jwtSecret: 'kP7vXq2mZr9TnB4wLs8Yc3Hd',
  invoiceRoot: process.env.INVOICE_ROOT || path.join(__dirname, '..', 'var', 'invoices'),
  ratesUrl: process.env.RATES_URL || 'https://rates.parcelhub.example',
};
