const path = require('node:path');

function required(name, minimumLength = 1) {
  const value = process.env[name] ?? '';
  if (value.length < minimumLength) {
    throw new Error(`${name} must be set, with at least ${minimumLength} characters`);
  }
  return value;
}

module.exports = {
  port: Number(process.env.PORT || 3000),
  publicOrigin: required('PUBLIC_ORIGIN'),
  databaseUrl: required('DATABASE_URL'),
  jwtSecret: required('JWT_SECRET', 32),
  parcelhubApiKey: required('PARCELHUB_API_KEY'),
  invoiceRoot: process.env.INVOICE_ROOT || path.join(__dirname, '..', 'var', 'invoices'),
  ratesUrl: process.env.RATES_URL || 'https://rates.parcelhub.example',
  webhookOrigins: new Set(required('WEBHOOK_ORIGINS').split(',')),
};
