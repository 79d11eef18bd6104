const mongoose = require('mongoose');
const schema = new mongoose.Schema({
  author: { type: mongoose.Schema.Types.ObjectId, ref: 'Member', required: true },
  title: { type: String, maxlength: 200 },
  body: { type: String, maxlength: 10000 },
  file: String,
  pinned: { type: Boolean, default: false },
}, { timestamps: true });
module.exports = mongoose.model('Note', schema);
