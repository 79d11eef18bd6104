import prisma from '../../../lib/prisma';
import { withAuth } from '../../../lib/with-auth';

export default withAuth(async (req, res, session) => {
  const id = (session.user as any).id;
  if (req.method === 'PATCH') {
    await prisma.user.update({ where: { id }, data: req.body }); // BAD: mass-assignment self-role
    return res.status(204).end();
  }
  const user = await prisma.user.findUnique({ where: { id } });
  return res.json(user); // BAD: excessive-data-exposure mass-read
});
