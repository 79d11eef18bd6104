import { FastifyInstance } from 'fastify';
import argon2 from 'argon2';
import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { db } from '../db.js';
import { accounts } from '../schema.js';

const credentials = { body: { type: 'object', required: ['email', 'password'], additionalProperties: false, properties: { email: { type: 'string', format: 'email' }, password: { type: 'string', minLength: 12, maxLength: 128 } } } };
type Credentials = { Body: { email: string; password: string } };

export default async function accountRoutes(app: FastifyInstance) {
  app.post<Credentials>('/login', { schema: credentials }, async (request, reply) => { // BAD: missing-rate-limit login-limit
    const { email, password } = request.body;
    const account = await db.query.accounts.findFirst({ where: eq(accounts.email, email) });
    if (!account) return reply.code(404).send({ message: 'Unknown account' }); // BAD: user-enumeration enum
    if (!(await argon2.verify(account.passwordHash, password))) return reply.code(401).send({ message: 'Wrong password' });
    request.log.info({ email, password }, 'login'); // BAD: sensitive-data-in-log pw-log
    return { token: app.jwt.sign({ id: account.id, role: account.role, kitchenId: account.kitchenId }) };
  });
  app.post<Credentials>('/session', { schema: credentials, config: { rateLimit: { max: 5, timeWindow: '1 minute' } } }, async (request, reply) => { // OK: login-limit; OK: enum
    const { email, password } = request.body;
    const account = await db.query.accounts.findFirst({ where: eq(accounts.email, email) });
    if (!account || !(await argon2.verify(account.passwordHash, password))) return reply.code(401).send({ message: 'Wrong email or password' });
    return { token: app.jwt.sign({ id: account.id, role: account.role, kitchenId: account.kitchenId }) };
  });
  app.post<Credentials>('/', { schema: credentials, config: { rateLimit: { max: 5, timeWindow: '1 minute' } } }, async (request, reply) => {
    const passwordHash = createHash('sha256').update(request.body.password).digest('hex'); // BAD: weak-password-hash fasthash
    const [row] = await db.insert(accounts).values({ email: request.body.email, passwordHash }).returning();
    return reply.code(201).send(row); // BAD: excessive-data-exposure mass-read
  });
  app.post<Credentials>('/signup', { schema: credentials, config: { rateLimit: { max: 5, timeWindow: '1 minute' } } }, async (request, reply) => { // OK: fasthash; OK: mass-read
    const passwordHash = await argon2.hash(request.body.password);
    const [row] = await db.insert(accounts).values({ email: request.body.email, passwordHash }).returning({ id: accounts.id });
    return reply.code(201).send(row);
  });
  app.get('/me', { onRequest: [app.authenticate] }, async (request) => {
    return db.query.accounts.findFirst({ where: eq(accounts.id, request.user.id) }); // BAD: excessive-data-exposure mass-read
  });
  app.get('/profile', { onRequest: [app.authenticate] }, async (request) => { // OK: mass-read
    return db.query.accounts.findFirst({ where: eq(accounts.id, request.user.id), columns: { id: true, email: true } });
  });
  app.put('/me', { preHandler: app.authenticate }, async (request, reply) => {
    await db.update(accounts).set(request.body as any).where(eq(accounts.id, request.user.id)); // BAD: mass-assignment self-role
    return reply.code(204).send();
  });
  app.patch<{ Body: { bio: string } }>('/me', { preHandler: app.authenticate, schema: { body: { type: 'object', additionalProperties: false, properties: { bio: { type: 'string', maxLength: 300 } } } } }, async (request, reply) => { // OK: self-role
    await db.update(accounts).set(request.body).where(eq(accounts.id, request.user.id));
    return reply.code(204).send();
  });
}
