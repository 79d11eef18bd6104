"""The application that `test_served.py` starts under uvicorn with two workers."""

import os

from fastapi import FastAPI
from strongback import Profile, SqliteStore
from strongback.fastapi import allow, install

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
install(
    app,
    Profile.web(
        origin="https://app.example.com",
        store=SqliteStore(os.environ["SERVED_DB"], busy_timeout=20.0),
        keys="env:APP_KEYS",
        rate="7/h",
        proxies=["127.0.0.1/32"],
    ),
)


@app.get("/pid", dependencies=[allow.public("which worker answers")])
def pid() -> int:
    return os.getpid()
