import { Body, Controller, Delete, ForbiddenException, Get, Headers, HttpCode, Param, ParseIntPipe, Patch, Post, Put } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PartialType } from '@nestjs/mapped-types';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { User } from './user.entity';
import { CurrentUser, CurrentUserData, Public, Roles } from '../auth/decorators';

export class UpdateProfileDto extends PartialType(User) {}
export class BioDto { @IsOptional() @IsString() @MaxLength(500) bio?: string; }

@Controller('users')
export class UsersController {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  @Get()
  @Roles('admin')
  list() { // OK: noadmin
    return this.users.find({ select: ['id', 'email'], take: 100 });
  }
  @Patch(':id/roles')
  @Roles('admin')
  @HttpCode(204)
  async roles(@Param('id', ParseIntPipe) id: number, @Body('admin') admin: boolean) { // OK: noadmin
    await this.users.update(id, { roles: admin === true ? ['admin'] : ['user'] });
  }
  @Delete(':id')
  @HttpCode(204)
  async remove(@Param('id', ParseIntPipe) id: number) { // BAD: missing-authorization|insecure-direct-object-reference noadmin
    await this.users.delete(id);
  }
  @Public()
  @Post(':id/suspend')
  async suspend(@Param('id', ParseIntPipe) id: number) { // MISSED: missing-authentication noauth
    await this.users.update({ id }, { roles: ['suspended'] });
  }
  @Post(':id/resume')
  async resume(@Param('id', ParseIntPipe) id: number, @Headers('x-roles') roles: string) { // BAD: client-controlled-identity claim-role
    if (!roles?.includes('admin')) throw new ForbiddenException();
    await this.users.update({ id }, { roles: ['user'] });
  }
  @Get('me')
  me(@CurrentUser() user: CurrentUserData) {
    return this.users.findOneBy({ id: user.userId }); // BAD: excessive-data-exposure mass-read
  }
  @Get('me/public')
  async mePublic(@CurrentUser() user: CurrentUserData) { // OK: mass-read
    const { passwordHash, ...rest } = await this.users.findOneByOrFail({ id: user.userId });
    return rest;
  }
  @Put('me')
  async change(@CurrentUser() user: CurrentUserData, @Body() dto: UpdateProfileDto) {
    await this.users.update(user.userId, dto); // BAD: mass-assignment self-role
  }
  @Patch('me')
  async bio(@CurrentUser() user: CurrentUserData, @Body() dto: BioDto) { // OK: self-role
    await this.users.update(user.userId, { bio: dto.bio });
  }
}
