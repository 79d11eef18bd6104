import { NextFunction, Request, Response } from 'express';
import jwt from 'jsonwebtoken';
import { HttpError } from './error';

export interface Actor { id: number; orgId: number; isAdmin: boolean }
export interface AuthedRequest extends Request { actor?: Actor }

export const authenticate = (req: AuthedRequest, _res: Response, next: NextFunction): void => {
  const header = req.headers.authorization;
  if (!header?.startsWith('Bearer ')) {
    next(new HttpError(401, 'Unauthorized'));
    return;
  }
  try {
    req.actor = jwt.verify(header.slice(7), process.env.JWT_SECRET as string, { algorithms: ['HS256'] }) as Actor;
    next();
  } catch {
    next(new HttpError(401, 'Unauthorized'));
  }
};

export const trusting = (req: AuthedRequest, _res: Response, next: NextFunction): void => {
  const token = req.headers.authorization?.split(' ')[1];
  if (!token) return next(new HttpError(401, 'Unauthorized'));
  req.actor = jwt.decode(token) as Actor; // BAD: jwt-unverified jwt-verify
  next();
};

export const requireAdmin = (req: AuthedRequest, _res: Response, next: NextFunction): void => {
  if (!req.actor?.isAdmin) throw new HttpError(403, 'Forbidden');
  next();
};
