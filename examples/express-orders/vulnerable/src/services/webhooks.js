const axios = require('axios');
const webhooks = require('../repositories/webhooks');

async function deliver(url, payload) {
  const response = await axios.post(url, payload, { timeout: 3000, validateStatus: () => true });
  return { status: response.status, body: response.data };
}

async function notify(customerId, event, payload) {
  for (const hook of await webhooks.listForEvent(customerId, event)) {
    try {
      await deliver(hook.url, { event, payload });
    } catch (err) {}
  }
}

module.exports = { deliver, notify };
