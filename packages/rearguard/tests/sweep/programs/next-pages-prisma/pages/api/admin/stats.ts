import type { NextApiRequest, NextApiResponse } from 'next';
import prisma from '../../../lib/prisma';
export default async function handler(req: NextApiRequest, res: NextApiResponse) { // BAD: missing-authentication noauth
  const users = await prisma.user.findMany({ select: { id: true, email: true }, take: 100 });
  res.json(users);
}
