import { Column, Entity, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { Exclude } from 'class-transformer';
import { Order } from '../orders/order.entity';
@Entity('users')
export class User {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ unique: true }) email!: string;
  @Column() password!: string;
  @Column({ default: 'buyer' }) role!: string;
  @Column({ nullable: true }) nickname!: string;
  @OneToMany(() => Order, (order) => order.buyer) orders!: Order[];
}
