import { Router } from 'express';
import * as files from '../data/files.js';
const router = Router();

function own(req, res) {
  const file = files.fileById(req.params.id);
  if (!file || file.user_id !== req.user.id) {
    res.status(404).json({ message: 'Not found' });
    return null;
  }
  return file;
}
const isMine = (file, user) => file && file.user_id === user.id;

router.get('/', (req, res) => { // BAD: insecure-direct-object-reference idor-list
  res.json(files.allFiles());
});
router.get('/mine', (req, res) => { // OK: idor-list
  res.json(files.filesOf(req.user.id));
});
router.get('/search', (req, res) => {
  res.json(files.search(req.user.id, req.query.q));
});
router.get('/team/:teamId', (req, res) => { // BAD: insecure-direct-object-reference tenant-list
  res.json(files.filesOfTeam(req.params.teamId));
});
router.get('/team', (req, res) => { // OK: tenant-list
  res.json(files.filesOfTeam(req.user.team_id));
});
router.get('/teams/:teamId', (req, res) => { // OK: tenant-list
  if (Number(req.params.teamId) !== req.user.team_id) return res.sendStatus(403);
  res.json(files.filesOfTeam(req.params.teamId));
});
router.get('/:id', (req, res) => { // BAD: insecure-direct-object-reference idor-read
  const file = files.fileById(req.params.id);
  if (!file) return res.sendStatus(404);
  res.json(file);
});
router.get('/:id/own', (req, res) => { // OK: idor-read
  const file = own(req, res);
  if (file) res.json(file);
});
router.get('/:id/mine', (req, res) => { // OK: idor-read
  const file = files.fileById(req.params.id);
  if (!isMine(file, req.user)) return res.sendStatus(404);
  res.json(file);
});
router.put('/:id', (req, res) => { // BAD: insecure-direct-object-reference idor-update
  files.renameFile(req.params.id, String(req.body.name));
  res.sendStatus(204);
});
router.patch('/:id', (req, res) => { // OK: idor-update
  const { changes } = files.renameFileOf(req.params.id, req.user.id, String(req.body.name));
  res.sendStatus(changes ? 204 : 404);
});
router.delete('/:id', (req, res) => { // BAD: insecure-direct-object-reference idor-delete
  files.dropFile(req.params.id);
  res.sendStatus(204);
});
router.delete('/:id/own', (req, res) => { // OK: idor-delete
  const file = own(req, res);
  if (!file) return;
  files.dropFile(file.id);
  res.sendStatus(204);
});
router.get('/:id/content', (req, res) => { // BAD: insecure-direct-object-reference idor-file
  const file = files.fileById(req.params.id);
  res.sendFile(file.path, { root: '/srv/files' });
});
router.get('/:id/bytes', (req, res) => { // OK: idor-file
  const file = files.fileOf(req.params.id, req.user.id);
  if (!file) return res.sendStatus(404);
  res.sendFile(file.path, { root: '/srv/files' });
});
router.get('/:id/tags/:tagId', (req, res) => { // BAD: insecure-direct-object-reference idor-parent
  if (!own(req, res)) return;
  res.json(files.tagById(req.params.tagId));
});
router.get('/:id/labels/:tagId', (req, res) => { // OK: idor-parent
  const file = own(req, res);
  if (!file) return;
  res.json(files.tagOf(req.params.tagId, file.id));
});
export default router;
