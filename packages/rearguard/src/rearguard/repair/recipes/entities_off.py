"""A parser of XML is told not to resolve entities.

https://lxml.de/api/lxml.etree.XMLParser-class.html, https://github.com/libxmljs/libxmljs/wiki
"""

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import XmlParse
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError, Tree, called

__all__ = ["entities_off"]

_TITLE = "Resolve no entities"
_OPTIONS = ("resolve_entities", "huge_tree", "noent", "huge")


def entities_off(context: RepairContext) -> Fix:
    """Switch the option off where it is written; give a parser without entities where none is given."""
    tree = context.here
    concept = context.target.concept
    if not isinstance(concept, XmlParse):
        raise RepairError("the place parses no XML that is known")
    node = context.node(context.target.fid, context.target.value)
    callee, arguments = called(node)
    within = tree.function(node) or tree.root
    written = [each for each in _options(tree, within) if each.start_byte >= within.start_byte]
    if len(written) == 1:
        off = "False" if tree.is_python else "false"
        edits = [tree.replace(written[0], off), *_closed(tree, written[0])]
        return proposed(_TITLE, Disposition.REVIEW, *edits)
    given = [each for each in arguments.named_children if each.type != "comment"]
    module = tree.text(callee).rpartition(".")[0]
    if written or not tree.is_python or not concept.parser or len(given) != 1 or not module.endswith("etree"):
        raise RepairError("where the parser gets its options is not seen")
    parser = f", parser={module}.XMLParser(resolve_entities=False)"
    return proposed(_TITLE, Disposition.REVIEW, tree.insert(given[-1].end_byte, parser))


_DANGEROUS = {"load_dtd": ("True", "False"), "no_network": ("False", "True"), "dtdload": ("true", "false")}
"""Options beside it that fetch what the document names: as they are written, and as they should be."""


def _closed(tree: Tree, value: Node) -> list[Edit]:
    holder = value.parent.parent if value.parent is not None else None
    found: list[Edit] = []
    for entry in holder.named_children if holder is not None else ():
        key = entry.child_by_field_name("name") or entry.child_by_field_name("key")
        given = entry.child_by_field_name("value")
        turned = _DANGEROUS.get(tree.text(key)) if key is not None else None
        if given is not None and turned is not None and tree.text(given) == turned[0]:
            found.append(tree.replace(given, turned[1]))
    return found


def _options(tree: Tree, within: Node) -> list[Node]:
    """Values of options that switch entities, or the parser's limits, where they are written true."""
    found: list[Node] = []
    for node in tree.walk(within):
        if node.type not in ("keyword_argument", "pair"):
            continue
        key = node.child_by_field_name("name") or node.child_by_field_name("key")
        value = node.child_by_field_name("value")
        if key is None or value is None or tree.text(key) not in _OPTIONS:
            continue
        if tree.text(value) in ("True", "true"):
            found.append(value)
    return found
