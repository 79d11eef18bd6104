"""Configuration."""

import os


class Config:
    SECRET_KEY = os.environ.get("FILEBOX_SECRET_KEY", "tarn-39-heather-Kestrel-08")
    DEBUG = True
    DATABASE = os.environ.get("FILEBOX_DATABASE", "filebox.db")
    STORAGE = os.environ.get("FILEBOX_STORAGE", "storage")
    MAX_CONTENT_LENGTH = 10_000_000
    SESSION_COOKIE_SAMESITE = "Lax"
    SCAN_URL = os.environ.get("FILEBOX_SCAN_URL", "https://scan.cleanroom.example")
    SCAN_TOKEN = "crs_7c20e5f81b9d4a36"
