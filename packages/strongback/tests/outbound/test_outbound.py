"""The outbound guard: no vector reaches a private address, nothing unbounded comes back, TLS cannot be
turned off.
"""

import asyncio
import datetime
import gzip
import hashlib
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import ConfigurationError
from strongback.outbound import OutboundBlockedError, OutboundPolicy, Pin, is_public
from strongback.outbound.addresses import SPECIAL_V4, SPECIAL_V6
from strongback.outbound.client import guarded_client, guarded_httpx_client, guarded_sync_client
from strongback.outbound.policy import resolve
from strongback.testing import EventRecorder, FakeClock

pytestmark = pytest.mark.anyio


class Threaded:
    """The client that does not await, behind the face of those that do."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self._client = guarded_sync_client(*arguments, **settings)

    async def __aenter__(self) -> "Threaded":
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._client.close)

    async def get(self, *arguments: Any, **settings: Any) -> Any:
        return await asyncio.to_thread(self._client.get, *arguments, **settings)

    async def post(self, *arguments: Any, **settings: Any) -> Any:
        return await asyncio.to_thread(self._client.post, *arguments, **settings)


MAKERS = [guarded_client, guarded_httpx_client, Threaded]
BOTH = pytest.mark.parametrize("make", [guarded_client, Threaded])

LITERALS = [
    "127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
    "localhost", "①②⑦.⓪.⓪.①", "user@127.0.0.1", "127.0.0.1.", "[fe80::1%25eth0]", "[::ffff:7f00:1]", "0",
]  # fmt: skip
NAMES = {
    "private.test": ["127.0.0.1"],
    "mixed.test": ["93.184.216.34", "127.0.0.1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "sixto4.test": ["2002:7f00:1::"],
    "cgnat.test": ["100.64.0.1"],
    "meta.test": ["169.254.169.254"],
    "zero.test": ["0.0.0.0"],
    "compat.test": ["::7f00:1"],
    "ula.test": ["fd00:ec2::254"],
    "bench.test": ["198.18.0.1"],
    "teredo.test": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "ll6.test": ["fe80::1"],
    "mc.test": ["224.0.0.1"],
    "bcast.test": ["255.255.255.255"],
    "nat64local.test": ["64:ff9b:1::7f00:1"],
    "translated.test": ["::ffff:0:127.0.0.1"],
    "site.test": ["fec0::1"],
    "scoped.test": ["2606:4700::1%eth0"],
    "none.test": [],
}


async def table(host: str, port: int) -> list[str]:
    return NAMES[host] if host in NAMES else await resolve(host, port)


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A tripwire in place of the network: remembers what would have been dialled."""
    attempts: list[str] = []

    async def tripwire(remote_host: str, remote_port: int, **_: object) -> None:
        attempts.append(str(remote_host))
        raise OSError("tripwire")

    monkeypatch.setattr(anyio, "connect_tcp", tripwire)
    return attempts


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("host", [*LITERALS, *NAMES])
async def test_no_vector_is_even_dialled(
    make: Callable[..., Any], host: str, dialled: list[str], clock: FakeClock, events: EventRecorder
) -> None:
    policy = OutboundPolicy(anywhere=True, schemes=["http", "https"], ports=[80, 443])
    async with make(policy, clock=clock, events=events, resolver=table) as client:
        with pytest.raises(
            (OutboundBlockedError, httpx2.HTTPError, httpx.HTTPError, httpx2.InvalidURL, httpx.InvalidURL)
        ):
            await client.get(f"http://{host}/")
    assert dialled == []


@pytest.mark.parametrize("make", MAKERS)
async def test_a_name_that_rebinds_is_resolved_once_and_dialled_as_checked(
    make: Callable[..., Any], dialled: list[str], clock: FakeClock, events: EventRecorder
) -> None:
    answers = [["93.184.216.34", "93.184.216.35"], ["127.0.0.1"]]
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), 2) - 1]

    policy = OutboundPolicy(["rebind.test"], schemes=["http"], ports=[80])
    async with make(policy, clock=clock, events=events, resolver=rebinding) as client:
        with pytest.raises((httpx2.ConnectError, httpx.ConnectError)):
            await client.get("http://rebind.test/")
        assert (asked, dialled) == (["rebind.test"], answers[0])  # every checked address, in order
        with pytest.raises(OutboundBlockedError):
            await client.get("http://rebind.test/")
    assert dialled == answers[0]
    assert events.events[-1].name.label == "outbound.blocked"


@pytest.mark.parametrize(
    ("url", "permitted"),
    [
        ("https://api.example.com/x", True),
        ("https://API.example.com./x", True),
        ("https://a.files.example.net/", True),
        ("https://files.example.net/", False),
        ("https://evilfiles.example.net/", False),
        ("https://api.example.com.evil.test/", False),
        ("https://api.example.com@evil.test/", False),
        ("https://evil.test#@api.example.com/", False),
        ("https://evil.test\\@api.example.com/", False),
        ("https://user:pw@api.example.com/", False),
        ("http://api.example.com/", False),
        ("http://api.example.com:443/", False),
        ("https://api.example.com:8443/", False),
        ("https://api.example.com:22/", False),
        ("https://203.0.113.5/", False),
        ("ftp://api.example.com/", False),
        ("file:///etc/passwd", False),
        ("//api.example.com/", False),
    ],
)
async def test_only_what_the_policy_names(
    url: str, permitted: bool, dialled: list[str], clock: FakeClock, events: EventRecorder
) -> None:
    async def public(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    policy = OutboundPolicy(["api.example.com", ".files.example.net"])
    async with guarded_client(policy, clock=clock, events=events, resolver=public) as client:
        expected = (
            httpx2.ConnectError if permitted else (OutboundBlockedError, httpx2.HTTPError, httpx2.InvalidURL)
        )
        with pytest.raises(expected):
            await client.get(url)
    assert bool(dialled) is permitted


async def test_an_environment_proxy_is_not_used(
    monkeypatch: pytest.MonkeyPatch, dialled: list[str], clock: FakeClock, events: EventRecorder
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")

    async def public(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    async with guarded_client(
        OutboundPolicy(["a.example.com"]), clock=clock, events=events, resolver=public
    ) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("https://a.example.com/")
    assert dialled == ["93.184.216.34"]


@given(st.sampled_from([*SPECIAL_V4, *SPECIAL_V6]).flatmap(lambda n: st.ip_addresses(network=n)))
def test_every_address_of_the_registries_is_refused(address: object) -> None:
    assert not is_public(str(address))
    if isinstance(address, ipaddress.IPv4Address):
        for form in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{address}", f"::ffff:0:{address}"):
            assert not is_public(form)


@given(st.ip_addresses(v=6))
def test_ipv6_outside_global_unicast_is_refused(address: ipaddress.IPv6Address) -> None:
    inside = int(address) >> 125 == 1
    assert inside or not is_public(str(address))


@given(st.ip_addresses(v=4))
def test_ordinary_ipv4_is_accepted_and_never_more_than_python_calls_global(
    address: ipaddress.IPv4Address,
) -> None:
    special = any(address in network for network in SPECIAL_V4)
    assert is_public(str(address)) is not special
    if is_public(str(address)):
        assert address.is_global


@given(st.text())
def test_what_is_no_address_is_not_public(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        assert not is_public(text)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"hosts": ["a.example"], "anywhere": True},
        {"hosts": ["*"]},
        {"hosts": ["*.example.com"]},
        {"hosts": [".com"]},
        {"hosts": ["https://a.example"]},
        {"hosts": [""]},
        {"anywhere": True, "schemes": ["file"]},
        {"anywhere": True, "schemes": []},
        {"anywhere": True, "private": ["0.0.0.0/0"]},
        {"anywhere": True, "private": ["junk"]},
        {"anywhere": True, "max_redirects": 50},
        {"anywhere": True, "deadline": 0},
        {"anywhere": True, "connect_timeout": 0},
        {"anywhere": True, "max_bytes": 0},
        {"anywhere": True, "max_redirects": -1},
    ],
)
def test_policies_that_say_too_much_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        OutboundPolicy(**settings)
    OutboundPolicy(anywhere=True, max_bytes=1, deadline=0.5, connect_timeout=0.5, max_redirects=10)


@pytest.mark.anyio
async def test_names_are_resolved_to_addresses() -> None:
    assert await resolve("127.0.0.1", 443) == ["127.0.0.1"]


def test_private_networks_open_but_never_metadata() -> None:
    policy = OutboundPolicy(anywhere=True, private=["10.0.0.0/8", "169.254.0.0/16", "fd00::/8"])
    assert policy.check_addresses("x", ["10.1.2.3"]) == ["10.1.2.3"]
    with pytest.raises(OutboundBlockedError):
        policy.check_addresses("x", [])
    for address in ("169.254.169.254", "fd00:ec2::254", "192.168.0.1", "127.0.0.1"):
        with pytest.raises(OutboundBlockedError):
            policy.check_addresses("x", [address])


@dataclass
class Authority:
    context: ssl.SSLContext
    trusting: ssl.SSLContext
    spki: bytes


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate for `service.test`, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "service.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("service.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    directory: Path = tmp_path_factory.mktemp("tls")
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "c.pem").write_bytes(pem + secret)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(directory / "c.pem")
    trusting = ssl.create_default_context(cadata=pem.decode())
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Authority(serving, trusting, hashlib.sha256(der).digest())


Handler = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]


@asynccontextmanager
async def serving(authority: Authority, handler: Handler) -> AsyncIterator[int]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            # A body is read to its end: who closes while it is being sent resets the connection.
            if length := re.search(rb"content-length: (\d+)", head.lower()):
                await reader.readexactly(int(length[1]))
            elif b"transfer-encoding: chunked" in head.lower():
                await reader.readuntil(b"0\r\n\r\n")
            await handler(writer, head)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=authority.context)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def local(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def policy_for(port: int, **changes: Any) -> OutboundPolicy:
    return OutboundPolicy(["service.test", "other.test"], ports=[port], private=["127.0.0.0/8"], **changes)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Handler:
    async def handle(writer: asyncio.StreamWriter, request: bytes) -> None:
        head = "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""])
        writer.write(head.encode() + body)

    return handle


@pytest.mark.parametrize("make", MAKERS)
async def test_real_requests_over_tls(
    make: Callable[..., Any], authority: Authority, clock: FakeClock, events: EventRecorder
) -> None:
    seen: list[bytes] = []

    async def handle(writer: asyncio.StreamWriter, request: bytes) -> None:
        seen.append(request)
        await answer(b'{"ok":true}', "content-type: application/json")(writer, request)

    async with serving(authority, handle) as port:
        settings = {"clock": clock, "events": events, "resolver": local, "context": authority.trusting}
        async with make(policy_for(port), **settings) as client:
            reply = await client.get(f"https://service.test:{port}/x", headers={"accept-encoding": "gzip"})
            assert (reply.status_code, reply.json()) == (200, {"ok": True})
            with pytest.raises((httpx2.ConnectError, httpx.ConnectError)):  # the name is checked
                await client.get(f"https://other.test:{port}/")
        untrusting = {**settings, "context": None}
        async with make(policy_for(port), **untrusting) as client:
            with pytest.raises((httpx2.ConnectError, httpx.ConnectError)):  # the authority is checked
                await client.get(f"https://service.test:{port}/")
    assert b"accept-encoding: identity" in seen[0].lower()
    assert b"host: service.test" in seen[0].lower()


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (answer(b"x" * 3000), OutboundBlockedError),
        (answer(gzip.compress(b"x", mtime=0), "content-encoding: gzip"), OutboundBlockedError),
    ],
)
@BOTH
async def test_answers_are_bounded(
    make: Callable[..., Any],
    handler: Handler,
    error: type[Exception],
    authority: Authority,
    clock: FakeClock,
    events: EventRecorder,
) -> None:
    async with serving(authority, handler) as port:
        policy = policy_for(port, max_bytes=2000)
        async with make(
            policy, clock=clock, events=events, resolver=local, context=authority.trusting
        ) as client:
            with pytest.raises(error):
                await client.get(f"https://service.test:{port}/")


@pytest.mark.parametrize("trickle", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"])
@BOTH
async def test_the_deadline_covers_headers_and_a_trickling_body(
    make: Callable[..., Any], trickle: bytes, authority: Authority, clock: FakeClock, events: EventRecorder
) -> None:
    async def slow(writer: asyncio.StreamWriter, request: bytes) -> None:
        writer.write(trickle)
        for _ in range(30):
            writer.write(b"x" if trickle else b"")
            await writer.drain()
            await asyncio.sleep(0.1)

    async with serving(authority, slow) as port:
        policy = policy_for(port, deadline=0.3)
        async with make(
            policy, clock=clock, events=events, resolver=local, context=authority.trusting
        ) as client:
            started = asyncio.get_running_loop().time()
            with pytest.raises(httpx2.TimeoutException):
                await client.get(f"https://service.test:{port}/")
            assert asyncio.get_running_loop().time() - started < 2.5  # all of it would take three


@BOTH
async def test_redirects_are_off_and_checked_when_on(
    make: Callable[..., Any], authority: Authority, clock: FakeClock, events: EventRecorder
) -> None:
    target = "https://169.254.169.254/latest/meta-data/"
    handler = answer(b"", f"location: {target}", status="302 Found")
    async with serving(authority, handler) as port:
        settings: dict[str, Any] = {
            "clock": clock,
            "events": events,
            "resolver": local,
            "context": authority.trusting,
        }
        async with make(policy_for(port), **settings) as client:
            assert (await client.get(f"https://service.test:{port}/")).status_code == 302
        async with make(policy_for(port, max_redirects=3), **settings) as client:
            with pytest.raises(OutboundBlockedError):
                await client.get(f"https://service.test:{port}/")


@BOTH
async def test_pins(
    make: Callable[..., Any], authority: Authority, clock: FakeClock, events: EventRecorder
) -> None:
    async def get(pin: Pin) -> int:
        async with serving(authority, answer(b"")) as port:
            policy = policy_for(port, pins=[pin])
            async with make(
                policy, clock=clock, events=events, resolver=local, context=authority.trusting
            ) as client:
                return int((await client.get(f"https://service.test:{port}/")).status_code)

    later, other = clock.now() + 1, b"\x00" * 32
    assert await get(Pin("service.test", frozenset({authority.spki, other}), later)) == 200
    for pin in (
        Pin("service.test", frozenset({b"\x01" * 32, other}), later),
        Pin("service.test", frozenset({authority.spki, other}), clock.now()),
    ):
        with pytest.raises(OutboundBlockedError):
            await get(pin)
    with pytest.raises(ConfigurationError):
        Pin("service.test", frozenset({authority.spki}), later)


async def test_bodies_are_sent_as_they_are_made(
    authority: Authority, clock: FakeClock, events: EventRecorder
) -> None:
    seen: list[bytes] = []

    async def handle(writer: asyncio.StreamWriter, request: bytes) -> None:
        seen.append(request)
        await answer(b"ok", "connection: close")(writer, request)

    async with serving(authority, handle) as port:
        made = {"clock": clock, "events": events, "resolver": local, "context": authority.trusting}
        async with Threaded(policy_for(port), **made) as client:
            url = f"https://service.test:{port}/"
            assert (await client.post(url, content=b"all at once")).text == "ok"
            assert (await client.post(url, content=iter([b"bit ", b"by bit"]))).text == "ok"
    assert b"content-length: 11" in seen[0].lower()
    assert b"transfer-encoding: chunked" in seen[1].lower()


def test_a_context_that_does_not_verify_is_refused(clock: FakeClock, events: EventRecorder) -> None:
    careless = ssl.create_default_context()
    careless.check_hostname = False
    with pytest.raises(ConfigurationError):
        guarded_client(OutboundPolicy(["a.example"]), clock=clock, events=events, context=careless)


@pytest.mark.parametrize(
    "address",
    [
        "168.63.129.16", "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
        "fd00:c1::a9fe:a9fe", "fd00:ec2::254%eth0", "fd00:ec2::254%1", "100.100.100.200", "192.0.0.192",
    ],
)  # fmt: skip
def test_no_policy_opens_what_hands_out_credentials(address: str) -> None:
    private = ("fd00::/8", "169.254.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "168.63.129.0/24")
    for policy in (OutboundPolicy(anywhere=True), OutboundPolicy(anywhere=True, private=private)):
        with pytest.raises(OutboundBlockedError):
            policy.check_addresses("meta.test", [address])
    OutboundPolicy(anywhere=True, private=private).check_addresses("near.test", ["fd12::1", "168.63.129.17"])


def test_a_pin_is_not_gone_around() -> None:
    hashes = frozenset({b"a" * 32, b"b" * 32})
    policy = OutboundPolicy(
        ["api.test"], schemes=("https", "http"), ports=(443, 80), pins=[Pin("API.test.", hashes, 9e9)]
    )
    assert set(policy.pins) == {"api.test"}
    policy.check_url("https", "api.test", None, b"")
    for host in ("api.test", "API.test", "api.test."):
        with pytest.raises(OutboundBlockedError, match="pinned"):
            policy.check_url("http", host, None, b"")
    with pytest.raises(ConfigurationError, match="exact"):
        OutboundPolicy([".api.test"], pins=[Pin(".api.test", hashes, 9e9)])


@pytest.mark.parametrize("address", ["2606:4700:4700::1111", "2001:4860:4860::8888", "93.184.216.34"])
def test_ordinary_hosts_are_public(address: str) -> None:
    assert is_public(address)
