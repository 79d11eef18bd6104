"""A headless Chromium over its DevTools pipe: no driver, no port, no library."""

import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
HAND_OVER = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execvp(sys.argv[3], sys.argv[3:])"
)
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--remote-debugging-pipe", "--disable-dev-shm-usage",
    "--short-reporting-delay",
)  # fmt: skip


class Chromium:
    """One browser with a profile of its own."""

    def __init__(self, *, trusting: str) -> None:
        """`trusting` is the Base64 of a key's SHA-256 whose certificate counts as genuine."""
        program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise RuntimeError("no Chromium: install one, or name it in CHROMIUM")
        self._profile = tempfile.mkdtemp(prefix="sbchromium")
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Its sandbox needs rights of its own that a container's root does not have.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        arguments = [program, *FLAGS, *sandbox, f"--user-data-dir={self._profile}"]
        arguments += [f"--ignore-certificate-errors-spki-list={trusting}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", HAND_OVER, str(theirs_in), str(theirs_out), *arguments],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._ids = itertools.count(1)
        self._held = b""

    def close(self) -> None:
        """End it, and forget its profile."""
        self._process.terminate()
        self._process.wait(20)
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(Path(self._profile), ignore_errors=True)

    def _message(self, ends: float) -> dict[str, Any]:
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._in], [], [], max(0.0, ends - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            self._held += os.read(self._in, 1 << 20)
        raw, _, self._held = self._held.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message

    def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Call a method and wait for its answer."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        ends = time.monotonic() + 60
        while True:
            answer = self._message(ends)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def page(self, url: str) -> "Page":
        """A new page, loaded."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.go(url)
        return page


class Page:
    """One page."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method for this page."""
        return self._browser.send(method, self._session, **params)

    def go(self, url: str) -> None:
        """Load an address and wait until it is there."""
        self.send("Page.navigate", url=url)
        ends = time.monotonic() + 60
        while self.run("document.readyState + ' ' + location.href.startsWith(" + json.dumps(url) + ")") != (
            "complete true"
        ):
            if time.monotonic() > ends:
                raise TimeoutError(url)
            time.sleep(0.05)

    def run(self, script: str) -> Any:
        """The value of an expression; promises are waited for, what it throws comes back as `error: …`."""
        answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {})
            return f"error: {thrown.get('description', thrown)}"
        return answer["result"].get("value")
