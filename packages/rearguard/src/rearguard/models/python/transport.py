"""How bytes of Python programs travel: certificates that are checked or not, protocols in clear.

References: https://docs.python.org/3/library/ssl.html, https://requests.readthedocs.io/en/latest/user/advanced/,
https://www.python-httpx.org/advanced/ssl/, https://docs.aiohttp.org/en/stable/client_reference.html,
https://docs.paramiko.org/en/stable/api/client.html, https://docs.python.org/3/library/smtplib.html
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import Connection, StatementTrace, TimedCall, TlsSwitch

__all__ = ["TRANSPORT"]

_VERBS = "{get,post,put,patch,delete,head,options,request}"

TRANSPORT = (
    Library(
        name="tls",
        language="python",
        packages=("ssl", "requests", "httpx", "aiohttp", "urllib3", "paramiko", "pymongo", "redis", "ldap"),
        types={
            "Tls": (
                "ssl.{SSLContext,create_default_context,_create_unverified_context,_create_stdlib_context}()",
            ),
            "Ssh": ("paramiko.{SSHClient,client.SSHClient}()",),
        },
        concepts=(
            # Names that mean this wherever they stand.
            TlsSwitch("@option.{verify_ssl,ssl_verify,verify_certs,validate_certs,verify_tls}"),
            TlsSwitch("@option.{tlsAllowInvalidCertificates,tlsInsecure}", off=("True",)),
            TlsSwitch("@option.tlsAllowInvalidHostnames", off=("True",), what="host name"),
            TlsSwitch("@option.cert_reqs", off=("CERT_NONE",)),
            TlsSwitch("@option.ssl_verify_cert"),
            TlsSwitch("ssl._create_unverified_context()", off=("_create_unverified_context",)),
            TlsSwitch("ldap.set_option(1)", off=("OPT_X_TLS_NEVER", "OPT_X_TLS_ALLOW")),
            TlsSwitch("ldap.initialize().set_option(1)", off=("OPT_X_TLS_NEVER", "OPT_X_TLS_ALLOW")),
            TlsSwitch(f"requests.{_VERBS}(verify)"),
            TlsSwitch(f"requests:Session.{_VERBS}(verify)"),
            TlsSwitch("requests:Session.verify"),
            TlsSwitch(
                "httpx.{Client,AsyncClient,stream,get,post,put,patch,delete,head,options,request}(verify)"
            ),
            TlsSwitch("aiohttp.TCPConnector(ssl)"),
            TlsSwitch(f"aiohttp.ClientSession().{_VERBS}(ssl)"),
            TlsSwitch("Tls.verify_mode", off=("CERT_NONE", "0")),
            TlsSwitch("Tls.check_hostname", what="host name"),
            TlsSwitch("ssl.wrap_socket(cert_reqs)", off=("CERT_NONE",)),
            TlsSwitch("ssl._create_default_https_context", off=("_create_unverified_context",)),
            TlsSwitch(
                "urllib3.{PoolManager,HTTPSConnectionPool,ProxyManager}(cert_reqs)", off=("CERT_NONE", "NONE")
            ),
            TlsSwitch(
                "{redis.Redis,redis.StrictRedis,redis.from_url,redis.asyncio.Redis}(ssl_cert_reqs)",
                off=("none", "None", "CERT_NONE"),
            ),
            TlsSwitch("ldap3.Tls(validate)", off=("CERT_NONE", "0")),
            TlsSwitch(
                "Ssh.set_missing_host_key_policy(0|policy)",
                off=("AutoAddPolicy", "WarningPolicy"),
                what="host key",
            ),
            TlsSwitch("asyncssh.{connect,create_connection}(known_hosts)", off=("None",), what="host key"),
        ),
    ),
    Library(
        name="clear_protocols",
        language="python",
        packages=("smtplib", "ftplib", "telnetlib", "poplib", "imaplib", "ldap", "ldap3"),
        concepts=(
            Connection("smtplib.SMTP(0|host)", what="mail server", always_clear=True, upgrade=("starttls",)),
            Connection(
                "aiosmtplib.{SMTP,send}(hostname)",
                what="mail server",
                always_clear=True,
                upgrade=("starttls",),
                secure_when="(use_tls)",
            ),
            Connection("ftplib.FTP(0|host)", what="file server", always_clear=True),
            Connection("telnetlib.Telnet(0|host)", what="terminal", always_clear=True),
            Connection("poplib.POP3(0|host)", what="mail server", always_clear=True, upgrade=("stls",)),
            Connection("imaplib.IMAP4(0|host)", what="mail server", always_clear=True, upgrade=("starttls",)),
            Connection(
                "ldap.initialize(0|uri)", what="directory", clear=("ldap://",), upgrade=("start_tls_s",)
            ),
            Connection(
                "ldap3.Server(0|host)",
                what="directory",
                clear=("ldap://",),
                upgrade=("start_tls",),
                secure_when="(use_ssl)",
            ),
            Connection(
                "{redis.from_url,redis.Redis.from_url,redis.asyncio.from_url}(0|url)",
                what="cache",
                clear=("redis://",),
            ),
            Connection(
                "{sqlalchemy.create_engine,sqlalchemy.ext.asyncio.create_async_engine}(0|url)",
                what="database",
            ),
            Connection("{psycopg.connect,psycopg2.connect,asyncpg.connect}(0|dsn)", what="database"),
            Connection("celery.Celery(broker)", what="queue", clear=("amqp://", "redis://")),
        ),
    ),
    Library(
        name="statement_traces",
        language="python",
        packages=("sqlite3", "sqlalchemy"),
        concepts=(
            StatementTrace("*.set_trace_callback(0|trace_callback)", callback=True),
            StatementTrace(
                "{sqlalchemy.create_engine,sqlmodel.create_engine,sqlalchemy.ext.asyncio.create_async_engine}(echo)"
            ),
        ),
    ),
    Library(
        name="timed_calls",
        language="python",
        packages=("requests", "urllib", "httpx", "aiohttp"),
        concepts=(
            TimedCall(f"requests.{_VERBS}()", limit="(timeout)"),
            TimedCall(f"requests:Session.{_VERBS}()", limit="(timeout)"),
            TimedCall("urllib.request.urlopen()", limit="(2|timeout)"),
            TimedCall("smtplib.{SMTP,SMTP_SSL}()", limit="(timeout)"),
        ),
    ),
)
