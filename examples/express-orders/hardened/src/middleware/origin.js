const config = require('../config');
const log = require('../log');

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const OWN_SITES = new Set(['same-origin', 'none']);

// The session cookie travels with every request, so a change must come from our own pages.
// Browsers always send one of the two headers with a cross-site POST.
// https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
function rejectCrossSite(req, res, next) {
  const site = req.get('sec-fetch-site');
  const origin = req.get('origin');
  const foreign = site ? !OWN_SITES.has(site) : origin && origin !== config.publicOrigin;
  if (!SAFE_METHODS.has(req.method) && foreign) {
    log.warn('cross-site request refused', { origin, path: req.path });
    return res.status(403).json({ error: 'Cross-site request' });
  }
  return next();
}

module.exports = { rejectCrossSite };
