import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Post } from './post.entity';
@Entity()
export class Reply {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column() postId: number;
  @ManyToOne(() => Post, (p) => p.replies) post: Post;
}
