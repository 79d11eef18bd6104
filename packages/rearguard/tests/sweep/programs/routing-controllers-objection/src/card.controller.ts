import { Authorized, Body, CurrentUser, Delete, Get, HttpCode, JsonController, OnUndefined, Param, Patch, Post, Put, QueryParam, Res, UseBefore } from 'routing-controllers';
import { IsString, MaxLength } from 'class-validator';
import { Service } from 'typedi';
import { Response } from 'express';
import { CardService } from './card.service';
import { Card, Player, Stamp } from './models';

class CardInput { @IsString() @MaxLength(80) label!: string; }

@Service()
@Authorized()
@JsonController('/cards')
export class CardController {
  constructor(private service: CardService) {}

  @Get('/')
  list(@CurrentUser({ required: true }) me: Player) { // OK: idor-list
    return Card.query().where({ holderId: me.id }).limit(50);
  }
  @Get('/all')
  all() { // MISSED: insecure-direct-object-reference idor-list
    return Card.query().limit(50);
  }
  @Get('/holder/:holderId')
  byHolder(@Param('holderId') holderId: string) { // MISSED: insecure-direct-object-reference idor-list-key
    return Card.query().where('holderId', holderId).limit(50);
  }
  @Get('/:id')
  show(@Param('id') id: string) { // BAD: insecure-direct-object-reference idor-read
    return this.service.byId(id);
  }
  @Get('/:id/own')
  own(@Param('id') id: string, @CurrentUser() me: Player) { // OK: idor-read
    return this.service.ofHolder(id, me);
  }
  @Put('/:id')
  rename(@Param('id') id: string, @Body() input: CardInput) { // BAD: insecure-direct-object-reference idor-update
    return this.service.rename(id, input.label);
  }
  @Patch('/:id')
  async renameOwn(@Param('id') id: string, @Body() input: CardInput, @CurrentUser() me: Player) { // OK: idor-update
    return { changed: await this.service.renameOwn(id, input.label, me) };
  }
  @Delete('/:id')
  @OnUndefined(204)
  async remove(@Param('id') id: string) { // BAD: insecure-direct-object-reference idor-delete
    await this.service.remove(id);
  }
  @Delete('/:id/own')
  @OnUndefined(204)
  async removeOwn(@Param('id') id: string, @CurrentUser() me: Player) { // OK: idor-delete
    await this.service.removeOwn(id, me);
  }
  @Get('/:id/scan')
  async scan(@Param('id') id: string, @Res() res: Response) { // BAD: insecure-direct-object-reference idor-file
    const card = await Card.query().findById(id);
    res.sendFile(card!.scan, { root: '/srv/scans' });
    return res;
  }
  @Get('/:id/stamps/:stampId')
  async stamp(@Param('id') id: string, @Param('stampId') stampId: string, @CurrentUser() me: Player) { // BAD: insecure-direct-object-reference idor-parent
    await this.service.ofHolder(id, me);
    return Stamp.query().findById(stampId);
  }
  @Get('/:id/own-stamps/:stampId')
  async ownStamp(@Param('id') id: string, @Param('stampId') stampId: string, @CurrentUser() me: Player) { // OK: idor-parent
    const card = await this.service.ofHolder(id, me);
    return Stamp.query().findOne({ id: stampId, cardId: card.id });
  }
  @Post('/:id/top-up')
  async topUp(@Param('id') id: string, @Body() body: any) {
    return Card.query().patchAndFetchById(id, body); // BAD: mass-assignment|insecure-direct-object-reference mass-write
  }
}
