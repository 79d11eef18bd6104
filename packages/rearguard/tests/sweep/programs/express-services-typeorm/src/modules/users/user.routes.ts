import { Router } from 'express';
import { hash, compare } from 'bcrypt';
import { sign } from 'jsonwebtoken';
import { createHash } from 'crypto';
import rateLimit from 'express-rate-limit';
import { plainToInstance } from 'class-transformer';
import { dataSource } from '../../shared/data-source';
import { isAuthenticated, hasRole } from '../../shared/is-authenticated';
import { currentContext } from '../../shared/context';
import { AppError } from '../../shared/app-error';
import { User } from './user.entity';

const routes = Router();
const limiter = rateLimit({ windowMs: 60_000, limit: 5 });
const repo = () => dataSource.getRepository(User);

routes.post('/sessions', async (request, response) => { // BAD: missing-rate-limit login-limit
  const { email, password } = request.body;
  const user = await repo().findOneBy({ email: String(email) });
  if (!user) throw new AppError('User does not exist', 401); // BAD: user-enumeration enum
  if (!(await compare(password, user.password))) throw new AppError('Incorrect password', 401);
  const token = sign({ role: user.role }, process.env.APP_SECRET as string, { subject: user.id }); // BAD: jwt-missing-claims jwt-exp
  return response.json({ user, token }); // BAD: excessive-data-exposure mass-read
});
routes.post('/tokens', limiter, async (request, response) => { // OK: enum; OK: jwt-exp
  const { email, password } = request.body;
  const user = await repo().findOneBy({ email: String(email) });
  if (!user || !(await compare(password, user.password))) throw new AppError('Wrong email or password', 401);
  const token = sign({ role: user.role }, process.env.APP_SECRET as string, { subject: user.id, expiresIn: '1h' });
  return response.json({ user: { id: user.id, email: user.email }, token });
});
routes.post('/', async (request, response) => {
  const user = repo().create(request.body as Partial<User>);
  user.password = await hash(user.password, 10);
  await repo().save(user); // BAD: mass-assignment mass-write
  return response.status(201).json({ id: user.id });
});
routes.post('/signup', async (request, response) => { // OK: mass-write
  const { email, password } = request.body;
  const user = repo().create({ email, password: await hash(password, 10) });
  await repo().save(user);
  return response.status(201).json({ id: user.id });
});
routes.post('/legacy', async (request, response) => {
  const user = new User();
  user.email = request.body.email;
  user.password = createHash('sha512').update(request.body.password).digest('hex'); // BAD: weak-password-hash fasthash
  await repo().save(user);
  return response.status(201).json({ id: user.id });
});
routes.put('/profile', isAuthenticated, async (request, response) => {
  const user = await repo().findOneByOrFail({ id: currentContext().userId });
  repo().merge(user, request.body); // BAD: mass-assignment self-role
  await repo().save(user);
  return response.status(204).send();
});
routes.patch('/profile', isAuthenticated, async (request, response) => { // OK: self-role
  await repo().update({ id: currentContext().userId }, { nickname: request.body.nickname });
  return response.status(204).send();
});
routes.get('/', isAuthenticated, hasRole('admin'), async (_request, response) => { // OK: noadmin
  return response.json(await repo().find({ select: { id: true, email: true }, take: 100 }));
});
routes.get('/:id/dump', async (request, response) => { // BAD: missing-authentication|insecure-direct-object-reference noauth
  const user = await repo().findOneBy({ id: request.params.id });
  return response.json({ email: user?.email, nickname: user?.nickname });
});
routes.get('/find', isAuthenticated, hasRole('admin'), async (request, response) => {
  const users = await repo().createQueryBuilder('u').select(['u.id']).where(`u.email like '%${request.query.q}%'`).getMany(); // BAD: sql-injection sqli
  return response.json(users);
});
export default routes;
