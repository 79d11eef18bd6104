import { NextFunction, Request, Response } from 'express';
export class HttpError extends Error {
  constructor(public readonly status: number, message: string) { super(message); }
}
export function errorHandler(err: Error, _req: Request, res: Response, _next: NextFunction): void {
  const status = err instanceof HttpError ? err.status : 500;
  res.status(status).json({ error: status === 500 ? 'Internal error' : err.message }); // FALSE: elsewhere
}
