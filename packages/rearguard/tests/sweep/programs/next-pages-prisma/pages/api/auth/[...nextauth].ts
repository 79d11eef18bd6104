import NextAuth, { NextAuthOptions } from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';
import bcrypt from 'bcrypt';
import prisma from '../../../lib/prisma';
export const authOptions: NextAuthOptions = {
  session: { strategy: 'jwt' },
  providers: [CredentialsProvider({
    credentials: { email: {}, password: {} },
    async authorize(credentials) {
      const user = await prisma.user.findUnique({ where: { email: credentials!.email } });
      if (!user || !(await bcrypt.compare(credentials!.password, user.password))) return null;
      return { id: user.id, email: user.email, role: user.role } as any;
    },
  })],
  callbacks: {
    jwt: ({ token, user }) => { if (user) { token.sub = user.id; (token as any).role = (user as any).role; } return token; },
    session: ({ session, token }) => { (session.user as any).id = token.sub; (session.user as any).role = (token as any).role; return session; },
  },
};
export default NextAuth(authOptions);
