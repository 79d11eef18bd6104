"""Section 8 of the playbook: outbound requests, against both applications and a hostile upstream."""

import datetime
import functools
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import HTTPException, Request

PAGE = "outbound-requests"
GOOD = {"Authorization": "Bearer good"}
JSON = "application/json"


class Upstream(BaseHTTPRequestHandler):
    """Every path is one way for an upstream to behave."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Type": JSON, "Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        seen: list[str] = self.server.seen  # type: ignore[attr-defined]
        seen.append(self.path)
        port = self.server.server_address[1]
        if self.path == "/v1/rates":
            self.answer(200, b'{"eur": 1}')
        elif self.path == "/v1/inward":
            self.answer(302, Location=f"http://127.0.0.1:{port}/v1/rates")
        elif self.path == "/v1/once":
            self.answer(302, Location="/v1/rates")
        elif self.path == "/v1/leave":
            self.answer(302, Location="/admin")
        elif self.path == "/v1/nonsense":
            self.answer(302, Location="http://[")
        elif self.path == "/v1/loop":
            self.answer(307, Location="/v1/loop")
        elif self.path == "/v1/large":
            self.answer(200, b" " * 2_000_000)
        elif self.path == "/v1/html":
            self.answer(200, b"<p>", Content_Type="text/html")
        elif self.path == "/v1/gzip":
            self.answer(200, b"\x1f\x8b", Content_Encoding="gzip")
        elif self.path == "/v1/slow":
            self.drip()
        else:
            self.answer(404)

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return  # the client gave up, which is what the test is about


def certificate(directory: Path) -> Path:
    """A self-signed certificate for rates.test, with its key, as one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rates.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("rates.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "upstream.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + built.public_bytes(Encoding.PEM))
    return file


class QuietServer(ThreadingHTTPServer):
    """A failed TLS handshake is expected here and needs no traceback."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def serve(tls: Path | None = None) -> QuietServer:
    server = QuietServer(("127.0.0.1", 0), Upstream)
    server.seen = []  # type: ignore[attr-defined]
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def upstream() -> Iterator[QuietServer]:
    server = serve()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def tls_upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuietServer]:
    server = serve(certificate(tmp_path_factory.mktemp("tls")))
    yield server
    server.shutdown()
    server.server_close()


def authenticate(request: Request) -> str:
    if request.headers.get("authorization") != "Bearer good":
        raise HTTPException(401, "unauthenticated")
    return "ada"


class Importer:
    """Starts the application with given names and sends it one URL at a time."""

    def __init__(self, request: pytest.FixtureRequest, ports: tuple[int, int]) -> None:
        self._request, self._ports = request, ports

    def start(self, names: dict[str, list[str]], permitted: tuple[str, ...] = ()) -> Any:
        plain, tls = self._ports
        allowed = {
            **{f"http://{name}:{plain}": ["/v1/"] for name in names},
            f"https://rates.test:{tls}": ["/v1/"],
            "https://api.example.com": ["/v1/"],
        }
        if self._request.param == "express":
            start = self._request.getfixturevalue("express_http")
            http = start(PAGE, allowed=allowed, names=names, permitted=list(permitted), milliseconds=1500)
        else:
            http = self._fastapi(allowed, names, permitted)
        return lambda url, headers=GOOD: http.send("POST", "/imports", {"url": url}, headers)

    def is_public(self) -> Any:
        """The application's own test of one address."""
        if self._request.param == "express":
            http = self._request.getfixturevalue("express_http")(
                PAGE, allowed={}, names={}, permitted=[], milliseconds=1
            )
            return lambda address: http.send("GET", f"/test/public/{address}").json
        return self._request.getfixturevalue("python_page")(PAGE).is_public

    def _fastapi(
        self, allowed: dict[str, list[str]], names: dict[str, list[str]], permitted: tuple[str, ...]
    ) -> Any:
        module = self._request.getfixturevalue("python_page")(PAGE)

        async def resolve(host: str, port: int) -> list[str]:
            return names.get(host, [])

        policy = module.Policy({k: tuple(v) for k, v in allowed.items()}, max_bytes=100_000, seconds=1.5)
        client = module.OutboundClient(policy, resolve, lambda a: a in permitted or module.is_public(a))
        return self._request.getfixturevalue("fastapi_http")(module.create_app(client, authenticate))


@pytest.fixture(params=["fastapi", "express"])
def importer(request: pytest.FixtureRequest, upstream: QuietServer, tls_upstream: QuietServer) -> Importer:
    return Importer(request, (upstream.server_address[1], tls_upstream.server_address[1]))


@pytest.fixture
def fetch(importer: Importer) -> Any:
    """An application for which rates.test is the local upstream and loopback is permitted."""
    return importer.start({"rates.test": ["127.0.0.1"]}, ("127.0.0.1",))


def test_listed_destination_is_fetched_for_signed_in_callers(fetch: Any, upstream: Any) -> None:
    base = f"http://rates.test:{upstream.server_address[1]}"
    answer = fetch(f"{base}/v1/rates")
    assert (answer.status, answer.json) == (200, {"bytes": 10})
    assert fetch(f"{base}/v1/once").status == 200
    before = len(upstream.seen)
    assert fetch(f"{base}/v1/rates", {}).status == 401
    assert len(upstream.seen) == before


def test_everything_off_the_list_is_refused(fetch: Any, upstream: Any) -> None:
    port = upstream.server_address[1]
    before = len(upstream.seen)
    for url in (
        "http://169.254.169.254/latest/meta-data/",
        f"http://127.0.0.1:{port}/v1/rates",
        f"http://[::1]:{port}/v1/rates",
        "file:///etc/passwd",
        "gopher://rates.test/v1/",
        "https://api.example.com.evil.example/v1/x",
        "https://api.example.com@evil.example/v1/x",
        "https://user:pass@api.example.com/v1/x",
        "https://api.example.com:8443/v1/x",
        "https://api.example.com/admin",
        f"http://rates.test:{port}/v1/../admin",
        f"http://rates.test:{port}/v1/%2e%2e/admin",
        f"http://rates.test:{port}/v1/%2e%2e%2fadmin",
        f"http://rates.test:{port}\\@evil.example/v1/",
        f"http://rates.test:{port}/v1/\trates",
        f"http://rates.test:{port}/v1/r\u00e4tes",
        "http://rates.test:99999/v1/",
        "http://[",
        "not a url",
    ):
        answer = fetch(url)
        assert (answer.status, answer.json) == (400, {"detail": "destination not permitted"}), url
    assert len(upstream.seen) == before


INWARD: tuple[list[str], ...] = (
    ["127.0.0.1"],
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["0.0.0.0"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["fd00::1"],
    ["fe80::1"],
    ["93.184.215.14", "127.0.0.1"],
    [],
)


def test_names_that_resolve_inward_are_refused(importer: Importer, upstream: Any) -> None:
    before = len(upstream.seen)
    fetch = importer.start({f"n{number}.test": addresses for number, addresses in enumerate(INWARD)})
    for number, addresses in enumerate(INWARD):
        answer = fetch(f"http://n{number}.test:{upstream.server_address[1]}/v1/rates")
        assert (answer.status, answer.json) == (400, {"detail": "destination not permitted"}), addresses
    assert len(upstream.seen) == before


def test_public_addresses_are_told_from_all_others(importer: Importer) -> None:
    is_public = importer.is_public()
    assert [is_public(a) for a in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")] == [True, True]
    for address in (
        "192.168.1.1",
        "172.31.255.255",
        "224.0.0.1",
        "255.255.255.255",
        "2001::1",
        "2001:db8::1",
        "ff02::1",
    ):
        assert not is_public(address), address


def test_redirects_are_checked_like_new_requests(fetch: Any, upstream: Any) -> None:
    base = f"http://rates.test:{upstream.server_address[1]}"
    for path in ("inward", "leave", "nonsense", "loop"):
        del upstream.seen[:]
        assert fetch(f"{base}/v1/{path}").status == 400, path
        assert upstream.seen == [f"/v1/{path}"] * (4 if path == "loop" else 1)


def test_answers_are_bounded(fetch: Any, upstream: Any) -> None:
    base = f"http://rates.test:{upstream.server_address[1]}"
    for path in ("large", "html", "gzip", "absent"):
        assert fetch(f"{base}/v1/{path}").status == 400, path
    begun = time.monotonic()
    assert fetch(f"{base}/v1/slow").status == 504
    assert time.monotonic() - begun < 5


def test_untrusted_certificates_are_refused(fetch: Any, tls_upstream: Any) -> None:
    assert fetch(f"https://rates.test:{tls_upstream.server_address[1]}/v1/rates").status == 502
    assert tls_upstream.seen == []


def test_connection_goes_to_the_checked_address_without_resolving_again(
    python_page: Any, upstream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = python_page(PAGE)
    port = upstream.server_address[1]
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # must not be used
    policy = module.Policy({f"http://rebind.test:{port}": ("/v1/",)})
    client = module.OutboundClient(policy, resolve, lambda address: True)
    body = module.asyncio.run(functools.partial(client.get, f"http://rebind.test:{port}/v1/rates")())
    assert body == b'{"eur": 1}'
    assert asked == ["rebind.test"]
