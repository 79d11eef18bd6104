import { Authorized, Body, CurrentUser, Delete, Get, HeaderParam, HttpError, JsonController, OnUndefined, Param, Post, Put, UnauthorizedError, UseBefore } from 'routing-controllers';
import { IsEmail, IsString, MaxLength, MinLength } from 'class-validator';
import { Service } from 'typedi';
import bcrypt from 'bcrypt';
import crypto from 'crypto';
import jwt from 'jsonwebtoken';
import rateLimit from 'express-rate-limit';
import { Player } from './models';

class Credentials { @IsEmail() email!: string; @IsString() @MinLength(12) @MaxLength(100) password!: string; }
class ProfileInput { @IsString() @MaxLength(50) alias!: string; }
const limiter = rateLimit({ windowMs: 60000, max: 5 }); // FALSE: elsewhere

@Service()
@JsonController('/players')
export class PlayerController {
  @Post('/login')
  async login(@Body() input: Credentials) { // MISSED: missing-rate-limit login-limit
    const player = await Player.query().findOne({ email: input.email });
    if (!player) throw new HttpError(404, 'No such player'); // BAD: user-enumeration enum
    if (!(await bcrypt.compare(input.password, player.passwordHash))) throw new UnauthorizedError('Wrong password');
    return { token: jwt.sign({ sub: player.id }, process.env.KEY!) }; // BAD: jwt-missing-claims jwt-exp
  }
  @Post('/session')
  @UseBefore(limiter)
  async session(@Body() input: Credentials) { // OK: login-limit; OK: enum; OK: jwt-exp
    const player = await Player.query().findOne({ email: input.email });
    if (!player || !(await bcrypt.compare(input.password, player.passwordHash))) throw new UnauthorizedError('Wrong email or password');
    return { token: jwt.sign({ sub: player.id }, process.env.KEY!, { expiresIn: '1h' }) };
  }
  @Post('/')
  @UseBefore(limiter)
  async join(@Body() input: Credentials) {
    return Player.query().insert({ email: input.email, passwordHash: await bcrypt.hash(input.password, 12), role: 'player' }); // BAD: excessive-data-exposure mass-read
  }
  @Post('/old')
  @UseBefore(limiter)
  async old(@Body() input: Credentials) {
    const passwordHash = crypto.createHash('sha256').update(input.password).digest('hex'); // BAD: weak-password-hash fasthash
    const { id } = await Player.query().insert({ email: input.email, passwordHash, role: 'player' });
    return { id };
  }
  @Authorized()
  @Put('/me')
  @OnUndefined(204)
  async change(@CurrentUser() me: Player, @Body({ validate: false }) body: any) {
    await Player.query().findById(me.id).patch(body); // BAD: mass-assignment self-role
  }
  @Authorized()
  @Put('/me/profile')
  @OnUndefined(204)
  async profile(@CurrentUser() me: Player, @Body() input: ProfileInput) { // OK: self-role
    await Player.query().findById(me.id).patch({ alias: input.alias });
  }
  @Authorized('admin')
  @Get('/')
  list() { // OK: noadmin
    return Player.query().select('id', 'email').limit(50);
  }
  @Authorized('admin')
  @Put('/:id/role')
  @OnUndefined(204)
  async role(@Param('id') id: string, @Body() input: ProfileInput) { // OK: noadmin
    await Player.query().findById(id).patch({ role: input.alias === 'admin' ? 'admin' : 'player' });
  }
  @Authorized()
  @Delete('/:id')
  @OnUndefined(204)
  async ban(@Param('id') id: string) { // BAD: missing-authorization|insecure-direct-object-reference noadmin
    await Player.query().deleteById(id);
  }
  @Post('/:id/reset')
  @OnUndefined(204)
  async reset(@Param('id') id: string) { // MISSED: missing-authentication noauth
    await Player.query().findById(id).patch({ passwordHash: '' });
  }
  @Authorized()
  @Post('/:id/mute')
  @OnUndefined(204)
  async mute(@Param('id') id: string, @HeaderParam('x-role') role: string) { // BAD: client-controlled-identity claim-role
    if (role !== 'admin') throw new HttpError(403, 'no');
    await Player.query().findById(id).patch({ role: 'muted' });
  }
}
