const { createApp } = require('./app');
const config = require('./config');

const server = createApp().listen(config.port, '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
