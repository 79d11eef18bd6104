"""Secrets of a Vault: read with the current token, refused when missing, never shown, down is not empty."""

import httpx2
import pytest
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.redaction import Secret
from strongback.secrets import CachedSecrets, VaultSecrets
from strongback.testing import FakeClock

pytestmark = pytest.mark.anyio
TOKEN = "hvs.token-of-this-test"


class Vault:
    """A server that holds one secret."""

    def __init__(self) -> None:
        self.seen: list[httpx2.Request] = []
        self.status = 200
        self.body: object = {"data": {"data": {"value": "correct horse battery"}, "metadata": {"version": 3}}}
        self.down = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        if self.down:
            raise httpx2.ConnectError(f"no route for {request.headers['x-vault-token']}")
        return httpx2.Response(self.status, json=self.body)

    def source(self, address: str = "https://vault.example.com", **settings: str) -> VaultSecrets:
        async def token() -> Secret:
            return Secret(TOKEN)

        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self))
        return VaultSecrets(address, http=http, token=token, **settings)


async def test_a_secret_is_read_with_the_token() -> None:
    vault = Vault()
    found = await vault.source(mount="kv", namespace="team").get("orders.database")
    assert found.reveal() == "correct horse battery"
    assert str(vault.seen[0].url) == "https://vault.example.com/v1/kv/data/orders.database"
    assert vault.seen[0].headers["x-vault-token"] == TOKEN
    assert vault.seen[0].headers["x-vault-namespace"] == "team"


@pytest.mark.parametrize(("status", "error"), [(404, ConfigurationError), (403, StoreUnavailableError)])
async def test_what_is_missing_is_not_what_is_down(status: int, error: type[Exception]) -> None:
    vault = Vault()
    vault.status = status
    with pytest.raises(error):
        await vault.source().get("name")


async def test_an_error_of_the_client_does_not_show_the_token() -> None:
    vault = Vault()
    vault.down = True
    with pytest.raises(StoreUnavailableError) as failed:
        await vault.source().get("name")
    assert TOKEN not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": {"data": {}}},
        {"data": {"data": {"value": 7}}},
        [],
        {"data": {"data": {"value": "changeme"}}},
    ],
)
async def test_what_holds_no_secret_is_refused(body: object) -> None:
    vault = Vault()
    vault.body = body
    with pytest.raises(ConfigurationError):
        await vault.source().get("name")


@pytest.mark.parametrize("name", ["../sys/health", "a/b", "", "a?b", "a#b", "a..b"])
async def test_a_name_cannot_leave_its_mount(name: str) -> None:
    vault = Vault()
    with pytest.raises(ConfigurationError):
        await vault.source().get(name)
    assert vault.seen == []


@pytest.mark.parametrize(
    "address", ["http://vault.example.com", "vault.example.com", "https://u:p@vault.example.com"]
)
def test_an_address_without_tls_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError):
        Vault().source(address)


async def test_a_rotated_secret_is_seen_and_an_outage_is_bridged(clock: FakeClock) -> None:
    vault = Vault()
    cached = CachedSecrets(vault.source(), clock=clock, lifetime=60, grace=60)
    assert (await cached.get("name")).reveal() == "correct horse battery"
    vault.body = {"data": {"data": {"value": "another horse"}}}
    clock.advance(61)
    assert (await cached.get("name")).reveal() == "another horse"
    vault.down = True
    clock.advance(61)
    assert (await cached.get("name")).reveal() == "another horse"
    clock.advance(61)
    with pytest.raises(StoreUnavailableError):
        await cached.get("name")
