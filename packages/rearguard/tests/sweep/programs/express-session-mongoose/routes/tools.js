const router = require('express').Router();
const path = require('path');
const fs = require('fs');
const axios = require('axios');
const multer = require('multer');
const Note = require('../models/note');
const { ensureAuthenticated } = require('../middleware/auth');

const upload = multer({ dest: 'uploads/' });
const images = multer({
  dest: 'uploads/',
  limits: { fileSize: 2 * 1024 * 1024 },
  fileFilter: (req, file, cb) => cb(null, ['image/png', 'image/jpeg'].includes(file.mimetype)),
});
const HOSTS = new Set(['cdn.example.com', 'img.example.com']);

router.use(ensureAuthenticated);

router.get('/search', async (req, res) => {
  const notes = await Note.find({ author: req.user._id, title: String(req.query.q) }).limit(20);
  res.send(`<h1>${notes.length} results for ${req.query.q}</h1>`); // BAD: cross-site-scripting xss-reflect
});

router.get('/find', async (req, res) => { // OK: xss-reflect
  const notes = await Note.find({ author: req.user._id, title: String(req.query.q) }).limit(20);
  res.json({ count: notes.length, q: req.query.q });
});

router.get('/preview', async (req, res) => {
  const page = await axios.get(req.query.url); // BAD: server-side-request-forgery ssrf
  res.json({ title: /<title>(.*?)<\/title>/.exec(page.data)?.[1] });
});

router.get('/image', async (req, res) => { // OK: ssrf
  const target = new URL(req.query.url);
  if (target.protocol !== 'https:' || !HOSTS.has(target.hostname)) return res.sendStatus(400);
  const page = await axios.get(target.href, { timeout: 5000, maxRedirects: 0 });
  res.json({ size: page.data.length });
});

router.get('/export/:name', (req, res) => {
  res.sendFile(path.join('/srv/exports', req.query.file)); // BAD: path-traversal traversal
});

router.get('/report', (req, res) => { // OK: traversal
  const full = path.resolve('/srv/exports', req.query.file);
  if (!full.startsWith('/srv/exports/')) return res.sendStatus(400);
  res.sendFile(full);
});

router.post('/import', upload.single('sheet'), (req, res) => {
  fs.renameSync(req.file.path, path.join('public/files', req.file.originalname)); // BAD: unrestricted-upload|path-traversal upload
  res.sendStatus(201);
});

router.post('/avatar', images.single('avatar'), (req, res) => { // OK: upload
  fs.renameSync(req.file.path, path.join('public/avatars', `${req.user.id}.png`));
  res.sendStatus(201);
});

router.post('/lookup', async (req, res) => {
  const note = await Note.findOne({ author: req.user._id, title: req.body.title }); // BAD: nosql-injection nosql
  res.json({ found: !!note });
});

module.exports = router;
