import express, { Application } from 'express';
import helmet from 'helmet';
import { authRouter } from './routes/auth.routes';
import { invoiceRouter } from './routes/invoice.routes';
import { projectRouter } from './routes/project.routes';
import { adminRouter } from './routes/admin.routes';
import { authenticate } from './middleware/authenticate';
import { errorHandler } from './middleware/error';

export class Server {
  private readonly app: Application = express();

  constructor() {
    this.configure();
    this.routes();
    this.app.use(errorHandler);
  }

  private configure(): void {
    this.app.use(helmet());
    this.app.use(express.json({ limit: '50kb' }));
  }

  private routes(): void {
    this.app.use('/api/auth', authRouter);
    this.app.use('/api/invoices', authenticate, invoiceRouter);
    this.app.use('/api/projects', authenticate, projectRouter);
    this.app.use('/api/admin', adminRouter);
  }

  listen(port: number): void {
    this.app.listen(port);
  }
}
new Server().listen(Number(process.env.PORT ?? 3000));
