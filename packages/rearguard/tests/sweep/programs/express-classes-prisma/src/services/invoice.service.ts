import { Invoice } from '@prisma/client';
import { InvoiceRepository } from '../repositories/invoice.repository';
import { HttpError } from '../middleware/error';
import { Actor } from '../middleware/authenticate';
import { InvoiceInput } from '../dto/invoice.dto';

export class InvoiceService {
  constructor(private readonly invoices: InvoiceRepository) {}

  async get(id: number): Promise<Invoice> {
    const invoice = await this.invoices.findById(id);
    if (!invoice) throw new HttpError(404, 'Not found');
    return invoice;
  }
  async getOwned(id: number, actor: Actor): Promise<Invoice> {
    const invoice = await this.invoices.findById(id);
    if (!invoice || (invoice.ownerId !== actor.id && !actor.isAdmin)) throw new HttpError(404, 'Not found');
    return invoice;
  }
  list(): Promise<Invoice[]> { return this.invoices.findAll(); }
  listFor(actor: Actor): Promise<Invoice[]> { return this.invoices.findByOwner(actor.id); }
  create(input: InvoiceInput, actor: Actor): Promise<Invoice> {
    return this.invoices.create({ amount: input.amount, memo: input.memo, ownerId: actor.id, pdfPath: '' });
  }
  async update(id: number, input: InvoiceInput): Promise<Invoice> {
    await this.get(id);
    return this.invoices.update(id, { amount: input.amount, memo: input.memo });
  }
  async amend(id: number, input: InvoiceInput, actor: Actor): Promise<Invoice> {
    await this.getOwned(id, actor);
    return this.invoices.update(id, { amount: input.amount, memo: input.memo });
  }
  async remove(id: number): Promise<void> { await this.invoices.delete(id); }
  async removeOwned(id: number, actor: Actor): Promise<void> {
    if (!(await this.invoices.findOwned(id, actor.id))) throw new HttpError(404, 'Not found');
    await this.invoices.delete(id);
  }
  async line(invoiceId: number, lineId: number, actor: Actor) {
    await this.getOwned(invoiceId, actor);
    return this.invoices.lineById(lineId);
  }
  async ownLine(invoiceId: number, lineId: number, actor: Actor) {
    await this.getOwned(invoiceId, actor);
    return this.invoices.lineOf(lineId, invoiceId);
  }
}
