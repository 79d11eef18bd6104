"""Settings of the service."""

import os
from pathlib import Path

DATABASE_URL = os.environ.get("NOTES_DATABASE", "sqlite:///notes.db")
UPLOAD_DIR = Path(os.environ.get("NOTES_UPLOADS", "uploads"))
TRANSLATE_URL = os.environ.get("NOTES_TRANSLATE_URL", "https://translate.lingua.example")

SIGNING_KEY = "n0tes-7f2Kd93LqPz5Vb8Rt1Xw6Yc4Hm"
TOKEN_MINUTES = 60
