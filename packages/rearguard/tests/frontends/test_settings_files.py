"""Settings files of every form become entries whose places quote the file."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rearguard.frontends import SETTINGS_KINDS, read_settings, settings_kind
from rearguard.frontends.settings_base import MAX_DEPTH
from rearguard.program import SettingsFile, Source


def read(path: str, text: str) -> SettingsFile:
    return read_settings(Source(path, text.encode(), settings_kind(path)))


def told(path: str, text: str) -> list[tuple[str, object, str]]:
    """Entries as `(dotted keys, value, quoted value)`."""
    found = read(path, text)
    data = text.encode()
    return [
        (".".join(entry.keys), entry.value, data[entry.value_start : entry.end].decode())
        for entry in found.entries
    ]


def test_yaml_keeps_keys_values_and_places() -> None:
    text = (
        "# é\nx-a: &a\n  privileged: true\nservices:\n  db:\n    <<: *a\n    image: 'pg:1'\n"
        "    ports: [ '5432:5432', 80 ]\n  empty: {}\non: [push]\nscript: |\n  one\n  two\n"
    )
    assert told("docker-compose.yml", text) == [
        ("x-a.privileged", True, "true"),
        ("services.db.<<", "*a", "*a"),
        ("services.db.image", "pg:1", "'pg:1'"),
        ("services.db.ports.0", "5432:5432", "'5432:5432'"),
        ("services.db.ports.1", 80, "80"),
        ("services.empty", None, "empty: {}"),
        ("on.0", "push", "push"),
        ("script", "one\ntwo\n", "|\n  one\n  two"),
    ]


def test_json_may_have_comments_and_trailing_commas() -> None:
    text = '{ // why\n "a": {"b": [1, true, null, "x"], "e": {}}, "é": "ü", }'
    assert [(keys, value) for keys, value, _ in told("config/app.json", text)] == [
        ("a.b.0", 1),
        ("a.b.1", True),
        ("a.b.2", None),
        ("a.b.3", "x"),
        ("a.e", None),
        ("é", "ü"),
    ]


def test_toml_has_tables_arrays_and_dotted_keys() -> None:
    text = '[a.b]\nx = 1 # c\ny = ["p>=1", "q"]\n[[s]]\nn = {k = "v", m.o = false}\n[[s]]\nt = """\nab"""\n'
    assert [(keys, value) for keys, value, _ in told("pyproject.toml", text)] == [
        ("a.b.x", 1),
        ("a.b.y.0", "p>=1"),
        ("a.b.y.1", "q"),
        ("s.0.n.k", "v"),
        ("s.0.n.m.o", False),
        ("s.1.t", "ab"),
    ]


def test_lines_of_env_ini_and_requirements() -> None:
    assert told(".env", 'A=1\nexport B="x y" # no\n#C=2\nD=a#b\nE=\n') == [
        ("A", "1", "1"),
        ("B", "x y", '"x y"'),
        ("D", "a#b", "a#b"),
        ("E", "", ""),
    ]
    assert told("alembic.ini", "[s]\na = b\nc: d\n  e\n") == [
        ("s.a", "b", "b"),
        ("s.c", "d", "d"),
        ("s.c", "e", "e"),
    ]
    found = told(
        "requirements.txt", 'flask==1.0 # hi\nhttpx[http2]>=2; python_version>"3"\n--index-url http://x\n'
    )
    assert [(keys, value) for keys, value, _ in found] == [
        ("flask", "==1.0"),
        ("httpx", ">=2"),
        ("--index-url", "http://x"),
    ]


def test_instructions_of_a_dockerfile_go_on_over_lines() -> None:
    text = 'FROM python:3 AS b\nENV A=1 B="x y"\nENV OLD some thing\nRUN a && \\\n    b\nUSER root\n'
    assert [(keys, value) for keys, value, _ in told("Dockerfile.prod", text)] == [
        ("FROM.0", "python:3 AS b"),
        ("ENV.1.A", "1"),
        ("ENV.1.B", "x y"),
        ("ENV.2.OLD", "some thing"),
        ("RUN.3", "a && b"),
        ("USER.4", "root"),
    ]


def test_directives_with_and_without_semicolons() -> None:
    assert told("nginx.conf", "http { server { listen 80; autoindex on; } }\n") == [
        ("http.server.listen", "80", "80"),
        ("http.server.autoindex", "on", "on"),
    ]
    assert told("Caddyfile", "host {\n  header {\n    -X-Frame-Options\n  }\n}\n") == [
        ("host.header.-X-Frame-Options", "", "")
    ]


def test_settings_of_prismas_schema() -> None:
    text = """
// rearguard: ignore[hardcoded-secret] a local database
datasource db {
  provider = "postgresql"
  url      = "postgresql://app:pw@localhost/app"
  direct   = env("DIRECT_URL")
}
model User {
  id Int @id @default(autoincrement())
}
"""
    file = read_settings(Source("schema.prisma", text.encode(), "prisma"))
    assert [(entry.keys, entry.value) for entry in file.entries] == [
        (("datasource", "provider"), "postgresql"),
        (("datasource", "url"), "postgresql://app:pw@localhost/app"),
    ]
    assert len(file.comments) == 1


def test_what_cannot_be_read_is_told_and_the_rest_is_kept() -> None:
    found = read("bad.yml", "a: 1\nb: [\n c: d: e\n")
    assert found.get("a") is not None
    assert found.errors


def test_comments_that_suppress_are_kept() -> None:
    text = "a: 1  # rearguard: ignore[debug-mode] why\n# other\n"
    found = read("x.yml", text)
    assert [text[start:end] for start, end in found.comments] == ["# rearguard: ignore[debug-mode] why"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("package.json", "json"),
        ("locales/en.json", ""),
        ("src/config/default.json", "json"),
        ("package-lock.json", ""),
        (".env.production", "dotenv"),
        ("deploy/Dockerfile", "dockerfile"),
        ("requirements/base.txt", ""),
        ("requirements-dev.txt", "requirements"),
        (".github/workflows/ci.yml", "yaml"),
        ("main.py", ""),
    ],
)
def test_kinds_go_by_name(path: str, kind: str) -> None:
    assert settings_kind(path) == kind


@pytest.mark.parametrize("kind", sorted(SETTINGS_KINDS))
@pytest.mark.parametrize("piece", ["[", "{", '{"a":', "a: ", "- ", "/* ", '"', " ", "&a ", "ENV a=", "\\\n"])
def test_depth_and_length_are_bounded(kind: str, piece: str) -> None:
    found = read_settings(Source("x", (piece * 20_000).encode(), kind))
    assert all(len(entry.keys) <= MAX_DEPTH + 4 for entry in found.entries)


@pytest.mark.parametrize("kind", sorted(SETTINGS_KINDS))
@example(b"0\t")
@given(st.binary(max_size=200) | st.text("[]{}:=,.-#\"'\n \\ab1é&*|>!", max_size=200).map(str.encode))
def test_no_text_raises_and_every_place_lies_in_the_file(kind: str, data: bytes) -> None:
    found = read_settings(Source("x", data, kind))
    for entry in found.entries:
        assert 0 <= entry.start <= entry.value_start <= entry.end <= len(data)
    for start, end in found.errors:
        assert 0 <= start <= end <= len(data)
