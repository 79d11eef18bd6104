// Serves one Express block of the playbook: node serve.mjs BLOCK PAGE OPTIONS.
// Writes {"port": n} as its first line, then the application's log, one JSON object a line.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , blockFile, page, optionsText] = process.argv;
const options = JSON.parse(optionsText);
const block = await import(pathToFileURL(blockFile));

const write = (line) => process.stdout.write(line);
const plain = (level) => (fields) => {
  const shown = fields.error ? { ...fields, error: String(fields.error.stack ?? fields.error) } : fields;
  write(`${JSON.stringify({ level, ...shown })}\n`);
};
const log = { info: plain('info'), warn: plain('warn'), error: plain('error') };
const digest = (text) => createHash('sha256').update(text).digest('hex');
const clock = () => Number(readFileSync(options.clock, 'utf8'));
const verifyPassword = async (username, password) => options.passwords[username] === password ? `u-${username}` : undefined;

async function database() {
  const { PGlite } = await import('@electric-sql/pglite');
  return PGlite.create();
}

const applications = {
  async 'jwt-refresh-rotation'() {
    const { importPKCS8, importSPKI } = await import('jose');
    const { hash } = await import('@node-rs/argon2');
    const db = await database();
    await db.exec(block.SCHEMA);
    for (const [username, password] of Object.entries(options.passwords)) {
      await db.query('INSERT INTO app_user (id, username, password_hash) VALUES ($1, $2, $3)', [
        `u-${username}`, username, await hash(password, { memoryCost: 65536, timeCost: 3, parallelism: 4 }),
      ]);
    }
    const keys = {
      kid: 'k1',
      signing: await importPKCS8(options.privateKey, 'ES256'),
      verifying: new Map([['k1', await importSPKI(options.publicKey, 'ES256')]]),
    };
    const app = await block.createApp({ db, keys, log });
    const express = (await import('express')).default;
    const outer = express();
    // The stored side of the tokens, for the test that only hashes are kept, and a switch to disable an account.
    outer.get('/test/tokens', async (req, res) => res.json((await db.query('SELECT * FROM refresh_token')).rows));
    outer.post('/test/reset', async (req, res) => {
      await db.exec('TRUNCATE refresh_token, login_attempt; UPDATE app_user SET disabled = false');
      res.status(204).end();
    });
    outer.post('/test/disable/:id', async (req, res) => {
      await db.query('UPDATE app_user SET disabled = true WHERE id = $1', [req.params.id]);
      res.status(204).end();
    });
    outer.use(app);
    return outer;
  },
  async 'injection-validation'() {
    const rows = new Map(options.users.map((user) => [user.id, user]));
    const users = {
      find: async (id) => rows.get(id),
      update: async (id, changes) => rows.set(id, { ...rows.get(id), ...changes }).get(id),
    };
    const principals = new Map(
      options.principals.map(({ token, id, roles }) => [digest(token), { id, roles: new Set(roles) }]),
    );
    return block.createApp({ users, principals, log });
  },
  async 'csrf-cookie-sessions'() {
    const sessions = new block.Sessions(() => clock() * 1000);
    return block.createApp({ origin: options.origin, verifyPassword, sessions, log });
  },
  async 'database-access'() {
    const db = await database();
    await db.exec(options.sql);
    const principals = new Map(options.principals.map(({ token, id, tenantId }) => [digest(token), { id, tenantId }]));
    // Requests run as the serving role inside a transaction that names the tenant, as the page demands.
    const asServingRole = (text, values) =>
      db.transaction(async (tx) => {
        await tx.exec('SET LOCAL ROLE shop_app');
        await tx.query("SELECT set_config('app.tenant_id', $1, true)", [options.tenant]);
        return tx.query(text, values);
      });
    const app = block.createApp({ db: { query: asServingRole }, principals, log });
    const express = (await import('express')).default;
    const outer = express();
    outer.post('/test/reset', async (req, res) => {
      await db.exec('TRUNCATE orders');
      for (const row of options.rows) {
        await db.query(
          'INSERT INTO orders (id, tenant_id, owner_id, title, note, internal_margin) VALUES ($1, $2, $3, $4, $5, $6)',
          row,
        );
      }
      res.status(204).end();
    });
    outer.post('/test/as-serving-role', express.text(), async (req, res) => {
      try {
        const result = await db.transaction(async (tx) => {
          await tx.exec('SET LOCAL ROLE shop_app');
          return tx.query(req.body);
        });
        res.json(result.rows);
      } catch (error) {
        res.status(403).json({ message: error.message });
      }
    });
    outer.use(app);
    return outer;
  },
  async 'security-headers-csp'() {
    return block.createApp({ log });
  },
  async 'error-handling'() {
    const fail = (code) => Object.assign(new Error('postgres://app:hunter2@db/shop'), { code });
    return block.createApp({
      mayRead: async (id) => {
        if (id === 500) throw fail('EUNKNOWN');
        return id !== 2;
      },
      load: async (id) => {
        if (id === 501) throw fail('EUNKNOWN');
        if (id === 503) throw fail('ECONNREFUSED');
        return id < 10 ? { name: `widget ${id}` } : undefined;
      },
      log: block.jsonLog(write),
    });
  },
  async 'rate-limiting'() {
    const principals = new Map(Object.entries(options.principals).map(([token, user]) => [digest(token), user]));
    const limiter = new block.Limiter({ clock, capacity: options.capacity });
    const { trustedProxies } = options;
    return block.createApp({ verifyPassword, principals, trustedProxies, limiter, log });
  },
  async 'outbound-requests'() {
    const addresses = (host) =>
      (options.names[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const client = new block.OutboundClient({
      allowed: new Map(Object.entries(options.allowed)),
      maxBytes: 100_000,
      milliseconds: options.milliseconds,
      resolve: async (host) => addresses(host),
      permitted: (address) => options.permitted.includes(address) || block.isPublic(address),
    });
    const authenticate = (req) => (req.get('authorization') === 'Bearer good' ? 'ada' : undefined);
    const express = (await import('express')).default;
    const outer = express();
    outer.get('/test/public/:address', (req, res) => res.json(block.isPublic(req.params.address)));
    return outer.use(block.createApp({ client, authenticate, log }));
  },
  async cors() {
    return block.createApp({ origins: options.origins });
  },
};

const app = await applications[page]();
const server = (block.createBoundedServer?.(app) ?? (await import('node:http')).createServer(app)).listen(
  0,
  '127.0.0.1',
  () => write(`${JSON.stringify({ port: server.address().port })}\n`),
);
