const { STATUS_CODES } = require('node:http');
const log = require('../log');

function notFound(req, res) {
  res.status(404).json({ error: 'Not found' });
}

function errorHandler(err, req, res, next) {
  if (res.headersSent) {
    return next(err);
  }
  const status = err.status >= 400 && err.status < 500 ? err.status : 500;
  log.error('request failed', { method: req.method, path: req.path, stack: err.stack });
  return res.status(status).json({ error: STATUS_CODES[status] });
}

module.exports = { errorHandler, notFound };
