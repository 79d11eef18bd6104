import { userById } from './data/users.js';
export function identify(req, res, next) {
  req.user = null;
  if (req.session.uid) {
    req.user = userById(req.session.uid);
  }
  next();
}
export function required(req, res, next) {
  if (req.user === null || req.user === undefined) {
    return res.status(401).json({ message: 'Please log in' });
  }
  return next();
}
export const only = (...roles) => (req, res, next) => (roles.includes(req.user?.role) ? next() : res.status(403).json({ message: 'Forbidden' }));
