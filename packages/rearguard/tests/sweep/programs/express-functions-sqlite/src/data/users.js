import { db } from './db.js';
export const userById = (id) => db.prepare('SELECT * FROM users WHERE id = ?').get(id);
export const userByEmail = (email) => db.prepare('SELECT * FROM users WHERE email = ?').get(email);
export const addUser = (email, password) => db.prepare('INSERT INTO users (email, password) VALUES (?, ?)').run(email, password);
export const patchUser = (id, values) => {
  const keys = Object.keys(values);
  return db.prepare(`UPDATE users SET ${keys.map((k) => `${k} = @${k}`).join(', ')} WHERE id = @id`).run({ ...values, id }); // BAD: mass-assignment|sql-injection self-role
};
export const setNick = (id, nick) => db.prepare('UPDATE users SET nick = ? WHERE id = ?').run(nick, id);
export const setRole = (id, role) => db.prepare('UPDATE users SET role = ? WHERE id = ?').run(role, id);
export const dropUser = (id) => db.prepare('DELETE FROM users WHERE id = ?').run(id);
export const listUsers = () => db.prepare('SELECT id, email FROM users LIMIT 100').all();
