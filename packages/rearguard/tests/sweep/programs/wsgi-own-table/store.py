import sqlite3

db = sqlite3.connect("shop.db", check_same_thread=False)
db.executescript("""
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT, name TEXT, role TEXT);
CREATE TABLE IF NOT EXISTS products (id INTEGER PRIMARY KEY, name TEXT, price INTEGER);
CREATE TABLE IF NOT EXISTS invoices (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), note TEXT);
""")


def many(sql, params=()):
    return [dict(row) for row in db.execute(sql, params)]


def run(sql, params=()):
    db.execute(sql, params)
    db.commit()


def product_sql(name):
    return "SELECT id, name FROM products WHERE name = '" + name + "'"
