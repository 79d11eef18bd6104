"""Previews of linked pages, and translations."""

from typing import Any

import httpx

from notes import config
from notes.schemas import Language

MAX_BYTES = 65_536


class DestinationRefused(Exception):
    """The link leads to a host that is not on the allowlist."""


def allowed(url: str) -> httpx.URL:
    try:
        destination = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise DestinationRefused from error
    if f"{destination.scheme}://{destination.netloc.decode()}" not in config.PREVIEW_ORIGINS:
        raise DestinationRefused
    return destination


def fetch(url: str) -> dict[str, Any]:
    with httpx.stream("GET", allowed(url), timeout=3, follow_redirects=False) as response:
        content = b""
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > MAX_BYTES:
                break
    return {"url": url, "status": response.status_code, "text": content.decode(errors="replace")[:200]}


def translate(body: str, language: Language) -> dict[str, Any]:
    response = httpx.post(
        f"{config.TRANSLATE_URL}/v1/{language.value}",
        json={"text": body},
        headers={"Authorization": f"Bearer {config.TRANSLATE_TOKEN}"},
        timeout=3,
    )
    response.raise_for_status()
    return {"language": language.value, "translation": response.json()}
