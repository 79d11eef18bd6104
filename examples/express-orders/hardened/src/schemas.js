const { z } = require('zod');

const STATUSES = ['pending', 'packed', 'shipped', 'delivered', 'cancelled'];
const EVENTS = ['order.created'];
const INVOICE_FILE = /^\d{4}-\d{2}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.txt$/;

const note = z.string().max(500);
const giftMessage = z.string().max(500);

module.exports = {
  byId: z.object({ id: z.uuid() }),
  byOrderId: z.object({ orderId: z.uuid() }),
  byWebhookId: z.object({ id: z.coerce.number().int().positive().max(2147483647) }),
  byInvoiceFile: z.object({ file: z.string().regex(INVOICE_FILE) }),
  byCountry: z.object({ country: z.string().regex(/^[A-Z]{2}$/) }),
  credentials: z.object({ email: z.email().max(254), password: z.string().min(1).max(72) }),
  productQuery: z.object({
    search: z.string().max(100).default(''),
    sort: z.enum(['name', 'price', 'newest']).default('name'),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  orderQuery: z.object({
    status: z.enum(STATUSES).optional(),
    sort: z.enum(['created_at', 'status', 'note']).default('created_at'),
  }),
  searchQuery: z.object({ q: z.string().max(100).default('') }),
  archiveQuery: z.object({ month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/) }),
  newOrder: z.object({
    items: z
      .array(
        z.object({
          productId: z.number().int().positive().max(2147483647),
          quantity: z.number().int().min(1).max(100),
        }),
      )
      .min(1)
      .max(50),
    note: note.default(''),
    giftMessage: giftMessage.default(''),
  }),
  orderTexts: z.object({ note: note.optional(), giftMessage: giftMessage.optional() }),
  orderStatus: z.object({ status: z.enum(STATUSES) }),
  newWebhook: z.object({ event: z.enum(EVENTS), url: z.url().max(500) }),
  webhookTest: z.object({ url: z.url().max(500) }),
};
