import prisma from '../../../lib/prisma';
import { withAuth } from '../../../lib/with-auth';
export default withAuth(async (req, res) => {
  if (req.method !== 'POST') return res.status(405).end();
  await prisma.user.update({ where: { id: req.body.id }, data: { role: 'admin' } }); // BAD: missing-authorization|insecure-direct-object-reference noadmin
  res.status(204).end();
});
