"""A process that has imported the command, and forks one for each order: what `python -m rearguard.cli.main` does,
without the second that it takes to begin. Orders come as lines of JSON, exit codes go back as lines.
"""

import importlib
import json
import os
import pkgutil
import signal
from typing import Any

import rearguard
from rearguard.cli.main import main

_MODES = {"stdin": os.O_RDONLY, "stdout": os.O_WRONLY | os.O_CREAT, "stderr": os.O_WRONLY | os.O_CREAT}


def run(order: dict[str, Any]) -> None:
    """Become the command: its folder, environment, arguments and files."""
    for number, name in enumerate(_MODES):
        opened = os.open(order[name], _MODES[name], 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(order["arguments"])


def serve() -> None:
    """Until nobody orders any more."""
    for module in pkgutil.walk_packages(rearguard.__path__, "rearguard."):
        importlib.import_module(module.name)
    orders = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    while line := orders.readline():
        child = os.fork()
        if child == 0:
            orders.close()
            answers.close()
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        answers.write(b"%d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    serve()
