import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../users/user.entity';
@Entity('orders')
export class Order {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column() buyerId!: string;
  @ManyToOne(() => User, (user) => user.orders) @JoinColumn({ name: 'buyerId' }) buyer!: User;
  @Column() address!: string;
  @Column({ default: 'open' }) status!: string;
  @Column({ nullable: true }) receiptPath!: string;
  @OneToMany(() => OrderItem, (item) => item.order) items!: OrderItem[];
}
@Entity('order_items')
export class OrderItem {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column() orderId!: string;
  @ManyToOne(() => Order, (order) => order.items) order!: Order;
  @Column() sku!: string;
}
