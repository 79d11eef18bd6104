import fp from 'fastify-plugin';
import jwt from '@fastify/jwt';
import { FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void>;
    requireChef(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  }
}
declare module '@fastify/jwt' {
  interface FastifyJWT { user: { id: number; role: string; kitchenId: number } }
}
export default fp(async (app) => {
  app.register(jwt, { secret: process.env.JWT_SECRET!, sign: { expiresIn: '1h' } });
  app.decorate('authenticate', async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      await request.jwtVerify();
    } catch (err) {
      reply.code(401).send({ message: 'Unauthorized' });
    }
  });
  app.decorate('requireChef', async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.user.role !== 'chef') {
      return reply.code(403).send({ message: 'Forbidden' });
    }
  });
});
