import prisma from '../../../lib/prisma';
import { withAdmin } from '../../../lib/with-auth';
export default withAdmin(async (req, res) => { // OK: noadmin
  if (req.method !== 'POST') return res.status(405).end();
  await prisma.user.delete({ where: { id: req.body.id } });
  res.status(204).end();
});
