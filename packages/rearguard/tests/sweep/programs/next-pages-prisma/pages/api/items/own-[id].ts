import prisma from '../../../lib/prisma';
import { withAuth } from '../../../lib/with-auth';

export default withAuth(async (req, res, session) => { // OK: idor-read
  const task = await prisma.task.findUnique({ where: { id: req.query.id as string } });
  if (task?.userId !== (session.user as any).id) return res.status(404).end();
  return res.json(task);
});
