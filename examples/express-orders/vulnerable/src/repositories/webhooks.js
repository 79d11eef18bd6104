const { pool } = require('../db');

async function list(customerId) {
  const { rows } = await pool.query('SELECT id, event, url FROM webhooks WHERE customer_id = $1 ORDER BY id', [
    customerId,
  ]);
  return rows;
}

async function listForEvent(customerId, event) {
  const { rows } = await pool.query('SELECT url FROM webhooks WHERE customer_id = $1 AND event = $2', [
    customerId,
    event,
  ]);
  return rows;
}

async function add(customerId, { event, url }) {
  const { rows } = await pool.query(
    'INSERT INTO webhooks (customer_id, event, url) VALUES ($1, $2, $3) RETURNING id, event, url',
    [customerId, event, url],
  );
  return rows[0];
}

async function remove(customerId, id) {
  const { rowCount } = await pool.query('DELETE FROM webhooks WHERE id = $1 AND customer_id = $2', [
    id,
    customerId,
  ]);
  return rowCount > 0;
}

module.exports = { add, list, listForEvent, remove };
