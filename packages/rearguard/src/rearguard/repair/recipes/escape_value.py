"""Values that become part of a pattern or an LDAP filter are escaped, each where it is put in.

https://docs.python.org/3/library/re.html#re.escape,
https://www.python-ldap.org/en/latest/reference/ldap-filter.html#ldap.filter.escape_filter_chars,
https://developer.mozilla.org/docs/Web/JavaScript/Guide/Regular_expressions#escaping
"""

import re

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import LdapQuery, RegexCompile
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper
from rearguard.repair.imports import imported
from rearguard.repair.recipes.built_text import read_text
from rearguard.repair.syntax import RepairError, Tree, unwrap

__all__ = ["escape_value"]

_SCRIPT = """function escapeRegExp(value{any}){text} {{
  return String(value).replace(/[.*+?^${{}}()|[\\]\\\\]/g, '\\\\$&'){semicolon}
}}
"""
_ESCAPES = re.compile(r"escape|\bint\(|\bNumber\(", re.IGNORECASE)
_PLAIN = ("identifier", "member_expression", "attribute", "subscript", "subscript_expression", "call")


def escape_value(context: RepairContext) -> Fix:
    """Wrap each value in the function that escapes it for where it goes."""
    tree = context.here
    argument = unwrap(context.node(context.target.fid, context.target.argument))
    if argument.type in _PLAIN:
        if isinstance(context.target.concept, LdapQuery):
            # A whole filter, or a whole name: escaped, its own parentheses would go with it.
            raise RepairError("the text is put together somewhere else; escape the values there")
        nodes = [argument]
    else:
        nodes = [unwrap(hole.node) for hole in read_text(tree, argument).holes]
    nodes = [node for node in nodes if not _ESCAPES.search(tree.text(node))]
    if not nodes:
        raise RepairError("the text is put together somewhere else; escape the values there")
    escape, edits = _function(context, tree)
    for node in nodes:
        edits += [tree.insert(node.start_byte, f"{escape}("), tree.insert(node.end_byte, ")")]
    return proposed("Escape what is put in", Disposition.REVIEW, *edits)


def _function(context: RepairContext, tree: Tree) -> tuple[str, list[Edit]]:
    concept = context.target.concept
    if isinstance(concept, RegexCompile) and tree.is_python:
        return imported(context, tree, "re.escape")
    if isinstance(concept, LdapQuery) and tree.is_python and concept.part == "filter":
        ldap3 = any("ldap3" in name for name in context.names(context.target.fid, context.call.args[0]))
        where = "ldap3.utils.conv" if ldap3 else "ldap.filter"
        return imported(context, tree, f"{where}.escape_filter_chars")
    if not isinstance(concept, RegexCompile):
        raise RepairError("use a library that escapes for LDAP, such as ldap-escape")
    near = context.node(context.target.fid, context.target.argument)
    typed = tree.source.language != "javascript"
    text = _SCRIPT.format(
        any=": unknown" if typed else "", text=": string" if typed else "", semicolon=tree.semicolon
    ).replace("  ", tree.unit)
    return "escapeRegExp", helper(context, tree, near, "escapeRegExp", text)
