// Runs the shop on an embedded PostgreSQL, so that no database server is needed to try it.
const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { PGlite } = require('@electric-sql/pglite');
const { PGLiteSocketServer } = require('@electric-sql/pglite-socket');
const bcrypt = require('bcryptjs');

async function addCustomers(database, password) {
  const hash = await bcrypt.hash(password, 10);
  for (const name of ['Ada', 'Ben']) {
    await database.query('INSERT INTO customers (email, name, password_hash) VALUES ($1, $2, $3)', [
      `${name.toLowerCase()}@shop.example`,
      name,
      hash,
    ]);
  }
}

async function main() {
  const database = await PGlite.create();
  await database.exec(fs.readFileSync(path.join(__dirname, '..', 'db', 'schema.sql'), 'utf8'));
  if (process.env.SEED_FILE) {
    await database.exec(fs.readFileSync(process.env.SEED_FILE, 'utf8'));
  }
  if (process.env.DEMO_PASSWORD) {
    await addCustomers(database, process.env.DEMO_PASSWORD);
  }
  const socket = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: 4 });
  await socket.start();
  process.env.DATABASE_URL = `postgres://postgres@${socket.getServerConn()}/postgres`;
  process.env.JWT_SECRET ??= randomBytes(32).toString('hex');
  process.env.PARCELHUB_API_KEY ??= randomBytes(16).toString('hex');
  process.env.PUBLIC_ORIGIN ??= 'http://localhost:3000';
  process.env.WEBHOOK_ORIGINS ??= 'https://hooks.example.com';
  require('../src/server');
}

main();
