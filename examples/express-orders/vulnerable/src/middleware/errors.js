function notFound(req, res) {
  res.status(404).json({ error: 'Not found' });
}

function errorHandler(err, req, res, next) {
  if (res.headersSent) {
    return next(err);
  }
  console.error(err);
  return res.status(err.status || 500).json({ error: err.message, stack: err.stack });
}

module.exports = { errorHandler, notFound };
