'use strict'
const fp = require('fastify-plugin')
module.exports = fp(async function (fastify) {
  fastify.register(require('@fastify/formbody'))
  fastify.register(require('@fastify/cookie'))
  fastify.register(require('@fastify/session'), { secret: process.env.SESSION_SECRET, cookie: { secure: true, httpOnly: true, sameSite: 'lax', maxAge: 3600000 } })
  fastify.register(require('@fastify/view'), { engine: { ejs: require('ejs') } })
  fastify.decorateRequest('member', null)
  fastify.addHook('preHandler', async (request) => {
    if (request.session.memberId) {
      const [rows] = await fastify.mysql.query('SELECT id, email, role FROM members WHERE id = ?', [request.session.memberId]) // BAD: session-expiration banned
      request.member = rows[0] || null
    }
  })
}, { name: 'session' })
