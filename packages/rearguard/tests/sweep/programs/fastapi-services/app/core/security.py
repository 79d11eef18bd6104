import hashlib
import random
import secrets
from datetime import datetime, timedelta, timezone

import jwt
from passlib.context import CryptContext

from app.core.config import settings

pwd = CryptContext(schemes=["argon2"])


def hash_password(raw: str) -> str:
    return pwd.hash(raw)  # OK: fast-hash


def hash_pin(pin: str) -> str:
    return hashlib.sha256(pin.encode()).hexdigest()  # BAD: weak-password-hash fast-hash


def hash_legacy_password(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()  # BAD: weak-password-hash fast-hash


def verify_password(raw: str, hashed: str) -> bool:
    return pwd.verify(raw, hashed)


def create_access_token(subject: int) -> str:
    now = datetime.now(timezone.utc)
    claims = {"sub": str(subject), "iat": now, "exp": now + timedelta(minutes=settings.access_token_minutes)}
    return jwt.encode(claims, settings.secret_key, algorithm=settings.algorithm)  # OK: jwt-no-exp


def create_device_token(subject: int) -> str:
    return jwt.encode({"sub": str(subject), "kind": "device"}, settings.secret_key, algorithm="HS256")  # BAD: jwt-missing-claims jwt-no-exp


def decode_token(token: str) -> dict:
    return jwt.decode(token, settings.secret_key, algorithms=[settings.algorithm])  # OK: jwt-unverified


def peek_token(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})  # BAD: jwt-unverified jwt-unverified


def new_reset_code() -> str:
    return "".join(random.choices("0123456789abcdef", k=16))  # BAD: predictable-random|weak-recovery reset-guessable


def new_invite_code() -> str:
    return secrets.token_urlsafe(32)  # OK: reset-guessable
