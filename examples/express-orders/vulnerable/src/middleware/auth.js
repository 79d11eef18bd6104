const jwt = require('jsonwebtoken');
const config = require('../config');

function readToken(req) {
  const header = req.get('authorization') || '';
  return header.startsWith('Bearer ') ? header.slice(7) : req.cookies.token;
}

function verify(token) {
  try {
    return jwt.verify(token, config.jwtSecret, { algorithms: ['HS256'] });
  } catch (err) {
    console.warn('rejected token:', err.message);
    return null;
  }
}

function requireAuth(req, res, next) {
  const claims = verify(readToken(req));
  if (claims) {
    req.user = { id: Number(claims.sub), role: claims.role };
    return next();
  }
  if (req.originalUrl.startsWith('/orders')) {
    return res.redirect(`/login?returnTo=${encodeURIComponent(req.originalUrl)}`);
  }
  return res.status(401).json({ error: 'Please log in' });
}

function requireRole(...roles) {
  return (req, res, next) => {
    if (!roles.includes(req.user.role)) {
      return res.status(403).json({ error: 'Not allowed' });
    }
    return next();
  };
}

function issueToken(customer) {
  return jwt.sign({ role: customer.role }, config.jwtSecret, {
    algorithm: 'HS256',
    subject: String(customer.id),
    expiresIn: '1h',
  });
}

module.exports = { issueToken, requireAuth, requireRole };
