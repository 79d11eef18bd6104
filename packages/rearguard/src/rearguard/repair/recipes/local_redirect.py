"""A redirect to where the client says becomes one to a path of the same site.

https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, Tree, called

__all__ = ["local_redirect"]

_PYTHON = '''def local_path(target: str | None, default: str = {quote}/{quote}) -> str:
    """The target if it is a path of this site; a second slash or a backslash would start a host."""
    return target if target and {fullmatch}(r{quote}/(?![/\\\\])[^\\\\\\s]*{quote}, target) else default
'''
_ABSOLUTE = re.compile(r"refer+er", re.IGNORECASE)
"""What names a page by its whole address."""
_FEW = 2
_HOSTS = re.compile(
    r"\bnetloc\b|\bhostname\b|\.host\b|\.origin\b|has_allowed_host|is_safe_url|startswith\(\(?['\"]https?:"
    r"|startsWith\(['\"`]https?:"
)
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
    if _ABSOLUTE.search(tree.text(node)) or _asks_for_hosts(context, tree, node):
        raise RepairError("addresses with a host are meant here: choose the target from those that may be")
    target, default = _parts(tree, node)
    if target == tree.text(node) and _only_redirects(tree, node):
        raise RepairError("the endpoint is there to send clients elsewhere: list the targets that it may")
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
        tree.replace(node, f"{name}({target}, {default})" if default else f"{name}({target})"),
    )


def _parts(tree: Tree, node: Node) -> tuple[str, str]:
    """The target, and what stands in for it where there is none: it does so for others' targets too."""
    text = tree.text(node)
    if node.type not in ("boolean_operator", "binary_expression"):
        return text, ""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = tree.text(operation) if (operation := node.child_by_field_name("operator")) else ""
    if left is None or right is None or operator not in ("or", "||", "??"):
        return text, ""
    default = tree.text(right)
    if default.strip("'\"`") == "/":
        return tree.text(left), ""
    return tree.text(left), default


def _asks_for_hosts(context: RepairContext, tree: Tree, node: Node) -> bool:
    """Whether the function, or one of the project that it gives the target to, looks at the target's host:
    then targets with one are let through on purpose."""
    function = tree.function(node)
    texts = [tree.text(function)] if function is not None else []
    calls = set(re.findall(r"(\w+)\(", "\n".join(texts)))
    for fid, other in context.view.linker.functions.items():
        if other.kind != "module" and other.name.rpartition(".")[2] in calls:
            source = context.sources.get(context.path(fid))
            if source is not None:
                texts.append(source.slice(other.start, other.end))
    return any(_HOSTS.search(text) for text in texts)


def _only_redirects(tree: Tree, node: Node) -> bool:
    """Whether a handler does nothing but redirect to what the request names."""
    function = tree.function(node)
    body = function.child_by_field_name("body") if function is not None else None
    if body is None:
        return False
    if body.type not in ("block", "statement_block"):
        # `(req, res) => res.redirect(req.query.to)`
        return body.type == "call_expression" and tree.text(body).count("(") <= _FEW
    statements = [n for n in body.named_children if n.type != "comment"]
    if statements and tree.is_python and statements[0].named_children[:1]:
        is_text = statements[0].named_children[0].type == "string"
        statements = statements[1:] if is_text else statements
    simple = ("return_statement", "expression_statement", "raise_statement")
    return len(statements) == 1 and statements[0].type in simple and tree.function(node) is not None
