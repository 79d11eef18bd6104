import prisma from '../../../lib/prisma';
import { withAuth } from '../../../lib/with-auth';

export default withAuth(async (req, res, session) => { // OK: idor-parent
  const subtask = await prisma.subtask.findUnique({ where: { id: req.query.id as string }, include: { task: true } });
  if (subtask?.task.userId !== (session.user as any).id) return res.status(404).end();
  return res.json(subtask);
});
