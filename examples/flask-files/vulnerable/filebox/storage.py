"""Files on disk: one folder for each user."""

import os
import subprocess

from flask import current_app


def folder_of(owner_id: int) -> str:
    folder = os.path.join(os.path.abspath(current_app.config["STORAGE"]), str(owner_id))
    os.makedirs(folder, exist_ok=True)
    return folder


def path_of(owner_id: int, name: str) -> str:
    return os.path.join(folder_of(owner_id), name)


def write(owner_id: int, name: str, content: bytes) -> None:
    with open(os.path.join(folder_of(owner_id), os.path.basename(name)), "wb") as handle:
        handle.write(content)


def read_start(owner_id: int, name: str) -> str:
    with open(path_of(owner_id, name), encoding="utf-8", errors="replace") as handle:
        return handle.read(1000)


def checksum(path: str, algorithm: str) -> str:
    output = subprocess.check_output(f"{algorithm}sum {path}", shell=True, text=True)
    return output.split()[0]


def free_space() -> str:
    return subprocess.check_output("df -k .", shell=True, text=True).splitlines()[-1]
