const jwt = require('jsonwebtoken');

const KEY = process.env.SIGNING_KEY;

function readToken(header) {
  if (!header || !header.startsWith('Bearer ')) return null;
  try {
    return jwt.verify(header.slice(7), KEY, { algorithms: ['HS256'], audience: 'shop', issuer: 'shop' });
  } catch {
    return null;
  }
}

function sendJson(res, status, value) {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(value));
}

async function readJson(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function requireUser(req, res) {
  req.user = readToken(req.headers.authorization);
  if (!req.user) {
    res.writeHead(401).end();
  }
}

function requireAdmin(req, res) {
  req.user = readToken(req.headers.authorization);
  if (!req.user || req.user.role !== 'admin') {
    res.writeHead(403).end();
  }
}

module.exports = { readJson, requireAdmin, requireUser, sendJson };
