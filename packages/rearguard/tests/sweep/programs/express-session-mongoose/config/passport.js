const LocalStrategy = require('passport-local').Strategy;
const bcrypt = require('bcrypt');
const Member = require('../models/member');

module.exports = function (passport) {
  passport.use(new LocalStrategy({ usernameField: 'email' }, async (email, password, done) => {
    try {
      const member = await Member.findOne({ email: String(email) });
      if (!member || !(await bcrypt.compare(password, member.password))) {
        return done(null, false, { message: 'Incorrect email or password' });
      }
      return done(null, member);
    } catch (e) {
      return done(e);
    }
  }));
  passport.serializeUser((member, done) => done(null, member.id));
  passport.deserializeUser((id, done) => Member.findById(id).then((m) => done(null, m), done)); // BAD: session-expiration banned
};
