const express = require('express');
const { expressjwt } = require('express-jwt');
const documents = require('./routes/documents');
const customers = require('./routes/customers');
const manage = require('./routes/manage');

const app = express();
app.set('view engine', 'hbs');
app.use(express.json({ limit: '1mb' }));
app.use(
  expressjwt({ secret: process.env.JWT_SECRET, algorithms: ['HS256'] }).unless({ path: ['/customers/login', '/customers/login2', '/customers/register', '/customers/signup', '/customers/signup2'] })
);
app.use('/documents', documents);
app.use('/customers', customers);
app.use('/manage', manage);
app.use((err, req, res, next) => {
  if (err.name === 'UnauthorizedError') return res.status(401).json({ error: 'invalid token' });
  next(err);
});
module.exports = app;
if (require.main === module) app.listen(8080);
