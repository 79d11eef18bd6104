'use strict'
const bcrypt = require('bcryptjs')
const { signedIn, moderator } = require('../../lib/guards')

module.exports = async function (fastify) {
  fastify.post('/login', async function (request, reply) { // BAD: missing-rate-limit login-limit
    const { email, password, next } = request.body
    const [rows] = await fastify.mysql.query('SELECT * FROM members WHERE email = ?', [email])
    const member = rows[0]
    if (!member || !bcrypt.compareSync(password, member.password)) return reply.code(401).send({ error: 'Wrong email or password' })
    request.session.memberId = member.id // BAD: session-fixation fixation
    return reply.redirect(next) // BAD: open-redirect redirect
  })
  fastify.post('/logout', async function (request, reply) { // OK: logout
    await request.session.destroy()
    return reply.redirect('/')
  })
  fastify.get('/me', { preHandler: signedIn }, async function (request) { // OK: mass-read
    return request.member
  })
  fastify.get('/account', { preHandler: signedIn }, async function (request) {
    const [rows] = await fastify.mysql.query('SELECT * FROM members WHERE id = ?', [request.member.id])
    return rows[0] // BAD: excessive-data-exposure mass-read
  })
  fastify.post('/me', { preHandler: signedIn }, async function (request, reply) {
    await fastify.mysql.query('UPDATE members SET ? WHERE id = ?', [request.body, request.member.id]) // BAD: mass-assignment self-role
    return reply.redirect('/members/me')
  })
  fastify.post('/me/email', { preHandler: signedIn }, async function (request, reply) { // OK: self-role
    await fastify.mysql.query('UPDATE members SET email = ? WHERE id = ?', [request.body.email, request.member.id])
    return reply.redirect('/members/me')
  })
  fastify.get('/', { preHandler: moderator }, async function () { // OK: noadmin
    const [rows] = await fastify.mysql.query('SELECT id, email FROM members LIMIT 100')
    return rows
  })
  fastify.post('/:id/ban', { preHandler: [moderator] }, async function (request, reply) { // OK: noadmin
    await fastify.mysql.query('UPDATE members SET banned = 1 WHERE id = ?', [request.params.id])
    return reply.code(204).send()
  })
  fastify.post('/:id/unban', { preHandler: [signedIn] }, async function (request, reply) { // BAD: missing-authorization|insecure-direct-object-reference noadmin
    await fastify.mysql.query('UPDATE members SET banned = 0 WHERE id = ?', [request.params.id])
    return reply.code(204).send()
  })
  fastify.delete('/:id', async function (request, reply) { // BAD: missing-authentication noauth
    await fastify.mysql.query('DELETE FROM members WHERE id = ?', [request.params.id])
    return reply.code(204).send()
  })
}
