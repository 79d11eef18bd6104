import { applyDecorators, CanActivate, createParamDecorator, ExecutionContext, Injectable, SetMetadata, UnauthorizedException, UseGuards } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { GqlExecutionContext } from '@nestjs/graphql';
import { Request } from 'express';

export type Principal = { sub: string; role: string; fleetId: string };

@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request & { principal?: Principal }>();
    const token = this.fromHeader(request);
    if (!token) throw new UnauthorizedException();
    try {
      request.principal = await this.jwt.verifyAsync(token, { secret: process.env.SECRET });
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
  private fromHeader(request: Request): string | undefined {
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    return type === 'Bearer' ? token : undefined;
  }
}
@Injectable()
export class RoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.get<string[]>('roles', context.getHandler());
    if (!roles || roles.length === 0) return true;
    const { principal } = context.switchToHttp().getRequest();
    return roles.includes(principal.role);
  }
}
export const Auth = (...roles: string[]) => applyDecorators(SetMetadata('roles', roles), UseGuards(TokenGuard, RoleGuard));
export const Me = createParamDecorator((_: unknown, ctx: ExecutionContext): Principal => ctx.switchToHttp().getRequest().principal);

@Injectable()
export class GqlGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}
  canActivate(context: ExecutionContext): boolean {
    const { req } = GqlExecutionContext.create(context).getContext();
    const token = req.headers.authorization?.replace('Bearer ', '');
    if (!token) return false;
    req.principal = this.jwt.verify(token);
    return true;
  }
}
export const GqlMe = createParamDecorator((_: unknown, ctx: ExecutionContext): Principal => GqlExecutionContext.create(ctx).getContext().req.principal);
