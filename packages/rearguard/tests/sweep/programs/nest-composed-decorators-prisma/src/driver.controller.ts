import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Put, UseGuards } from '@nestjs/common';
import { IsString, MaxLength } from 'class-validator';
import { Auth, Me, Principal, RoleGuard, TokenGuard } from './auth';
import { PrismaService } from './prisma.service';
class PhoneDto { @IsString() @MaxLength(30) phone: string; }
class DriverDto { @IsString() phone: string; @IsString() role: string; }

@Controller('drivers')
export class DriverController {
  constructor(private readonly prisma: PrismaService) {}
  @Get()
  @Auth('manager')
  list() { // OK: noadmin
    return this.prisma.driver.findMany({ select: { id: true, email: true }, take: 50 });
  }
  @Delete(':id')
  @Auth('manager')
  remove(@Param('id') id: string) { // OK: noadmin
    return this.prisma.driver.delete({ where: { id }, select: { id: true } });
  }
  @Patch(':id/role')
  @Auth()
  role(@Param('id') id: string, @Body() dto: DriverDto) { // BAD: missing-authorization|insecure-direct-object-reference noadmin
    return this.prisma.driver.update({ where: { id }, data: { role: dto.role }, select: { id: true } });
  }
  @Post(':id/fire')
  fire(@Param('id') id: string) { // BAD: missing-authentication noauth
    return this.prisma.driver.update({ where: { id }, data: { role: 'fired' }, select: { id: true } });
  }
  @Get('me')
  @UseGuards(TokenGuard)
  me(@Me() me: Principal) {
    return this.prisma.driver.findUnique({ where: { id: me.sub } }); // MISSED: excessive-data-exposure mass-read
  }
  @Get('me/public')
  @UseGuards(TokenGuard)
  mePublic(@Me() me: Principal) { // OK: mass-read
    return this.prisma.driver.findUnique({ where: { id: me.sub }, select: { id: true, email: true } });
  }
  @Put('me')
  @UseGuards(TokenGuard)
  change(@Me() me: Principal, @Body() dto: DriverDto) {
    return this.prisma.driver.update({ where: { id: me.sub }, data: dto, select: { id: true } }); // MISSED: mass-assignment self-role
  }
  @Patch('me')
  @UseGuards(TokenGuard)
  phone(@Me() me: Principal, @Body() dto: PhoneDto) { // OK: self-role
    return this.prisma.driver.update({ where: { id: me.sub }, data: dto, select: { id: true } });
  }
}
