import { Column, Entity, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { Post } from '../posts/post.entity';
@Entity()
export class User {
  @PrimaryGeneratedColumn() id: number;
  @Column({ unique: true }) email: string;
  @Column() passwordHash: string;
  @Column('simple-array', { default: 'user' }) roles: string[];
  @Column({ nullable: true }) workspaceId: number;
  @Column({ nullable: true }) bio: string;
  @OneToMany(() => Post, (p) => p.author) posts: Post[];
}
