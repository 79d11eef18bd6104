"""The lists of what a review must find: each entry names one line, and each check occurs."""

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rearguard.findings import Confidence
from rearguard.review import Options, review_path

APPS = ("express-orders", "fastapi-notes", "flask-files")
CHECKS = {
    "command-injection",
    "cross-site-scripting",
    "debug-mode",
    "error-exposure",
    "hardcoded-secret",
    "insecure-cookie",
    "insecure-direct-object-reference",
    "missing-authentication",
    "missing-input-validation",
    "missing-rate-limit",
    "missing-security-logging",
    "open-redirect",
    "path-traversal",
    "security-headers",
    "server-side-request-forgery",
    "sql-injection",
    "swallowed-error",
    "unsafe-deserialisation",
}
FIELDS = {"check", "path", "line_contains", "endpoint", "why", "accept_at", "accept_checks", "optional"}
GENERATED = {"node_modules", "__pycache__", "rearguard-report"}


def read_expected(examples: Path, app: str) -> list[dict[str, Any]]:
    path = examples / app / "vulnerable" / "EXPECTED.toml"
    findings: list[dict[str, Any]] = tomllib.loads(path.read_text())["finding"]
    return findings


def files_of(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and GENERATED.isdisjoint(path.relative_to(folder).parts)
    )


@pytest.mark.parametrize("app", APPS)
def test_every_entry_names_exactly_one_line(app: str, examples: Path) -> None:
    root = examples / app / "vulnerable"
    for finding in read_expected(examples, app):
        assert finding.keys() <= FIELDS, finding
        assert finding["why"].endswith("."), finding
        assert finding["check"] in CHECKS, finding
        for place in (finding, *finding.get("accept_at", ())):
            lines = (root / place["path"]).read_text().splitlines()
            assert sum(place["line_contains"] in line for line in lines) == 1, place


@pytest.mark.parametrize("app", APPS)
def test_no_finding_is_listed_twice(app: str, examples: Path) -> None:
    places = Counter(
        (entry["check"], entry["path"], entry["line_contains"]) for entry in read_expected(examples, app)
    )
    assert max(places.values()) == 1, places.most_common(1)


def test_every_check_is_expected_at_least_twice(examples: Path) -> None:
    required = Counter(
        entry["check"]
        for app in APPS
        for entry in read_expected(examples, app)
        if not entry.get("optional", False)
    )
    assert required.keys() == CHECKS
    assert min(required.values()) >= 2, required


@pytest.mark.parametrize("app", APPS)
def test_only_the_vulnerable_version_expects_findings(app: str, examples: Path) -> None:
    assert not list((examples / app / "hardened").rglob("EXPECTED.toml"))
    assert files_of(examples / app / "hardened")


@pytest.mark.parametrize("app", APPS)
def test_the_hardened_version_is_silent(app: str, examples: Path) -> None:
    findings = review_path(examples / app / "hardened", app, Options(repair=False)).result.findings
    told = [one for one in findings if one.confidence is not Confidence.QUESTION]
    assert [(one.rule.id, one.message) for one in told] == []


def test_lock_files_name_no_registry(examples: Path) -> None:
    locks = [path for path in files_of(examples) if path.name == "package-lock.json"]
    assert len(locks) == 2, locks
    for lock in locks:
        packages = json.loads(lock.read_text())["packages"]
        assert all("integrity" in entry for name, entry in packages.items() if name), lock
        assert not any("resolved" in entry for entry in packages.values()), lock
