"""Statements about files and shares."""

import sqlite3
from datetime import UTC, datetime, timedelta

from filebox.db import get_db

SORTS = {"title": "title", "size": "size DESC", "newest": "id DESC"}


class Files:
    """Files of all users."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def search(self, owner_id: int, term: str, sort: str, limit: int) -> list[sqlite3.Row]:
        order = SORTS.get(sort, "title")
        sql = "SELECT id, title, kind, size FROM files WHERE owner_id = %d AND title LIKE '%%%s%%'" % (
            owner_id,
            term,
        )
        return self._db.execute(f"{sql} ORDER BY {order} LIMIT {limit}").fetchall()

    def summary(self, owner_id: int, column: str) -> list[sqlite3.Row]:
        sql = "SELECT {0} AS label, count(*) AS n FROM files WHERE owner_id = ? GROUP BY {0}".format(column)
        return self._db.execute(sql, (owner_id,)).fetchall()

    def get(self, file_id: int) -> sqlite3.Row | None:
        return self._db.execute("SELECT * FROM files WHERE id = ?", (file_id,)).fetchone()

    def add(self, owner_id: int, stored: str, kind: str, size: int) -> int:
        cursor = self._db.execute(
            "INSERT INTO files (owner_id, title, stored, kind, size) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (owner_id, stored) DO UPDATE SET kind = excluded.kind, size = excluded.size"
            " RETURNING id",
            (owner_id, stored, stored, kind, size),
        )
        file_id: int = cursor.fetchone()["id"]
        self._db.commit()
        return file_id

    def rename(self, file_id: int, owner_id: int, title: str) -> bool:
        cursor = self._db.execute(
            "UPDATE files SET title = ? WHERE id = ? AND owner_id = ?", (title, file_id, owner_id)
        )
        self._db.commit()
        return cursor.rowcount == 1

    def delete(self, file_id: int) -> None:
        self._db.execute("DELETE FROM files WHERE id = ?", (file_id,))
        self._db.commit()


def add_share(file_id: int, token: str, message: str, days: int) -> int:
    expires = datetime.now(UTC) + timedelta(days=days)
    connection = get_db()
    cursor = connection.execute(
        "INSERT INTO shares (file_id, token, message, expires) VALUES (?, ?, ?, ?)",
        (file_id, token, message, expires.isoformat()),
    )
    connection.commit()
    return cursor.lastrowid or 0


def shares_of(owner_id: int) -> list[sqlite3.Row]:
    sql = (
        "SELECT s.id, s.token, s.message, f.title FROM shares s JOIN files f ON f.id = s.file_id"
        " WHERE f.owner_id = ? ORDER BY s.id"
    )
    return get_db().execute(sql, (owner_id,)).fetchall()


def open_share(token: str) -> sqlite3.Row | None:
    sql = (
        "SELECT s.message, s.token, f.title, f.stored, f.owner_id FROM shares s"
        " JOIN files f ON f.id = s.file_id WHERE s.token = ? AND s.expires > ?"
    )
    return get_db().execute(sql, (token, datetime.now(UTC).isoformat())).fetchone()


def delete_share(share_id: int) -> bool:
    connection = get_db()
    cursor = connection.execute("DELETE FROM shares WHERE id = ?", (share_id,))
    connection.commit()
    return cursor.rowcount == 1
