"""Configuration; what is secret or differs by place must come from the environment."""

import os
from datetime import timedelta
from typing import Any


def required(name: str, minimum_length: int = 1) -> str:
    value = os.environ.get(name, "")
    if len(value) < minimum_length:
        raise RuntimeError(f"{name} must be set, with at least {minimum_length} characters")
    return value


def load_config() -> dict[str, Any]:
    return {
        "SECRET_KEY": required("FILEBOX_SECRET_KEY", 32),
        "DATABASE": os.environ.get("FILEBOX_DATABASE", "filebox.db"),
        "STORAGE": os.environ.get("FILEBOX_STORAGE", "storage"),
        "MAX_CONTENT_LENGTH": 10_000_000,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=8),
        "SCAN_URL": os.environ.get("FILEBOX_SCAN_URL", "https://scan.cleanroom.example"),
        "SCAN_TOKEN": required("FILEBOX_SCAN_TOKEN"),
        "FETCH_ORIGINS": frozenset(required("FILEBOX_FETCH_ORIGINS").split(",")),
    }
