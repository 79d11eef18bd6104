import { Body, Controller, Delete, Get, Patch, Path, Request, Route, Security, SuccessResponse } from 'tsoa';
import { EntityManager } from '@mikro-orm/core';
import { Parcel, Sender } from './entities';
import { em } from './orm';

interface SenderPatch { email?: string; admin?: boolean }

@Route('senders')
export class SenderController extends Controller {
  @Security('jwt')
  @Get('parcels/{id}')
  public async parcel(@Path() id: number): Promise<Parcel> { // MISSED: insecure-direct-object-reference idor-read2
    return em.findOneOrFail(Parcel, { id });
  }
  @Security('jwt')
  @Get('own-parcels/{id}')
  public async ownParcel(@Path() id: number, @Request() req: any): Promise<Parcel> { // OK: idor-read
    return em.findOneOrFail(Parcel, { id, sender: req.user.id });
  }
  @Security('jwt', ['admin'])
  @Delete('{id}')
  public async remove(@Path() id: number): Promise<void> { // OK: noadmin
    await em.nativeDelete(Sender, { id });
  }
  @Delete('{id}/hard')
  public async wipe(@Path() id: number): Promise<void> { // MISSED: missing-authentication noauth
    await em.nativeDelete(Sender, { id });
  }
  @Security('jwt')
  @Patch('me')
  public async change(@Request() req: any, @Body() body: SenderPatch): Promise<void> {
    await em.nativeUpdate(Sender, { id: req.user.id }, body); // MISSED: mass-assignment self-role
  }
}
