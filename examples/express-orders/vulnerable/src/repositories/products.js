const { pool } = require('../db');

const SORT_COLUMNS = new Map([
  ['name', 'name ASC'],
  ['price', 'price_cents ASC'],
  ['newest', 'id DESC'],
]);

async function list({ search, sort, limit }) {
  const orderBy = SORT_COLUMNS.get(sort) ?? 'name ASC';
  const { rows } = await pool.query(
    `SELECT id, name, price_cents FROM products WHERE name ILIKE $1 ORDER BY ${orderBy} LIMIT ${limit}`,
    [`%${search}%`],
  );
  return rows;
}

module.exports = { list };
