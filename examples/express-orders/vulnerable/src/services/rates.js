const axios = require('axios');
const config = require('../config');

const PARCELHUB_API_KEY = 'phk_9d1f6c0ab7e24c53a8';

async function ratesFor(country) {
  const response = await axios.get(`${config.ratesUrl}/v1/rates/${encodeURIComponent(country)}`, {
    headers: { 'X-Api-Key': PARCELHUB_API_KEY },
    timeout: 3000,
  });
  return response.data;
}

module.exports = { ratesFor };
