import { getIronSession, SessionOptions } from 'iron-session';
import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
export interface SessionData { accountId?: number; role?: string; studioId?: number }
const options: SessionOptions = { password: process.env.SESSION_PASSWORD!, cookieName: 'sid', cookieOptions: { secure: true, httpOnly: true, sameSite: 'lax' } };
export const getSession = () => getIronSession<SessionData>(cookies(), options);
export async function requireAccount() {
  const session = await getSession();
  if (!session.accountId) redirect('/login');
  return { id: session.accountId, role: session.role, studioId: session.studioId };
}
