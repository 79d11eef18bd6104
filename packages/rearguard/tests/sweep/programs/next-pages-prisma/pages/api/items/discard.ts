import prisma from '../../../lib/prisma';
import { withAuth } from '../../../lib/with-auth';

export default withAuth(async (req, res, session) => { // OK: idor-delete
  if (req.method !== 'POST') return res.status(405).end();
  const task = await prisma.task.findUnique({ where: { id: req.body.id }, select: { userId: true } });
  if (task?.userId !== (session.user as any).id) return res.status(404).end();
  await prisma.task.delete({ where: { id: req.body.id } });
  return res.status(204).end();
});
