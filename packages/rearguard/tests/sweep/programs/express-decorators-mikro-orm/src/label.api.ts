import { Request, Response } from 'express';
import passport from 'passport';
import { before, DELETE, GET, route } from 'awilix-express';
import { LabelService } from './label.service';

@route('/labels')
@before(passport.authenticate('jwt', { session: false }))
export default class LabelApi {
  private labelService: LabelService;
  constructor({ labelService }: { labelService: LabelService }) { this.labelService = labelService; }
  @route('/:id')
  @GET()
  async show(req: Request, res: Response) { // MISSED: insecure-direct-object-reference idor-read2
    res.json(await this.labelService.get(Number(req.params.id)));
  }
  @route('/:id/own')
  @GET()
  async own(req: Request, res: Response) { // OK: idor-read
    res.json(await this.labelService.getOf(Number(req.params.id), (req.user as any).id));
  }
  @route('/:id')
  @DELETE()
  async remove(req: Request, res: Response) { // MISSED: insecure-direct-object-reference idor-delete2
    await this.labelService.remove(Number(req.params.id));
    res.sendStatus(204);
  }
}
