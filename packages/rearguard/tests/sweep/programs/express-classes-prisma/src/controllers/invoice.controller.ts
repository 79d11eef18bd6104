import { NextFunction, Response } from 'express';
import path from 'path';
import { InvoiceService } from '../services/invoice.service';
import { AuthedRequest } from '../middleware/authenticate';
import { idParam, invoiceInput } from '../dto/invoice.dto';

export class InvoiceController {
  constructor(private readonly service: InvoiceService) {}

  show = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // BAD: insecure-direct-object-reference idor-read
    try {
      res.json(await this.service.get(idParam.parse(req.params.id)));
    } catch (e) { next(e); }
  };
  detail = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // OK: idor-read
    try {
      res.json(await this.service.getOwned(idParam.parse(req.params.id), req.actor!));
    } catch (e) { next(e); }
  };
  list = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // BAD: insecure-direct-object-reference idor-list
    try {
      res.json(await this.service.list());
    } catch (e) { next(e); }
  };
  mine = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // OK: idor-list
    try {
      res.json(await this.service.listFor(req.actor!));
    } catch (e) { next(e); }
  };
  create = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => {
    try {
      res.status(201).json(await this.service.create(invoiceInput.parse(req.body), req.actor!));
    } catch (e) { next(e); }
  };
  update = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // BAD: insecure-direct-object-reference idor-update
    try {
      res.json(await this.service.update(idParam.parse(req.params.id), invoiceInput.parse(req.body)));
    } catch (e) { next(e); }
  };
  amend = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // OK: idor-update
    try {
      res.json(await this.service.amend(idParam.parse(req.params.id), invoiceInput.parse(req.body), req.actor!));
    } catch (e) { next(e); }
  };
  remove = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // BAD: insecure-direct-object-reference idor-delete
    try {
      await this.service.remove(idParam.parse(req.params.id));
      res.sendStatus(204);
    } catch (e) { next(e); }
  };
  discard = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // OK: idor-delete
    try {
      await this.service.removeOwned(idParam.parse(req.params.id), req.actor!);
      res.sendStatus(204);
    } catch (e) { next(e); }
  };
  pdf = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // BAD: insecure-direct-object-reference idor-file
    try {
      const invoice = await this.service.get(idParam.parse(req.params.id));
      res.sendFile(path.resolve('/srv/pdf', invoice.pdfPath));
    } catch (e) { next(e); }
  };
  ownPdf = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // OK: idor-file
    try {
      const invoice = await this.service.getOwned(idParam.parse(req.params.id), req.actor!);
      res.sendFile(path.resolve('/srv/pdf', invoice.pdfPath));
    } catch (e) { next(e); }
  };
  line = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // BAD: insecure-direct-object-reference idor-parent
    try {
      res.json(await this.service.line(idParam.parse(req.params.id), idParam.parse(req.params.lineId), req.actor!));
    } catch (e) { next(e); }
  };
  ownLine = async (req: AuthedRequest, res: Response, next: NextFunction): Promise<void> => { // OK: idor-parent
    try {
      res.json(await this.service.ownLine(idParam.parse(req.params.id), idParam.parse(req.params.lineId), req.actor!));
    } catch (e) { next(e); }
  };
}
