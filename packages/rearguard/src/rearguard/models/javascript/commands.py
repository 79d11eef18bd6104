"""Libraries that start programs: execa, cross-spawn, shelljs, node-cmd, zx.

API references: https://github.com/sindresorhus/execa/blob/main/docs/api.md,
https://github.com/shelljs/shelljs#execcommand--options--callback, https://github.com/moxystudio/node-cross-spawn
"""

from rearguard.models.concepts import CommandExecution, FileAccess
from rearguard.models.dsl import Library

__all__ = ["COMMANDS"]

_EXECA = "{execa,execa.execa,execa.execaSync,execa.sync,execa.execaNode}"
_SPAWN = "{cross-spawn,cross-spawn.spawn,cross-spawn.sync}"

COMMANDS = Library(
    name="commands",
    language="javascript",
    packages=("execa", "cross-spawn", "shelljs", "node-cmd"),
    concepts=(
        CommandExecution(f"{{{_EXECA[1:-1]},{_SPAWN[1:-1]}}}(0)", shell="(-1).shell"),
        CommandExecution(f"{{{_EXECA[1:-1]},{_SPAWN[1:-1]}}}(1)", shell="(-1).shell", program="(0)"),
        # Splits at spaces, so that text in it becomes arguments; a shell only when asked for.
        CommandExecution("execa.{execaCommand,execaCommandSync,command}(0)", shell="(1).shell"),
        CommandExecution("shelljs.exec(0)"),
        CommandExecution("node-cmd.{run,runSync,get}(0)"),
        FileAccess("shelljs.{rm,mkdir,mv,cp}(-1)", action="write"),
        FileAccess("shelljs.{cat,ls,head}(-1)"),
    ),
)
