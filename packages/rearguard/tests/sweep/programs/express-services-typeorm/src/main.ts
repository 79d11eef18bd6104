import 'reflect-metadata';
import express from 'express';
import { container } from 'tsyringe';
import { dataSource } from './shared/data-source';
import { requestContext } from './shared/context';
import { isAuthenticated } from './shared/is-authenticated';
import orderRoutes from './modules/orders/order.routes';
import userRoutes from './modules/users/user.routes';

async function bootstrap(): Promise<void> {
  await dataSource.initialize();
  const app = express();
  app.use(express.json());
  app.use(requestContext);
  app.use('/users', userRoutes);
  app.use(isAuthenticated);
  app.use('/orders', orderRoutes);
  app.listen(3000);
}
void bootstrap();
