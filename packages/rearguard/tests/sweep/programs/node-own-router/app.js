const fs = require('fs');
const path = require('path');
const { execFileSync, execSync } = require('child_process');
const { Pool } = require('pg');
const escapeHtml = require('escape-html');
const { requireAdmin, requireUser, sendJson } = require('./helpers');
const { Router } = require('./router');

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const app = new Router();

async function many(sql, params = []) {
  const { rows } = await pool.query(sql, params);
  return rows;
}

app.get('/products/search', async (req, res) => {
  // BAD: sql-injection query
  sendJson(res, 200, await many(`SELECT id, name FROM products WHERE name LIKE '%${req.query.q}%'`));
});

app.get('/products/find', async (req, res) => {
  // OK: query
  sendJson(res, 200, await many('SELECT id, name FROM products WHERE name = $1', [req.query.q]));
});

app.post('/tools/ping', requireAdmin, async (req, res) => {
  // BAD: command-injection command
  sendJson(res, 200, { out: execSync(`ping -c 1 ${req.body.host}`).toString() });
});

app.post('/tools/list', requireAdmin, async (req, res) => {
  // OK: command
  sendJson(res, 200, { out: execFileSync('ls', ['-l', '--', '/srv']).toString() });
});

app.get('/manuals', async (req, res) => {
  // BAD: path-traversal file
  sendJson(res, 200, { text: await fs.promises.readFile(path.join('/srv/manuals', req.query.name), 'utf8') });
});

app.get('/manuals/base', async (req, res) => {
  const name = path.basename(req.query.name);
  // OK: file
  sendJson(res, 200, { text: await fs.promises.readFile(path.join('/srv/manuals', name), 'utf8') });
});

app.get('/hello', async (req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/html' });
  // BAD: cross-site-scripting page
  res.end(`<h1>Hello ${req.query.name}</h1>`);
});

app.get('/hello/safe', async (req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/html' });
  // OK: page
  res.end(`<h1>Hello ${escapeHtml(req.query.name)}</h1>`);
});

app.get('/go', async (req, res) => {
  // BAD: open-redirect target
  res.writeHead(302, { Location: req.query.next });
  res.end();
});

app.get('/go/home', async (req, res) => {
  // OK: target
  res.writeHead(302, { Location: req.query.next === 'home' ? '/home' : '/' });
  res.end();
});

// BAD: insecure-direct-object-reference read-other
app.get('/invoices/:invoiceId', requireUser, async (req, res) => {
  sendJson(res, 200, await many('SELECT id, user_id, note FROM invoices WHERE id = $1', [req.params.invoiceId]));
});

// OK: read-other
app.get('/my/invoices/:invoiceId', requireUser, async (req, res) => {
  const key = [req.params.invoiceId, req.user.id];
  sendJson(res, 200, await many('SELECT id, note FROM invoices WHERE id = $1 AND user_id = $2', key));
});

// BAD: missing-authentication unguarded
app.delete('/products/:productId', async (req, res) => {
  await many('DELETE FROM products WHERE id = $1', [req.params.productId]);
  sendJson(res, 200, {});
});

// OK: unguarded
app.put('/products/:productId', requireAdmin, async (req, res) => {
  await many('UPDATE products SET price = $1 WHERE id = $2', [Number(req.body.price), req.params.productId]);
  sendJson(res, 200, {});
});

// OK: unprivileged
app.get('/admin/users', requireAdmin, async (req, res) => {
  sendJson(res, 200, await many('SELECT id, email, role FROM users ORDER BY id LIMIT 100'));
});

// BAD: missing-authorization unprivileged
app.put('/admin/users/:userId/role', requireUser, async (req, res) => {
  await many('UPDATE users SET role = $1 WHERE id = $2', ['staff', req.params.userId]);
  sendJson(res, 200, {});
});

app.listen(3000);
