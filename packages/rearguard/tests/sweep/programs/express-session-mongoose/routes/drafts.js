const router = require('express').Router();
const Note = require('../models/note');
const Remark = require('../models/remark');
const { ensureAuthenticated } = require('../middleware/auth');

router.use(ensureAuthenticated);

async function visible(id, viewer) {
  const note = await Note.findById(id);
  if (!note) return null;
  if (viewer.role === 'admin' || note.author.equals(viewer._id)) return note;
  return null;
}
async function mine(id, viewer) {
  const note = await Note.findById(id);
  return note && note.author.equals(viewer._id) ? note : undefined;
}
async function known(id, viewer) {
  if (!viewer) return null;
  return Note.findById(id);
}

router.get('/:id', async (req, res) => { // OK: idor-read
  const note = await visible(req.params.id, req.user);
  if (!note) return res.sendStatus(404);
  res.json(note);
});
router.put('/:id', async (req, res) => { // OK: idor-update
  const note = await mine(req.params.id, req.user);
  return note ? res.json(await note.set({ title: req.body.title }).save()) : res.sendStatus(404);
});
router.get('/:id/raw', async (req, res) => { // BAD: insecure-direct-object-reference idor-read
  const note = await known(req.params.id, req.user);
  if (!note) return res.sendStatus(404);
  res.json(note);
});
router.delete('/:id/remarks/:remarkId', async (req, res) => { // BAD: insecure-direct-object-reference idor-parent
  const note = await visible(req.params.id, req.user);
  if (!note) return res.sendStatus(404);
  await Remark.deleteOne({ _id: req.params.remarkId });
  res.sendStatus(204);
});

module.exports = router;
