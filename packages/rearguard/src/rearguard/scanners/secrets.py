"""Gitleaks and detect-secrets: secrets in files. Neither is asked to try a secret out, and no report of
theirs that holds one leaves this module: places and kinds do."""

import re

from rearguard import running
from rearguard.findings import Confidence, Severity, ToolRun
from rearguard.scanners.claims import Claim, Scan, UnreadableError, items, number, relative, said, text_of
from rearguard.scanners.places import NEVER, Place

__all__ = ["detect_secrets", "gitleaks"]

HARDCODED = 798
_GUESSES = frozenset(
    (
        "generic-api-key",
        "Secret Keyword",
        "Base64 High Entropy String",
        "Hex High Entropy String",
        "Public IP (ipv4)",
    )
)
"""Kinds that rest on a name or on the look of a text, not on the form that a provider gives its keys."""
_LEAK = "leaks found"


def gitleaks(program: str, version: str, place: Place) -> Scan:
    """Run Gitleaks on files; the history of the repository is not read."""
    modern = not re.match(r"8\.(?:\d|1[0-8])\.|[0-7]\.", version)
    command = [program, "dir"] if modern else [program, "detect", "--no-git", "--source"]
    command += [place.target, "--report-format", "json", "--report-path", "-", "--no-banner", "--redact"]
    command += ["--exit-code", "0", "--log-level", "error"]
    done = running.run(command, cwd=place.folder, timeout=place.timeout)
    if done.problem or done.code:
        return Scan(ToolRun("gitleaks", version, "failed", done.problem or done.last_words))
    try:
        results = items(done.out or b"[]")
    except UnreadableError as error:
        return Scan(ToolRun("gitleaks", version, "failed", str(error)))
    claims: list[Claim] = []
    for one in results:
        path = relative(place.folder, text_of(one.get("File")))
        rule, line = text_of(one.get("RuleID")), number(one.get("StartLine"))
        if path and rule and line:
            message = text_of(one.get("Description"), "Looks like a secret.")
            claims.append(_secret("gitleaks", rule, path, line, number(one.get("EndLine"), line), message))
    return Scan(ToolRun("gitleaks", version, "ran", "files, not history"), tuple(claims))


def detect_secrets(program: str, version: str, place: Place) -> Scan:
    """Run detect-secrets; nothing is verified over the network."""
    left_out = "(^|/)(" + "|".join(re.escape(name) for name in NEVER) + ")/"
    command = [program, "scan", "--all-files", "--no-verify", "--exclude-files", left_out, place.target]
    done = running.run(command, cwd=place.folder, timeout=place.timeout)
    if done.problem or done.code:
        return Scan(ToolRun("detect-secrets", version, "failed", done.problem or done.last_words))
    try:
        results = said(done.out).get("results")
    except UnreadableError as error:
        return Scan(ToolRun("detect-secrets", version, "failed", str(error)))
    claims: list[Claim] = []
    for file, many in results.items() if isinstance(results, dict) else ():
        path = relative(place.folder, file)
        for one in many if isinstance(many, list) else ():
            kind = text_of(one.get("type")) if isinstance(one, dict) else ""
            line = number(one.get("line_number")) if kind else 0
            if path and line:
                claims.append(
                    _secret("detect-secrets", kind, path, line, line, f"Looks like a secret: {kind}.")
                )
    return Scan(ToolRun("detect-secrets", version, "ran", "files, not history"), tuple(claims))


def _secret(tool: str, rule: str, path: str, line: int, end: int, message: str) -> Claim:
    guess = rule in _GUESSES
    return Claim(
        tool=tool,
        rule=rule,
        path=path,
        line=line,
        end_line=max(line, end),
        message=message,
        severity=Severity.MEDIUM if guess else Severity.HIGH,
        confidence=Confidence.QUESTION if guess else Confidence.LIKELY,
        cwe=HARDCODED,
        title="Secret in a file",
    )
