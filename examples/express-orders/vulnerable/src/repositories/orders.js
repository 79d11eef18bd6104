const { pool, withTransaction } = require('../db');

const COLUMNS = 'id, customer_id, status, note, gift_message, created_at';

async function listForCustomer(customerId, { status, sort }) {
  const params = [customerId];
  let sql = `SELECT ${COLUMNS} FROM orders WHERE customer_id = $1`;
  if (status) {
    params.push(status);
    sql += ` AND status = $${params.length}`;
  }
  sql += ` ORDER BY ${sort} LIMIT 100`;
  const { rows } = await pool.query(sql, params);
  return rows;
}

async function search(customerId, term) {
  const sql = `SELECT id, status, note FROM orders WHERE customer_id = ${customerId} AND note ILIKE '%${term}%'`;
  const { rows } = await pool.query(sql);
  return rows;
}

async function findById(id) {
  const { rows } = await pool.query(`SELECT ${COLUMNS} FROM orders WHERE id = $1`, [id]);
  return rows[0];
}

async function itemsOf(orderId) {
  const { rows } = await pool.query(
    `SELECT p.name, i.quantity, i.unit_price_cents
     FROM order_items i JOIN products p ON p.id = i.product_id
     WHERE i.order_id = $1
     ORDER BY p.name`,
    [orderId],
  );
  return rows;
}

async function create(customerId, { items, note, giftMessage }) {
  return withTransaction(async (client) => {
    const { rows } = await client.query(
      `INSERT INTO orders (customer_id, note, gift_message) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
      [customerId, note || '', giftMessage || ''],
    );
    const order = { ...rows[0], total_cents: 0 };
    for (const item of items) {
      const added = await client.query(
        `INSERT INTO order_items (order_id, product_id, quantity, unit_price_cents)
         SELECT $1, id, $3, price_cents FROM products WHERE id = $2
         RETURNING quantity * unit_price_cents AS cents`,
        [order.id, item.productId, item.quantity],
      );
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

async function setStatus(id, status) {
  const { rows } = await pool.query(`UPDATE orders SET status = $2 WHERE id = $1 RETURNING id, status`, [
    id,
    status,
  ]);
  return rows[0];
}

module.exports = { create, findById, itemsOf, listForCustomer, search, setStatus, updateTexts };
