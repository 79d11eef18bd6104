const { pool, withTransaction } = require('../db');

const COLUMNS = 'id, customer_id, status, note, gift_message, created_at';
const SORT_COLUMNS = new Map([
  ['created_at', 'created_at'],
  ['status', 'status'],
  ['note', 'note'],
]);

async function listForCustomer(customerId, { status, sort }) {
  const orderBy = SORT_COLUMNS.get(sort) ?? 'created_at';
  const { rows } = await pool.query(
    `SELECT ${COLUMNS} FROM orders
     WHERE customer_id = $1 AND ($2::text IS NULL OR status = $2)
     ORDER BY ${orderBy} LIMIT 100`,
    [customerId, status],
  );
  return rows;
}

async function search(customerId, term) {
  const { rows } = await pool.query(
    'SELECT id, status, note FROM orders WHERE customer_id = $1 AND note ILIKE $2 LIMIT 100',
    [customerId, `%${term}%`],
  );
  return rows;
}

async function findForCustomer(id, customerId) {
  const { rows } = await pool.query(`SELECT ${COLUMNS} FROM orders WHERE id = $1 AND customer_id = $2`, [
    id,
    customerId,
  ]);
  return rows[0];
}

async function itemsOf(order) {
  const { rows } = await pool.query(
    `SELECT p.name, i.quantity, i.unit_price_cents
     FROM order_items i JOIN products p ON p.id = i.product_id
     WHERE i.order_id = $1
     ORDER BY p.name`,
    [order.id],
  );
  return rows;
}

async function create(customerId, { items, note, giftMessage }) {
  return withTransaction(async (client) => {
    const { rows } = await client.query(
      `INSERT INTO orders (customer_id, note, gift_message) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
      [customerId, note, giftMessage],
    );
    const order = { ...rows[0], total_cents: 0 };
    for (const item of items) {
      const added = await client.query(
        `INSERT INTO order_items (order_id, product_id, quantity, unit_price_cents)
         SELECT $1, id, $3, price_cents FROM products WHERE id = $2
         RETURNING quantity * unit_price_cents AS cents`,
        [order.id, item.productId, item.quantity],
      );
      if (added.rowCount === 0) {
        throw Object.assign(new Error(`no product ${item.productId}`), { status: 422 });
      }
      order.total_cents += added.rows[0].cents;
    }
    return order;
  });
}

async function updateTexts(id, customerId, { note, giftMessage }) {
  const { rows } = await pool.query(
    `UPDATE orders SET note = coalesce($3, note), gift_message = coalesce($4, gift_message)
     WHERE id = $1 AND customer_id = $2
     RETURNING ${COLUMNS}`,
    [id, customerId, note, giftMessage],
  );
  return rows[0];
}

async function cancelPending(id, customerId) {
  const { rows } = await pool.query(
    `UPDATE orders SET status = 'cancelled'
     WHERE id = $1 AND customer_id = $2 AND status = 'pending'
     RETURNING id, status`,
    [id, customerId],
  );
  return rows[0];
}

async function setStatus(id, status) {
  const { rows } = await pool.query('UPDATE orders SET status = $2 WHERE id = $1 RETURNING id, status', [
    id,
    status,
  ]);
  return rows[0];
}

module.exports = {
  cancelPending,
  create,
  findForCustomer,
  itemsOf,
  listForCustomer,
  search,
  setStatus,
  updateTexts,
};
