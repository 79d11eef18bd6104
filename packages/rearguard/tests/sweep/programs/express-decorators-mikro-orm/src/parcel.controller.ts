import { Request, Response } from 'express';
import passport from 'passport';
import { inject } from 'inversify';
import { BaseHttpController, controller, httpDelete, httpGet, httpPost, httpPut, request, requestBody, requestParam, response } from 'inversify-express-utils';
import { ParcelService } from './parcel.service';
import { Sender } from './entities';

const signedIn = passport.authenticate('jwt', { session: false });

@controller('/parcels', signedIn)
export class ParcelController extends BaseHttpController {
  constructor(@inject(ParcelService) private parcels: ParcelService) { super(); }
  @httpGet('/')
  list(@request() req: Request) { // OK: idor-list
    return this.parcels.allOf(req.user as Sender);
  }
  @httpGet('/:id')
  async show(@requestParam('id') id: string, @response() res: Response) { // MISSED: insecure-direct-object-reference idor-read
    res.json(await this.parcels.byId(Number(id)));
  }
  @httpGet('/:id/own')
  own(@requestParam('id') id: string, @request() req: Request) { // OK: idor-read
    return this.parcels.ofSender(Number(id), req.user as Sender);
  }
  @httpPut('/:id')
  update(@requestParam('id') id: string, @requestBody() body: { destination: string }) { // MISSED: insecure-direct-object-reference idor-update
    return this.parcels.redirect(Number(id), body.destination);
  }
  @httpPost('/:id/own')
  updateOwn(@requestParam('id') id: string, @requestBody() body: { destination: string }, @request() req: Request) { // OK: idor-update
    return this.parcels.redirectOwn(Number(id), body.destination, req.user as Sender);
  }
  @httpDelete('/:id')
  async remove(req: Request, res: Response) { // MISSED: insecure-direct-object-reference idor-delete
    await this.parcels.drop(Number(req.params.id));
    res.sendStatus(204);
  }
  @httpDelete('/:id/own')
  async removeOwn(req: Request, res: Response) { // OK: idor-delete
    await this.parcels.dropOwn(Number(req.params.id), req.user as Sender);
    res.sendStatus(204);
  }
}
@controller('/depots')
export class DepotController {
  constructor(@inject(ParcelService) private parcels: ParcelService) {}
  @httpDelete('/parcels/:id')
  async remove(req: Request, res: Response) { // MISSED: missing-authentication|insecure-direct-object-reference noauth
    await this.parcels.drop(Number(req.params.id));
    res.sendStatus(204);
  }
}
