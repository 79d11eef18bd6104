"""A fast digest of a password is made slow and salted before it is stored, and compared as such.

The digest goes into scrypt instead of being replaced by it: what is stored already still matches, and can be
made slow at once by whoever holds the table, without anybody's password.
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#upgrading-legacy-hashes
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper
from rearguard.repair.imports import imported, in_block, script_module
from rearguard.repair.syntax import FUNCTIONS, RepairError, Tree
from rearguard.repair.targets import Target

__all__ = ["slow_hash"]

_PYTHON = '''def slow_hash(digest: str, salt: bytes = b{q}{q}) -> str:
    """What is stored of a password's digest: 104 characters, made slow and salted by scrypt."""
    salt = salt or {token}(16)
    made = {scrypt}(digest.encode(), salt=salt, n=2**17, r=8, p=1, maxmem=2**28, dklen=32)
    return f{q}scrypt${{salt.hex()}}${{made.hex()}}{q}


def hash_matches(digest: str, stored: str) -> bool:
    """Whether `stored` was made of a digest. One that was stored as it is, before, matches too."""
    stored = stored or {q}{q}
    if stored.startswith({q}scrypt${q}):
        digest = slow_hash(digest, bytes.fromhex(stored.split({q}${q})[1]))
    return {compare}(digest.encode(), stored.encode())
'''
_SCRIPT = """// What is stored of a password's digest: 104 characters, made slow and salted by scrypt.
async function slowHash(digest{text}, salt = {crypto}.randomBytes(16)){promised} {{
  const options = {{ N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 }}{s}
  const made = await new Promise{buffer}((resolve, reject) => {{
    {crypto}.scrypt(digest, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key))){s}
  }}){s}
  return `scrypt$${{salt.toString({q}hex{q})}}$${{made.toString({q}hex{q})}}`{s}
}}

// Whether `stored` was made of a digest. One that was stored as it is, before, matches too.
async function hashMatches(digest{text}, stored{any}){answer} {{
  const kept = String(stored){s}
  const [scheme, salt] = kept.split({q}${q}){s}
  const made = scheme === {q}scrypt{q} ? await slowHash(digest, Buffer.from(salt, {q}hex{q})) : digest{s}
  const [one, other] = [Buffer.from(made), Buffer.from(kept)]{s}
  return one.length === other.length && {crypto}.timingSafeEqual(one, other){s}
}}
"""
_KEEPS = re.compile(
    r"create|insert|save|add|append|push|update|upsert|set|put|store|register|merge", re.IGNORECASE
)
_RUNS = re.compile(r"execute\w*|query\w*|run|all|get|exec|fetch\w*|raw|text", re.IGNORECASE)
_WRITES = re.compile(r"""^\W*(?:insert|update|replace|merge)\b""", re.IGNORECASE)
_EQUAL = {"==": "", "===": "", "!=": "not ", "!==": "!"}
_WRAPPED = ("parenthesized_expression", "await", "await_expression", "as_expression", "non_null_expression")
_INSIDE = ("tuple", "list", "array", "dictionary", "object", "expression_list")


@dataclass(frozen=True, slots=True)
class _Site:
    """Where a digest goes."""

    tree: Tree
    node: Node
    """What is to be made slow, or the comparison."""
    digest: Node
    other: Node | None = None
    """What it is compared with; None where it is stored."""
    negated: str = ""


def slow_hash(context: RepairContext) -> Fix:
    """Make the digest slow at every place where it is stored or compared."""
    targets = context.target.also or (context.target,)
    makers = {target.fid for target in targets if not target.owner and _is_given(context, target)}
    sites: list[_Site] = []
    for target in targets:
        if target.owner and target.owner not in makers:
            continue
        if not target.owner and target.fid in makers:
            continue
        tree = context.tree(context.path(target.fid))
        node = context.node(target.fid, target.value)
        sites += _sites(tree, node if target.owner else _text(tree, node))
    unlike = {site.tree.source.path for site in sites}
    if len(unlike) != 1:
        raise RepairError("the hash is stored and compared in several files; make it slow in all of them")
    if not any(site.other is None for site in sites):
        raise RepairError("no place is seen where the hash is stored")
    if not any(site.other is not None for site in sites):
        raise RepairError(
            "no place is seen where the hash is compared: whatever looks it up would find nothing"
        )
    tree = sites[0].tree
    first = min((site.node for site in sites), key=lambda node: node.start_byte)
    edits = _defined(context, tree, first)
    for site in sites:
        edits += _edits(context, site)
    title = "Make the hash of passwords slow and salted by scrypt; its column has to hold 104 characters"
    return proposed(title, Disposition.REVIEW, *edits)


def _is_given(context: RepairContext, target: Target) -> bool:
    """Whether a function gives the digest to its callers."""
    tree = context.tree(context.path(target.fid))
    node = _outermost(_text(tree, context.node(target.fid, target.value)))
    parent = node.parent
    if parent is not None and parent.type == "arrow_function":
        return True
    return parent is not None and parent.type == "return_statement"


def _text(tree: Tree, node: Node) -> Node:
    """The whole expression of a digest as a text, of the call that makes the hash."""
    current = node
    while current.parent is not None:
        parent = current.parent
        begun = parent.child_by_field_name("object") or parent.child_by_field_name("function")
        if parent.type in ("attribute", "member_expression", "call", "call_expression") and begun == current:
            current = parent
            continue
        break
    said = tree.text(current)
    if tree.is_python and not re.search(r"\.hexdigest\(\)(?:\.(?:upper|lower)\(\))?$", said):
        raise RepairError("the hash is not kept as a text, or not made in one expression")
    if not tree.is_python and not re.search(
        r"\.digest\(\s*['\"`](?:hex|base64|base64url)['\"`]\s*\)$|\.toString\([^()]*\)$", said
    ):
        raise RepairError("the hash is not kept as a text, or not made in one expression")
    return current


def _outermost(node: Node) -> Node:
    while node.parent is not None and node.parent.type in _WRAPPED:
        node = node.parent
    return node


def _awaited(node: Node) -> Node:
    """A digest with the `await` by which a function that hashes gives it."""
    parent = node.parent
    if parent is not None and parent.type == "parenthesized_expression":
        outer = _awaited(parent)
        return outer if outer != parent else node
    return parent if parent is not None and parent.type in ("await", "await_expression") else node


def _sites(tree: Tree, expression: Node) -> Iterator[_Site]:
    """What becomes of one expression. Raises RepairError where that is not seen."""
    digest, node = _awaited(expression), _outermost(expression)
    parent = node.parent
    if parent is None:
        raise RepairError("what becomes of the hash is not seen")
    if parent.type in ("comparison_operator", "binary_expression"):
        yield _compared(tree, parent, digest, node)
        return
    name = parent.child_by_field_name("left") or parent.child_by_field_name("name")
    value = parent.child_by_field_name("right") or parent.child_by_field_name("value")
    if parent.type in ("assignment", "assignment_expression", "variable_declarator") and value == node:
        if name is not None and name.type == "identifier":
            yield from _of_variable(tree, name, digest, node)
            return
        yield _Site(tree, digest, digest)
        return
    if _is_stored(tree, node):
        yield _Site(tree, digest, digest)
        return
    raise RepairError("what becomes of the hash is not seen, or a query looks it up")


def _compared(tree: Tree, comparison: Node, digest: Node, node: Node) -> _Site:
    sides = [child for child in comparison.named_children if child.type != "comment"]
    operators = [tree.text(child) for child in comparison.children if not child.is_named]
    if len(sides) != 2 or len(operators) != 1 or operators[0] not in _EQUAL:
        raise RepairError("the hash is compared in another way than by equality")
    other = sides[1] if sides[0] == node else sides[0]
    return _Site(tree, comparison, digest, other, _EQUAL[operators[0]])


def _of_variable(tree: Tree, name: Node, digest: Node, node: Node) -> Iterator[_Site]:
    """A variable that holds the digest: where it is stored, the slow hash is made once, as it is assigned."""
    scope = tree.function(name)
    uses = [
        other
        for other in tree.walk(scope if scope is not None else tree.root)
        if other.type in ("identifier", "shorthand_property_identifier")
        and tree.text(other) == tree.text(name)
        and other != name
        and not _is_name(other)
    ]
    found: list[_Site] = []
    for use in uses:
        if use.type != "shorthand_property_identifier":
            found += _sites(tree, use)
        elif _is_stored(tree, use):
            found.append(_Site(tree, use, use))
        else:
            raise RepairError("what becomes of the hash is not seen, or a query looks it up")
    if not found:
        raise RepairError("what becomes of the hash is not seen")
    if all(site.other is None for site in found):
        yield _Site(tree, digest, digest)
    elif any(site.other is None for site in found):
        raise RepairError("one variable holds the hash that is stored and the one that is compared")
    else:
        yield from (replace(site, digest=site.digest) for site in found)


def _is_name(node: Node) -> bool:
    """Whether an identifier names a member, an argument or a key, and is no variable."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("name") == node
    return parent.type == "attribute" and parent.child_by_field_name("attribute") == node


def _is_stored(tree: Tree, node: Node) -> bool:
    """Whether a value stands in a call that stores what it is given, or makes an object of a class."""
    statement = ""
    current = node
    while current.parent is not None and current.parent.type not in FUNCTIONS:
        parent = current.parent
        if parent.type in ("argument_list", "arguments") and parent.parent is not None:
            call = parent.parent
            callee = call.child_by_field_name("function") or call.child_by_field_name("constructor")
            called = tree.text(callee).rpartition(".")[2] if callee is not None else ""
            given = [child for child in parent.named_children if child.type != "comment"]
            statement = statement or (tree.text(given[0]).strip("frb\"'` \n(") if given else "")
            if call.type == "new_expression" or called[:1].isupper():
                return True
            if _RUNS.fullmatch(called):
                return _WRITES.match(statement) is not None
            return _KEEPS.match(called) is not None
        if parent.type not in (*_INSIDE, *_WRAPPED, "pair", "keyword_argument"):
            return False
        current = parent
    return False


def _defined(context: RepairContext, tree: Tree, near: Node) -> list[Edit]:
    """The two functions, before the first place that needs one of them."""
    q = tree.quote
    if tree.is_python:
        edits: list[Edit] = []
        names = {}
        for key, path in (("scrypt", "hashlib.scrypt"), ("token", "secrets.token_bytes")):
            names[key], more = imported(context, tree, path)
            edits += more
        names["compare"], more = imported(context, tree, "hmac.compare_digest")
        return [
            *in_block([*edits, *more]),
            *helper(context, tree, near, "slow_hash", _PYTHON.format(q=q, **names)),
        ]
    crypto, edits = script_module(tree, "crypto", "crypto")
    typed = tree.source.language != "javascript"
    text = _SCRIPT.format(
        q=q,
        s=tree.semicolon,
        crypto=crypto,
        text=": string" if typed else "",
        any=": unknown" if typed else "",
        promised=": Promise<string>" if typed else "",
        answer=": Promise<boolean>" if typed else "",
        buffer="<Buffer>" if typed else "",
    ).replace("\n  ", "\n" + tree.unit)
    return [*edits, *helper(context, tree, near, "slowHash", text)]


def _is_generated(node: Node) -> bool:
    """Whether a place is within a generator expression: with `await` inside, `any()` could not run it."""
    current: Node | None = node
    while current is not None and current.type not in FUNCTIONS:
        if current.type == "generator_expression":
            return True
        current = current.parent
    return False


def _edits(context: RepairContext, site: _Site) -> list[Edit]:
    tree = site.tree
    function = tree.function(site.node)
    waits = tree.waits(function)
    digest = tree.text(site.digest)
    if waits and tree.is_python and _is_generated(site.node):
        raise RepairError("a slow hash has to be waited for, which a generator expression does not do")
    if tree.is_python:
        edits: list[Edit] = []
        name = "slow_hash" if site.other is None else "hash_matches"
        given = digest if site.other is None else f"{digest}, {tree.text(site.other)}"
        call = f"{name}({given})"
        if waits:
            thread, edits = imported(context, tree, "asyncio.to_thread")
            call = f"await {thread}({name}, {given})"
        return [*edits, tree.replace(site.node, f"{site.negated}{call}")]
    if not waits:
        raise RepairError("a slow hash has to be waited for, and the function around it does not wait")
    if site.other is None:
        text = f"await slowHash({digest})"
        if site.node.type == "shorthand_property_identifier":
            text = f"{digest}: {text}"
        return [tree.replace(site.node, text)]
    call = f"await hashMatches({digest}, {tree.text(site.other)})"
    return [tree.replace(site.node, f"!({call})" if site.negated else call)]
