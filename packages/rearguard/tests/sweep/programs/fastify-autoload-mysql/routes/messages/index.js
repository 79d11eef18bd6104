'use strict'
const { signedIn } = require('../../lib/guards')

module.exports = async function (fastify, opts) {
  fastify.addHook('preHandler', signedIn)

  fastify.get('/', async function (request, reply) { // OK: idor-list
    const [rows] = await fastify.mysql.query('SELECT id, body FROM messages WHERE recipient_id = ? LIMIT 50', [request.member.id])
    return rows
  })
  fastify.get('/:id', async function (request, reply) { // BAD: insecure-direct-object-reference idor-read
    const [rows] = await fastify.mysql.execute('SELECT * FROM messages WHERE id = ?', [request.params.id])
    if (!rows.length) return reply.code(404).send({ error: 'Not found' })
    return reply.view('/templates/message.ejs', { message: rows[0] })
  })
  fastify.get('/:id/own', async function (request, reply) { // OK: idor-read
    const [[message]] = await fastify.mysql.execute('SELECT * FROM messages WHERE id = ? AND recipient_id = ?', [request.params.id, request.member.id])
    if (!message) return reply.code(404).send({ error: 'Not found' })
    return reply.view('/templates/plain.ejs', { message })
  })
  fastify.post('/:id', async function (request, reply) { // BAD: insecure-direct-object-reference idor-update
    await fastify.mysql.execute('UPDATE messages SET body = ? WHERE id = ?', [request.body.body, request.params.id])
    return reply.redirect('/messages')
  })
  fastify.put('/:id', async function (request, reply) { // OK: idor-update
    const [rows] = await fastify.mysql.execute('SELECT recipient_id FROM messages WHERE id = ?', [request.params.id])
    const message = rows[0]
    if (!message || message.recipient_id !== request.member.id) return reply.code(404).send({ error: 'Not found' })
    await fastify.mysql.execute('UPDATE messages SET body = ? WHERE id = ?', [request.body.body, request.params.id])
    return { ok: true }
  })
  fastify.delete('/:id', async function (request, reply) { // BAD: insecure-direct-object-reference idor-delete
    await fastify.mysql.execute('DELETE FROM messages WHERE id = ?', [request.params.id])
    return reply.code(204).send()
  })
  fastify.delete('/:id/own', async function (request, reply) { // OK: idor-delete
    const [result] = await fastify.mysql.execute('DELETE FROM messages WHERE id = ? AND recipient_id = ?', [request.params.id, request.session.memberId])
    return reply.code(result.affectedRows ? 204 : 404).send()
  })
  fastify.get('/search', async function (request, reply) {
    const [rows] = await fastify.mysql.query(`SELECT id FROM messages WHERE recipient_id = ? AND body LIKE '%${request.query.q}%'`, [request.member.id]) // BAD: sql-injection sqli
    return rows
  })
  fastify.get('/:id/trash', async function (request, reply) { // BAD: state-change-on-get|missing-csrf-protection get-change
    await fastify.mysql.execute('DELETE FROM messages WHERE id = ? AND recipient_id = ?', [request.params.id, request.member.id])
    return reply.redirect('/messages')
  })
  fastify.get('/hello', async function (request, reply) {
    reply.type('text/html')
    return `<h1>Hello ${request.query.name}</h1>` // BAD: cross-site-scripting xss-reflect
  })
}
