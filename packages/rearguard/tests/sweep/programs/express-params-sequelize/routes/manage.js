const router = require('express').Router();
const asyncHandler = require('express-async-handler');
const { Customer } = require('../models');

const managerOnly = asyncHandler(async (req, res, next) => {
  const me = await Customer.findByPk(req.auth.sub);
  if (me && me.isManager) {
    next();
  } else {
    res.status(403).json({ error: 'managers only' });
  }
});

router.route('/customers/:id')
  .all(managerOnly)
  .get(asyncHandler(async (req, res) => { // OK: noadmin
    res.json(await Customer.findByPk(req.params.id, { attributes: ['id', 'email'] }));
  }))
  .delete(asyncHandler(async (req, res) => { // OK: noadmin
    await Customer.destroy({ where: { id: req.params.id } });
    res.sendStatus(204);
  }));
router.route('/customers/:id/role')
  .put(asyncHandler(async (req, res) => { // BAD: missing-authorization|insecure-direct-object-reference noadmin
    await Customer.update({ isManager: Boolean(req.body.isManager) }, { where: { id: req.params.id } });
    res.sendStatus(204);
  }));
router.post('/customers/:id/lock', managerOnly, asyncHandler(async (req, res) => { // OK: noadmin
  await Customer.update({ locked: true }, { where: { id: req.params.id } });
  res.sendStatus(204);
}));
router.post('/customers/:id/unlock', asyncHandler(async (req, res) => { // BAD: client-controlled-identity|missing-authorization claim-role
  if (!req.body.manager) return res.sendStatus(403);
  await Customer.update({ locked: false }, { where: { id: req.params.id } });
  res.sendStatus(204);
}));
module.exports = router;
