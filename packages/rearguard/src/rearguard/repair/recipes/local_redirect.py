"""A redirect to where the client says becomes one to a path of the same site.

https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
"""

import re

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, called

__all__ = ["local_redirect"]

_PYTHON = '''def local_path(target: str | None, default: str = {quote}/{quote}) -> str:
    """The target if it is a path of this site; a second slash or a backslash would start a host."""
    return target if target and {fullmatch}(r{quote}/(?![/\\\\])[^\\\\\\s]*{quote}, target) else default
'''
_BUILDS = re.compile(r"(?:^|\.)(?:url_for|url_path_for|reverse|build_absolute_uri|get_absolute_url)$")
_SCRIPT = """// A path of this site: a second slash or a backslash after the first would start a host.
function localPath(target{any}, fallback = {quote}/{quote}){text} {{
  const isText = typeof target === {quote}string{quote}{semicolon}
  return isText && /^\\/(?![/\\\\])[^\\\\\\s]*$/.test(target) ? target : fallback{semicolon}
}}
"""


def local_redirect(context: RepairContext) -> Fix:
    """Put the target through a helper that lets only local paths through."""
    tree = context.here
    node = context.node(context.target.fid, context.target.argument)
    if node.type in ("call", "call_expression") and _BUILDS.search(tree.text(called(node)[0])):
        raise RepairError(
            "the framework makes this address, with the host that was asked for: list the hosts"
        )
    if tree.is_python:
        fullmatch, edits = imported(context, tree, "re.fullmatch")
        name, text = "local_path", _PYTHON.format(quote=tree.quote, fullmatch=fullmatch)
    else:
        edits = []
        typed = tree.source.language != "javascript"
        name = "localPath"
        text = _SCRIPT.format(
            quote=tree.quote,
            semicolon=tree.semicolon,
            any=": unknown" if typed else "",
            text=": string" if typed else "",
        ).replace("\n  ", "\n" + tree.unit)
    edits += helper(context, tree, node, name, text)
    return proposed(
        "Redirect to paths of this site only",
        Disposition.REVIEW,
        *edits,
        tree.replace(node, f"{name}({tree.text(node)})"),
    )
