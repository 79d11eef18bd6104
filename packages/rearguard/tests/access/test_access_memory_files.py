"""What is written into a buffer, or into the answer, changes nothing."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

FLASK = """
import io
from flask import Flask, request, session
from PIL import Image
app = Flask(__name__)
app.secret_key = "k"

@app.post("/thumb")
def thumb():
    if not session.get("user"):
        return "", 401
    image = Image.open(request.files["file"])
    {write}
    return {{"ok": True}}
"""


@pytest.mark.parametrize(
    ("write", "changes"),
    [
        ('image.save(io.BytesIO(), format="JPEG")', False),
        ('buffer = io.BytesIO()\n    image.save(buffer, "PNG")', False),
        ('out = io.BytesIO()\n    image.convert("RGB").save(fp=out, format="PNG")', False),
        ('image.save("/srv/thumbs/last.png")', True),
        ('out = open("/srv/thumbs/last.png", "wb")\n    image.save(out, "PNG")', True),
    ],
)
def test_a_buffer_is_no_file(
    matrix: Callable[[Mapping[str, str]], AccessMatrix], write: str, changes: bool
) -> None:
    (row,) = matrix({"app.py": FLASK.format(write=write)})
    assert (row.csrf.state == "missing") == changes
