const router = require('express').Router();
const path = require('path');
const Note = require('../models/note');
const Remark = require('../models/remark');
const { ensureAuthenticated } = require('../middleware/auth');

const UPLOADS = path.join(__dirname, '..', 'uploads');

router.use(ensureAuthenticated);

// my own notes
router.get('/', async (req, res, next) => { // OK: idor-list
  try {
    const notes = await Note.find({ author: req.user._id }).sort('-createdAt').limit(50);
    res.render('notes', { notes });
  } catch (e) { next(e); }
});

router.get('/everything', async (req, res, next) => { // BAD: insecure-direct-object-reference idor-list
  try {
    const notes = await Note.find().sort('-createdAt').limit(50);
    res.json(notes);
  } catch (e) { next(e); }
});

router.get('/by/:memberId', (req, res, next) => { // BAD: insecure-direct-object-reference idor-list-key
  Note.find({ author: req.params.memberId }).limit(50).exec()
    .then((notes) => res.json(notes))
    .catch(next);
});

router.get('/:id', async (req, res, next) => { // OK: idor-read
  try {
    const note = await Note.findOne({ _id: req.params.id, author: req.user._id });
    if (!note) return res.status(404).send('No such note');
    res.render('note', { note });
  } catch (e) { next(e); }
});

router.get('/:id/print', async (req, res, next) => { // BAD: insecure-direct-object-reference idor-read
  try {
    const note = await Note.findById(req.params.id);
    if (!note) return res.status(404).send('No such note');
    res.render('print', { note });
  } catch (e) { next(e); }
});

router.post('/', async (req, res, next) => {
  try {
    const note = await Note.create({ author: req.user._id, title: req.body.title, body: req.body.body });
    res.redirect('/notes/' + note.id);
  } catch (e) { next(e); }
});

router.post('/:id', async (req, res, next) => { // BAD: insecure-direct-object-reference idor-update
  try {
    await Note.findByIdAndUpdate(req.params.id, { title: req.body.title, body: req.body.body });
    res.redirect('/notes/' + req.params.id);
  } catch (e) { next(e); }
});

router.put('/:id', async (req, res, next) => { // OK: idor-update
  try {
    const note = await Note.findById(req.params.id);
    if (!note) return res.sendStatus(404);
    if (!note.author.equals(req.user._id)) return res.sendStatus(403);
    note.title = req.body.title;
    note.body = req.body.body;
    await note.save();
    res.json({ ok: true });
  } catch (e) { next(e); }
});

router.delete('/:id', (req, res, next) => { // BAD: insecure-direct-object-reference idor-delete
  Note.findByIdAndDelete(req.params.id)
    .then((gone) => (gone ? res.sendStatus(204) : res.sendStatus(404)))
    .catch(next);
});

router.post('/:id/remove', (req, res, next) => { // OK: idor-delete
  Note.findOneAndDelete({ _id: req.params.id, author: req.user.id })
    .then((gone) => (gone ? res.redirect('/notes') : res.sendStatus(404)))
    .catch(next);
});

router.post('/:id/pin', (req, res, next) => { // OK: idor-update
  Note.findById(req.params.id, (err, note) => {
    if (err) return next(err);
    if (!note || note.author.toString() !== req.user.id) return next(Object.assign(new Error('not yours'), { status: 403 }));
    note.pinned = !note.pinned;
    note.save((err2) => (err2 ? next(err2) : res.redirect('/notes')));
  });
});

router.get('/:id/file', async (req, res, next) => { // BAD: insecure-direct-object-reference idor-file
  try {
    const note = await Note.findById(req.params.id).select('file');
    if (!note || !note.file) return res.sendStatus(404);
    res.download(path.join(UPLOADS, note.file));
  } catch (e) { next(e); }
});

router.get('/:id/attachment', async (req, res, next) => { // OK: idor-file
  try {
    const note = await Note.findById(req.params.id).select('file author');
    if (!note || !note.file) return res.sendStatus(404);
    if (String(note.author) !== String(req.user._id)) return res.sendStatus(404);
    res.download(path.join(UPLOADS, note.file));
  } catch (e) { next(e); }
});

router.get('/:id/remarks/:remarkId', async (req, res, next) => { // BAD: insecure-direct-object-reference idor-parent
  try {
    const note = await Note.findOne({ _id: req.params.id, author: req.user._id });
    if (!note) return res.sendStatus(404);
    const remark = await Remark.findById(req.params.remarkId);
    if (!remark) return res.sendStatus(404);
    res.json(remark);
  } catch (e) { next(e); }
});

router.delete('/:id/remarks/:remarkId', async (req, res, next) => { // OK: idor-parent
  try {
    const note = await Note.findOne({ _id: req.params.id, author: req.user._id });
    if (!note) return res.sendStatus(404);
    await Remark.deleteOne({ _id: req.params.remarkId, note: note._id });
    res.sendStatus(204);
  } catch (e) { next(e); }
});

router.get('/:id/archive', async (req, res, next) => { // BAD: state-change-on-get|missing-csrf-protection get-change
  try {
    await Note.deleteOne({ _id: req.params.id, author: req.user._id });
    res.redirect('/notes');
  } catch (e) { next(e); }
});

module.exports = router;
