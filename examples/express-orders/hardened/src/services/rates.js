const axios = require('axios');
const config = require('../config');

async function ratesFor(country) {
  const response = await axios.get(`${config.ratesUrl}/v1/rates/${encodeURIComponent(country)}`, {
    headers: { 'X-Api-Key': config.parcelhubApiKey },
    timeout: 3000,
    maxRedirects: 0,
    maxContentLength: 65536,
  });
  return response.data;
}

module.exports = { ratesFor };
