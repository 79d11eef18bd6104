import { FastifyPluginAsync } from 'fastify';
import { and, desc, eq } from 'drizzle-orm';
import { createReadStream } from 'node:fs';
import { db } from '../db.js';
import { recipes, steps } from '../schema.js';

const byId = { params: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } } } as const;
const change = { ...byId, body: { type: 'object', additionalProperties: false, required: ['title'], properties: { title: { type: 'string', maxLength: 200 } } } } as const;

const plugin: FastifyPluginAsync = async (app) => {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => { // BAD: insecure-direct-object-reference idor-list
    return db.select().from(recipes).orderBy(desc(recipes.id)).limit(50);
  });
  app.get('/mine', async (request) => { // OK: idor-list
    return db.select().from(recipes).where(eq(recipes.cookId, request.user.id)).limit(50);
  });
  app.get<{ Querystring: { kitchen: number } }>('/kitchen', async (request) => { // BAD: insecure-direct-object-reference tenant-list
    return db.select().from(recipes).where(eq(recipes.kitchenId, request.query.kitchen)).limit(50);
  });
  app.get('/our-kitchen', async (request) => { // OK: tenant-list
    return db.query.recipes.findMany({ where: eq(recipes.kitchenId, request.user.kitchenId), limit: 50 });
  });
  app.get<{ Params: { id: number } }>('/:id', { schema: byId }, async (request, reply) => { // BAD: insecure-direct-object-reference idor-read
    const [recipe] = await db.select().from(recipes).where(eq(recipes.id, request.params.id));
    if (!recipe) return reply.code(404).send();
    return recipe;
  });
  app.get<{ Params: { id: number } }>('/:id/own', { schema: byId }, async (request, reply) => { // OK: idor-read
    const recipe = await db.query.recipes.findFirst({ where: and(eq(recipes.id, request.params.id), eq(recipes.cookId, request.user.id)) });
    if (!recipe) return reply.code(404).send();
    return recipe;
  });
  app.put<{ Params: { id: number }; Body: { title: string } }>('/:id', { schema: change }, async (request) => { // BAD: insecure-direct-object-reference idor-update
    const [row] = await db.update(recipes).set({ title: request.body.title }).where(eq(recipes.id, request.params.id)).returning();
    return row;
  });
  app.patch<{ Params: { id: number }; Body: { title: string } }>('/:id', { schema: change }, async (request, reply) => { // OK: idor-update
    const rows = await db.update(recipes).set({ title: request.body.title })
      .where(and(eq(recipes.id, request.params.id), eq(recipes.cookId, request.user.id))).returning();
    if (rows.length === 0) return reply.code(404).send();
    return rows[0];
  });
  app.delete<{ Params: { id: number } }>('/:id', { schema: byId }, async (request, reply) => { // BAD: insecure-direct-object-reference idor-delete
    await db.delete(recipes).where(eq(recipes.id, request.params.id));
    return reply.code(204).send();
  });
  app.delete<{ Params: { id: number } }>('/:id/own', { schema: byId }, async (request, reply) => { // OK: idor-delete
    const { id } = request.params;
    const found = await db.query.recipes.findFirst({ where: eq(recipes.id, id) });
    if (found?.cookId !== request.user.id) return reply.code(404).send({ message: 'Not found' });
    await db.delete(recipes).where(eq(recipes.id, id));
    return reply.code(204).send();
  });
  app.get<{ Params: { id: number } }>('/:id/photo', { schema: byId }, async (request, reply) => { // BAD: insecure-direct-object-reference idor-file
    const recipe = await db.query.recipes.findFirst({ where: eq(recipes.id, request.params.id) });
    return reply.type('image/jpeg').send(createReadStream(recipe!.photo!));
  });
  app.get<{ Params: { id: number; stepId: number } }>('/:id/steps/:stepId', async (request, reply) => { // BAD: insecure-direct-object-reference idor-parent
    const recipe = await db.query.recipes.findFirst({ where: and(eq(recipes.id, request.params.id), eq(recipes.cookId, request.user.id)) });
    if (!recipe) return reply.code(404).send();
    return db.query.steps.findFirst({ where: eq(steps.id, request.params.stepId) });
  });
  app.get<{ Params: { id: number; stepId: number } }>('/:id/own-steps/:stepId', async (request, reply) => { // OK: idor-parent
    const recipe = await db.query.recipes.findFirst({ where: and(eq(recipes.id, request.params.id), eq(recipes.cookId, request.user.id)) });
    if (!recipe) return reply.code(404).send();
    return db.query.steps.findFirst({ where: and(eq(steps.id, request.params.stepId), eq(steps.recipeId, recipe.id)) });
  });
  app.post('/', async (request, reply) => {
    const [row] = await db.insert(recipes).values({ cookId: request.user.id, ...(request.body as object) }).returning(); // BAD: mass-assignment mass-write
    return reply.code(201).send(row);
  });
};
export default plugin;
