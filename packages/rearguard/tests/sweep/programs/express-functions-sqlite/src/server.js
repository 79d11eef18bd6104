import express from 'express';
import session from 'express-session';
import { engine } from 'express-handlebars';
import files from './api/files.js';
import people from './api/people.js';
import { identify, required } from './identify.js';

const app = express();
app.engine('handlebars', engine());
app.set('view engine', 'handlebars');
app.use(express.json());
app.use(session({ secret: process.env.SECRET, resave: false, saveUninitialized: false, cookie: { secure: true, httpOnly: true, sameSite: 'strict' } }));
app.use(identify);
app.use('/api/people', people);
app.use('/api/files', [required], files);
app.listen(3000);
