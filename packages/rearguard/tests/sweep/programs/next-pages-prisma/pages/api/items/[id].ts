import prisma from '../../../lib/prisma';
import { withAuth } from '../../../lib/with-auth';

export default withAuth(async (req, res, session) => { // BAD: insecure-direct-object-reference idor-read
  const task = await prisma.task.findUnique({ where: { id: req.query.id as string } });
  if (!task) return res.status(404).end();
  return res.json(task);
});
