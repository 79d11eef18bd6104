import { NextFunction, Request, Response } from 'express';
import { verify, JwtPayload } from 'jsonwebtoken';
import { currentContext } from './context';
import { AppError } from './app-error';

export function isAuthenticated(req: Request, res: Response, next: NextFunction): void {
  const [, token] = (req.headers.authorization ?? '').split(' ');
  if (!token) throw new AppError('JWT missing', 401);
  try {
    const { sub, role } = verify(token, process.env.APP_SECRET as string) as JwtPayload;
    const context = currentContext();
    context.userId = sub;
    context.role = role;
    return next();
  } catch {
    throw new AppError('Invalid JWT', 401);
  }
}

export function hasRole(role: string) {
  return (_req: Request, _res: Response, next: NextFunction) => {
    if (currentContext().role !== role) throw new AppError('Forbidden', 403);
    next();
  };
}
