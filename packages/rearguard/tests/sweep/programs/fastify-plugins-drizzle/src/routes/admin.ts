import { FastifyInstance } from 'fastify';
import { eq, sql } from 'drizzle-orm';
import { db } from '../db.js';
import { accounts } from '../schema.js';

export default async function adminRoutes(app: FastifyInstance) {
  const guarded = { preHandler: [app.authenticate, app.requireChef] };
  app.get('/accounts', guarded, async () => db.select({ id: accounts.id, email: accounts.email }).from(accounts).limit(100));
  app.delete<{ Params: { id: number } }>('/accounts/:id', guarded, async (request, reply) => { // OK: noadmin
    await db.delete(accounts).where(eq(accounts.id, request.params.id));
    return reply.code(204).send();
  });
  app.route<{ Params: { id: number }; Body: { role: string } }>({
    method: 'PUT', url: '/accounts/:id/role', preHandler: [app.authenticate],
    handler: async (request, reply) => { // BAD: missing-authorization noadmin
      await db.update(accounts).set({ role: request.body.role }).where(eq(accounts.id, request.params.id));
      return reply.code(204).send();
    },
  });
  app.post<{ Params: { id: number } }>('/accounts/:id/mute', async (request, reply) => { // BAD: missing-authentication noauth
    await db.update(accounts).set({ role: 'muted' }).where(eq(accounts.id, request.params.id));
    return reply.code(204).send();
  });
  app.post<{ Params: { id: number } }>('/accounts/:id/unmute', { preHandler: [app.authenticate] }, async (request, reply) => { // BAD: client-controlled-identity claim-role
    if (request.headers['x-user-role'] !== 'chef') return reply.code(403).send();
    await db.update(accounts).set({ role: 'cook' }).where(eq(accounts.id, request.params.id));
    return reply.code(204).send();
  });
  app.get<{ Querystring: { q: string } }>('/search', guarded, async (request) => {
    return db.execute(sql.raw(`select id from accounts where email like '%${request.query.q}%'`)); // BAD: sql-injection sqli
  });
  app.get<{ Querystring: { q: string } }>('/search2', guarded, async (request) => { // OK: sqli
    return db.execute(sql`select id from accounts where email like ${'%' + request.query.q + '%'}`);
  });
}
