export const loadViewer = ({ db }) => async (req, res, next) => {
  const id = req.session?.accountId;
  res.locals.viewer = id ? await db('accounts').where({ id }).first() : null;
  next();
};
export function mustBeSignedIn(req, res, next) {
  if (res.locals.viewer) return next();
  return res.redirect('/login');
}
export function staffOnly(req, res, next) {
  const { viewer } = res.locals;
  if (!viewer?.is_staff) {
    res.status(404).end();
    return;
  }
  next();
}
