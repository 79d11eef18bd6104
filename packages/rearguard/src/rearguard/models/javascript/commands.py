"""Libraries that start programs, here or elsewhere: execa, cross-spawn, shelljs, node-cmd, ssh2, node-ssh.

API references: https://github.com/sindresorhus/execa/blob/main/docs/api.md,
https://github.com/shelljs/shelljs#execcommand--options--callback, https://github.com/moxystudio/node-cross-spawn,
https://github.com/mscdex/ssh2, https://github.com/steelbrain/node-ssh
"""

from rearguard.models.concepts import CommandExecution, Context, FileAccess, Sanitizer
from rearguard.models.dsl import Library

__all__ = ["COMMANDS"]

_EXECA = "{execa,execa.execa,execa.execaSync,execa.sync,execa.execaNode}"
_SPAWN = "{cross-spawn,cross-spawn.spawn,cross-spawn.sync}"

COMMANDS = Library(
    name="commands",
    language="javascript",
    packages=("execa", "cross-spawn", "shelljs", "node-cmd", "ssh2", "node-ssh", "shell-quote"),
    types={
        "Shescape": ("shescape", "shescape.Shescape()"),
        "Ssh": ("ssh2()", "ssh2.{Client,default.Client}()"),
        "NodeSsh": ("node-ssh()", "node-ssh.{NodeSSH,default}()"),
    },
    concepts=(
        # The shell of the other machine reads these.
        CommandExecution("Ssh.exec(0)"),
        CommandExecution("NodeSsh.execCommand(0)"),
        CommandExecution(f"{{{_EXECA[1:-1]},{_SPAWN[1:-1]}}}(0)", shell="(-1).shell"),
        CommandExecution(f"{{{_EXECA[1:-1]},{_SPAWN[1:-1]}}}(1)", shell="(-1).shell", program="(0)"),
        # Splits at spaces, so that text in it becomes arguments; a shell only when asked for.
        CommandExecution("execa.{execaCommand,execaCommandSync,command}(0)", shell="(1).shell"),
        CommandExecution("shelljs.exec(0)"),
        CommandExecution("node-cmd.{run,runSync,get}(0)"),
        Sanitizer("{shell-quote.quote,shell-escape,any-shell-escape}()", (Context.SHELL,)),
        Sanitizer("Shescape.{quote,quoteAll,escape,escapeAll}()", (Context.SHELL,)),
        FileAccess("shelljs.{rm,mkdir,mv,cp}(-1)", action="write"),
        FileAccess("shelljs.{cat,ls,head}(-1)"),
    ),
)
