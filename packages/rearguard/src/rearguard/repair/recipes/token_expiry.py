"""A token ends after a quarter of an hour.

https://github.com/auth0/node-jsonwebtoken#jwtsignpayload-secretorprivatekey-options-callback
"""

from rearguard.findings import Disposition, Fix
from rearguard.models.concepts import TokenIssue
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError, called

__all__ = ["token_expiry"]


def token_expiry(context: RepairContext) -> Fix:
    """Add the option where no options are given."""
    concept = context.target.concept
    if not isinstance(concept, TokenIssue) or not concept.expiry:
        raise RepairError("the claims must get an end of their own")
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    _, arguments = called(node)
    written = [n for n in arguments.named_children if n.type != "comment"]
    if len(written) != 2:
        raise RepairError("options are given already")
    quote = tree.quote
    edit = tree.insert(written[-1].end_byte, f", {{ expiresIn: {quote}15m{quote} }}")
    return proposed("Let the token end after a quarter of an hour", Disposition.REVIEW, edit)
