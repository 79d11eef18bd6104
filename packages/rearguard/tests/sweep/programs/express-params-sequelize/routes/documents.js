const express = require('express');
const path = require('path');
const asyncHandler = require('express-async-handler');
const { Document, Annotation, sequelize } = require('../models');

const router = express.Router();

router.param('documentId', asyncHandler(async (req, res, next, id) => {
  const document = await Document.findByPk(id);
  if (!document) return res.status(404).json({ error: 'not found' });
  req.document = document;
  next();
}));
router.param('ownId', async (req, res, next, id) => {
  try {
    const document = await Document.findByPk(id);
    if (!document || document.uploaderId !== req.auth.sub) return res.status(404).json({ error: 'not found' });
    req.document = document;
    next();
  } catch (err) {
    next(err);
  }
});

router.route('/')
  .get(asyncHandler(async (req, res) => { // BAD: insecure-direct-object-reference idor-list
    res.json(await Document.findAll({ limit: 50, order: [['id', 'DESC']] }));
  }))
  .post(asyncHandler(async (req, res) => {
    const document = await Document.create({ ...req.body, uploaderId: req.auth.sub }); // MISSED: mass-assignment mass-write
    res.status(201).json(document);
  }));
router.route('/mine')
  .get(asyncHandler(async (req, res) => { // OK: idor-list
    res.json(await Document.findAll({ where: { uploaderId: req.auth.sub }, limit: 50 }));
  }))
  .post(asyncHandler(async (req, res) => { // OK: mass-write
    const { title, content } = req.body;
    const document = await Document.create({ title, content, uploaderId: req.auth.sub });
    res.status(201).json(document);
  }));
router.route('/company/:companyId').get(asyncHandler(async (req, res) => { // BAD: insecure-direct-object-reference tenant-list
  res.json(await Document.findAll({ where: { companyId: req.params.companyId }, limit: 50 }));
}));
router.route('/company').get(asyncHandler(async (req, res) => { // OK: tenant-list
  res.json(await Document.findAll({ where: { companyId: req.auth.company }, limit: 50 }));
}));

router.route('/:documentId')
  .get((req, res) => { // BAD: insecure-direct-object-reference idor-read
    res.json(req.document);
  })
  .put(asyncHandler(async (req, res) => { // MISSED: insecure-direct-object-reference idor-update
    await req.document.update({ title: req.body.title });
    res.json(req.document);
  }))
  .delete(asyncHandler(async (req, res) => { // MISSED: insecure-direct-object-reference idor-delete
    await req.document.destroy();
    res.sendStatus(204);
  }));
router.route('/own/:ownId')
  .get((req, res) => { // OK: idor-read
    res.json(req.document);
  })
  .put(asyncHandler(async (req, res) => { // OK: idor-update
    await req.document.update({ title: req.body.title });
    res.json(req.document);
  }))
  .delete(asyncHandler(async (req, res) => { // OK: idor-delete
    await req.document.destroy();
    res.sendStatus(204);
  }));
router.get('/:documentId/file', (req, res) => { // BAD: insecure-direct-object-reference idor-file
  res.download(path.join(__dirname, '../store', req.document.storedAs));
});
router.get('/own/:ownId/file', (req, res) => { // OK: idor-file
  res.download(path.join(__dirname, '../store', req.document.storedAs));
});
router.get('/own/:ownId/annotations/:annotationId', asyncHandler(async (req, res) => { // BAD: insecure-direct-object-reference idor-parent
  const annotation = await Annotation.findByPk(req.params.annotationId);
  if (!annotation) return res.sendStatus(404);
  res.json(annotation);
}));
router.get('/own/:ownId/notes/:annotationId', asyncHandler(async (req, res) => { // OK: idor-parent
  const annotation = await Annotation.findOne({ where: { id: req.params.annotationId, documentId: req.document.id } });
  if (!annotation) return res.sendStatus(404);
  res.json(annotation);
}));
router.get('/joined/:annotationId', asyncHandler(async (req, res) => { // OK: idor-parent
  const annotation = await Annotation.findOne({
    where: { id: req.params.annotationId },
    include: [{ model: Document, where: { uploaderId: req.auth.sub }, required: true }],
  });
  if (!annotation) return res.sendStatus(404);
  res.json(annotation);
}));
router.post('/search', asyncHandler(async (req, res) => {
  const [rows] = await sequelize.query(`SELECT id, title FROM documents WHERE uploaderId = ${req.auth.sub} AND title LIKE '%${req.body.q}%'`); // BAD: sql-injection sqli
  res.json(rows);
}));
router.post('/search2', asyncHandler(async (req, res) => { // OK: sqli
  const [rows] = await sequelize.query('SELECT id, title FROM documents WHERE uploaderId = :me AND title LIKE :q', { replacements: { me: req.auth.sub, q: `%${req.body.q}%` } });
  res.json(rows);
}));
module.exports = router;
