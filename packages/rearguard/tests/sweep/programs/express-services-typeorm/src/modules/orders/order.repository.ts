import { injectable } from 'tsyringe';
import { Repository } from 'typeorm';
import { dataSource } from '../../shared/data-source';
import { Order, OrderItem } from './order.entity';

export interface IOrderRepository {
  findById(id: string): Promise<Order | null>;
  findForBuyer(id: string, buyerId: string): Promise<Order | null>;
  all(): Promise<Order[]>;
  ofBuyer(buyerId: string): Promise<Order[]>;
  save(order: Order): Promise<Order>;
  remove(id: string): Promise<void>;
  item(id: string): Promise<OrderItem | null>;
  itemOf(id: string, orderId: string): Promise<OrderItem | null>;
}

@injectable()
export class OrderRepository implements IOrderRepository {
  private orm: Repository<Order>;
  private items: Repository<OrderItem>;
  constructor() {
    this.orm = dataSource.getRepository(Order);
    this.items = dataSource.getRepository(OrderItem);
  }
  async findById(id: string) { return this.orm.findOne({ where: { id } }); }
  async findForBuyer(id: string, buyerId: string) {
    return this.orm.createQueryBuilder('o').where('o.id = :id', { id }).andWhere('o.buyerId = :buyerId', { buyerId }).getOne();
  }
  async all() { return this.orm.find({ take: 100 }); }
  async ofBuyer(buyerId: string) { return this.orm.find({ where: { buyer: { id: buyerId } }, take: 100 }); }
  async save(order: Order) { return this.orm.save(order); }
  async remove(id: string) { await this.orm.delete(id); }
  async item(id: string) { return this.items.findOneBy({ id }); }
  async itemOf(id: string, orderId: string) { return this.items.findOneBy({ id, orderId }); }
}
