"""Old versions say that they end, and end."""

from typing import Any

import pytest
from strongback.errors import ConfigurationError
from strongback.http.versions import Version, Versions
from strongback.testing import FakeClock

from packages.strongback.tests.http.call import answering, call, handshake

pytestmark = pytest.mark.anyio
NOW = 1_800_000_000.0
OLD = Version("/v1", deprecated=NOW - 10, sunset=NOW + 100, successor="/v2")


async def test_a_deprecated_version_says_until_when_and_what_follows(clock: FakeClock) -> None:
    guarded = Versions([OLD, Version("/v2")], clock=clock).around(answering())
    answer = await call(guarded, path="/v1/orders")
    assert answer.status == 200
    assert answer["deprecation"] == "@1799999990"
    assert answer["sunset"] == "Fri, 15 Jan 2027 08:01:40 GMT"
    assert answer["link"] == '</v2>; rel="successor-version"'
    assert (await call(guarded, path="/v2/orders")).all("deprecation") == []
    assert (await call(guarded, path="/v10/orders")).all("deprecation") == []


async def test_an_ended_version_is_gone_and_runs_nothing(clock: FakeClock) -> None:
    app = answering()
    guarded = Versions([OLD], clock=clock).around(app)
    clock.advance(100)
    for path in ("/v1", "/v1/orders"):
        answer = await call(guarded, path=path)
        assert (answer.status, answer["sunset"]) == (410, "Fri, 15 Jan 2027 08:01:40 GMT")
    assert await handshake(guarded, path="/v1/ws") == "closed"
    assert not hasattr(app, "scope")
    assert (await call(guarded, path="/v2")).status == 200


async def test_a_part_may_end_before_the_whole(clock: FakeClock) -> None:
    beta = Version("/v1/beta", deprecated=NOW - 10, sunset=NOW)
    guarded = Versions([Version("/v1"), beta], clock=clock).around(answering())
    assert (await call(guarded, path="/v1/beta/x")).status == 410
    assert (await call(guarded, path="/v1/x")).status == 200


async def test_an_end_without_a_date_is_only_announced(clock: FakeClock) -> None:
    answer = await call(Versions([Version("/v1", deprecated=1)], clock=clock).around(answering()), path="/v1")
    assert (answer["deprecation"], answer.all("sunset"), answer.all("link")) == ("@1", [], [])


@pytest.mark.parametrize(
    "settings",
    [
        {"prefix": "v1"},
        {"prefix": "/"},
        {"prefix": "/v1\r\nx: y"},
        {"prefix": "/v1", "successor": ">; rel=x"},
        {"prefix": "/v1", "sunset": 5},
        {"prefix": "/v1", "deprecated": 6, "sunset": 5},
    ],
)
def test_unclear_versions_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Version(**settings)


def test_every_prefix_once(clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError):
        Versions([OLD, OLD], clock=clock)
