"""The profile around Django, under WSGI and ASGI. Each test runs in a process of its own, since Django's
settings are the process's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PRELUDE = """
import asyncio, io, json, sys
import django
from django.conf import settings
from packages.strongback.tests.adapters import django_site as site
django.setup()
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from strongback.django import guard_asgi, guard_wsgi
from werkzeug.test import Client
from packages.strongback.tests.http.call import Answer, scope_for

SAME = {"Origin": site.ORIGIN, "Sec-Fetch-Site": "same-origin"}
wsgi = guard_wsgi(get_wsgi_application())


def ask(path, method="GET", environ=None, **settings):
    environ = {"HTTP_HOST": "app.example.com", "wsgi.url_scheme": "https", "REMOTE_ADDR": "203.0.113.9",
               **(environ or {})}
    return Client(wsgi, use_cookies=False).open(path, method=method, environ_overrides=environ, **settings)
"""


def run(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PRELUDE + program],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "packages.strongback.tests.adapters.django_site",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_requests_under_wsgi() -> None:
    run("""
page = ask("/")
assert page.status_code == 200, page.text
assert "nonce-" in page.headers["Content-Security-Policy"] and "X-Powered-By" not in page.headers
assert ask("/v1/orders").status_code == 401
login = ask("/login", "POST", data={"name": "ada"}, headers=SAME)
cookie = login.headers["Set-Cookie"]
assert cookie.startswith("__Host-session=") and "HttpOnly" in cookie
held = {"Cookie": cookie.split(";")[0]}
assert ask("/v1/orders", headers=held).json == {"of": "ada"}
out = ask("/logout", "POST", headers={**held, **SAME})
assert "cookies" in out.headers["Clear-Site-Data"]
assert ask("/v1/orders", headers=held).status_code == 401
evil = ask("/login", "POST", data={"name": "x"}, headers={"Origin": "https://evil.example", "Cookie": "a=b"})
assert (evil.status_code, evil.content_type) == (403, "application/problem+json")
assert ask("/echo", "POST", data=b"x" * 2_000_000, content_type="application/json").status_code == 413
forwarded = {**SAME, "X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
near = {"REMOTE_ADDR": "10.0.0.1", "wsgi.url_scheme": "http"}
answer = ask("/echo", "POST", json=[1], headers=forwarded, environ=near)
assert answer.json == {"body": "[1]", "from": "198.51.100.7", "tls": True, "seen": "/echo"}, answer.json
wsgi.stop()
""")


def test_errors_leak_nothing() -> None:
    run("""
for how, status in {"absent": 404, "denied": 403, "bad": 400, "suspicious": 400, "broken": 500}.items():
    answer = ask(f"/fails/{how}")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), how
    assert site.CANARY not in answer.text
assert answer.json["instance"].startswith("urn:error:")
assert ask("/nowhere").json == {"type": "about:blank", "title": "Not Found", "status": 404}
assert ask("/v1/orders/").status_code == 404
wsgi.stop()
""")


def test_requests_under_asgi() -> None:
    run("""
asgi = guard_asgi(get_asgi_application())
HOST = {"host": "app.example.com"}


async def call(app, method="GET", path="/", headers=()):
    # A client that stays, since Django gives up on one that leaves.
    messages, sent = [{"type": "http.request", "body": b"", "more_body": False}], []

    async def receive():
        return messages.pop() if messages else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    await app(scope_for(method, path, headers), receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], sent[0]["headers"], body)


async def main():
    page = await call(asgi, headers=HOST)
    assert page.status == 200 and "nonce-" in page["content-security-policy"], page
    assert (await call(asgi, path="/v1/orders", headers=HOST)).status == 401
    login = await call(asgi, "POST", "/login-async", headers={**HOST, "origin": site.ORIGIN})
    cookie = login["set-cookie"].split(";")[0]
    answer = await call(asgi, path="/v1/orders", headers={**HOST, "cookie": cookie})
    assert json.loads(answer.body) == {"of": "ada"}
    assert (await call(asgi, path="/fails/broken", headers=HOST)).status == 500
    assert (await call(asgi, path="/nowhere", headers=HOST)).status == 404


asyncio.run(main())
""")


def test_a_view_without_a_policy_refuses_to_start_and_is_never_called() -> None:
    told = run("""
from django.urls import path
from strongback.errors import AuditRefusedError
from django.http import HttpResponse

called = []
site.urlpatterns.append(path("open", lambda request: called.append(1) or HttpResponse("x")))
settings.APPEND_SLASH = True
settings.MIDDLEWARE = settings.MIDDLEWARE[1:]
try:
    ask("/")
except AuditRefusedError as error:
    print(json.dumps(error.reasons))
settings.APPEND_SLASH = False
settings.MIDDLEWARE = ["strongback.django.PolicyMiddleware", *settings.MIDDLEWARE]
wsgi.stop()


async def nothing():
    return ()


wsgi = guard_wsgi(get_wsgi_application())
wsgi._audit = nothing
assert ask("/open").status_code == 403 and called == []
wsgi.stop()
""")
    reasons = " ".join(json.loads(told))
    assert "/open (" in reasons
    assert "@allow.signed_in()" in reasons
    assert "PolicyMiddleware" in reasons
    assert "APPEND_SLASH" in reasons


@pytest.mark.parametrize("command", ["check", "report"])
def test_the_command_line_knows_guarded_applications(command: str, tmp_path: Path) -> None:
    (tmp_path / "wsgi.py").write_text(
        "import django\n"
        "from django.core.wsgi import get_wsgi_application\n"
        "from strongback.django import guard_wsgi\n"
        "application = guard_wsgi(get_wsgi_application())\n"
    )
    (tmp_path / "shop.py").write_text(
        "from flask import Flask\n"
        "from strongback import KeyRing, MemoryStore, Profile, new_key_text\n"
        "from strongback.flask import allow, install\n"
        "app = Flask(__name__, static_folder=None)\n"
        "keys = KeyRing.from_text(new_key_text('k1'))\n"
        "install(app, Profile.web(origin='https://app.example.com', store=MemoryStore(), keys=keys,\n"
        "    production=False))\n"
        "app.get('/')(allow.public('a page')(lambda: 'x'))\n"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH", "")])
    for target in ("wsgi:application", "shop:app"):
        done = subprocess.run(
            [sys.executable, "-m", "strongback", command, target],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": path,
                "DJANGO_SETTINGS_MODULE": "packages.strongback.tests.adapters.django_site",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "nothing forbids it" in done.stdout or "route: " in done.stdout
