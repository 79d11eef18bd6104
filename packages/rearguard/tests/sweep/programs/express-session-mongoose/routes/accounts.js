const router = require('express').Router();
const crypto = require('crypto');
const bcrypt = require('bcrypt');
const passport = require('passport');
const rateLimit = require('express-rate-limit');
const Member = require('../models/member');
const { sendMail } = require('../mailer');
const { ensureAuthenticated } = require('../middleware/auth');

const limiter = rateLimit({ windowMs: 15 * 60 * 1000, max: 10 });

router.get('/login', (req, res) => res.render('login'));

router.post('/login', passport.authenticate('local', { failureRedirect: '/login' }), (req, res) => { // BAD: missing-rate-limit login-limit
  res.redirect(req.body.returnTo || '/notes'); // BAD: open-redirect redirect
});

router.post('/signin', limiter, passport.authenticate('local', { // OK: login-limit
  successRedirect: '/notes',
  failureRedirect: '/login',
}));

router.post('/register', limiter, async (req, res, next) => {
  try {
    const password = await bcrypt.hash(req.body.password, 12);
    const member = new Member({ ...req.body, password });
    await member.save(); // BAD: mass-assignment mass-write
    res.redirect('/login');
  } catch (e) { next(e); }
});

router.post('/signup', limiter, async (req, res, next) => { // OK: mass-write
  try {
    const { email, displayName } = req.body;
    if (String(req.body.password).length < 12) return res.status(400).send('Password too short');
    const password = await bcrypt.hash(req.body.password, 12);
    await Member.create({ email, displayName, password });
    res.redirect('/login');
  } catch (e) { next(e); }
});

router.post('/join', limiter, async (req, res, next) => {
  const hash = crypto.createHash('sha256').update(req.body.password).digest('hex'); // BAD: weak-password-hash fasthash
  try {
    await Member.create({ email: req.body.email, password: hash });
    res.redirect('/login');
  } catch (e) { next(e); }
});

router.post('/forgot', limiter, async (req, res, next) => {
  try {
    const member = await Member.findOne({ email: String(req.body.email) });
    if (!member) return res.status(404).send('No account with that email'); // BAD: user-enumeration enum
    member.resetToken = Math.random().toString(36).slice(2); // BAD: weak-recovery|predictable-random reset-guess
    member.resetExpires = Date.now() + 3600000;
    await member.save();
    await sendMail(member.email, `https://notes.example/reset/${member.resetToken}`);
    res.send('Sent');
  } catch (e) { next(e); }
});

router.post('/recover', limiter, async (req, res, next) => { // OK: enum; OK: reset-guess
  try {
    const member = await Member.findOne({ email: String(req.body.email) });
    if (member) {
      const token = crypto.randomBytes(32).toString('hex');
      member.resetToken = crypto.createHash('sha256').update(token).digest('hex');
      member.resetExpires = Date.now() + 3600000;
      await member.save();
      await sendMail(member.email, `https://notes.example/reset/${token}`);
    }
    res.send('If the address is known, a mail is on its way');
  } catch (e) { next(e); }
});

router.post('/reset/:token', limiter, async (req, res, next) => {
  try {
    const member = await Member.findOne({ resetToken: req.params.token }); // BAD: weak-recovery reset-endless
    if (!member) return res.status(400).send('Invalid link');
    if (String(req.body.password).length < 12) return res.status(400).send('Password too short');
    member.password = await bcrypt.hash(req.body.password, 12);
    await member.save();
    res.redirect('/login');
  } catch (e) { next(e); }
});

router.post('/recover/:token', limiter, async (req, res, next) => { // OK: reset-endless
  try {
    const digest = crypto.createHash('sha256').update(req.params.token).digest('hex');
    const member = await Member.findOne({ resetToken: digest, resetExpires: { $gt: Date.now() } });
    if (!member) return res.status(400).send('Invalid link');
    if (String(req.body.password).length < 12) return res.status(400).send('Password too short');
    member.password = await bcrypt.hash(req.body.password, 12);
    member.resetToken = undefined;
    member.resetExpires = undefined;
    await member.save();
    res.redirect('/login');
  } catch (e) { next(e); }
});

router.get('/account', ensureAuthenticated, (req, res) => {
  res.json(req.user); // BAD: excessive-data-exposure mass-read
});

router.get('/me', ensureAuthenticated, (req, res) => { // OK: mass-read
  const { id, email, displayName } = req.user;
  res.json({ id, email, displayName });
});

router.post('/account', ensureAuthenticated, async (req, res, next) => {
  try {
    Object.assign(req.user, req.body); // BAD: mass-assignment self-role
    await req.user.save();
    res.redirect('/account');
  } catch (e) { next(e); }
});

router.post('/me', ensureAuthenticated, async (req, res, next) => { // OK: self-role
  try {
    req.user.displayName = req.body.displayName;
    await req.user.save();
    res.redirect('/account');
  } catch (e) { next(e); }
});

router.post('/logout', (req, res, next) => { // OK: logout
  req.logout((err) => (err ? next(err) : res.redirect('/')));
});

module.exports = router;
