"""Settings files to entries: YAML, JSON, TOML, INI, `.env`, Dockerfile, requirements, directives of web
servers, Prisma's schema; and the records of SQL scripts and XML.

Nothing is executed, included or expanded: no anchor, no variable, no template. Readers take time in
proportion to the text, stop at `MAX_ENTRIES` and `MAX_DEPTH`, and never raise on input: what they cannot
read is an error span.
"""

import posixpath
import re
from collections.abc import Callable, Mapping

from rearguard.frontends.settings_base import Draft
from rearguard.frontends.settings_data import read_json, read_toml
from rearguard.frontends.settings_lines import (
    read_directives,
    read_dockerfile,
    read_dotenv,
    read_ini,
    read_prisma,
    read_requirements,
)
from rearguard.frontends.settings_records import read_sql, read_xml
from rearguard.frontends.settings_yaml import read_yaml
from rearguard.program import SettingsFile, Source

__all__ = ["MAX_SETTINGS_BYTES", "SETTINGS_KINDS", "read_settings", "settings_kind"]

MAX_SETTINGS_BYTES = 256_000
"""Beyond it a file holds data, not settings."""

_READERS: Mapping[str, Callable[[Draft], None]] = {
    "yaml": read_yaml,
    "json": read_json,
    "toml": read_toml,
    "ini": read_ini,
    "dotenv": read_dotenv,
    "dockerfile": read_dockerfile,
    "requirements": read_requirements,
    "directives": read_directives,
    "prisma": read_prisma,
    "sql": read_sql,
    "xml": read_xml,
}
SETTINGS_KINDS = frozenset(_READERS)

_NAMES = (
    ("dockerfile", re.compile(r"(?:dockerfile|containerfile)(?:[._-].*)?|.*\.(?:dockerfile|containerfile)")),
    (
        "requirements",
        re.compile(r"requirements/.*\.(?:txt|in)|(?:.*[_-])?requirements(?:[._-].*)?\.(?:txt|in)"),
    ),
    ("dotenv", re.compile(r"\.env(?:[._-].*)?|.*\.env|\.flaskenv|\.npmrc")),
    ("toml", re.compile(r".*\.toml|pipfile")),
    ("ini", re.compile(r".*\.(?:ini|cfg|properties)|\.pypirc")),
    (
        "directives",
        re.compile(
            r"(?:.*nginx.*|default|site)\.conf|.*\.nginx|caddyfile|httpd\.conf|\.htaccess|redis\.conf"
        ),
    ),
    ("yaml", re.compile(r".*\.ya?ml")),
    ("prisma", re.compile(r".*\.prisma")),
    ("sql", re.compile(r".*\.sql")),
    ("xml", re.compile(r".*\.(?:xml|config)")),
)
_JSON = re.compile(
    r"package\.json|(?:.*[._-])?(?:config|configuration|settings|appsettings|secrets?|credentials?|env)"
    r"(?:[._-].*)?\.json|\.?\w*rc\.json|.*service[-_]?account.*\.json|nest-cli\.json|nodemon\.json"
)
_JSON_FOLDERS = frozenset(
    ("config", "configs", "configuration", "conf", "settings", "env", "environments", "secrets")
)
_NOT = re.compile(
    r"package-lock\.json|pnpm-lock\.yaml|.*[.-]lock\.(?:json|ya?ml)|poetry\.lock|uv\.lock|tsconfig.*\.json|jsconfig\.json|"
    r"tox\.ini|pytest\.ini|mypy\.ini|ruff\.toml|\.pre-commit-config\.yaml|.*\.md"
)


def settings_kind(path: str) -> str:
    """The kind of settings file that a path names; "" for any other file. JSON is taken only where its name
    or folder says that it is settings: most of it is data.
    """
    folder, name = posixpath.split(path.lower())
    if _NOT.fullmatch(name):
        return ""
    for kind, pattern in _NAMES:
        if pattern.fullmatch(name):
            return kind
    if name.endswith(".json") and (_JSON.fullmatch(name) or posixpath.basename(folder) in _JSON_FOLDERS):
        return "json"
    return ""


def read_settings(source: Source) -> SettingsFile:
    """Read one settings file; its `language` is the kind. KeyError on a kind that is none."""
    draft = Draft(source.text)
    _READERS[source.language](draft)
    return SettingsFile(
        source.path, source.language, tuple(draft.entries), tuple(draft.errors), tuple(draft.comments)
    )
