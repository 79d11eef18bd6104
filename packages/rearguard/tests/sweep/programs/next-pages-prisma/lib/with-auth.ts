import type { NextApiHandler, NextApiRequest, NextApiResponse } from 'next';
import { getServerSession, Session } from 'next-auth';
import { authOptions } from '../pages/api/auth/[...nextauth]';
export type AuthedHandler = (req: NextApiRequest, res: NextApiResponse, session: Session) => unknown;
export const withAuth = (handler: AuthedHandler): NextApiHandler => async (req, res) => {
  const session = await getServerSession(req, res, authOptions);
  if (!session?.user) return res.status(401).json({ error: 'Unauthorized' });
  return handler(req, res, session);
};
export const withAdmin = (handler: AuthedHandler): NextApiHandler => withAuth((req, res, session) => {
  if ((session.user as any).role !== 'admin') return res.status(403).json({ error: 'Forbidden' });
  return handler(req, res, session);
});
