import Database from 'better-sqlite3';
export const db = new Database(process.env.DB_FILE);
db.exec(`
  CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, password TEXT, role TEXT DEFAULT 'user', team_id INTEGER, nick TEXT);
  CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), team_id INTEGER, name TEXT, path TEXT);
  CREATE TABLE IF NOT EXISTS tags (id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES files(id), label TEXT);
`);
