const express = require('express');
const session = require('express-session');
const MongoStore = require('connect-mongo');
const mongoose = require('mongoose');
const passport = require('passport');
require('./config/passport')(passport);

mongoose.connect(process.env.MONGO_URL);
const app = express();
app.set('view engine', 'ejs');
app.use(express.urlencoded({ extended: false, limit: '100kb' }));
app.use(express.json({ limit: '100kb' }));
app.use(session({
  secret: process.env.SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
  store: MongoStore.create({ mongoUrl: process.env.MONGO_URL }),
  cookie: { httpOnly: true, secure: true, sameSite: 'lax', maxAge: 3600000 },
}));
app.use(passport.initialize());
app.use(passport.session());

app.use('/', require('./routes/accounts'));
app.use('/notes', require('./routes/notes'));
app.use('/drafts', require('./routes/drafts'));
app.use('/admin', require('./routes/admin'));
app.use('/tools', require('./routes/tools'));

app.use((err, req, res, next) => {
  console.error(err.message);
  res.status(500).send('Something went wrong');
});
app.listen(process.env.PORT || 3000);
