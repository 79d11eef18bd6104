import { z } from 'zod';
export const invoiceInput = z.object({ amount: z.number().int().min(0).max(1_000_000), memo: z.string().max(500) });
export type InvoiceInput = z.infer<typeof invoiceInput>;
export const idParam = z.coerce.number().int().positive();
