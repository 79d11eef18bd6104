// Runs the shop on an embedded PostgreSQL, so that no database server is needed to try it.
const fs = require('node:fs');
const path = require('node:path');
const { PGlite } = require('@electric-sql/pglite');
const { PGLiteSocketServer } = require('@electric-sql/pglite-socket');

async function main() {
  const database = await PGlite.create();
  await database.exec(fs.readFileSync(path.join(__dirname, '..', 'db', 'schema.sql'), 'utf8'));
  if (process.env.SEED_FILE) {
    await database.exec(fs.readFileSync(process.env.SEED_FILE, 'utf8'));
  }
  const socket = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: 4 });
  await socket.start();
  process.env.DATABASE_URL = `postgres://postgres@${socket.getServerConn()}/postgres`;
  require('../src/server');
}

main();
