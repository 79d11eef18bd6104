"""Previews of linked pages, and translations."""

from typing import Any

import httpx

from notes import config
from notes.schemas import Language

TRANSLATE_TOKEN = "lng_live_5b1e0d9f7c3a4826"


def fetch(url: str) -> dict[str, Any]:
    response = httpx.get(url, timeout=3, follow_redirects=True)
    return {"url": url, "status": response.status_code, "text": response.text[:200]}


def translate(body: str, language: Language) -> dict[str, Any]:
    response = httpx.post(
        f"{config.TRANSLATE_URL}/v1/{language.value}",
        json={"text": body},
        headers={"Authorization": f"Bearer {TRANSLATE_TOKEN}"},
        timeout=3,
    )
    response.raise_for_status()
    return {"language": language.value, "translation": response.json()}
