"""Notes as an archive of Markdown files."""

import io
import tarfile
from collections.abc import Iterable

from notes.models import Note


def archive(notes: Iterable[Note], folder_name: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for note in notes:
            content = f"# {note.title}\n\n{note.body}\n".encode()
            member = tarfile.TarInfo(f"{folder_name}/note-{note.id}.md")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()
