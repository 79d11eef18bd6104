"""Whether the tests of strongback notice when its decisions are wrong.

    python benchmarks/mutants.py [MODULE ...] [--every 1] [--lines 71,86]

Each module that decides something is changed in one place at a time: a comparison moved by one, "and" and
"or" exchanged, a condition turned round, a number or truth value changed, a statement left out. Its own
tests must then fail. Prints how many changes they noticed and every one they did not; what those mean stands
in mutants.md.

A process is forked for every change, with the libraries loaded already, and gets the changed module from an
import hook: no file is written. Tests that need a server are left out, so that a change costs about a second.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "packages/strongback/src"
TESTS = "packages/strongback/tests"
LONGEST = 300
"""Seconds until a change that never ends counts as noticed."""

MODULES = {
    "authorization": ("access/test_authorization.py",),
    "sessions": ("access/test_sessions.py", "faults/test_faults.py"),
    "login": ("access/test_passwords_and_login.py", "faults/test_faults.py"),
    "audit": ("audit",),
    "keys": ("keys", "http/test_csrf.py", "audit/test_audit_ledger.py"),
    "http.csrf": ("http/test_csrf.py",),
    "http.cors": ("http/test_cookies_and_cors.py",),
    "http.cookies": ("http/test_cookies_and_cors.py",),
    "http.proxies": ("http/test_proxies_and_rates.py",),
    "http.rates": ("http/test_proxies_and_rates.py", "http/test_one_layer.py"),
    "http.limits": ("http/test_request_limit_bounds.py", "http/test_request_limits.py"),
    "http.headers": ("http/test_headers_and_csp.py",),
    "http.steps": ("http/test_one_layer.py", "http/test_headers_and_csp.py"),
    "http.asgi": (
        "http/test_request_heads.py",
        "http/test_one_layer.py",
        "http/test_csrf.py",
        "access/test_sessions.py",
    ),
    "fastapi_routes": ("install/test_policies_ahead.py",),
    "mfa.push": ("mfa/test_mfa.py", "faults/test_faults.py"),
    "mfa.totp": ("mfa/test_mfa.py", "faults/test_faults.py"),
    "mfa.recovery": ("mfa/test_mfa.py", "faults/test_faults.py"),
    "tokens.access": ("tokens/test_access_and_refresh.py", "tokens/test_jws_profile.py"),
    "tokens.jws": ("tokens/test_jws_profile.py", "tokens/test_access_and_refresh.py"),
    "tokens.dpop": ("tokens/test_dpop.py",),
    "classified": ("keys/test_classified.py",),
    "tokens.refresh": ("tokens/test_access_and_refresh.py", "faults/test_faults.py"),
    "tokens.apikeys": ("tokens/test_api_keys.py", "faults/test_faults.py"),
    "outbound.addresses": ("outbound",),
    "outbound.policy": ("outbound",),
    "stores.arithmetic": (
        "stores/test_arithmetic.py",
        "stores/test_store_contract.py",
        "stores/test_store_model.py",
    ),
}
OPTIONS = (
    "-x",
    "-q",
    "-p",
    "no:xdist",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
SERVERS = "not postgres and not valkey and not sqlite and not same_time"

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult}


@dataclass(frozen=True)
class Mutant:
    """One change."""

    line: int
    said: str
    tree: ast.Module


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may stand in a node's place."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARED:
        other = COMPARED[type(node.ops[0])]
        changed = copy.copy(node)
        changed.ops = [other()]
        yield f"{ast.unparse(node)} -> {ast.unparse(changed)}", changed
    elif isinstance(node, ast.BoolOp):
        changed = copy.copy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{ast.unparse(node)} -> {ast.unparse(changed)}", changed
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"{ast.unparse(node)} -> {ast.unparse(node.operand)}", node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        changed = copy.copy(node)
        changed.op = COMPUTED[type(node.op)]()
        yield f"{ast.unparse(node)} -> {ast.unparse(changed)}", changed
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} -> {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value} -> {node.value + 1}", ast.Constant(node.value + 1)
    elif isinstance(node, ast.If | ast.While):
        changed = copy.copy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield f"if {ast.unparse(node.test)} -> if not", changed
    elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and not _is_text(node)):
        yield f"left out: {ast.unparse(node)}", ast.Pass()


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node with where it hangs; annotations, decorators, defaults and texts decide nothing."""
    for field, value in ast.iter_fields(tree):
        if field in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST):
                yield tree, field, index, child
                yield from _places(child)


def mutants(source: str) -> Iterator[Mutant]:
    """All changes of one module, in the order of its lines."""
    count = sum(1 for _ in _places(ast.parse(source)))
    for position in range(count):
        for choice in range(2):
            tree = ast.parse(source)
            parent, field, index, child = next(p for i, p in enumerate(_places(tree)) if i == position)
            options = list(_changes(child))
            if choice >= len(options):
                break
            said, changed = options[choice]
            line = getattr(child, "lineno", 0)
            if index is None:
                setattr(parent, field, changed)
            else:
                getattr(parent, field)[index] = changed
            yield Mutant(line, said, ast.fix_missing_locations(tree))


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """The one module that is changed."""
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code."""
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)


def noticed(name: str, path: Path, tree: ast.Module, tests: tuple[str, ...]) -> bool:
    """Whether the tests fail, in a process of their own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            signal.alarm(LONGEST)
            sys.meta_path.insert(0, Changed(name, path, tree))
            import pytest

            chosen = [f"{TESTS}/{test}" for test in tests]
            code = int(pytest.main([*chosen, *OPTIONS, "-k", SERVERS]))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return status != 0


def main() -> None:
    """Change, test, and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--every", type=int, default=1, help="only every n-th change")
    parser.add_argument(
        "--lines", default="", help="only changes of these lines, with commas: survivors again"
    )
    given = parser.parse_args()
    lines = {int(line) for line in given.lines.split(",") if line}
    os.chdir(ROOT)
    sys.path[:0] = [str(SOURCES), str(ROOT)]
    # What takes long to load and is not changed.
    import anyio
    import cryptography.hazmat.primitives.asymmetric.ed25519
    import fastapi
    import httpx2
    import hypothesis
    import joserfc
    import psycopg
    import pytest  # noqa: F401

    del anyio, cryptography, fastapi, httpx2, hypothesis, joserfc, psycopg
    for name in given.modules or MODULES:
        path = SOURCES / "strongback" / f"{name.replace('.', '/')}.py"
        source = path.read_text("utf-8")
        tests = MODULES[name]
        if noticed(f"strongback.{name}", path, ast.parse(source), tests):
            sys.exit(f"{name}: its tests fail without any change")
        started, survivors, count = time.monotonic(), [], 0
        for number, mutant in enumerate(mutants(source)):
            if number % given.every or (lines and mutant.line not in lines):
                continue
            count += 1
            if not noticed(f"strongback.{name}", path, mutant.tree, tests):
                survivors.append(mutant)
        took = time.monotonic() - started
        print(f"{name}: {count - len(survivors)} of {count} noticed, {took:.0f} s", flush=True)
        for mutant in survivors:
            print(f"  {path.name}:{mutant.line}: {mutant.said[:150]}", flush=True)


if __name__ == "__main__":
    main()
