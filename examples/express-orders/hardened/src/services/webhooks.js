const axios = require('axios');
const config = require('../config');
const log = require('../log');
const webhooks = require('../repositories/webhooks');

function isAllowed(url) {
  return URL.canParse(url) && config.webhookOrigins.has(new URL(url).origin);
}

async function deliver(url, payload) {
  if (!isAllowed(url)) {
    throw new Error('webhook destination is not on the allowlist');
  }
  const response = await axios.post(url, payload, {
    timeout: 3000,
    maxRedirects: 0,
    maxContentLength: 65536,
    validateStatus: () => true,
  });
  return { status: response.status, body: response.data };
}

async function notify(customerId, event, payload) {
  for (const hook of await webhooks.listForEvent(customerId, event)) {
    try {
      await deliver(hook.url, { event, payload });
    } catch (err) {
      log.warn('webhook not delivered', { customerId, event, reason: err.message });
    }
  }
}

module.exports = { deliver, isAllowed, notify };
