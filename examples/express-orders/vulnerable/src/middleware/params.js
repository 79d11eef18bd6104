const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function requireUuid(name) {
  return (req, res, next) => {
    if (!UUID.test(req.params[name])) {
      return res.status(400).json({ error: `${name} is not a valid identifier` });
    }
    return next();
  };
}

module.exports = { requireUuid };
