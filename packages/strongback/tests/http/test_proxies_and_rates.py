"""Addresses cannot be forged into another party; rates are counted exactly and announced."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.http.asgi import head_of
from strongback.http.proxies import AllowedHosts, TrustedProxies, address_key
from strongback.http.rates import Rate, RateLimitedError, RateLimits, by_account
from strongback.http.steps import Refusal
from strongback.identity import Principal
from strongback.stores import Admission, MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock

from packages.strongback.tests.http.call import answering, call, scope_for

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("peer", "lines", "client"),
    [
        ("203.0.113.9", ["1.1.1.1"], "203.0.113.9"),  # an untrusted peer says nothing about others
        ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["9.9.9.9, 1.1.1.1"], "1.1.1.1"),  # what the client wrote itself stands left
        ("10.0.0.1", ["9.9.9.9", "1.1.1.1, 10.0.0.2"], "1.1.1.1"),
        ("10.0.0.1", ["1.1.1.1, junk"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, junk, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["1.1.1.1:5555"], "1.1.1.1"),
        ("10.0.0.1", ['"[2001:db8::1]:443"'], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("unix", ["1.1.1.1"], "unix"),
    ],
)
def test_the_first_address_from_the_right_that_is_not_ours(peer: str, lines: list[str], client: str) -> None:
    assert TrustedProxies(["10.0.0.0/8"]).resolve(peer, lines) == client


@given(st.lists(st.text(max_size=40), max_size=5), st.ip_addresses())
def test_a_client_cannot_write_its_way_past_what_our_proxy_appended(forged: list[str], real: object) -> None:
    proxies = TrustedProxies(["10.0.0.0/8"])
    if isinstance(real, ipaddress.IPv4Address) and real in ipaddress.ip_network("10.0.0.0/8"):
        return
    if isinstance(real, ipaddress.IPv6Address) and real.ipv4_mapped is not None:
        return
    assert proxies.resolve("10.0.0.1", [*forged, str(real)]) == str(real)


async def test_forwarded_headers_set_client_and_scheme_and_then_vanish() -> None:
    app = answering()
    headers = {
        "x-forwarded-for": "1.1.1.1",
        "x-forwarded-proto": "https",
        "forwarded": "for=2.2.2.2",
        "x": "y",
    }
    await call(
        TrustedProxies(["10.0.0.0/8"]).around(app), headers=headers, client=("10.0.0.1", 1), scheme="http"
    )
    assert (app.scope["client"][0], app.scope["scheme"]) == ("1.1.1.1", "https")  # type: ignore[attr-defined]
    assert app.scope["headers"] == [(b"x", b"y")]  # type: ignore[attr-defined]
    await call(TrustedProxies().around(app), headers=headers, client=("10.0.0.1", 1), scheme="http")
    assert (app.scope["client"][0], app.scope["scheme"]) == ("10.0.0.1", "http")  # type: ignore[attr-defined]
    assert app.scope["headers"] == [(b"x", b"y")]  # type: ignore[attr-defined]


@pytest.mark.parametrize("networks", [["0.0.0.0/0"], ["::/0"], ["not a network"], ["10.0.0.1/8"]])
def test_trusting_everyone_is_refused(networks: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        TrustedProxies(networks)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", b"203.0.113.7"),
        ("::ffff:203.0.113.7", b"203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", b"2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", b"2001:db8:1:2::/64"),
        ("fe80::1%eth0", b"fe80::/64"),
        (None, b"?"),
        ("unix", b"?"),
    ],
)
def test_one_customer_is_one_party(address: str | None, key: bytes) -> None:
    assert address_key(address) == key


@pytest.mark.parametrize(
    ("host", "permitted"),
    [
        ("app.example.com", True),
        ("APP.example.com:8443", True),
        ("evil.example", False),
        ("app.example.com.evil.example", False),
        ("app.example.com@evil.example", False),
        ("app.example.com:80:80", False),
        ("", False),
        (None, False),
    ],
)
async def test_only_our_hosts_are_answered(
    host: str | None, permitted: bool, clock: FakeClock, events: EventRecorder
) -> None:
    guarded = AllowedHosts(["app.example.com"], clock=clock, events=events).around(answering())
    answer = await call(guarded, headers={} if host is None else {"host": host})
    assert answer.status == (200 if permitted else 400)
    told = [(e.name.label, e.detail["hosts"]) for e in events.events]
    assert told == ([] if permitted else [("host.rejected", [] if host is None else [host])])
    with pytest.raises(ConfigurationError):
        AllowedHosts(["*"], clock=clock, events=events)


def rates(store: object, clock: FakeClock, events: EventRecorder) -> RateLimits:
    address, account = Rate.parse("address", "3/m"), Rate("account", 2, 60, by_account)
    return RateLimits(address, account, store=store, clock=clock, events=events)  # type: ignore[arg-type]


async def test_rates_refuse_announce_and_recover(clock: FakeClock, events: EventRecorder) -> None:
    guarded = rates(MemoryStore(clock=clock), clock, events).around(answering())
    first = await call(guarded)
    assert first["ratelimit-policy"] == '"account";q=2;w=60'
    assert first["ratelimit"] == '"account";r=1;t=30'
    assert (await call(guarded)).status == 200
    refused = await call(guarded)
    assert (refused.status, refused["retry-after"], refused["ratelimit"]) == (429, "30", '"account";r=0;t=60')
    assert refused["content-type"] == "application/problem+json"
    assert [e.name.label for e in events.events] == ["rate.limited"]
    clock.advance(30)
    assert (await call(guarded)).status == 200


async def test_accounts_and_networks_are_counted_apart(clock: FakeClock, events: EventRecorder) -> None:
    store = MemoryStore(clock=clock)
    guarded = RateLimits(Rate("r", 1, 60, by_account), store=store, clock=clock, events=events).around(
        answering()
    )
    same_network = [("2001:db8::1", 1), ("2001:db8::2", 1)]
    assert [(await call(guarded, client=c)).status for c in same_network] == [200, 429]
    ada, bob = Principal("ada"), Principal("bob")
    statuses = [(await call(guarded, **{"strongback.principal": who})).status for who in (ada, bob, ada)]
    assert statuses == [200, 200, 429]


async def test_a_store_that_is_down_admits_nobody(clock: FakeClock, events: EventRecorder) -> None:
    guarded = rates(BrokenStore(MemoryStore()), clock, events).around(answering())
    with pytest.raises(StoreUnavailableError):
        await call(guarded)


@pytest.mark.parametrize("text", ["", "10", "10/", "10/x", "0/m", "10/m; drop", "-1/m", "1e9/s", "10/0m"])
def test_rates_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Rate.parse("name", text)


def test_units_are_those_that_are_written() -> None:
    written = {"5/s": 1, "5/2s": 2, "5/m": 60, "5/3m": 180, "5/h": 3600, "5/d": 86_400}
    assert {text: Rate.parse("a", text).window for text in written} == written


@pytest.mark.anyio
async def test_what_a_charge_costs_and_when_to_come_back(clock: FakeClock, events: EventRecorder) -> None:
    rate = Rate.parse("search", "2/s")
    rates = RateLimits(rate, store=MemoryStore(clock=clock), clock=clock, events=events)
    scope = scope_for()
    assert [(await rates.charge(rate, scope)).remaining for _ in range(2)] == [1, 0]
    with pytest.raises(RateLimitedError):
        await rates.charge(rate, scope)
    # Less than a second is said as one; nothing of a second would be an invitation.
    refused = await call(rates.around(answering()))
    assert (refused.status, refused["retry-after"]) == (429, "1")
    assert refused["ratelimit"] == '"search";r=0;t=1'
    # In memory nothing is waited for.
    enter = rates.steps().enter
    assert enter is not None
    assert isinstance(enter(scope, head_of(scope), None), Refusal)  # type: ignore[arg-type]


def test_rates_are_written_shortly() -> None:
    assert (Rate.parse("a", "10/5m").limit, Rate.parse("a", "10/5m").window) == (10, 300)
    assert Rate.parse("a", "1000/d").window == 86_400
    with pytest.raises(ConfigurationError):
        RateLimits(
            Rate("a", 1, 1), Rate("a", 2, 2), store=MemoryStore(), clock=FakeClock(), events=EventRecorder()
        )


def test_translated_addresses_are_counted_one_by_one() -> None:
    assert address_key("64:ff9b::c000:221") == address_key("192.0.2.33") == b"192.0.2.33"
    assert address_key("64:ff9b::c000:222") != address_key("64:ff9b::c000:221")
    assert address_key("64:ff9b:1::c000:222") == address_key("64:ff9b:1::1")


async def test_a_stranger_decides_neither_address_nor_scheme() -> None:
    app = answering()
    proxies = TrustedProxies(["10.0.0.0/8"])
    said = {"x-forwarded-for": "198.51.100.1", "x-forwarded-proto": "http"}
    await call(proxies.around(app), headers=said, client=("203.0.113.7", 40000))
    assert (app.scope["client"][0], app.scope["scheme"]) == ("203.0.113.7", "https")  # type: ignore[attr-defined]
    assert app.scope["headers"] == []  # type: ignore[attr-defined]
    await call(proxies.around(app), headers=said, client=("10.1.1.1", 40000))
    assert (app.scope["client"][0], app.scope["scheme"]) == ("198.51.100.1", "http")  # type: ignore[attr-defined]
    assert not TrustedProxies().trusts("10.0.0.1")


class Awaited(MemoryStore):
    """A store that has to be waited for, as one behind a network."""

    async def hit(self, key: bytes, *, limit: int, window: float, cost: int = 1) -> Admission:
        return await super().hit(key, limit=limit, window=window, cost=cost)


@pytest.mark.parametrize("kind", [MemoryStore, Awaited])
@pytest.mark.parametrize("turned", [False, True])
async def test_the_rate_with_least_left_is_announced(
    kind: type[MemoryStore], turned: bool, clock: FakeClock, events: EventRecorder
) -> None:
    """Least of what is left: the other has the shorter wait, the smaller limit and the other place."""
    many, few = Rate("many", 100, 3600), Rate("few", 20, 10)
    given = (few, many) if turned else (many, few)
    control = RateLimits(*given, store=kind(clock=clock), clock=clock, events=events)
    guarded = control.around(answering())
    assert (await call(guarded))["ratelimit"] == '"few";r=19;t=1'
    for _ in range(90):
        clock.advance(1)
        answer = await call(guarded)
    assert answer["ratelimit-policy"] == '"many";q=100;w=3600'
    assert answer["ratelimit"].startswith('"many";r=1')


async def test_what_an_application_announces_itself_stays(clock: FakeClock, events: EventRecorder) -> None:
    own = (("content-type", "application/json"), ("ratelimit", '"own";r=5;t=1'))
    control = RateLimits(Rate("r", 9, 60), store=MemoryStore(clock=clock), clock=clock, events=events)
    answer = await call(control.around(answering(headers=own)))
    assert answer["ratelimit"] == '"own";r=5;t=1'


@pytest.mark.parametrize("kind", [MemoryStore, Awaited])
async def test_who_is_refused_is_told_of_once(
    kind: type[MemoryStore], clock: FakeClock, events: EventRecorder
) -> None:
    rate = Rate("r", 1, 60)
    control = RateLimits(rate, store=kind(clock=clock), clock=clock, events=events)
    guarded = control.around(answering())
    assert [(await call(guarded)).status for _ in range(2)] == [200, 429]
    with pytest.raises(RateLimitedError, match="rate limited"):
        await control.charge(rate, scope_for("GET", "/costly"))
    told = [(e.name.label, e.detail["rate"], e.detail["path"]) for e in events.events]
    assert told == [("rate.limited", "r", "/"), ("rate.limited", "r", "/costly")]
