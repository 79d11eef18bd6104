import { AsyncLocalStorage } from 'node:async_hooks';
import { NextFunction, Request, Response } from 'express';
export interface Context { userId?: string; role?: string }
export const storage = new AsyncLocalStorage<Context>();
export const currentContext = (): Context => {
  const context = storage.getStore();
  if (!context) throw new Error('outside of a request');
  return context;
};
export function requestContext(_req: Request, _res: Response, next: NextFunction): void {
  storage.run({}, () => next());
}
