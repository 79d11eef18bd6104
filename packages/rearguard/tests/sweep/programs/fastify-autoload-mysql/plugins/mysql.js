'use strict'
const fp = require('fastify-plugin')
const mysql = require('mysql2/promise')
module.exports = fp(async function (fastify) {
  const pool = mysql.createPool(process.env.MYSQL_URL)
  fastify.decorate('mysql', pool)
})
