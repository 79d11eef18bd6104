const { pool } = require('../db');

async function findByEmail(email) {
  const { rows } = await pool.query(
    'SELECT id, email, name, role, password_hash FROM customers WHERE email = $1',
    [email],
  );
  return rows[0];
}

async function topSpenders() {
  const { rows } = await pool.query(`
    SELECT c.name, c.email, sum(i.quantity * i.unit_price_cents)::int AS spent_cents
    FROM customers c
    JOIN orders o ON o.customer_id = c.id
    JOIN order_items i ON i.order_id = o.id
    GROUP BY c.id
    ORDER BY spent_cents DESC
    LIMIT 20`);
  return rows;
}

module.exports = { findByEmail, topSpenders };
