"""Settings of the service; what is secret or differs by place must come from the environment."""

import os
from pathlib import Path


def required(name: str, minimum_length: int = 1) -> str:
    value = os.environ.get(name, "")
    if len(value) < minimum_length:
        raise RuntimeError(f"{name} must be set, with at least {minimum_length} characters")
    return value


DATABASE_URL = os.environ.get("NOTES_DATABASE", "sqlite:///notes.db")
UPLOAD_DIR = Path(os.environ.get("NOTES_UPLOADS", "uploads"))
TRANSLATE_URL = os.environ.get("NOTES_TRANSLATE_URL", "https://translate.lingua.example")
TRANSLATE_TOKEN = required("NOTES_TRANSLATE_TOKEN")
PREVIEW_ORIGINS = frozenset(required("NOTES_PREVIEW_ORIGINS").split(","))

SIGNING_KEY = required("NOTES_SIGNING_KEY", 32)
TOKEN_MINUTES = 60
TOKEN_ISSUER = "fastapi-notes"
