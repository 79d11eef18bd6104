export function makeTicketStore({ db }) {
  return {
    get: (id) => db('tickets').where({ id }).first(),
    getFor: (id, reporterId) => db('tickets').where({ id, reporter_id: reporterId }).first(),
    all: () => db('tickets').orderBy('id', 'desc').limit(100),
    allFor: (reporterId) => db('tickets').where('reporter_id', reporterId).orderBy('id', 'desc').limit(100),
    update: (id, values) => db('tickets').where('id', id).update(values),
    updateFor: (id, reporterId, values) => db('tickets').where({ id }).andWhere('reporter_id', reporterId).update(values),
    remove: (id) => db('tickets').where({ id }).del(),
    add: (values) => db('tickets').insert(values).returning('id'),
    reply: (id) => db('replies').where({ id }).first(),
    replyOf: (id, ticketId) => db('replies').where({ id, ticket_id: ticketId }).first(),
  };
}
