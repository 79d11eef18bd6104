import Fastify, { FastifyInstance } from 'fastify';
import rateLimit from '@fastify/rate-limit';
import authPlugin from './plugins/auth.js';
import recipeRoutes from './routes/recipes.js';
import accountRoutes from './routes/accounts.js';
import adminRoutes from './routes/admin.js';

export async function build(): Promise<FastifyInstance> {
  const app = Fastify({ logger: true });
  await app.register(rateLimit, { global: false });
  await app.register(authPlugin);
  await app.register(accountRoutes, { prefix: '/accounts' });
  await app.register(recipeRoutes, { prefix: '/recipes' });
  await app.register(adminRoutes, { prefix: '/admin' });
  return app;
}
build().then((app) => app.listen({ port: 3000 }));
