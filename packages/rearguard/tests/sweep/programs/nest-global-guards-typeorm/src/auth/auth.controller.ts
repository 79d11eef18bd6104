import { Body, Controller, NotFoundException, Post, UnauthorizedException, UseGuards } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Throttle, ThrottlerGuard } from '@nestjs/throttler';
import { InjectRepository } from '@nestjs/typeorm';
import { IsEmail, IsString, MaxLength, MinLength } from 'class-validator';
import { Repository } from 'typeorm';
import * as bcrypt from 'bcrypt';
import { createHash } from 'crypto';
import { User } from '../users/user.entity';
import { Public } from './decorators';
class LoginDto { @IsEmail() email: string; @IsString() @MinLength(12) @MaxLength(128) password: string; }

@Public()
@Controller('auth')
export class AuthController {
  constructor(@InjectRepository(User) private users: Repository<User>, private jwt: JwtService) {}
  @Post('login')
  async login(@Body() dto: LoginDto) { // BAD: missing-rate-limit login-limit
    const user = await this.users.findOne({ where: { email: dto.email } });
    if (!user) throw new NotFoundException('User not found'); // BAD: user-enumeration enum
    if (!(await bcrypt.compare(dto.password, user.passwordHash))) throw new UnauthorizedException('Wrong password');
    return { accessToken: this.jwt.sign({ sub: user.id, roles: user.roles, workspaceId: user.workspaceId }) };
  }
  @UseGuards(ThrottlerGuard)
  @Throttle({ default: { limit: 5, ttl: 60000 } })
  @Post('session')
  async session(@Body() dto: LoginDto) { // OK: login-limit; OK: enum
    const user = await this.users.findOne({ where: { email: dto.email } });
    if (!user || !(await bcrypt.compare(dto.password, user.passwordHash))) throw new UnauthorizedException('Wrong email or password');
    return { accessToken: await this.jwt.signAsync({ sub: user.id, roles: user.roles, workspaceId: user.workspaceId }) };
  }
  @UseGuards(ThrottlerGuard)
  @Post('register')
  async register(@Body() dto: LoginDto) {
    const passwordHash = createHash('sha256').update(dto.password).digest('hex'); // BAD: weak-password-hash fasthash
    const user = await this.users.save({ email: dto.email, passwordHash });
    return user; // BAD: excessive-data-exposure mass-read
  }
}
