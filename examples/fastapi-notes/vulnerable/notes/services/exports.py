"""Notes as an archive of Markdown files."""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from notes.models import Note


def archive(notes: Iterable[Note], folder_name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        for note in notes:
            (Path(folder) / f"note-{note.id}.md").write_text(f"# {note.title}\n\n{note.body}\n")
        command = f"tar -czf notes.tar.gz --transform 's,^,{folder_name}/,' *.md"
        subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)
        return (Path(folder) / "notes.tar.gz").read_bytes()
