"""A request to where the client says goes to listed hosts only, and follows no redirect away from them.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper
from rearguard.repair.imports import imported, in_block
from rearguard.repair.syntax import FUNCTIONS, RepairError, Tree, called

__all__ = ["allow_hosts"]

_CLIENT = re.compile(r"(?:\w+_)?(?:request|ajax|call)|(?:http|fetch|api)\w*", re.IGNORECASE)
"""How functions are called through which a program sends all of its requests."""
VARIABLE = "OUTBOUND_HOSTS"
"""Environment variable that lists the hosts, separated by commas; unset, no request is sent."""
_PYTHON = '''def allowed_address(url: str) -> str:
    """The address, if its host is listed in OUTBOUND_HOSTS. Raises ValueError otherwise."""
    hosts = {environ}.get({q}OUTBOUND_HOSTS{q}, {q}{q}).split({q},{q})
    parts = {urlsplit}(url)
    if parts.scheme {scheme} or not parts.hostname or parts.hostname not in hosts:
        raise ValueError({q}the address is not on the list of allowed hosts{q})
    return url
'''
_SCRIPT = """// Hosts that requests may go to, separated by commas; none when it is not set.
const OUTBOUND_HOSTS = new Set((process.env.OUTBOUND_HOSTS ?? {q}{q}).split({q},{q}).filter(Boolean)){s}

function allowedAddress(address{any}){text} {{
  const url = new URL(String(address)){s}
  if ({scheme} || !OUTBOUND_HOSTS.has(url.hostname)) {{
    throw new Error({q}the address is not on the list of allowed hosts{q}){s}
  }}
  return url.href{s}
}}
"""


def allow_hosts(context: RepairContext) -> Fix:
    """Check the address where it is used."""
    tree = context.here
    node = context.node(context.target.fid, context.target.argument)
    if node.type in ("object", "dictionary", "list", "array"):
        raise RepairError("the address is put together in options; check it before")
    if _sends_for_others(context, tree, node):
        raise RepairError("several places have this function send what they choose; check the address there")
    call = context.node(context.target.fid, context.target.value)
    edits: list[Edit]
    # What is asked for in clear on purpose, a device of the same network, would never be sent otherwise.
    is_clear = "http://" in tree.text(node)
    if tree.is_python:
        urlsplit, edits = imported(context, tree, "urllib.parse.urlsplit")
        environ, more = imported(context, tree, "os.environ")
        edits += more
        edits = in_block(edits)
        q = tree.quote
        scheme = f"not in ({q}http{q}, {q}https{q})" if is_clear else f"!= {q}https{q}"
        name = "allowed_address"
        text = _PYTHON.format(q=q, urlsplit=urlsplit, environ=environ, scheme=scheme)
        edits += _python_redirects(context, tree, call)
    else:
        edits = _script_redirects(context, tree, call)
        typed = tree.source.language != "javascript"
        name = "allowedAddress"
        q = tree.quote
        clear = f"![{q}http:{q}, {q}https:{q}].includes(url.protocol)"
        text = _SCRIPT.format(
            q=q,
            scheme=clear if is_clear else f"url.protocol !== {q}https:{q}",
            s=tree.semicolon,
            any=": unknown" if typed else "",
            text=": string" if typed else "",
        ).replace("\n  ", "\n" + tree.unit)
        if "OUTBOUND_HOSTS" in context.module_names(tree.source.path):
            text = text[text.index("function ") :]
    edits += helper(context, tree, node, name, text)
    return proposed(
        f"Send requests to the hosts listed in {VARIABLE} only",
        Disposition.REVIEW,
        *edits,
        tree.replace(node, f"{name}({tree.text(node)})"),
    )


def _sends_for_others(context: RepairContext, tree: Tree, node: Node) -> bool:
    """Whether a function sends what it is given, and some of that the program chose itself."""
    function = context.function
    name = function.name.rpartition(".")[2]
    if node.type != "identifier" or context.target.fid == context.handler:
        return False
    if all(param.name != tree.text(node) for param in function.params):
        return False
    head = rb"(?<!function )(?<!def )(?<![\w$])" + re.escape(name.encode()) + rb"(?:<[^<>]*>)?\("
    texts = [source.text for source in context.sources.values()]
    if any(re.search(head + rb"\s*['\"`](?:https?:|/)", text) for text in texts):
        return True
    calls = sum(len(re.findall(head, text)) for text in texts)
    return calls > 1 and _CLIENT.fullmatch(name) is not None


def _python_redirects(context: RepairContext, tree: Tree, call: Node) -> list[Edit]:
    names = context.names(context.target.fid, context.call.args[0])
    keyword = ""
    if any(name.startswith(("requests.", "requests:", "aiohttp.", "aiohttp:")) for name in names):
        keyword = "allow_redirects"
    elif any(name.startswith(("httpx.", "httpx:", "http_clients:")) for name in names):
        keyword = "follow_redirects"
    _, arguments = called(call)
    for argument in arguments.named_children:
        key = argument.child_by_field_name("name") if argument.type == "keyword_argument" else None
        value = argument.child_by_field_name("value") if key is not None else None
        if (
            key is not None
            and value is not None
            and tree.text(key) in ("follow_redirects", "allow_redirects")
        ):
            return [tree.replace(value, "False")] if tree.text(value) == "True" else []
    if not keyword or (keyword == "follow_redirects" and not _may_follow(context)):
        return []
    return [tree.insert(arguments.named_children[-1].end_byte, f", {keyword}=False")]


def _may_follow(context: RepairContext) -> bool:
    """Whether some client of httpx is made to follow redirects, which it does only when asked to."""
    asks = re.compile(rb"\bfollow_redirects['\"]?\s*[=:]\s*True\b")
    return any(asks.search(s.text) for s in context.sources.values() if s.language == "python")


def _script_redirects(context: RepairContext, tree: Tree, call: Node) -> list[Edit]:
    callee, arguments = called(call)
    text = tree.text(callee)
    written = [n for n in arguments.named_children if n.type != "comment"]
    names = {name.partition(".")[0] for name in context.names(context.target.fid, context.call.args[0])}
    if names & {"axios", "http-clients:Axios"} or text.startswith("axios"):
        option, place = "maxRedirects: 0", 2 if text.endswith((".post", ".put", ".patch")) else 1
    elif names & {"got", "http-clients:Got"}:
        option, place = "followRedirect: false", 1
    elif text.rpartition(".")[2] == "fetch":
        option, place = f"redirect: {tree.quote}error{tree.quote}", 1
    else:
        return []
    if any(option.partition(":")[0] in tree.text(n) for n in written):
        return []
    if len(written) > place and written[place].type == "object":
        entries = written[place].named_children
        if entries:
            return [tree.insert(entries[0].start_byte, f"{option}, ")]
        return [tree.replace(written[place], f"{{ {option} }}")]
    if len(written) == place and written[-1].type not in FUNCTIONS:
        return [tree.insert(written[-1].end_byte, f", {{ {option} }}")]
    return []
