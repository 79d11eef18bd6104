"""Files on disk: one folder for each user."""

import hashlib
import os
import subprocess

from flask import current_app

ALGORITHMS = ("sha256", "sha512")


def folder_of(owner_id: int) -> str:
    folder = os.path.join(os.path.abspath(current_app.config["STORAGE"]), str(owner_id))
    os.makedirs(folder, exist_ok=True)
    return folder


def path_of(owner_id: int, name: str) -> str:
    return os.path.join(folder_of(owner_id), os.path.basename(name))


def write(owner_id: int, name: str, content: bytes) -> None:
    with open(path_of(owner_id, name), "wb") as handle:
        handle.write(content)


def read_start(owner_id: int, name: str) -> str:
    with open(path_of(owner_id, name), encoding="utf-8", errors="replace") as handle:
        return handle.read(1000)


def checksum(path: str, algorithm: str) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, algorithm).hexdigest()


def free_space() -> str:
    return subprocess.check_output(["df", "-k", "."], text=True, timeout=5).splitlines()[-1]
