"""What interceptors and decorators of Nest take out of an answer, and what only looks as if they did."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

ENTITY = """
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm'
@Entity()
export class User {
  @PrimaryGeneratedColumn() id: number
  @Column() email: string
  @Column() passwordHash: string
}
"""
SERIALIZE = """
import { UseInterceptors, NestInterceptor, SetMetadata } from '@nestjs/common'
import { map } from 'rxjs/operators'
import { plainToInstance, Expose } from 'class-transformer'
export class UserDto { @Expose() id: number; @Expose() email: string }
export class FullDto { @Expose() id: number; @Expose() passwordHash: string }
export class SerializeInterceptor implements NestInterceptor {
  constructor(private dto: any) {}
  intercept(context, handler) {
    return handler.handle().pipe(map((data) => plainToInstance(this.dto, data, { excludeExtraneousValues: true })))
  }
}
export class CopyInterceptor implements NestInterceptor {
  constructor(private dto: any) {}
  intercept(context, handler) {
    return handler.handle().pipe(map((data) => plainToInstance(this.dto, data)))
  }
}
const SHAPE = 'shape'
export class ShapeInterceptor implements NestInterceptor {
  constructor(private reflector) {}
  intercept(context, handler) {
    const shape = this.reflector.get(SHAPE, context.getHandler())
    return handler.handle().pipe(map((data) => plainToInstance(shape, data, { excludeExtraneousValues: true })))
  }
}
export const Note = (text) => SetMetadata('note', text)
export function Shape(dto) { return SetMetadata(SHAPE, dto) }
export function Serialize(dto) { return UseInterceptors(new SerializeInterceptor(dto)) }
export function Copy(dto) { return UseInterceptors(new CopyInterceptor(dto)) }
"""
CONTROLLER = """
import { Controller, Get, SerializeOptions, UseInterceptors, UseGuards } from '@nestjs/common'
import { ZodSerializerDto } from 'nestjs-zod'
import { InjectRepository } from '@nestjs/typeorm'
import { Repository } from 'typeorm'
import { User } from './user.entity'
import { Copy, CopyInterceptor, FullDto, Note, Serialize, SerializeInterceptor, Shape, UserDto } from './serialize'
@Controller('users')
CLASS
export class UsersController {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}
  @Get()
  METHOD
  async list() {
    return this.users.find()
  }
}
"""
MODULE = """
import { Module } from '@nestjs/common'
import { APP_INTERCEPTOR } from '@nestjs/core'
import { ZodSerializerInterceptor } from 'nestjs-zod'
import { UsersController } from './users.controller'
@Module({ controllers: [UsersController], providers: [{ provide: APP_INTERCEPTOR, useClass: ZodSerializerInterceptor }] })
export class AppModule {}
"""


@pytest.mark.parametrize(
    ("on_class", "on_method", "module", "count"),
    [
        ("", "", MODULE, 1),
        ("@Serialize(UserDto)", "", "", 0),
        ("", "@Serialize(UserDto)", "", 0),
        ("", "@UseInterceptors(new SerializeInterceptor(UserDto))", "", 0),
        ("", "@Shape(UserDto)", "", 0),
        ("", "@ZodSerializerDto(UserDto)", MODULE, 0),
        ("", "@SerializeOptions({ type: UserDto, strategy: 'excludeAll' })", "", 1),
        ("@UseInterceptors(ClassSerializerInterceptor)", "@SerializeOptions({ strategy: 'excludeAll' })", "", 0),
        ("", "@Serialize(FullDto)", "", 1),
        ("", "@Copy(UserDto)", "", 1),
        ("", "@UseInterceptors(new CopyInterceptor(UserDto))", "", 1),
        ("", "@Note(UserDto)", "", 1),
        ("", "@ZodSerializerDto(UserDto)", "", 1),
    ],
)  # fmt: skip
def test_an_answer_is_put_into_a_shape(
    findings_of: Found, on_class: str, on_method: str, module: str, count: int
) -> None:
    controller = CONTROLLER.replace("CLASS", on_class).replace("METHOD", on_method)
    files = {"user.entity.ts": ENTITY, "serialize.ts": SERIALIZE, "users.controller.ts": controller}
    found = findings_of(files | ({"app.module.ts": module} if module else {}), "excessive-data-exposure")
    assert len(found) == count
