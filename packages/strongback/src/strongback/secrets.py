"""Where secrets come from: environment, files, or any source, cached for a while and refused if placeholders.

ASVS v5.0.0-13.3.1, 13.3.4.
"""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.redaction import Secret
from strongback.seams import Clock

__all__ = [
    "CachedSecrets",
    "CloudSecrets",
    "EnvironmentSecrets",
    "FileSecrets",
    "SecretSource",
    "VaultSecrets",
    "check_secret",
    "checked_name",
]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,127}\Z")
_PLACEHOLDER = re.compile(
    r"^(?:change.?me|secret|password|admin|root|test|example|dummy|todo|none|null"
    r"|x+|\*+|<.*>|\$\{.*\}|your[-_ ].*)\d*$",
    re.IGNORECASE,
)
_MAX_BYTES = 65_536


class VaultClient(Protocol):
    """The part of `httpx2.AsyncClient` that is used."""

    async def get(self, url: str, *, headers: Mapping[str, str]) -> Any:
        """Send a GET request."""
        ...


class SecretSource(Protocol):
    """A place that holds secrets by name."""

    async def get(self, name: str) -> Secret:
        """The secret.

        Raises ConfigurationError if it is missing, StoreUnavailableError if the source is down.
        """
        ...


def check_secret(name: str, value: str) -> Secret:
    """Wrap a value. Raises ConfigurationError, without showing it, if it is empty or a placeholder."""
    if not value.strip() or _PLACEHOLDER.match(value.strip()):
        raise ConfigurationError(f"secret {name} is missing or a placeholder")
    return Secret(value)


def checked_name(name: str) -> str:
    """A name that no path or address can be made of. Raises ConfigurationError."""
    if not _NAME.match(name) or ".." in name:
        raise ConfigurationError("a secret's name holds letters, digits, '_', '-' and '.'")
    return name


class EnvironmentSecrets:
    """Environment variables, or the file that `NAME_FILE` points at."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment

    async def get(self, name: str) -> Secret:
        """See `SecretSource.get`."""
        path = self._environment.get(f"{checked_name(name)}_FILE")
        if path is not None:
            return check_secret(name, await _read(Path(path), name))
        return check_secret(name, self._environment.get(name, ""))


class FileSecrets:
    """One file per secret below a directory, as container platforms mount them."""

    def __init__(self, directory: str | Path) -> None:
        self._directory = Path(directory)

    async def get(self, name: str) -> Secret:
        """See `SecretSource.get`."""
        return check_secret(name, await _read(self._directory / checked_name(name), name))


async def _read(path: Path, name: str) -> str:
    def load() -> str:
        with path.open("rb") as stream:
            return stream.read(_MAX_BYTES + 1).decode("utf-8")

    try:
        text = await asyncio.to_thread(load)
    except FileNotFoundError:
        raise ConfigurationError(f"secret {name} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnavailableError(f"secret {name}: {type(error).__name__}") from None
    if len(text) > _MAX_BYTES:
        raise ConfigurationError(f"secret {name} is too large")
    return text.rstrip("\r\n")


class VaultSecrets:
    """HashiCorp Vault or OpenBao, key-value engine of version 2: a name is a secret below `mount`, and its
    value the one in `field`.

    `http` is an asynchronous client of httpx2 that may reach `address` (a `guarded_client` with its network),
    `token` gives the current token: what an agent keeps in a file, for one. Wrap it in `CachedSecrets`.
    """

    def __init__(
        self,
        address: str,
        *,
        http: VaultClient,
        token: Callable[[], Awaitable[Secret]],
        mount: str = "secret",
        field: str = "value",
        namespace: str = "",
    ) -> None:
        parts = urlsplit(address)
        local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
        if not (parts.scheme == "https" or local) or not parts.hostname or "@" in parts.netloc:
            raise ConfigurationError("VaultSecrets: an https address, or http on this machine")
        self._base = f"{address.rstrip('/')}/v1/{checked_name(mount)}/data/"
        self._http = http
        self._token = token
        self._field = field
        self._namespace = namespace

    async def get(self, name: str) -> Secret:
        """See `SecretSource.get`."""
        url = self._base + checked_name(name)
        headers = {"X-Vault-Token": (await self._token()).reveal(), "X-Vault-Request": "true"}
        if self._namespace:
            headers["X-Vault-Namespace"] = self._namespace
        try:
            response = await self._http.get(url, headers=headers)
        except Exception as error:
            # Whatever the client raises says the same: there is no answer. Its text may hold the token.
            raise StoreUnavailableError(f"secret {name}: Vault: {type(error).__name__}") from None
        if response.status_code == 404:
            raise ConfigurationError(f"secret {name} is missing")
        if response.status_code != 200 or len(response.content) > _MAX_BYTES:
            raise StoreUnavailableError(f"secret {name}: Vault answered {response.status_code}")
        try:
            value = json.loads(response.content)["data"]["data"][self._field]
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError(f"secret {name} has no field {self._field}") from None
        if not isinstance(value, str):
            raise ConfigurationError(f"secret {name} is no text")
        return check_secret(name, value)


class CloudSecrets:
    """A secret service of a cloud, through its own client, which the application makes with its workload's
    identity. `fetch` is asked on another thread. Wrap it in `CachedSecrets`.
    """

    def __init__(self, fetch: Callable[[str], str | bytes], *, missing: str) -> None:
        self._fetch = fetch
        self._missing = missing
        """What the service calls a secret that is not there: an exception's name, or the code it carries."""

    @classmethod
    def aws(cls, client: Any) -> "CloudSecrets":
        """AWS Secrets Manager; `client` is `boto3.client("secretsmanager")`."""

        def fetch(name: str) -> str:
            text: str = client.get_secret_value(SecretId=name)["SecretString"]
            return text

        return cls(fetch, missing="ResourceNotFoundException")

    @classmethod
    def azure(cls, client: Any) -> "CloudSecrets":
        """Azure Key Vault; `client` is an `azure.keyvault.secrets.SecretClient`."""

        def fetch(name: str) -> str:
            text: str = client.get_secret(name).value
            return text

        return cls(fetch, missing="ResourceNotFoundError")

    @classmethod
    def gcp(cls, client: Any, *, project: str) -> "CloudSecrets":
        """Google Secret Manager; `client` is a `secretmanager.SecretManagerServiceClient`."""

        def fetch(name: str) -> bytes:
            path = f"projects/{checked_name(project)}/secrets/{name}/versions/latest"
            data: bytes = client.access_secret_version(name=path).payload.data
            return data

        return cls(fetch, missing="NotFound")

    async def get(self, name: str) -> Secret:
        """See `SecretSource.get`."""
        try:
            value = await asyncio.to_thread(self._fetch, checked_name(name))
        except ConfigurationError:
            raise
        except Exception as error:
            # Its text may hold the request, so that only its kind is told.
            answer = getattr(error, "response", None)
            code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
            if self._missing in {type(error).__name__, code}:
                raise ConfigurationError(f"secret {name} is missing") from None
            raise StoreUnavailableError(f"secret {name}: {type(error).__name__}") from None
        try:
            text = value.decode("utf-8") if isinstance(value, bytes) else value
        except UnicodeDecodeError:
            raise ConfigurationError(f"secret {name} is no text") from None
        if not isinstance(text, str) or len(text) > _MAX_BYTES:
            raise ConfigurationError(f"secret {name} is no text, or too large")
        return check_secret(name, text)


class CachedSecrets:
    """Keeps secrets for `lifetime` seconds, so that a rotation is seen; one reader asks, the others wait.

    If the source is down when a secret has expired, the old value serves for `grace` seconds more, then
    nothing does.
    """

    def __init__(
        self, source: SecretSource, *, clock: Clock, lifetime: float = 300, grace: float = 600
    ) -> None:
        if lifetime <= 0 or grace < 0:
            raise ConfigurationError("CachedSecrets: lifetime > 0, grace >= 0")
        self._source = source
        self._clock = clock
        self._lifetime = lifetime
        self._grace = grace
        self._kept: dict[str, tuple[Secret, float]] = {}
        self._lock = asyncio.Lock()

    async def get(self, name: str) -> Secret:
        """See `SecretSource.get`."""
        async with self._lock:
            now = self._clock.now()
            kept = self._kept.get(name)
            if kept is not None and 0 <= now - kept[1] < self._lifetime:
                return kept[0]
            try:
                secret = await self._source.get(name)
            except StoreUnavailableError:
                if kept is not None and 0 <= now - kept[1] < self._lifetime + self._grace:
                    return kept[0]
                raise
            self._kept[name] = (secret, now)
            return secret
