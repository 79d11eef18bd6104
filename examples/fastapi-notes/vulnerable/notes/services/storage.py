"""Attachments on disk: one folder for each note."""

import shutil
from pathlib import Path

from notes import config

ICONS = Path(__file__).parent.parent / "icons"


def folder_of(note_id: int) -> Path:
    folder = config.UPLOAD_DIR / str(note_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def save(note_id: int, name: str, content: bytes) -> str:
    target = folder_of(note_id) / name
    target.write_bytes(content)
    return target.name


def names(note_id: int) -> list[str]:
    return sorted(entry.name for entry in folder_of(note_id).iterdir())


def path_of(note_id: int, name: str) -> Path:
    return folder_of(note_id) / name


def remove(note_id: int) -> None:
    try:
        shutil.rmtree(config.UPLOAD_DIR / str(note_id))
    except OSError:
        pass


def icon(name: str) -> Path:
    return ICONS / Path(name).name
