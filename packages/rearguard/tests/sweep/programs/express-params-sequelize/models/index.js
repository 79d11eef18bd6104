const { Sequelize, DataTypes, Model } = require('sequelize');
const sequelize = new Sequelize(process.env.DB_URL, { logging: false });

class Customer extends Model {}
Customer.init({
  email: { type: DataTypes.STRING, unique: true },
  passwordDigest: DataTypes.STRING,
  fullName: DataTypes.STRING,
  isManager: { type: DataTypes.BOOLEAN, defaultValue: false },
  companyId: DataTypes.INTEGER,
}, { sequelize, modelName: 'customer' });

const Document = sequelize.define('document', {
  title: DataTypes.STRING,
  content: DataTypes.TEXT,
  storedAs: DataTypes.STRING,
  uploaderId: DataTypes.INTEGER,
  companyId: DataTypes.INTEGER,
});
const Annotation = sequelize.define('annotation', { text: DataTypes.STRING, documentId: DataTypes.INTEGER });
Document.belongsTo(Customer, { as: 'uploader', foreignKey: 'uploaderId' });
Customer.hasMany(Document, { foreignKey: 'uploaderId' });
Document.hasMany(Annotation);
Annotation.belongsTo(Document);
module.exports = { sequelize, Customer, Document, Annotation };
