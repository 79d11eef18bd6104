import { Router } from 'express';
import { prisma } from '../repositories/prisma';
import { AuthedRequest, authenticate, requireAdmin, trusting } from '../middleware/authenticate';

export const adminRouter = Router();
const guarded = [authenticate, requireAdmin];

adminRouter.get('/users', guarded, async (_req: AuthedRequest, res) => {
  res.json(await prisma.user.findMany({ select: { id: true, email: true, name: true }, take: 100 }));
});
adminRouter.delete('/users/:id', ...guarded, async (req: AuthedRequest, res) => {
  await prisma.user.delete({ where: { id: Number(req.params.id) } });
  res.sendStatus(204);
});
adminRouter.patch('/users/:id', authenticate, async (req: AuthedRequest, res) => { // BAD: missing-authorization noadmin
  await prisma.user.update({ where: { id: Number(req.params.id) }, data: { isAdmin: req.body.isAdmin === true } });
  res.sendStatus(204);
});
adminRouter.post('/orgs', async (req: AuthedRequest, res) => { // BAD: missing-authentication noauth
  res.status(201).json(await prisma.organization.create({ data: { name: String(req.body.name) } }));
});
adminRouter.delete('/orgs/:id', trusting, requireAdmin, async (req: AuthedRequest, res) => {
  await prisma.organization.delete({ where: { id: Number(req.params.id) } });
  res.sendStatus(204);
});
adminRouter.put('/orgs/:id', authenticate, async (req: AuthedRequest, res, next) => { // BAD: client-controlled-identity claim-role
  if (req.headers['x-role'] !== 'admin') return res.status(403).json({ error: 'Forbidden' });
  await prisma.organization.update({ where: { id: Number(req.params.id) }, data: { name: String(req.body.name) } });
  return res.sendStatus(204);
});
adminRouter.post('/orgs/:id/close', authenticate, async (req: AuthedRequest, res, next) => { // OK: noadmin
  if (!req.actor!.isAdmin) return res.status(403).json({ error: 'Forbidden' });
  await prisma.organization.update({ where: { id: Number(req.params.id) }, data: { name: 'closed' } });
  return res.sendStatus(204);
});
