import prisma from '../../../lib/prisma';
import { withAuth } from '../../../lib/with-auth';

export default withAuth(async (req, res) => {
  if (req.method !== 'POST') return res.status(405).end();
  await prisma.task.delete({ where: { id: req.body.id } }); // BAD: insecure-direct-object-reference idor-delete
  return res.status(204).end();
});
