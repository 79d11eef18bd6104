"""`python -m strongback`: check an application as its start-up would, list what stands on a route, make
keys, verify a trail.
"""

import argparse
import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

from strongback.audit import AuditLedger, FileAnchor
from strongback.config_files import EncryptedConfig
from strongback.errors import ConfigurationError, DeniedError, StoreUnavailableError
from strongback.keys import KeyRing, new_key_text
from strongback.profile import Profile
from strongback.retention import Retention, Segments
from strongback.seams import SystemClock, SystemRandomness
from strongback.startup import RoutePolicy, audit, routes_of
from strongback.stores import SqliteStore, Store
from strongback.traceability import CONTROLS
from strongback.wsgi import GuardedWsgi

__all__ = ["main"]


def _load(target: str) -> tuple[Any, Profile]:
    """The application `module:name` and its profile. Raises ConfigurationError."""
    module_name, colon, attribute = target.partition(":")
    if not colon:
        raise ConfigurationError("name the application as module:attribute, such as app:app")
    sys.path.insert(0, str(Path.cwd()))
    app = getattr(importlib.import_module(module_name), attribute, None)
    guarded = getattr(app, "extensions", {}).get("strongback", app)  # Flask keeps it there
    state = getattr(app, "state", guarded)
    profile = getattr(state, "strongback_profile", None)
    if not isinstance(profile, Profile):
        raise ConfigurationError(f"{target} has no profile: call install(app, profile)")
    return guarded, profile


def _routes(app: Any) -> tuple[RoutePolicy, ...]:
    return tuple(app.routes() if isinstance(app, GuardedWsgi) else routes_of(app.routes))


async def _check(target: str) -> int:
    app, profile = _load(target)
    async with profile.store:
        findings = await (app.findings() if isinstance(app, GuardedWsgi) else audit(app, profile))
    for finding in findings:
        print(f"refused: {finding}")
    if not findings:
        print(f"{target}: nothing forbids it to start")
    return 1 if findings else 0


def _report(target: str, asvs: bool) -> int:
    app, profile = _load(target)
    print(
        f"profile {profile.name} for {profile.origin}, "
        f"{'production' if profile.production else 'development'}"
    )
    for name, reason in profile.left_out():
        print(f"off: {name}: {reason}")
    for route in _routes(app):
        print(f"route: {route}: {'; '.join(map(str, route.policies)) or 'NO POLICY'}")
    if asvs:
        off = {name for name, _ in profile.left_out()}
        for control in CONTROLS:
            state = "off" if control.field in off else "on" if control.field else "available"
            for requirement in control.asvs:
                print(f"v5.0.0-{requirement}: {control.name} ({state}): {control.test}")
    return 0


def _store(url: str) -> Store:
    if url.startswith(("postgresql://", "postgres://")):
        from strongback.stores.postgres import PostgresStore

        return PostgresStore(url)
    if url.startswith(("redis://", "rediss://", "unix://")):
        from strongback.stores.redis import RedisStore

        return RedisStore(url)
    return SqliteStore(url.removeprefix("sqlite:///"))


async def _verify(arguments: argparse.Namespace) -> int:
    anchor = FileAnchor(arguments.anchor) if arguments.anchor else None
    keys = KeyRing.from_environment(arguments.keys)
    async with _store(arguments.store) as store:
        ledger = AuditLedger(arguments.stream, store=store, keys=keys, clock=SystemClock(), anchor=anchor)
        if arguments.segments:
            ring = KeyRing.from_environment(arguments.segment_keys or arguments.keys)
            segments = Segments(arguments.segments, keys=ring, rng=SystemRandomness())
            report = await Retention(ledger, segments, live=1).verify()
        else:
            report = await ledger.verify()
    for breach in report.breaches:
        print(f"{breach.kind.value}: entry {breach.seq}: {breach.detail}")
    state = "intact" if report.intact else f"{len(report.breaches)} breaches"
    print(
        f"{arguments.stream}: {state}, {report.entries} entries, {report.checkpoints} checkpoints, "
        f"{report.unanchored} newest entries without a checkpoint"
        + (f", {report.retired} retired" if report.retired else "")
    )
    return 0 if report.intact else 1


def _config(arguments: argparse.Namespace) -> int:
    keys = KeyRing.from_environment(arguments.keys)
    config = EncryptedConfig(arguments.file, keys=keys, environment=arguments.environment)
    if arguments.action == "list":
        for name in config.names():
            print(name)
    elif arguments.action == "rotate":
        print(f"{config.rotate()} values brought under {keys.current_id}")
    elif not arguments.name:
        raise ConfigurationError(f"config {arguments.action}: name the value")
    else:
        # Not from the arguments, which every user of the machine sees and the shell remembers.
        value = sys.stdin.read().rstrip("\r\n") if arguments.action == "set" else None
        config.set(arguments.name, value)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="strongback", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="run the start-up audit; exit 1 if it refuses")
    check.add_argument("app", help="module:attribute")
    report = commands.add_parser("report", help="list routes with their policies and controls that are off")
    report.add_argument("app", help="module:attribute")
    report.add_argument("--asvs", action="store_true", help="also ASVS 5.0.0 requirement, control, test")
    new_key = commands.add_parser("new-key", help="print a fresh key for a key ring")
    new_key.add_argument("id", nargs="?", default="k1")
    verify = commands.add_parser("audit-verify", help="verify an audit trail; exit 1 if it was tampered with")
    verify.add_argument("stream")
    verify.add_argument("--store", required=True, help="a store URL, or the path of a SQLite file")
    verify.add_argument("--keys", required=True, help="environment variable of the key ring")
    verify.add_argument("--anchor", help="file of checkpoints")
    verify.add_argument("--segments", help="directory of archived segments, verified with the rest")
    verify.add_argument("--segment-keys", help="environment variable of their key ring, if another")
    config = commands.add_parser("config", help="write an encrypted configuration file")
    config.add_argument("action", choices=("set", "unset", "list", "rotate"))
    config.add_argument("file")
    config.add_argument("name", nargs="?")
    config.add_argument("--keys", required=True, help="environment variable of the key ring")
    config.add_argument("--environment", default="production")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command. Exit codes: 0 fine, 1 refused or tampered with, 2 could not be done."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "check":
            return asyncio.run(_check(arguments.app))
        if arguments.command == "report":
            return _report(arguments.app, arguments.asvs)
        if arguments.command == "config":
            return _config(arguments)
        if arguments.command == "new-key":
            print(new_key_text(arguments.id))
            return 0
        return asyncio.run(_verify(arguments))
    except (ConfigurationError, StoreUnavailableError, DeniedError, ImportError) as error:
        print(f"strongback: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
