"""Which language a pasted piece is in, in time that grows with its length."""

import time

import pytest
from rearguard.review.fragments import extract, guess


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("def a():\n    return 1\n", "python"),
        ("@app.get('/x')\nasync def x():\n    pass\n", "python"),
        ("if a:\n    b()\n", "python"),
        ("import os\nimport re as r\n", "python"),
        ("const a = require('b');\n", "javascript"),
        ("app.get('/x', (req, res) => {\n  res.end()\n})\n", "javascript"),
        ("if (a) {\n  b();\n}\n", "javascript"),
        ("interface A { b: string }\nconst c = 1;\n", "typescript"),
        ("const a = (b: number) => b as any;\n", "typescript"),
    ],
)
def test_the_language_is_guessed(code: str, language: str) -> None:
    assert guess(code) == language


@pytest.mark.parametrize("line", ["\n", "if a\n", "return a\n", "```x\n", "word ", " ", "a", "import a"])
def test_a_million_characters_are_no_matter(line: str) -> None:
    text = line * (1_000_000 // len(line))
    start = time.monotonic()
    guess(text)
    extract(text)
    assert time.monotonic() - start < 20
