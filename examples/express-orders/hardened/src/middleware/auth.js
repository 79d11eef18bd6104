const jwt = require('jsonwebtoken');
const config = require('../config');
const log = require('../log');

const COOKIE = '__Host-token';
const COOKIE_OPTIONS = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' };
const LIFETIME_SECONDS = 3600;
const ISSUER = 'express-orders';

function readToken(req) {
  const header = req.get('authorization') || '';
  return header.startsWith('Bearer ') ? header.slice(7) : req.cookies[COOKIE];
}

function verify(token) {
  try {
    return jwt.verify(token, config.jwtSecret, { algorithms: ['HS256'], issuer: ISSUER, audience: ISSUER });
  } catch (err) {
    log.warn('rejected token', { reason: err.message });
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
      log.warn('role refused', { user: req.user.id, path: req.originalUrl });
      return res.status(403).json({ error: 'Not allowed' });
    }
    return next();
  };
}

function issueToken(customer) {
  return jwt.sign({ role: customer.role }, config.jwtSecret, {
    algorithm: 'HS256',
    subject: String(customer.id),
    issuer: ISSUER,
    audience: ISSUER,
    expiresIn: LIFETIME_SECONDS,
  });
}

function startSession(res, customer) {
  res.cookie(COOKIE, issueToken(customer), { ...COOKIE_OPTIONS, maxAge: LIFETIME_SECONDS * 1000 });
}

function endSession(res) {
  res.clearCookie(COOKIE, COOKIE_OPTIONS);
}

module.exports = { endSession, issueToken, requireAuth, requireRole, startSession };
