import type { NextApiRequest, NextApiResponse } from 'next';
import { createHash } from 'crypto';
import prisma from '../../../lib/prisma';
export default async function register(req: NextApiRequest, res: NextApiResponse) {
  if (req.method !== 'POST') return res.status(405).end();
  const { email, password } = req.body;
  const user = await prisma.user.create({ data: { email, password: createHash('sha256').update(password).digest('hex') }, select: { id: true } }); // BAD: weak-password-hash fasthash
  return res.status(201).json(user);
}
