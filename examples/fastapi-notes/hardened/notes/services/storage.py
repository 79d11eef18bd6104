"""Attachments on disk: one folder for each note."""

import logging
import shutil
from pathlib import Path

from notes import config

logger = logging.getLogger(__name__)
ICONS = Path(__file__).parent.parent / "icons"


def folder_of(note_id: int) -> Path:
    folder = config.UPLOAD_DIR / str(note_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def path_of(note_id: int, name: str) -> Path:
    """The file `name` of a note; raises ValueError if that would be outside the note's folder."""
    folder = folder_of(note_id).resolve()
    path = (folder / name).resolve()
    if path.parent != folder:
        raise ValueError("file name leaves the folder")
    return path


def save(note_id: int, name: str, content: bytes) -> str:
    target = path_of(note_id, name)
    target.write_bytes(content)
    return target.name


def names(note_id: int) -> list[str]:
    return sorted(entry.name for entry in folder_of(note_id).iterdir())


def remove(note_id: int) -> None:
    try:
        shutil.rmtree(config.UPLOAD_DIR / str(note_id))
    except FileNotFoundError:
        logger.debug("note %s had no attachments", note_id)
    except OSError:
        logger.exception("attachments of note %s could not be removed", note_id)


def icon(name: str) -> Path:
    return ICONS / Path(name).name
