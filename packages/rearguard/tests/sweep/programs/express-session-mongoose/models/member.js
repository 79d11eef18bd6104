const mongoose = require('mongoose');
const schema = new mongoose.Schema({
  email: { type: String, unique: true, required: true },
  password: { type: String, required: true },
  displayName: String,
  role: { type: String, enum: ['member', 'admin'], default: 'member' },
  resetToken: String,
  resetExpires: Date,
  disabled: Boolean,
  remark: String,
}, { timestamps: true });
module.exports = mongoose.model('Member', schema);
