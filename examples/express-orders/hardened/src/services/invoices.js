const { execFile } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const config = require('../config');
const log = require('../log');

const run = promisify(execFile);

async function folderOf(customerId) {
  const folder = path.join(config.invoiceRoot, String(customerId));
  await fs.mkdir(folder, { recursive: true });
  return folder;
}

async function write(order, items) {
  const lines = items.map((item) => `${item.quantity} x ${item.name} at ${item.unit_price_cents / 100}`);
  const file = `${order.created_at.toISOString().slice(0, 7)}-${order.id}.txt`;
  await fs.writeFile(path.join(await folderOf(order.customer_id), file), `Order ${order.id}\n${lines.join('\n')}\n`);
  return file;
}

async function archive(customerId, month) {
  const folder = await folderOf(customerId);
  const files = (await fs.readdir(folder)).filter((file) => file.startsWith(`${month}-`));
  if (files.length === 0) {
    return null;
  }
  const target = path.join(os.tmpdir(), `${randomUUID()}.tar.gz`);
  await run('tar', ['-czf', target, '--', ...files], { cwd: folder, timeout: 30000 });
  return target;
}

async function discard(file) {
  try {
    await fs.unlink(file);
  } catch (err) {
    log.warn('could not remove archive', { file, code: err.code });
  }
}

async function diskUsage() {
  const { stdout } = await run('df', ['-k', '.'], { timeout: 5000 });
  return stdout.trim().split('\n').slice(1);
}

module.exports = { archive, discard, diskUsage, folderOf, write };
