import { db } from './db.js';
export const fileById = (id) => db.prepare('SELECT * FROM files WHERE id = ?').get(id);
export const fileOf = (id, userId) => db.prepare('SELECT * FROM files WHERE id = ? AND user_id = ?').get(id, userId);
export const filesOf = (userId) => db.prepare('SELECT id, name FROM files WHERE user_id = ? LIMIT 100').all(userId);
export const allFiles = () => db.prepare('SELECT id, name FROM files LIMIT 100').all();
export const filesOfTeam = (teamId) => db.prepare('SELECT id, name FROM files WHERE team_id = ? LIMIT 100').all(teamId);
export const renameFile = (id, name) => db.prepare('UPDATE files SET name = ? WHERE id = ?').run(name, id);
export const renameFileOf = (id, userId, name) => db.prepare('UPDATE files SET name = ? WHERE id = ? AND user_id = ?').run(name, id, userId);
export const dropFile = (id) => db.prepare('DELETE FROM files WHERE id = ?').run(id);
export const tagById = (id) => db.prepare('SELECT * FROM tags WHERE id = ?').get(id);
export const tagOf = (id, fileId) => db.prepare('SELECT * FROM tags WHERE id = ? AND file_id = ?').get(id, fileId);
export const search = (userId, q) => db.prepare(`SELECT id, name FROM files WHERE user_id = ? AND name LIKE '%${q}%'`).all(userId); // BAD: sql-injection sqli
