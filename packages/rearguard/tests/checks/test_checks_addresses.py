"""Addresses that a header tells, by which callers are let in: every client writes the header."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

NETWORK = """
import ipaddress
from flask import Flask, abort, jsonify, request
from models import Lease
app = Flask(__name__)
def from_office():
    source = request.headers.get("X-Real-IP") or request.remote_addr
    try:
        return ipaddress.ip_address(source) in ipaddress.ip_network("10.20.0.0/16")
    except ValueError:
        return False
@app.get("/feed")
def feed():
    if not from_office():
        abort(403)
    return jsonify([l.name for l in Lease.query.all()])
"""

PREFIX = """
from aiohttp import web
NETWORK = "10."
@web.middleware
async def only_inside(request, handler):
    address = request.headers.get("X-Client-IP", request.remote)
    if not address.startswith(NETWORK):
        raise web.HTTPForbidden()
    return await handler(request)
async def purge(request):
    await request.app["db"].execute("DELETE FROM logs")
    return web.Response()
app = web.Application(middlewares=[only_inside])
app.router.add_post("/purge", purge)
"""

CONNECTION = """
from flask import Flask, abort, request
from models import db, Job
app = Flask(__name__)
@app.post("/jobs")
def jobs():
    if request.remote_addr not in ("127.0.0.1", "::1"):
        abort(403)
    db.session.add(Job(state="new"))
    db.session.commit()
    return ""
"""

LOGGED = """
import logging
from flask import Flask, g, abort, request, session
from models import db, User, Job
app = Flask(__name__)
@app.before_request
def who():
    g.user = db.session.get(User, session.get("uid"))
    if g.user is None:
        abort(401)
    g.ip = request.headers.get("X-Forwarded-For", request.remote_addr)
@app.post("/jobs")
def jobs():
    if g.ip == "127.0.0.1":
        logging.info("local")
    db.session.add(Job(state="new", user_id=g.user.id))
    db.session.commit()
    return ""
"""


@pytest.mark.parametrize(("text", "header"), [(NETWORK, "X-Real-IP"), (PREFIX, "X-Client-IP")])
def test_a_header_says_where_the_caller_sits(findings_of: Found, text: str, header: str) -> None:
    """In a function that gives its verdict, or as the beginning of an address that has a name."""
    (found,) = findings_of({"app.py": text}, "client-controlled-identity")
    assert f"`{header}`" in found.message


@pytest.mark.parametrize("text", [CONNECTION, LOGGED])
def test_the_connection_itself_and_what_decides_nothing(findings_of: Found, text: str) -> None:
    """The other end of the connection cannot be made up; what is merely logged lets nobody in."""
    assert findings_of({"app.py": text}, "client-controlled-identity") == []
