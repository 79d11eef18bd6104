import { Body, Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { Response } from 'express';
import { PostsService } from './posts.service';
import { CreatePostDto, UpdatePostDto } from './dto';
import { CurrentUser, CurrentUserData, Public } from '../auth/decorators';

@Controller('posts')
export class PostsController {
  constructor(private readonly posts: PostsService) {}

  @Get()
  list() { // BAD: insecure-direct-object-reference idor-list
    return this.posts.findAll();
  }
  @Get('mine')
  mine(@CurrentUser('userId') userId: number) { // OK: idor-list
    return this.posts.findMine(userId);
  }
  @Get('workspace')
  workspace(@Query('workspaceId', ParseIntPipe) workspaceId: number) {
    return this.posts.findByWorkspace(workspaceId);
  }
  @Get('our-workspace')
  ours(@CurrentUser() user: CurrentUserData) { // OK: tenant-list
    return this.posts.findByWorkspace(user.workspaceId);
  }
  @Post()
  create(@Body() dto: CreatePostDto, @CurrentUser() user: CurrentUserData) {
    return this.posts.create(dto, user.userId);
  }
  @Get(':id')
  show(@Param('id', ParseIntPipe) id: number) { // BAD: insecure-direct-object-reference idor-read
    return this.posts.findOne(id);
  }
  @Get(':id/own')
  own(@Param('id', ParseIntPipe) id: number, @CurrentUser() user: CurrentUserData) { // OK: idor-read
    return this.posts.findOwned(id, user.userId);
  }
  @Put(':id')
  update(@Param('id', ParseIntPipe) id: number, @Body() dto: UpdatePostDto) { // BAD: insecure-direct-object-reference idor-update
    return this.posts.update(id, dto);
  }
  @Patch(':id')
  updateOwn(@Param('id', ParseIntPipe) id: number, @Body() dto: UpdatePostDto, @CurrentUser() user: CurrentUserData) { // OK: idor-update
    return this.posts.updateOwned(id, user.userId, dto);
  }
  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id', ParseIntPipe) id: number) { // BAD: insecure-direct-object-reference idor-delete
    return this.posts.remove(id);
  }
  @Delete(':id/own')
  @HttpCode(204)
  removeOwn(@Param('id', ParseIntPipe) id: number, @Req() req: any) { // OK: idor-delete
    return this.posts.removeOwned(id, req.user.userId);
  }
  @Get(':id/cover')
  async cover(@Param('id', ParseIntPipe) id: number, @Res() res: Response) { // BAD: insecure-direct-object-reference idor-file
    const post = await this.posts.findOne(id);
    res.sendFile(post.coverPath, { root: '/srv/covers' });
  }
  @Get(':id/own-cover')
  async ownCover(@Param('id', ParseIntPipe) id: number, @CurrentUser() user: CurrentUserData, @Res() res: Response) { // OK: idor-file
    const post = await this.posts.findOwned(id, user.userId);
    res.sendFile(post.coverPath, { root: '/srv/covers' });
  }
  @Get(':id/replies/:replyId')
  async reply(@Param('id', ParseIntPipe) id: number, @Param('replyId', ParseIntPipe) replyId: number, @CurrentUser() user: CurrentUserData) { // BAD: insecure-direct-object-reference idor-parent
    await this.posts.findOwned(id, user.userId);
    return this.posts.reply(replyId);
  }
  @Get(':id/own-replies/:replyId')
  async ownReply(@Param('id', ParseIntPipe) id: number, @Param('replyId', ParseIntPipe) replyId: number, @CurrentUser() user: CurrentUserData) { // OK: idor-parent
    const post = await this.posts.findOwned(id, user.userId);
    return this.posts.replyOf(replyId, post.id);
  }
}
