"""Commands on other machines, and task runners: Paramiko, AsyncSSH, Fabric, Invoke.

The text goes to a shell: SSH hands a command to the user's login shell (RFC 4254, section 6.5), Fabric and
Invoke start one. API reference: https://docs.paramiko.org/en/stable/api/client.html,
https://asyncssh.readthedocs.io/en/latest/api.html, https://docs.fabfile.org/en/latest/api/connection.html,
https://docs.pyinvoke.org/en/stable/api/context.html
"""

from rearguard.models.concepts import CommandExecution, FileAccess
from rearguard.models.dsl import Library

__all__ = ["REMOTE_COMMANDS"]

REMOTE_COMMANDS = Library(
    name="remote_commands",
    language="python",
    packages=("paramiko", "asyncssh", "fabric", "invoke"),
    types={
        "Client": ("paramiko.{SSHClient,client.SSHClient}()",),
        "Channel": ("Client.get_transport().open_session()",),
        "Sftp": (
            "Client.open_sftp()",
            "paramiko.SFTPClient.from_transport()",
            "Connection.start_sftp_client()",
        ),
        "Connection": ("asyncssh.connect()",),
        "Runner": ("fabric.{Connection,connection.Connection}()", "invoke.{Context,context.Context}()"),
    },
    concepts=(
        CommandExecution("{Client,Channel}.exec_command(0|command)"),
        CommandExecution("Connection.{run,create_process}(0|command)"),
        CommandExecution("Runner.{run,sudo,local}(0|command)"),
        CommandExecution("invoke.{run,sudo}(0|command)"),
        # What is named on this machine; the other machine guards its own files.
        FileAccess("Sftp.put(0|localpath)", action="send"),
        FileAccess("Sftp.get(1|localpath)", action="write"),
    ),
)
