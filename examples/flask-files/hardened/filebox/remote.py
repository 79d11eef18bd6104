"""Other servers: downloads that users ask for, and the virus scanner."""

from urllib.parse import urlsplit

import requests
from flask import current_app
from werkzeug.utils import secure_filename

MAX_BYTES = 10_000_000


class DestinationRefused(Exception):
    """The address is not on the allowlist, or its content is too large."""


def download(url: str) -> tuple[str, str, bytes]:
    with requests.Session() as session:
        # The address as it will be sent is the one that is compared.
        prepared = session.prepare_request(requests.Request("GET", url))
        parts = urlsplit(prepared.url or "")
        if f"{parts.scheme}://{parts.netloc}" not in current_app.config["FETCH_ORIGINS"]:
            raise DestinationRefused
        with session.send(prepared, timeout=3, allow_redirects=False, stream=True) as response:
            content = b""
            for chunk in response.iter_content(65_536):
                content += chunk
                if len(content) > MAX_BYTES:
                    raise DestinationRefused
            name = secure_filename(parts.path.rsplit("/", 1)[-1]) or "download"
            return name, response.headers.get("content-type", ""), content


def scan(name: str, content: bytes) -> None:
    try:
        requests.post(
            f"{current_app.config['SCAN_URL']}/v1/scan",
            params={"name": name},
            data=content,
            headers={"Authorization": f"Bearer {current_app.config['SCAN_TOKEN']}"},
            timeout=3,
        ).raise_for_status()
    except requests.RequestException:
        current_app.logger.exception("an upload was not scanned")
