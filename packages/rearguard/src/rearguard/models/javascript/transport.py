"""How bytes of Node programs travel: certificates that are checked or not, protocols in clear.

References: https://nodejs.org/api/tls.html#tlsconnectoptions-callback, https://nodejs.org/api/cli.html#node_tls_reject_unauthorizedvalue,
https://nodemailer.com/smtp/, https://axios-http.com/docs/req_config
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import Connection, TimedCall, TlsSwitch

__all__ = ["TRANSPORT"]

TRANSPORT = (
    Library(
        name="node-tls",
        language="javascript",
        packages=("tls", "https", "axios", "request", "pg", "nodemailer"),
        concepts=(
            # Names that mean this wherever they stand.
            TlsSwitch("@option.{rejectUnauthorized,strictSSL,strictSsl}"),
            TlsSwitch("@option.{tlsAllowInvalidCertificates,tlsInsecure,trustAllCerts}", off=("True",)),
            TlsSwitch("@option.tlsAllowInvalidHostnames", off=("True",), what="host name"),
            TlsSwitch("@option.NODE_TLS_REJECT_UNAUTHORIZED", off=("0",)),
        ),
    ),
    Library(
        name="node-clear-protocols",
        language="javascript",
        packages=("nodemailer", "ldapjs", "ftp", "redis", "ioredis"),
        concepts=(
            Connection(
                "ldapjs.createClient(0).url", what="directory", clear=("ldap://",), upgrade=("starttls",)
            ),
            Connection("redis.createClient(0).url", what="cache", clear=("redis://",)),
            Connection("ioredis(0)", what="cache", clear=("redis://",)),
            Connection("amqplib.connect(0)", what="queue", clear=("amqp://",)),
        ),
    ),
    Library(
        name="node-timed-calls",
        language="javascript",
        packages=("axios", "node-fetch", "got"),
        concepts=(
            TimedCall("axios.{get,delete,head}()", limit="(1).timeout"),
            TimedCall("axios.{post,put,patch}()", limit="(2).timeout"),
            TimedCall("{axios,axios.request}()", limit="(0).timeout"),
            TimedCall("{node-fetch,node-fetch.default,global.fetch}()", limit="(1).signal"),
        ),
    ),
)
