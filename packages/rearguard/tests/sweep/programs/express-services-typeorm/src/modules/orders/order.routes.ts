import { Router } from 'express';
import { container } from 'tsyringe';
import { hasRole } from '../../shared/is-authenticated';
import { dataSource } from '../../shared/data-source';
import { Order } from './order.entity';
import { OrderController } from './order.controller';
import { OrderRepository } from './order.repository';

container.registerSingleton('OrderRepository', OrderRepository);
const routes = Router();
const controller = new OrderController();
routes.get('/', controller.index);
routes.get('/mine', controller.mine);
routes.get('/search', controller.ofBuyer);
routes.get('/:id', controller.show);
routes.get('/:id/detail', controller.detail);
routes.put('/:id', controller.update);
routes.patch('/:id', controller.amend);
routes.delete('/:id', controller.delete);
routes.post('/:id/cancel', controller.cancel);
routes.get('/:id/receipt', controller.receipt);
routes.get('/:id/own-receipt', controller.ownReceipt);
routes.get('/:id/items/:itemId', controller.item);
routes.get('/:id/own-items/:itemId', controller.ownItem);
routes.post('/admin/:id/refund', hasRole('admin'), async (req, res) => { // OK: noadmin
  await dataSource.getRepository(Order).update({ id: req.params.id }, { status: 'refunded' });
  res.sendStatus(204);
});
routes.post('/admin/:id/ship', hasRole('admin'), async (req, res) => { // OK: noadmin
  await dataSource.getRepository(Order).update({ id: req.params.id }, { status: 'shipped' });
  res.sendStatus(204);
});
routes.post('/admin/:id/void', async (req, res) => { // BAD: missing-authorization|insecure-direct-object-reference noadmin
  await dataSource.getRepository(Order).update({ id: req.params.id }, { status: 'void' });
  res.sendStatus(204);
});
export default routes;
