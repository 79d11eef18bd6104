import { inject, injectable } from 'tsyringe';
import { AppError } from '../../shared/app-error';
import { currentContext } from '../../shared/context';
import { IOrderRepository } from './order.repository';

@injectable()
export class ShowOrderService {
  constructor(@inject('OrderRepository') private orders: IOrderRepository) {}
  async execute(id: string) {
    const order = await this.orders.findById(id);
    if (!order) throw new AppError('Order not found', 404);
    return order;
  }
}
@injectable()
export class ShowOwnOrderService {
  constructor(@inject('OrderRepository') private orders: IOrderRepository) {}
  async execute(id: string) {
    const order = await this.orders.findById(id);
    if (!order || order.buyerId !== currentContext().userId) throw new AppError('Order not found', 404);
    return order;
  }
}
@injectable()
export class UpdateOrderService {
  constructor(@inject('OrderRepository') private orders: IOrderRepository) {}
  async execute({ id, address }: { id: string; address: string }) {
    const order = await this.orders.findById(id);
    if (!order) throw new AppError('Order not found', 404);
    order.address = address;
    return this.orders.save(order);
  }
}
@injectable()
export class UpdateOwnOrderService {
  constructor(@inject('OrderRepository') private orders: IOrderRepository) {}
  async execute({ id, address, buyerId }: { id: string; address: string; buyerId: string }) {
    const order = await this.orders.findForBuyer(id, buyerId);
    if (!order) throw new AppError('Order not found', 404);
    order.address = address;
    return this.orders.save(order);
  }
}
