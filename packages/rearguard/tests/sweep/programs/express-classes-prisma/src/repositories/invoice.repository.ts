import { Invoice, Prisma, PrismaClient } from '@prisma/client';

export class InvoiceRepository {
  constructor(private readonly db: PrismaClient) {}

  findById(id: number): Promise<Invoice | null> {
    return this.db.invoice.findUnique({ where: { id } });
  }
  findOwned(id: number, ownerId: number): Promise<Invoice | null> {
    return this.db.invoice.findFirst({ where: { id, ownerId } });
  }
  findAll(): Promise<Invoice[]> {
    return this.db.invoice.findMany({ orderBy: { id: 'desc' }, take: 100 });
  }
  findByOwner(ownerId: number): Promise<Invoice[]> {
    return this.db.invoice.findMany({ where: { ownerId }, take: 100 });
  }
  create(data: Prisma.InvoiceUncheckedCreateInput): Promise<Invoice> {
    return this.db.invoice.create({ data });
  }
  update(id: number, data: Prisma.InvoiceUncheckedUpdateInput): Promise<Invoice> {
    return this.db.invoice.update({ where: { id }, data });
  }
  delete(id: number): Promise<Invoice> {
    return this.db.invoice.delete({ where: { id } });
  }
  lineById(id: number) {
    return this.db.line.findUnique({ where: { id } });
  }
  lineOf(id: number, invoiceId: number) {
    return this.db.line.findFirst({ where: { id, invoiceId } });
  }
}
