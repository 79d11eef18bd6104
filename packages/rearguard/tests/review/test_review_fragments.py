"""Which language a pasted piece is in, in time that grows with its length."""

import time

import pytest
from rearguard.findings import Confidence
from rearguard.review import Options, review_fragment
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


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("cursor.execute(f\"SELECT * FROM users WHERE name = '{username}'\")\n", "python"),
        ('cursor.execute("SELECT * FROM users WHERE name = \'" + username + "\'")\n', "python"),
        ("cursor.execute(\"SELECT * FROM users WHERE name = '%s'\" % username)\n", "python"),
        ("cursor.execute(\"SELECT * FROM users WHERE name = '{}'\".format(username))\n", "python"),
        ("const rows = await db.query(`SELECT * FROM users WHERE name = ${username}`);\n", "javascript"),
    ],
)
def test_a_statement_cut_out_of_its_function_is_judged_by_what_is_put_into_it(
    code: str, language: str
) -> None:
    (finding,) = review_fragment(code.encode(), language, Options(only=("sql-injection",))).result.findings
    assert finding.confidence is Confidence.LIKELY
    assert 'ariable "username"' in finding.message


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("cursor.execute(f\"SELECT * FROM {TABLE} WHERE kind = '{KIND}'\")\n", "python"),
        ("cursor.execute('SELECT * FROM users WHERE name = %s', (username,))\n", "python"),
        ("username = 'ada'\ncursor.execute(f\"SELECT * FROM users WHERE name = '{username}'\")\n", "python"),
        ('cursor.execute(f"SELECT id, name FROM {table} ORDER BY {column}")\n', "python"),
        ("const rows = await db.query('SELECT * FROM users WHERE name = $1', [username]);\n", "javascript"),
        ("const rows = await db.query(`SELECT * FROM users WHERE kind = ${KIND}`);\n", "javascript"),
    ],
)
def test_constants_bound_values_and_names_of_tables_are_none(code: str, language: str) -> None:
    reviewed = review_fragment(code.encode(), language, Options(only=("sql-injection",)))
    assert reviewed.result.findings == ()
