"""What a real browser makes of the controls: cookies, CSP, CSRF, sockets, CORS, framing, passkeys.

`make browser` runs this; it needs a Chromium and fails without one. It is no part of `make test`, since no
package of Python brings a browser.
"""

import base64
import datetime
import hashlib
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from strongback.keys import new_key_text

from packages.strongback.browser.devtools import Chromium, Page

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
AT_HOME = ("site", "neighbour")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Identity:
    """A certificate for the site, and its key's hash as the browser wants it."""

    certificate: Path
    key: Path
    spki: str


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder = tmp_path_factory.mktemp("identity")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "site.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "site.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    spki = base64.b64encode(hashlib.sha256(public).digest()).decode()
    return Identity(folder / "site.crt", folder / "site.key", spki)


@pytest.fixture(scope="module")
def browser(identity: Identity) -> Iterator[Chromium]:
    chromium = Chromium(trusting=identity.spki)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def places(identity: Identity) -> Iterator[dict[str, str]]:
    """The site, a neighbour on another port of it, a friend it shares with, and an enemy: `localhost` and
    `127.0.0.1` are different sites, and ports are different origins of one.
    """
    ports = {name: free_port() for name in ("site", "neighbour", "friend", "enemy")}
    found = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    for name in AT_HOME:
        found[name] = f"https://localhost:{ports[name]}"
    environment = {
        **os.environ,
        "APP_KEYS": new_key_text("k1"),
        "SITE_ORIGIN": found["site"],
        "FRIEND_ORIGIN": found["friend"],
    }
    module = "packages.strongback.browser.site_app"
    command = [sys.executable, "-m", "uvicorn", "--log-level", "critical"]
    servers = []
    for name in ports:
        app = "app" if name == "site" else "elsewhere"
        host = "localhost" if name in AT_HOME else "127.0.0.1"
        place = [f"{module}:{app}", "--host", host, "--port", str(ports[name])]
        if name in AT_HOME:
            place += ["--ssl-certfile", str(identity.certificate), "--ssl-keyfile", str(identity.key)]
        servers.append(subprocess.Popen([*command, *place], cwd=ROOT, env=environment))
    try:
        for url in found.values():
            for _ in range(300):
                try:
                    httpx2.get(
                        url, trust_env=False, verify=ssl.create_default_context(cafile=identity.certificate)
                    )
                    break
                except httpx2.TransportError:
                    time.sleep(0.1)
        yield found
    finally:
        for server in servers:
            server.kill()  # the browser keeps its connections, and a polite end would wait for it
            server.wait(20)


def fetched(page: Page, url: str, method: str = "GET", **options: Any) -> Any:
    """Status and body, or what the browser says instead."""
    settings = json.dumps({"method": method, **options})
    return page.run(
        f"fetch({json.dumps(url)}, {settings}).then(async r => r.status + ' ' + await r.text())"
        ".catch(e => 'blocked: ' + e.name)"
    )


@pytest.fixture
def signed_in(browser: Chromium, places: dict[str, str]) -> Page:
    page = browser.page(places["site"] + "/")
    assert fetched(page, "/login", "POST") == '200 {"ok":true}'
    return page


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_hosts(signed_in: Page) -> None:
    assert fetched(signed_in, "/me") == '200 {"subject":"ada"}'
    assert signed_in.run("document.cookie") == ""
    kept = {cookie["name"]: cookie for cookie in signed_in.send("Network.getCookies")["cookies"]}
    session = kept["__Host-session"]
    assert (session["httpOnly"], session["secure"], session["sameSite"]) == (True, True, "Lax")
    assert (session["path"], session["domain"]) == ("/", "localhost")
    assert kept["theme"]["httpOnly"]


def test_only_scripts_with_the_nonce_or_a_hash_run_and_others_are_reported(
    browser: Chromium, places: dict[str, str]
) -> None:
    page = browser.page(places["site"] + "/")
    assert page.run("document.title") == "with a nonce and by its hash"
    assert page.run("document.querySelector('script').nonce !== ''")
    blocked = page.run(
        "new Promise(done => {"
        "document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));"
        "const s = document.createElement('img'); s.src = 'https://elsewhere.example/x.png';"
        "document.body.append(s); })"
    )
    assert blocked == "img-src"
    for _ in range(100):
        if "csp.violation" in fetched(page, "/events"):
            break
        time.sleep(0.1)
    assert "csp.violation" in fetched(page, "/events")


def test_forms_and_requests_of_another_site_change_nothing(
    signed_in: Page, browser: Chromium, places: dict[str, str]
) -> None:
    assert fetched(signed_in, "/transfer", "POST") == '200 {"moved":1}'
    enemy = browser.page(places["enemy"] + "/")
    target = places["site"] + "/transfer"
    fetched(enemy, target, "POST", mode="no-cors", credentials="include")
    assert fetched(enemy, target, "POST", credentials="include") == "blocked: TypeError"
    enemy.send("Page.navigate", url=places["enemy"] + "/form")
    for _ in range(100):
        if str(enemy.run("location.href")).startswith(places["site"]):
            break
        time.sleep(0.1)
    assert '"status": 403' in str(enemy.run("document.body.innerText"))
    assert fetched(signed_in, "/moved") == "200 1"
    assert "csrf.rejected" in fetched(signed_in, "/events")


def heard(page: Page, address: str) -> Any:
    """What a socket says first, or that it never opened."""
    return page.run(
        f"new Promise(done => {{ const s = new WebSocket({json.dumps(address)});"
        "s.onmessage = e => done(e.data); s.onerror = () => done('refused'); })"
    )


def test_sockets_open_for_our_own_pages_alone(
    signed_in: Page, browser: Chromium, places: dict[str, str]
) -> None:
    feed = places["site"].replace("https", "wss") + "/feed"
    assert heard(signed_in, feed) == "yours alone"
    # The browser sends a neighbour's request with the cookie: for cookies, ports are one site.
    neighbour = browser.page(places["neighbour"] + "/")
    before = fetched(signed_in, "/events").count("csrf.rejected")
    assert heard(neighbour, feed) == "refused"
    assert fetched(signed_in, "/events").count("csrf.rejected") == before + 1
    assert heard(browser.page(places["enemy"] + "/"), feed) == "refused"


def test_only_the_origin_that_is_named_reads_answers(browser: Chromium, places: dict[str, str]) -> None:
    target = places["site"] + "/moved"
    friend, enemy = browser.page(places["friend"] + "/"), browser.page(places["enemy"] + "/")
    assert str(fetched(friend, target, credentials="include")).startswith("200 ")
    assert str(fetched(friend, target, headers={"X-Note": "a"})).startswith("200 ")
    assert fetched(friend, target, headers={"X-Other": "a"}) == "blocked: TypeError"
    assert fetched(friend, places["site"] + "/login", "DELETE") == "blocked: TypeError"
    assert fetched(enemy, target, credentials="include") == "blocked: TypeError"
    assert fetched(enemy, target) == "blocked: TypeError"


def test_the_site_is_not_framed(browser: Chromium, places: dict[str, str]) -> None:
    page = browser.page(places["enemy"] + "/frame")
    time.sleep(1)
    tree = page.send("Page.getFrameTree")["frameTree"]
    inner = [child["frame"] for child in tree.get("childFrames", [])]
    # What is shown in the place of the site is the browser's own page of an error.
    assert all(not f["url"].startswith(places["site"]) or f.get("unreachableUrl") for f in inner)
    assert page.run("document.querySelector('iframe').contentDocument") is None


CEREMONY = """(async () => {
  const post = (path, body) => fetch(path, {method: 'POST', body,
    headers: body ? {'content-type': 'application/json'} : {}}).then(r => r.json());
  const made = PublicKeyCredential.parse%sOptionsFromJSON(await post('/passkeys/%s'));
  const credential = await navigator.credentials.%s({publicKey: made});
  return (await post('/passkeys/%s', JSON.stringify(credential.toJSON()))).ok;
})()"""
REGISTER = CEREMONY % ("Creation", "options", "create", "register")
LOGIN = CEREMONY % ("Request", "login-options", "get", "login")


def authenticator(page: Page, *, verifies: bool) -> str:
    page.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    return str(page.send("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"])


def test_a_passkey_is_registered_and_logs_in(browser: Chromium, places: dict[str, str]) -> None:
    page = browser.page(places["site"] + "/")
    page.send("Network.clearBrowserCookies")
    authenticator(page, verifies=True)
    assert page.run(REGISTER) is True
    assert fetched(page, "/me").startswith("401")
    assert page.run(LOGIN) is True
    assert fetched(page, "/me") == '200 {"subject":"7"}'


def test_an_authenticator_that_does_not_verify_its_user_is_not_taken(
    browser: Chromium, places: dict[str, str]
) -> None:
    page = browser.page(places["site"] + "/")
    authenticator(page, verifies=False)
    assert str(page.run(REGISTER)).startswith("error: NotAllowedError")
