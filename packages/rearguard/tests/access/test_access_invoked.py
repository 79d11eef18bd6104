"""Functions that are handed to what runs them in a thread, or after the answer."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

SOURCE = """
import asyncio
import sqlite3
from fastapi import FastAPI, BackgroundTasks, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

app = FastAPI()
conn = sqlite3.connect("x.db")

def caller(request: Request):
    u = conn.execute("SELECT * FROM users WHERE token = ?", (request.headers.get("Authorization"),)).fetchone()
    if u is None:
        raise HTTPException(401)
    return u

def load(org, key):
    return conn.execute("SELECT * FROM notes WHERE id = ? AND org_id = ?", (key, org)).fetchone()

def drop(key):
    conn.execute("DELETE FROM notes WHERE id = ?", (key,))

@app.get("/n/{key}")
async def show(key: int, me=Depends(caller)):
    note = await asyncio.to_thread(load, me["org_id"], key)
    if note is None:
        raise HTTPException(404)
    return note

@app.delete("/n/{key}")
async def rm(key: int, me=Depends(caller)):
    await run_in_threadpool(drop, key)

@app.delete("/m/{key}")
async def rm2(key: int, tasks: BackgroundTasks, me=Depends(caller)):
    if await asyncio.to_thread(load, me["org_id"], key) is None:
        raise HTTPException(404)
    tasks.add_task(drop, key)

@app.delete("/k/{key}")
async def rm3(key: int, tasks: BackgroundTasks, me=Depends(caller)):
    tasks.add_task(drop, key=key)

@app.delete("/o/{key}")
async def rm4(key: int, me=Depends(caller)):
    await asyncio.get_running_loop().run_in_executor(None, drop, key)
"""


@pytest.mark.parametrize(
    ("path", "state"), [("n", "open"), ("m", "restricted"), ("k", "open"), ("o", "open")]
)
def test_what_runs_elsewhere_is_a_call(rows: Rows, path: str, state: str) -> None:
    row = rows(SOURCE, "app.py")[f"DELETE /{path}/{{key}}"]
    (removed,) = [access for access in row.accesses if access.operation == "delete"]
    assert (removed.resource, removed.restricted.state) == ("notes", state)


def test_what_it_gives_back_is_its_own(rows: Rows) -> None:
    row = rows(SOURCE, "app.py")["GET /n/{key}"]
    assert [(access.resource, access.limit) for access in row.accesses if access.resource == "notes"] == [
        ("notes", "tenant")
    ]
