// One JSON object a line: values with line breaks cannot forge an entry.
function write(level, message, details = {}) {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...details }));
}

module.exports = {
  info: (message, details) => write('info', message, details),
  warn: (message, details) => write('warn', message, details),
  error: (message, details) => write('error', message, details),
};
