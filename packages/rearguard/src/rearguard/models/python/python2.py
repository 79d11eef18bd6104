"""Modules that Python 3 renamed or dropped, and Six's names for them.

API reference: https://docs.python.org/2.7/library/, https://six.readthedocs.io/
"""

from rearguard.models.concepts import CommandExecution, Context, OutboundRequest, Sanitizer
from rearguard.models.dsl import Library

__all__ = ["PYTHON2"]

PYTHON2 = Library(
    name="python2",
    language="python",
    packages=("urllib2", "urlparse", "commands", "httplib", "six"),
    types={
        # As `stdlib:Derived`: known to give back what they are given, in another form.
        "Derived": (
            "urlparse.{urlparse,urlsplit,parse_qs,parse_qsl,urljoin,urlunparse}()",
            "six.moves.urllib.parse.{urlparse,urlsplit,parse_qs,parse_qsl,urljoin,unquote}()",
            "urllib.{unquote,unquote_plus}()",
            "builtins.{unicode,unichr}()",
        ),
    },
    concepts=(
        OutboundRequest("urllib2.{urlopen,Request}(0|url)"),
        OutboundRequest("urllib.{urlopen,urlretrieve}(0|url)"),
        OutboundRequest("six.moves.urllib.request.{urlopen,Request,urlretrieve}(0|url)"),
        OutboundRequest("httplib.{HTTPConnection,HTTPSConnection}(0|host)"),
        CommandExecution("commands.{getoutput,getstatusoutput,getstatus}(0|cmd)"),
        CommandExecution("os.{popen2,popen3,popen4}(0|cmd)"),
        Sanitizer("cgi.escape()", (Context.HTML, Context.XML)),
        Sanitizer("urllib.{quote_plus,urlencode}()", (Context.URL, Context.HTML, Context.HEADER)),
        Sanitizer(
            "six.moves.urllib.parse.{quote_plus,urlencode}()", (Context.URL, Context.HTML, Context.HEADER)
        ),
        Sanitizer("builtins.long()", (Context.SQL, Context.HTML, Context.SHELL, Context.PATH)),
    ),
)
