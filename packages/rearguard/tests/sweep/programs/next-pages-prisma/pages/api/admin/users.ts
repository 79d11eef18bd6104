import prisma from '../../../lib/prisma';
import { withAdmin } from '../../../lib/with-auth';
export default withAdmin(async (_req, res) => { // OK: noadmin
  res.json(await prisma.user.findMany({ select: { id: true, email: true }, take: 50 }));
});
