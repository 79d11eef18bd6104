"""Verification steps for flows: the request that shows a weakness, and what must come back once repaired."""

import json
from urllib.parse import quote

from rearguard.analysis.values import SourceRead
from rearguard.findings import Endpoint, Request

BASE = "http://localhost:8000"
"""Where the reader runs the service; a placeholder that every request shares."""


def request_line(endpoint: Endpoint | None, source: SourceRead, payload: str) -> str:
    """A curl command that puts `payload` where the input is read; "" when the endpoint is not known."""
    if endpoint is None:
        return ""
    method = "GET" if endpoint.method == "*" else endpoint.method
    name = source.path[-1] if source.path else "value"
    path = filled_path(endpoint.path, name if source.channel in ("path", "params") else "", payload)
    parts = ["curl", "-i"]
    if method != "GET":
        parts += ["-X", method]
    url = BASE + path
    channel = source.channel
    if channel in ("query", "args", "values"):
        parts += ["-G", shell(url), "--data-urlencode", shell(f"{name}={payload}")]
        return " ".join(parts)
    parts.append(shell(url))
    if channel in ("body", "json", "data"):
        parts += [
            "-H",
            shell("Content-Type: application/json"),
            "-d",
            shell(json.dumps(_nested(source.path, payload))),
        ]
    elif channel == "form":
        parts += ["--data-urlencode", shell(f"{name}={payload}")]
    elif channel in ("header", "headers"):
        parts += ["-H", shell(f"{name.replace('_', '-')}: {payload}")]
    elif channel in ("cookie", "cookies"):
        parts += ["-b", shell(f"{name}={payload}")]
    return " ".join(parts)


def _nested(path: tuple[str, ...], payload: str) -> object:
    """The body that holds `payload` under the keys of `path`; `*` is an element of a list."""
    body: object = payload
    for key in reversed(path or ("value",)):
        body = [body] if key == "*" else {key: body}
    return body


def filled_path(path: str, name: str, payload: str) -> str:
    """The route's path with `payload` for the parameter `name`, and 1 for every other one."""
    parts: list[str] = []
    for part in path.split("/"):
        key = part.strip("<>{}:").rpartition(":")[2].rstrip("?")
        if part.startswith((":", "{", "<")):
            parts.append(quote(payload, safe="") if key == name else "1")
        else:
            parts.append(part)
    return "/".join(parts)


def shell(text: str) -> str:
    """The text as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def probe(endpoint: Endpoint | None, source: SourceRead, payload: str, text: str, expect: str) -> Request:
    """One verification step."""
    return Request(text, request_line(endpoint, source, payload), expect)
