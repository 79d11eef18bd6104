"""Secrets never reach a report."""

import pytest
from rearguard.findings import Confidence, Finding, Rule, Severity
from rearguard.program import Evidence, Source, Span
from rearguard.report.redact import Redactor, redactor

SECRET = Rule("hardcoded-secret", "Secret", 798, Severity.HIGH)
OTHER = Rule("sql-injection", "SQL injection", 89, Severity.HIGH)


def shown(code: str, *, language: str = "python", rule: Rule = SECRET) -> str:
    """All of `code`, a finding's place, as a report may show it."""
    source = Source("a", code.encode(), language)
    finding = Finding(
        rule=rule,
        location=Span("a", 0, len(source.text)),
        message="",
        why="",
        severity=rule.severity,
        confidence=Confidence.LIKELY,
        confidence_reason="",
        evidence=Evidence(()),
    )
    cut = redactor([finding], {"a": source})
    return "\n".join(cut.line("a", n, source.line_text(n)) for n in range(1, len(source.line_starts) + 1))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('KEY = "correct-horse-1"', 'KEY = "co[redacted]"'),
        ("KEY = 'short'", "KEY = '[redacted]'"),
        ("key = `correct-horse-1`", "key = `co[redacted]`"),
        ('app.config["SECRET_KEY"] = "correct-horse-1"', 'app.config["SECRET_KEY"] = "co[redacted]"'),
        ('os.environ.get("SECRET_KEY", "correct-horse-1")', 'os.environ.get("SECRET_KEY", "co[redacted]")'),
        ('jwt.sign(user, "correct-horse-1")', 'jwt.sign(user, "co[redacted]")'),
        ('session({\n  "secret": "correct-horse-1",\n})', 'session({\n  "secret": "co[redacted]",\n})'),
        ('KEY = """line one\nline two"""', 'KEY = """li[redacted]\nli[redacted]"""'),
        ('KEY = "esc\\"aped-value-1"', 'KEY = "es[redacted]"'),
    ],
)
def test_literals_at_a_secret(code: str, expected: str) -> None:
    assert shown(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("SECRET_KEY=correct-horse-1", "SECRET_KEY=co[redacted]"), ("password: 'x1y2'", "password: [redacted]")],
)
def test_settings_files_without_quotes(code: str, expected: str) -> None:
    assert shown(code, language="env") == expected


def test_other_findings_keep_their_literals() -> None:
    assert shown('run("SELECT correct-horse-1")', rule=OTHER) == 'run("SELECT correct-horse-1")'


def test_the_value_is_cut_wherever_it_appears() -> None:
    source = Source("a", b'KEY = "correct-horse-1"', "python")
    finding = Finding(
        rule=SECRET, location=Span("a", 0, 23), message="", why="", severity=Severity.HIGH,
        confidence=Confidence.LIKELY, confidence_reason="", evidence=Evidence(()),
    )  # fmt: skip
    cut = redactor([finding], {"a": source})
    assert cut.text("the key correct-horse-1 is public") == "the key co[redacted] is public"
    assert cut.line("b", 9, 'other("correct-horse-1")') == 'other("co[redacted]")'


def test_a_common_word_is_cut_only_in_its_place() -> None:
    source = Source("a", b'PASSWORD = "password"', "python")
    finding = Finding(
        rule=SECRET, location=Span("a", 0, 21), message="", why="", severity=Severity.HIGH,
        confidence=Confidence.LIKELY, confidence_reason="", evidence=Evidence(()),
    )  # fmt: skip
    cut = redactor([finding], {"a": source})
    assert cut.line("a", 1, source.line_text(1)) == 'PASSWORD = "pa[redacted]"'
    assert cut.text("the password is public") == "the password is public"


@pytest.mark.parametrize(
    "token",
    [
        "AKIA" + "ABCDEFGH12345678",
        "ghp_" + "a1" * 18,
        "xoxb-" + "1234567890-abc",
        "sk_" + "live_" + "a1b2c3d4e5f6",
        "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.c2lnbmF0dXJlMTIz",
        "-----BEGIN RSA " + "PRIVATE KEY-----MIIEow",
        "AIza" + "a" * 35,
    ],
)
def test_tokens_anywhere(token: str) -> None:
    text = Redactor().text(f'call("{token}")')
    assert token[2:] not in text
    assert text == f'call("{token[:2]}[redacted]")'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://app:s3cr3t@db/shop", "postgres://app:[redacted]@db/shop"),
        ("postgres://app:${PASSWORD}@db/shop", "postgres://app:${PASSWORD}@db/shop"),
        ('api_key = "q9Xw7Lm2Zt"', 'api_key = "q9[redacted]"'),
        ("'password': 'q9Xw7Lm2Zt'", "'password': 'q9[redacted]'"),
        ('token = env("TOKEN")', 'token = env("TOKEN")'),
        ('password = "passwords"', 'password = "passwords"'),
        ("Authorization: Bearer $TOKEN", "Authorization: Bearer $TOKEN"),
    ],
)
def test_assignments_anywhere(text: str, expected: str) -> None:
    assert Redactor().text(text) == expected


def test_lines_of_a_private_key() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END PRIVATE KEY-----"
    code = f"KEY = '''{key}'''\nx = 1"
    assert shown(code, rule=OTHER).split("\n")[1:] == ["[redacted]", "[redacted]", "[redacted]", "x = 1"]


def test_cutting_twice_changes_nothing() -> None:
    once = Redactor().text('api_key = "q9Xw7Lm2Zt" AKIA' + "ABCDEFGH12345678")
    assert Redactor().text(once) == once


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        (
            "sql",
            "INSERT INTO users VALUES (1, 'admin', 'Sommer2024');",
            "INSERT INTO users VALUES (1, '[redacted]', 'So[redacted]');",
        ),
        (
            "xml",
            "<user><name>ann</name><password>Y3RFgwZP</password></user>",
            "<user><name>[redacted]</name><password>Y3[redacted]</password></user>",
        ),
        ("yaml", "password: Winter-2024!", "password: Wi[redacted]"),
    ],
)
def test_records_and_settings_are_cut(language: str, code: str, expected: str) -> None:
    assert shown(code, language=language) == expected
