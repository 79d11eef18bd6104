const mongoose = require('mongoose');
const schema = new mongoose.Schema({
  note: { type: mongoose.Schema.Types.ObjectId, ref: 'Note', required: true },
  text: String,
});
module.exports = mongoose.model('Remark', schema);
