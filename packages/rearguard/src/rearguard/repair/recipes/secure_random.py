"""A secret comes from the operating system's generator.

https://docs.python.org/3/library/secrets.html, https://nodejs.org/api/crypto.html#cryptorandomintmin-max-callback
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.imports import imported, script_module, unneeded
from rearguard.repair.syntax import RepairError, Tree, called

__all__ = ["secure_random"]

_SAME = {
    "choice": "secrets.choice",
    "getrandbits": "secrets.randbits",
    "randbytes": "secrets.token_bytes",
    "uuid1": "uuid.uuid4",
}
_FEW = 2
_FLOOR = re.compile(r"Math\.floor\(\s*Math\.random\(\)\s*\*\s*(?P<bound>[\w.]+)\s*\)")


def secure_random(context: RepairContext) -> Fix:
    """Ask a generator for secrets for the same kind of value."""
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    if not tree.is_python:
        whole = (
            node.parent.parent.parent if node.parent is not None and node.parent.parent is not None else None
        )
        match = _FLOOR.fullmatch(tree.text(whole)) if whole is not None else None
        if whole is None or match is None:
            raise RepairError("what is made of the number must be written anew for bytes")
        module, edits = script_module(tree, "node:crypto", "crypto")
        edits.append(tree.replace(whole, f"{module}.randomInt({match['bound']})"))
        return proposed("Let the operating system choose", Disposition.REVIEW, *edits)
    callee, arguments = called(node)
    member = tree.text(callee).rpartition(".")[2]
    given = [tree.text(n) for n in arguments.named_children if n.type != "comment"]
    if arguments.named_children and _fixed(tree, node, arguments.named_children[0]):
        raise RepairError("there is nothing to choose from: no generator makes that secret")
    joined = _joined(tree, node, member, given)
    if joined is not None:
        whole, alphabet, length = joined
        name, edits = imported(context, tree, "secrets.choice")
        quote = tree.quote
        edits.append(tree.replace(whole, f"{quote * 2}.join({name}({alphabet}) for _ in range({length}))"))
    elif member in _SAME:
        name, edits = imported(context, tree, _SAME[member])
        edits.append(tree.replace(callee, name))
    elif member == "randint" and len(given) == 2 and all(re.fullmatch(r"\d+", text) for text in given):
        low, high = int(given[0]), int(given[1])
        name, edits = imported(context, tree, "secrets.randbelow")
        count = f"{name}({high - low + 1})"
        alone = node.parent is not None and node.parent.type in (
            "assignment",
            "argument_list",
            "return_statement",
        )
        edits.append(
            tree.replace(node, count if not low else f"{low} + {count}" if alone else f"({low} + {count})")
        )
    else:
        raise RepairError(f"nothing for secrets does what `{member}` does")
    if not name.startswith("uuid."):
        edits += unneeded(tree, tree.text(callee).partition(".")[0])
    return proposed("Let the operating system choose", Disposition.REVIEW, *edits)


def _fixed(tree: Tree, call: Node, collection: Node) -> bool:
    """Whether what is chosen from is no choice, as it stands or by the one variable that holds it."""
    if collection.type == "identifier":
        scope = tree.function(call) or tree.root
        held = [
            right
            for node in tree.walk(scope)
            if node.type == "assignment"
            and (left := node.child_by_field_name("left")) is not None
            and (right := node.child_by_field_name("right")) is not None
            and tree.text(left) == tree.text(collection)
        ]
        return len(held) == 1 and held[0].type != "identifier" and _fixed(tree, call, held[0])
    return collection.type in ("list", "tuple") and len(collection.named_children) < _FEW


def _joined(tree: Tree, node: Node, member: str, given: list[str]) -> tuple[Node, str, str] | None:
    """Of `"".join(random.choices(alphabet, k=32))`: the whole, the alphabet and the length."""
    if member not in ("choices", "sample") or len(given) != 2:
        return None
    length = re.fullmatch(r"(?:k\s*=\s*)?(\w+)", given[1])
    arguments = node.parent
    whole = arguments.parent if arguments is not None and arguments.type == "argument_list" else None
    if length is None or whole is None or arguments is None or len(arguments.named_children) != 1:
        return None
    callee = whole.child_by_field_name("function")
    if callee is None or tree.text(callee) not in ("''.join", '"".join'):
        return None
    return whole, given[0], length[1]
