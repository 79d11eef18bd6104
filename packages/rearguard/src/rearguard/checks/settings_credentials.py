"""Credentials in settings files: YAML, JSON, TOML, INI, `.env`, Dockerfiles, SQL scripts, XML."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from rearguard.analysis.identity import is_password
from rearguard.checks.base import Context
from rearguard.checks.credential import Credential
from rearguard.checks.secret_words import (
    MAY_BE_PROVIDER,
    PROVIDERS,
    is_credential_name,
    is_digest,
    is_key_name,
    is_placeholder,
    is_random_key,
    is_secret_value,
    is_some_key,
    is_uniform,
    names_something,
    password_in_url,
)
from rearguard.program import Entry, SettingsFile

_EXAMPLE = re.compile(
    r"example|sample|template|\.dist\b|\.tpl\b|default\.env|test|\be2e\b|\bci\b|fixture",
    re.IGNORECASE,
)
_NOT_SETTINGS = re.compile(
    r"(?:^|/)(?:\.github|\.gitlab|\.circleci|locales?|i18n|translations?|langs?|languages?|messages|openapi|swagger|"
    r"tests?(?:[-_]\w+)?|schemas?|charts?|helm|stories|docs?|examples?|node_modules)/|openapi|swagger|\.schema\.json$|docker-compose\.(?:dev|test|local|ci)",
    re.IGNORECASE,
)
_LOCALE = re.compile(r"(?:^|/)[a-z]{2,3}(?:[-_@][A-Za-z]{2,8}){0,2}(?:/|\.(?:json5?|ya?ml|toml|ini)$)")
"""A folder or a file called by a language: what stands in it is said to people."""
_LANGUAGES = re.compile(
    r"(?:a[rz]|b[gn]|c[as]|d[ae]|e[lnstu]|f[air]|gl|h[eirtuy]|hr|i[dst]|ja|k[ao]|l[tv]|m[ks]|n[bln]|no|p[lt]|r[ou]|s[cklqrvw]|"
    r"t[aehr]|u[kr]|vi|zh)(?:[-_@]|$)"
)
_TRIAL = re.compile(r"(?:^|/)\.?(?:ci|buildkite|drone|woodpecker|cypress|playwright|e2e)/", re.IGNORECASE)
"""Folders with what a build machine starts for an hour."""
_DESCRIBES = frozenset(
    (
        *(
            "properties",
            "schema",
            "schemas",
            "example",
            "examples",
            "parameters",
            "translations",
            "labels",
            "messages",
        ),
        *(
            "scripts",
            "dependencies",
            "devDependencies",
            "paths",
            "definitions",
            "steps",
            "jobs",
            "inputs",
            "outputs",
        ),
    )
)
_POINTS = re.compile(
    r"^(?:\$|\{\{|%|!|ENC\[|vault:|sops|arn:|projects/|secretmanager|op://|ssm:|AQICAH|file:)|\$\{|\{\{|<%"
)
_OWN_NETWORK = re.compile(r"://[^\s/@]*:[a-z]{1,12}@(?:[a-z_-]+|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(?:/|$)")
"""`postgres://postgres:unleash@db/unleash`: a word, for a machine of the same compose file."""
_VARIABLES = frozenset(("environment", "env", "args", "build_args", "buildargs"))
"""Keys of compose and workflow files under which variables may stand as a list of `NAME=value`."""
_RECORDS = frozenset(("sql", "xml"))


def in_settings(context: Context) -> Iterator[Credential]:
    """Credentials in settings files, in the order of paths."""
    for path in sorted(context.settings):
        file = context.settings[path]
        is_example = bool(_EXAMPLE.search(posixpath.basename(path)) or _TRIAL.search(path))
        described = _NOT_SETTINGS.search(path) is not None or _is_translation(path)
        for entry in map(_assigned, file.entries):
            if not isinstance(entry.value, str) or len(entry.value) < 4:
                continue
            found = _by_form(file, entry, is_example or described)
            # What a requirement is called is the name of a package.
            if found is None and not (is_example or described or file.kind == "requirements"):
                found = _by_name(file, entry)
            if found is not None:
                yield found


def _assigned(entry: Entry) -> Entry:
    """An element of a list of variables (`- DB_PASSWORD=...` of a compose file) as the variable that it sets."""
    if not (entry.key.isdigit() and len(entry.keys) > 1 and entry.keys[-2] in _VARIABLES):
        return entry
    name, sign, text = entry.text.partition("=")
    return replace(entry, keys=(*entry.keys, name.strip()), value=text.strip()) if sign else entry


def _is_translation(path: str) -> bool:
    called = (match.group().strip("/").partition(".")[0] for match in _LOCALE.finditer(path))
    return any(_LANGUAGES.match(name) for name in called)


def _by_form(file: SettingsFile, entry: Entry, described: bool) -> Credential | None:
    text = entry.text
    for provider, pattern in PROVIDERS if MAY_BE_PROVIDER.search(text) else ():
        match = pattern.search(text)
        if match is not None and "EXAMPLE" not in match.group().upper() and not is_uniform(match.group()):
            kind = "key" if provider == "a private key" else "secret"
            if kind == "key" and described:
                # Made for tests: it opens nothing.
                continue
            return _credential(file, entry, kind, provider, f"it has the form of {provider}", True)
    if "://" in text and not described and password_in_url(text) and not _POINTS.search(text):
        if _OWN_NETWORK.search(text):
            return None
        return _credential(file, entry, "secret", entry.key, "the address carries a password", True)
    return None


def _by_name(file: SettingsFile, entry: Entry) -> Credential | None:
    name, text = entry.key, entry.text
    if file.kind in _RECORDS:
        if (
            is_password(name)
            and not is_digest(text)
            and not is_placeholder(text)
            and not _POINTS.search(text)
        ):
            return _credential(file, entry, "account", name, "it sets up an account with this password", True)
        if file.kind == "sql" or not is_credential_name(name):
            return None
    if name.isdigit() or _DESCRIBES.intersection(entry.keys[:-1]):
        return None
    is_key = is_key_name(name)
    if not is_key and not is_credential_name(name) and not (is_some_key(name) and is_random_key(text)):
        return None
    if (
        is_placeholder(text)
        or _POINTS.search(text)
        or names_something(name, text)
        or not is_secret_value(text)
    ):
        return None
    if text.isalpha() and text.islower() and len(text) < 12:
        # `password: postgres`: what stands in such files for a machine of one's own.
        return None
    reason = "it stands under a name that says so"
    return _credential(file, entry, "key" if is_key else "secret", name, reason, False)


def _credential(
    file: SettingsFile, entry: Entry, kind: str, name: str, reason: str, certain: bool
) -> Credential:
    place = file.value_span(entry)
    group: tuple[object, ...] = (file.path, "accounts") if kind == "account" else (file.path, entry.text)
    return Credential(kind, place, name, reason, certain, entry.text, group)
