"""A token ends after a quarter of an hour.

https://github.com/auth0/node-jsonwebtoken#jwtsignpayload-secretorprivatekey-options-callback,
https://pyjwt.readthedocs.io/en/stable/usage.html#expiration-time-claim-exp
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import TokenIssue
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, Tree, called, unwrap

__all__ = ["token_expiry"]

_TITLE = "Let the token end after a quarter of an hour"


def token_expiry(context: RepairContext) -> Fix:
    """Add the option where no options are given, the claim where claims say it, or verify the end again."""
    concept = context.target.concept
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    _, arguments = called(node)
    if not isinstance(concept, TokenIssue):
        return proposed("Refuse tokens that have ended", Disposition.REVIEW, _verified(tree, arguments))
    if tree.is_python and concept.payload:
        return proposed(_TITLE, Disposition.REVIEW, *_claim(context, tree, _claims(context, tree, arguments)))
    if not concept.expiry:
        raise RepairError("the claims must get an end of their own")
    written = [n for n in arguments.named_children if n.type != "comment"]
    if len(written) != 2:
        raise RepairError("options are given already")
    quote = tree.quote
    edit = tree.insert(written[-1].end_byte, f", {{ expiresIn: {quote}15m{quote} }}")
    return proposed(_TITLE, Disposition.REVIEW, edit)


def _claims(context: RepairContext, tree: Tree, arguments: Node) -> Node:
    """The map of claims, written in the call or in a variable of the same function."""
    written = [n for n in arguments.named_children if n.type != "comment"]
    node = unwrap(written[0]) if written else arguments
    if node.type == "identifier":
        stored = context.stores(context.target.fid, tree.text(node))
        if len(stored) == 1:
            node = unwrap(context.node(context.target.fid, stored[0].args[0]))
    if node.type != "dictionary" or not node.named_children:
        raise RepairError("the claims must get an end of their own")
    return node


def _claim(context: RepairContext, tree: Tree, claims: Node) -> list[Edit]:
    """`exp` as the claims tell the time already."""
    quote = tree.quote
    text = tree.text(claims)
    edits: list[Edit] = []
    told = re.search(r"['\"]iat['\"]\s*:\s*(.+?)\s*(?:,\s*['\"}]|}$)", text, re.DOTALL)
    if told is not None and "time.time()" in told[1]:
        value = f"{told[1]} + 15 * 60"
    else:
        name, edits = imported(context, tree, "time.time")
        value = f"int({name}()) + 15 * 60"
    entries = [n for n in claims.named_children if n.type != "comment"]
    pair = f"{quote}exp{quote}: {value}"
    spread = next((n for n in entries if n.type == "dictionary_splat"), None)
    if spread is not None:
        # Before what callers give, who may say when it ends themselves.
        return [*edits, tree.insert(spread.start_byte, f"{pair}, ")]
    last = entries[-1]
    if tree.begins_line(last) and last.start_point[0] != claims.start_point[0]:
        return [*edits, tree.insert(last.end_byte, f",\n{tree.indent(last.start_byte)}{pair}")]
    return [*edits, tree.insert(last.end_byte, f", {pair}")]


def _verified(tree: Tree, arguments: Node) -> Edit:
    """The option that leaves the end unread, turned round."""
    for node in tree.walk(arguments):
        if node.type not in ("pair", "keyword_argument"):
            continue
        name, value = node.named_children[0], node.named_children[-1]
        key, given = tree.text(name).strip("'\""), tree.text(value)
        if key == "ignoreExpiration" and given == "true":
            return tree.replace(value, "false")
        if key == "verify_exp" and given == "False":
            return tree.replace(value, "True")
    raise RepairError("where the end is left unread is not written here")
