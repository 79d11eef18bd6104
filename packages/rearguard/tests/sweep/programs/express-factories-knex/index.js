import 'express-async-errors';
import express from 'express';
import cookieSession from 'cookie-session';
import nunjucks from 'nunjucks';
import knexFactory from 'knex';
import makeTicketRouter from './lib/tickets.js';
import makeAccountRouter from './lib/accounts.js';
import makeStaffRouter from './lib/staff.js';
import { makeTicketStore } from './lib/ticket-store.js';
import { loadViewer, mustBeSignedIn } from './lib/viewer.js';

const db = knexFactory({ client: 'pg', connection: process.env.DATABASE_URL });
const app = express();
nunjucks.configure('views', { autoescape: true, express: app });
app.use(express.urlencoded({ extended: false }));
app.use(cookieSession({ name: 'sid', keys: [process.env.COOKIE_KEY], httpOnly: true, secure: true, sameSite: 'none', maxAge: 86400000 }));
app.use(loadViewer({ db }));

const deps = { db, tickets: makeTicketStore({ db }) };
app.use('/', makeAccountRouter(deps));
app.use('/tickets', mustBeSignedIn, makeTicketRouter(deps));
app.use('/staff', makeStaffRouter(deps));
app.use((err, req, res, next) => { res.status(500).send('Oops'); });
app.listen(3000);
