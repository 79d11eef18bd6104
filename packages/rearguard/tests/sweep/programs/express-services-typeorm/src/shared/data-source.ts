import { DataSource } from 'typeorm';
import { Order, OrderItem } from '../modules/orders/order.entity';
import { User } from '../modules/users/user.entity';
export const dataSource = new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, entities: [Order, OrderItem, User], synchronize: false });
