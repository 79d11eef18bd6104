import type { NextApiRequest, NextApiResponse } from 'next';
import { getServerSession } from 'next-auth/next';
import { authOptions } from '../auth/[...nextauth]';
import prisma from '../../../lib/prisma';

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  const session = await getServerSession(req, res, authOptions);
  if (!session) return res.status(401).json({ error: 'Unauthorized' });
  const { id } = req.query as { id: string };
  const userId = (session.user as any).id;

  switch (req.method) {
    case 'GET': { // OK: idor-read
      const task = await prisma.task.findFirst({ where: { id, userId } });
      return task ? res.json(task) : res.status(404).end();
    }
    case 'PUT': {
      const task = await prisma.task.update({ where: { id }, data: { title: String(req.body.title) } }); // MISSED: insecure-direct-object-reference idor-update
      return res.json(task);
    }
    case 'DELETE': { // OK: idor-delete
      const { count } = await prisma.task.deleteMany({ where: { id, userId } });
      return res.status(count ? 204 : 404).end();
    }
    default:
      return res.status(405).end();
  }
}
