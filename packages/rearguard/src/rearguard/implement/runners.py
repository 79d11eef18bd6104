"""Which program runs a project's tests in JavaScript: what is added neither disturbs nor misses it."""

import re
from dataclasses import dataclass

from rearguard.implement.application import Application
from rearguard.implement.manifests import declared

__all__ = ["Runner", "runner"]

_CHOSEN = re.compile(rb"\b(?:include|dir)\s*:")
_CONFIGS = tuple(
    f"{name}.config.{ending}" for name in ("vitest", "vite") for ending in ("ts", "mts", "js", "mjs")
)
_NODE_TEST = "import { test } from 'node:test';"
_EXIT = """  // Pools and timers of the application would keep the process alive.
  after(() => setImmediate(() => process.exit()));
"""


@dataclass(frozen=True, slots=True)
class Runner:
    """How a test of ours is named, written and started."""

    name: str
    """`node`, or `vitest` where that collects what it finds."""
    ending: str
    folder: str = ""
    """A folder of its own, where the project's runner takes every file of its folder for a test."""

    def test(self, text: str) -> str:
        """A test, which is written for Node's own runner, for this one."""
        return text.replace(_NODE_TEST, "import { test } from 'vitest';") if self.name == "vitest" else text

    def helper(self, text: str) -> str:
        """What starts the application, for this runner: Vitest ends its own workers."""
        if self.name != "vitest":
            return text
        closing = "  afterAll(() => server.close());\n"
        text = text.replace("import { after } from 'node:test';", "import { afterAll } from 'vitest';")
        return text.replace(_EXIT, closing)

    def command(self, target: str, *, typescript: bool) -> str:
        """What runs it, below the folder of the package."""
        if self.name == "vitest":
            return f"npx vitest run {target}"
        return f"node {'--import tsx ' if typescript else ''}--test {target}"


def runner(app: Application) -> Runner:
    """The runner of the package that the application is in.

    Vitest collects `*.test.mjs` unless told otherwise, and fails for a file without tests of its own. Jest
    takes such files from version 30 on, and cannot read them; Mocha runs whatever lies in `test`: both must
    not see ours.
    """
    if declared(app.manifests, "vitest") and not _chooses(app):
        return Runner("vitest", ".test.mjs")
    if declared(app.manifests, "jest") or declared(app.manifests, "vitest"):
        return Runner("node", ".check.mjs")
    if declared(app.manifests, "mocha"):
        return Runner("node", ".check.mjs", "checks")
    return Runner("node", ".test.mjs")


def _chooses(app: Application) -> bool:
    """Whether the configuration of Vitest says which files are tests."""
    for name in _CONFIGS:
        file = app.root / app.package_root / name
        if file.is_file() and not file.is_symlink() and _CHOSEN.search(file.read_bytes()):
            return True
    return False
