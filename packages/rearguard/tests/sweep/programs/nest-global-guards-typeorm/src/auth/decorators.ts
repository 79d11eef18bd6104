import { createParamDecorator, ExecutionContext, SetMetadata } from '@nestjs/common';
export const IS_PUBLIC_KEY = 'isPublic';
export const Public = () => SetMetadata(IS_PUBLIC_KEY, true);
export const ROLES_KEY = 'roles';
export const Roles = (...roles: string[]) => SetMetadata(ROLES_KEY, roles);
export interface CurrentUserData { userId: number; roles: string[]; workspaceId: number }
export const CurrentUser = createParamDecorator((field: keyof CurrentUserData | undefined, ctx: ExecutionContext) => {
  const { user } = ctx.switchToHttp().getRequest();
  return field ? user?.[field] : user;
});
