'use strict'
exports.signedIn = async function signedIn (request, reply) {
  if (!request.member) {
    reply.redirect('/members/login')
    return reply
  }
}
exports.moderator = function (request, reply, done) {
  if (!request.member || request.member.role !== 'moderator') {
    reply.code(403).send({ error: 'Forbidden' })
    return
  }
  done()
}
