import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Post } from './post.entity';
import { Reply } from './reply.entity';
import { CreatePostDto, UpdatePostDto } from './dto';
@Injectable()
export class PostsService {
  constructor(
    @InjectRepository(Post) private readonly posts: Repository<Post>,
    @InjectRepository(Reply) private readonly replies: Repository<Reply>,
  ) {}
  async findOne(id: number): Promise<Post> {
    const post = await this.posts.findOne({ where: { id }, relations: { author: true }, select: { id: true, title: true, content: true, author: { id: true } } });
    if (!post) throw new NotFoundException();
    return post;
  }
  async findOwned(id: number, userId: number): Promise<Post> {
    const post = await this.findOne(id);
    if (post.author.id !== userId) throw new ForbiddenException();
    return post;
  }
  findAll() { return this.posts.find({ take: 50 }); }
  findMine(userId: number) { return this.posts.find({ where: { author: { id: userId } }, take: 50 }); }
  findByWorkspace(workspaceId: number) { // BAD: insecure-direct-object-reference tenant-list
    return this.posts.createQueryBuilder('post').where('post.workspaceId = :workspaceId', { workspaceId }).limit(50).getMany();
  }
  create(dto: CreatePostDto, authorId: number) { return this.posts.save({ title: dto.title, content: dto.content, authorId }); }
  async update(id: number, dto: UpdatePostDto) {
    const post = await this.findOne(id);
    return this.posts.save(Object.assign(post, { title: dto.title }));
  }
  async updateOwned(id: number, userId: number, dto: UpdatePostDto) {
    const post = await this.findOwned(id, userId);
    post.title = dto.title ?? post.title;
    return this.posts.save(post);
  }
  async remove(id: number) {
    const result = await this.posts.delete(id);
    if (!result.affected) throw new NotFoundException();
  }
  async removeOwned(id: number, userId: number) {
    const result = await this.posts.delete({ id, authorId: userId });
    if (!result.affected) throw new NotFoundException();
  }
  reply(id: number) { return this.replies.findOneBy({ id }); }
  replyOf(id: number, postId: number) { return this.replies.findOne({ where: { id, post: { id: postId } } }); }
}
