import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../users/user.entity';
import { Reply } from './reply.entity';
@Entity()
export class Post {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column('text') content: string;
  @Column({ nullable: true }) coverPath: string;
  @Column() authorId: number;
  @Column({ nullable: true }) workspaceId: number;
  @ManyToOne(() => User, (u) => u.posts) author: User;
  @OneToMany(() => Reply, (r) => r.post) replies: Reply[];
}
