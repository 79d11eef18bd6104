"""Secret services of clouds, by the shapes their own clients document."""

from types import SimpleNamespace
from typing import Any

import pytest
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.secrets import CachedSecrets, CloudSecrets, SecretSource
from strongback.testing import FakeClock

pytestmark = pytest.mark.anyio


class ClientError(Exception):
    def __init__(self, code: str) -> None:
        self.response = {"Error": {"Code": code, "Message": "token-of-the-request"}}


class ResourceNotFoundError(Exception): ...


class NotFound(Exception): ...  # noqa: N818


class Service:
    """Answers as the three clients do; `error` is raised instead."""

    def __init__(self, value: Any = "s3cret-of-the-service", error: Exception | None = None) -> None:
        self.value = value
        self.error = error
        self.asked: list[str] = []

    def _answer(self, name: str) -> Any:
        self.asked.append(name)
        if self.error is not None:
            raise self.error
        return self.value

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803
        return {"SecretString": self._answer(SecretId)}

    def get_secret(self, name: str) -> Any:
        return SimpleNamespace(value=self._answer(name))

    def access_secret_version(self, *, name: str) -> Any:
        return SimpleNamespace(payload=SimpleNamespace(data=self._answer(name).encode()))


CLOUDS = {
    "aws": (CloudSecrets.aws, "db-password", ClientError("ResourceNotFoundException")),
    "azure": (CloudSecrets.azure, "db-password", ResourceNotFoundError()),
    "gcp": (
        lambda client: CloudSecrets.gcp(client, project="shop"),
        "projects/shop/secrets/db-password/versions/latest",
        NotFound(),
    ),
}
EVERY = pytest.mark.parametrize("cloud", CLOUDS)


@EVERY
async def test_a_secret_is_read_by_its_name(cloud: str) -> None:
    make, path, _ = CLOUDS[cloud]
    service = Service()
    source: SecretSource = make(service)
    assert (await source.get("db-password")).reveal() == "s3cret-of-the-service"
    assert service.asked == [path]
    with pytest.raises(ConfigurationError):
        await source.get("../other")
    assert service.asked == [path]


@EVERY
async def test_absent_down_and_placeholder_are_told_apart(cloud: str, clock: FakeClock) -> None:
    make, _, absent = CLOUDS[cloud]
    with pytest.raises(ConfigurationError, match="missing"):
        await make(Service(error=absent)).get("db-password")
    with pytest.raises(ConfigurationError, match="placeholder"):
        await make(Service("changeme")).get("db-password")
    for error in (ClientError("ThrottlingException"), OSError("token-of-the-request")):
        with pytest.raises(StoreUnavailableError) as told:
            await make(Service(error=error)).get("db-password")
        assert "token-of-the-request" not in str(told.value)
    service = Service()
    cached = CachedSecrets(make(service), clock=clock)
    await cached.get("db-password")
    service.error = OSError()
    clock.advance(400)
    assert (await cached.get("db-password")).reveal() == "s3cret-of-the-service"


@pytest.mark.parametrize("value", [None, 5, b"\xff", "x" * 70_000])
async def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError):
        await CloudSecrets(lambda name: value, missing="NotFound").get("db-password")
