import { Request, Response } from 'express';
import { container } from 'tsyringe';
import path from 'path';
import { currentContext } from '../../shared/context';
import { AppError } from '../../shared/app-error';
import { OrderRepository } from './order.repository';
import { ShowOrderService, ShowOwnOrderService, UpdateOrderService, UpdateOwnOrderService } from './order.services';

export class OrderController {
  public async show(request: Request, response: Response): Promise<Response> { // BAD: insecure-direct-object-reference idor-read
    const service = container.resolve(ShowOrderService);
    const order = await service.execute(request.params.id);
    return response.json(order);
  }
  public async detail(request: Request, response: Response): Promise<Response> { // OK: idor-read
    const service = container.resolve(ShowOwnOrderService);
    const order = await service.execute(request.params.id);
    return response.json(order);
  }
  public async index(_request: Request, response: Response): Promise<Response> { // BAD: insecure-direct-object-reference idor-list
    const orders = container.resolve(OrderRepository);
    return response.json(await orders.all());
  }
  public async mine(_request: Request, response: Response): Promise<Response> { // OK: idor-list
    const orders = container.resolve(OrderRepository);
    const { userId } = currentContext();
    return response.json(await orders.ofBuyer(userId as string));
  }
  public async ofBuyer(request: Request, response: Response): Promise<Response> { // MISSED: insecure-direct-object-reference idor-list-key
    const orders = container.resolve(OrderRepository);
    return response.json(await orders.ofBuyer(request.query.buyer as string));
  }
  public async update(request: Request, response: Response): Promise<Response> { // BAD: insecure-direct-object-reference idor-update
    const { id } = request.params;
    const { address } = request.body;
    const order = await container.resolve(UpdateOrderService).execute({ id, address });
    return response.json(order);
  }
  public async amend(request: Request, response: Response): Promise<Response> { // OK: idor-update
    const { id } = request.params;
    const { address } = request.body;
    const buyerId = currentContext().userId as string;
    const order = await container.resolve(UpdateOwnOrderService).execute({ id, address, buyerId });
    return response.json(order);
  }
  public async delete(request: Request, response: Response): Promise<Response> { // BAD: insecure-direct-object-reference idor-delete
    await container.resolve(OrderRepository).remove(request.params.id);
    return response.status(204).send();
  }
  public async cancel(request: Request, response: Response): Promise<Response> { // OK: idor-delete
    const orders = container.resolve(OrderRepository);
    const order = await orders.findById(request.params.id);
    if (order?.buyerId !== currentContext().userId) throw new AppError('Order not found', 404);
    await orders.remove(request.params.id);
    return response.status(204).send();
  }
  public async receipt(request: Request, response: Response): Promise<void> { // BAD: insecure-direct-object-reference idor-file
    const order = await container.resolve(ShowOrderService).execute(request.params.id);
    response.sendFile(order.receiptPath, { root: '/srv/receipts' });
  }
  public async ownReceipt(request: Request, response: Response): Promise<void> { // OK: idor-file
    const order = await container.resolve(ShowOwnOrderService).execute(request.params.id);
    response.sendFile(order.receiptPath, { root: '/srv/receipts' });
  }
  public async item(request: Request, response: Response): Promise<Response> { // BAD: insecure-direct-object-reference idor-parent
    await container.resolve(ShowOwnOrderService).execute(request.params.id);
    return response.json(await container.resolve(OrderRepository).item(request.params.itemId));
  }
  public async ownItem(request: Request, response: Response): Promise<Response> { // OK: idor-parent
    const order = await container.resolve(ShowOwnOrderService).execute(request.params.id);
    return response.json(await container.resolve(OrderRepository).itemOf(request.params.itemId, order.id));
  }
}
