"""Programs reviewed with their repairs, and the repaired text."""

import ast
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from rearguard.findings import Audience, Finding, Fix
from rearguard.repair import apply
from rearguard.review import Options, review_path
from rearguard.review.pipeline import Reviewed

NODE_PROJECT = Path(__file__).parent / "node"


@dataclass(frozen=True)
class Repaired:
    """A reviewed program."""

    reviewed: Reviewed

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, worst first."""
        return self.reviewed.result.findings

    def finding(self, check: str, nth: int = 0) -> Finding:
        """The n-th finding of a check, by place."""
        found = sorted((f for f in self.findings if f.rule.id == check), key=lambda f: f.location)
        assert len(found) > nth, f"{check}: {[f.rule.id for f in self.findings]}"
        return found[nth]

    def fix(self, check: str, nth: int = 0) -> Fix:
        """Its repair."""
        fix = self.finding(check, nth).fix
        assert fix is not None
        return fix

    def refusal(self, check: str, nth: int = 0) -> str:
        """Why it is not repaired."""
        fix = self.fix(check, nth)
        assert fix.refused, fix
        return fix.refused

    def after(self, check: str, nth: int = 0) -> dict[str, str]:
        """The changed files, by path, as they read with the repair."""
        fix = self.fix(check, nth)
        assert not fix.refused, fix.refused
        assert fix.revised
        changed: dict[str, str] = {}
        for path in {edit.span.path for edit in fix.edits}:
            edits = [edit for edit in fix.edits if edit.span.path == path]
            changed[path] = apply(self.reviewed.sources[path].text, edits).decode()
        return changed

    def text(self, check: str, nth: int = 0) -> str:
        """The one changed file."""
        changed = self.after(check, nth)
        assert len(changed) == 1, sorted(changed)
        (text,) = changed.values()
        return text


@pytest.fixture
def review(tmp_path: Path) -> Callable[[Mapping[str, str]], Repaired]:
    """Review files given by path."""

    def run(files: Mapping[str, str]) -> Repaired:
        root = tmp_path / f"program{len(list(tmp_path.iterdir()))}"
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        return Repaired(review_path(root, ".", Options(jobs=1, audience=Audience.AUDIT)))

    return run


@pytest.fixture
def python(review: Callable[[Mapping[str, str]], Repaired]) -> Callable[[str], Repaired]:
    """Review one Python file."""
    return lambda text: review({"app.py": text})


@pytest.fixture
def script(review: Callable[[Mapping[str, str]], Repaired]) -> Callable[[str], Repaired]:
    """Review one JavaScript file."""
    return lambda text: review({"app.js": text})


@pytest.fixture
def compiles(tmp_path: Path) -> Callable[[str, str], None]:
    """Fail unless a text is valid in its language, as `ast` or Node.js has it."""

    def check(text: str, path: str) -> None:
        if path.endswith(".py"):
            ast.parse(text)
            return
        if not path.endswith((".js", ".mjs", ".cjs")):
            return
        if shutil.which("node") is None:
            pytest.skip("Node.js is not installed")
        file = tmp_path / ("checked.mjs" if "import " in text.split("require(")[0] else "checked.cjs")
        file.write_text(text)
        done = subprocess.run(["node", "--check", str(file)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    return check


@pytest.fixture(scope="session")
def node_modules(request: pytest.FixtureRequest) -> Path:
    """A directory in which the locked packages are installed; skips only where Node.js is absent."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed: repaired handlers cannot run")
    lock = (NODE_PROJECT / "package-lock.json").read_bytes()
    cache = request.config.cache
    assert cache is not None
    parent = cache.mkdir("repair-node")
    target = parent / hashlib.sha256(lock).hexdigest()[:16]
    if not target.is_dir():
        fresh = parent / f"installing-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE_PROJECT / name, fresh / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        try:
            fresh.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return target
