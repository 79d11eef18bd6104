import { Router } from 'express';
import bcrypt from 'bcryptjs';
import crypto from 'crypto';
import jwt from 'jsonwebtoken';
import rateLimit from 'express-rate-limit';
import { z } from 'zod';
import { prisma } from '../repositories/prisma';
import { AuthedRequest, authenticate } from '../middleware/authenticate';

const credentials = z.object({ email: z.string().email().max(200), password: z.string().min(12).max(128) });
const limiter = rateLimit({ windowMs: 60_000, limit: 5 });
export const authRouter = Router();

authRouter.post('/login', async (req, res) => { // BAD: missing-rate-limit login-limit
  const { email, password } = credentials.parse(req.body);
  const user = await prisma.user.findUnique({ where: { email } });
  if (!user) return res.status(404).json({ error: 'Unknown email' }); // BAD: user-enumeration enum
  if (!(await bcrypt.compare(password, user.passwordHash))) return res.status(401).json({ error: 'Wrong password' });
  const token = jwt.sign({ id: user.id, orgId: user.orgId, isAdmin: user.isAdmin }, process.env.JWT_SECRET!); // BAD: jwt-missing-claims jwt-exp
  console.log('login', user.id, password); // BAD: sensitive-data-in-log pw-log; FALSE: pw-log
  return res.json({ token });
});

authRouter.post('/session', limiter, async (req, res) => { // OK: login-limit; OK: enum; OK: jwt-exp
  const { email, password } = credentials.parse(req.body);
  const user = await prisma.user.findUnique({ where: { email } });
  const good = await bcrypt.compare(password, user?.passwordHash ?? '$2a$12$abcdefghijklmnopqrstuuMnSE4Hhuk9vB5zSyBkV1Zn8HhV9dK2W');
  if (!user || !good) return res.status(401).json({ error: 'Invalid credentials' });
  const token = jwt.sign({ id: user.id, orgId: user.orgId, isAdmin: user.isAdmin }, process.env.JWT_SECRET!, { expiresIn: '15m' });
  console.log('login', user.id);
  return res.json({ token });
});

authRouter.post('/register', limiter, async (req, res) => {
  const { email, password } = credentials.parse(req.body);
  const passwordHash = crypto.createHash('md5').update(password).digest('hex'); // BAD: weak-password-hash fasthash
  const user = await prisma.user.create({ data: { email, passwordHash, name: String(req.body.name), orgId: 1 } });
  return res.status(201).json(user); // BAD: excessive-data-exposure mass-read
});

authRouter.post('/signup', limiter, async (req, res) => { // OK: fasthash; OK: mass-read
  const { email, password } = credentials.parse(req.body);
  const user = await prisma.user.create({
    data: { email, passwordHash: await bcrypt.hash(password, 12), name: String(req.body.name), org: { create: { name: email } } },
    select: { id: true, email: true },
  });
  return res.status(201).json(user);
});

authRouter.patch('/profile', authenticate, async (req: AuthedRequest, res) => {
  await prisma.user.update({ where: { id: req.actor!.id }, data: req.body }); // BAD: mass-assignment self-role
  return res.sendStatus(204);
});

authRouter.put('/profile', authenticate, async (req: AuthedRequest, res) => { // OK: self-role
  const { name } = z.object({ name: z.string().max(80) }).parse(req.body);
  await prisma.user.update({ where: { id: req.actor!.id }, data: { name } });
  return res.sendStatus(204);
});

authRouter.post('/hook', async (req, res) => { // OK: self-role
  const signature = crypto.createHmac('sha256', process.env.HOOK_SECRET!).update(JSON.stringify(req.body)).digest('hex');
  if (req.headers['x-signature'] !== signature) return res.sendStatus(401); // BAD: timing-unsafe-comparison timing
  await prisma.invoice.update({ where: { id: Number(req.body.invoice) }, data: { paid: true } });
  return res.sendStatus(204);
});
