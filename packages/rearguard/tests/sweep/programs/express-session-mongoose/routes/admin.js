const router = require('express').Router();
const Member = require('../models/member');
const { ensureAuthenticated, ensureAdmin } = require('../middleware/auth');

router.get('/members', ensureAdmin, (req, res, next) => {
  Member.find().select('-password -resetToken').limit(100).then((m) => res.json(m)).catch(next);
});

router.post('/members/:id/role', ensureAdmin, (req, res, next) => {
  Member.updateOne({ _id: req.params.id }, { role: req.body.role === 'admin' ? 'admin' : 'member' })
    .then(() => res.sendStatus(204)).catch(next);
});

router.delete('/members/:id', ensureAuthenticated, (req, res, next) => { // BAD: missing-authorization noadmin
  Member.deleteOne({ _id: req.params.id }).then(() => res.sendStatus(204)).catch(next);
});

router.post('/members/:id/disable', (req, res, next) => { // BAD: missing-authentication noauth
  Member.updateOne({ _id: req.params.id }, { disabled: true }).then(() => res.sendStatus(204)).catch(next);
});

router.post('/members/:id/enable', ensureAuthenticated, (req, res, next) => { // BAD: client-controlled-identity claim-role
  if (req.body.role !== 'admin') return res.sendStatus(403);
  Member.updateOne({ _id: req.params.id }, { disabled: false }).then(() => res.sendStatus(204)).catch(next);
});

router.post('/members/:id/note', ensureAuthenticated, (req, res, next) => { // OK: noadmin
  if (req.user.role !== 'admin') return res.sendStatus(403);
  Member.updateOne({ _id: req.params.id }, { remark: req.body.remark }).then(() => res.sendStatus(204)).catch(next);
});

module.exports = router;
