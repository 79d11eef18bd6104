const nodemailer = require('nodemailer');
const transport = nodemailer.createTransport(process.env.SMTP_URL);
exports.sendMail = (to, text) => transport.sendMail({ from: 'notes@example.com', to, subject: 'Notes', text });
