"""A command for a shell becomes a program with a list of arguments, so that no value is read as syntax.

https://docs.python.org/3/library/subprocess.html#security-considerations,
https://nodejs.org/api/child_process.html#child_processexecfilefile-args-options-callback
"""

import re
from collections.abc import Sequence

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import CommandExecution
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.imports import imported
from rearguard.repair.recipes.built_text import Atom, read_text
from rearguard.repair.recipes.composed import composed
from rearguard.repair.syntax import FUNCTIONS, RepairError, Tree, called, unwrap

__all__ = ["argument_list"]

_SYNTAX = frozenset("|&;<>$`*?()[]{}~#\n!=%^\\")
_ENDS_OPTIONS = frozenset(
    ("tar", "curl", "wget", "rsync", "ssh", "scp", "sort", "man", "less", "yt-dlp", "youtube-dl", "rg")
)
"""Programs that can be told to run others by an option, and know that `--` ends the options."""
_TITLE = "Start the program with a list of arguments, without a shell"


def argument_list(context: RepairContext) -> Fix:
    """Take the shell out, where the command is a program and plain words."""
    concept = context.target.concept
    if not isinstance(concept, CommandExecution):
        raise RepairError("the place starts no program that is known")
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    text = read_text(tree, context.node(context.target.fid, context.target.argument))
    if text.grows:
        raise RepairError("the command is put together in several steps")
    words = _words(text.atoms)
    if not words or any(atom.hole is not None for atom in words[0]):
        raise RepairError("the program itself is chosen by a value; choose it from a list of allowed ones")
    parts = [composed(tree, word) for word in words]
    end = _end_of_options(words)
    if end:
        parts.insert(end, f"{parts[0][0]}--{parts[0][-1]}")
    edits = _python(context, tree, node, parts) if tree.is_python else _script(context, tree, node, parts)
    if text.first is not None:
        edits.append(_removed(tree, text.first))
    return proposed(_TITLE, Disposition.REVIEW, *edits)


def _words(atoms: Sequence[Atom]) -> list[list[Atom]]:
    """The command's words as a shell would split them. Raises RepairError where it needs one."""
    words: list[list[Atom]] = []
    current: list[Atom] | None = None
    quote = ""
    for atom in atoms:
        if atom.hole is not None or (quote and atom.text != quote):
            if quote == '"' and atom.text in ("$", "`", "\\"):
                raise RepairError("the command needs a shell")
            current = [] if current is None else current
            current.append(atom)
        elif atom.text in ("'", '"'):
            current = [] if current is None else current
            quote = "" if quote else atom.text
        elif atom.text in (" ", "\t"):
            if current is not None:
                words.append(current)
            current = None
        elif atom.text in _SYNTAX and not (atom.text == "=" and words):
            raise RepairError(f"the command needs a shell: it has `{atom.text.strip() or 'several lines'}`")
        else:
            current = [] if current is None else current
            current.append(atom)
    if quote:
        raise RepairError("the command's quotes do not match")
    if current is not None:
        words.append(current)
    return words


def _end_of_options(words: list[list[Atom]]) -> int:
    """Where `--` belongs, before a value that the program might read as an option; 0 for nowhere."""
    plain = [
        "".join(atom.text for atom in word) if all(a.hole is None for a in word) else None for word in words
    ]
    program = (plain[0] or "").rpartition("/")[2]
    if program not in _ENDS_OPTIONS or "--" in plain:
        return 0
    for index in range(1, len(words)):
        before = plain[index - 1] or ""
        if words[index][0].hole is None or (before.startswith("-") and index > 1):
            continue
        if any((text or "").startswith("-") for text in plain[index:]):
            return 0
        return index
    return 0


def _removed(tree: Tree, statement: Node) -> Edit:
    """The statement that made the text goes with it."""
    return tree.edit(tree.line_start(statement.start_byte), tree.line_end(statement.end_byte - 1), "")


# -- Python ----------------------------------------------------------------------------------------


def _python(context: RepairContext, tree: Tree, node: Node, parts: list[str]) -> list[Edit]:
    callee, arguments = called(node)
    names = context.names(context.target.fid, context.call.args[0])
    listed = f"[{', '.join(parts)}]"
    written = [n for n in arguments.named_children if n.type != "comment"]
    if "os.system" in names:
        run, edits = imported(context, tree, "subprocess.run")
        parent = node.parent
        used = parent is None or parent.type != "expression_statement"
        text = f"{run}({listed}, check=False)" + (".returncode" if used else "")
        return [*edits, tree.replace(node, text)]
    if "os.popen" in names:
        reading = node.parent.parent if node.parent is not None else None
        if reading is None or not re.fullmatch(r"\.read\(\)", tree.slice(node.end_byte, reading.end_byte)):
            raise RepairError("the program's output is read in a way that has no plain twin")
        run, edits = imported(context, tree, "subprocess.run")
        text = f"{run}({listed}, capture_output=True, text=True, check=False).stdout"
        return [*edits, tree.replace(reading, text)]
    if any(name.endswith("create_subprocess_shell") for name in names):
        attribute = callee.child_by_field_name("attribute")
        if attribute is None:
            raise RepairError("the call is not written in a form that can be edited")
        return [tree.replace(attribute, "create_subprocess_exec"), tree.replace(written[0], ", ".join(parts))]
    if any(name.startswith("subprocess.get") for name in names) or not any(
        name.startswith("subprocess.") for name in names
    ):
        raise RepairError("this call always uses a shell; use `subprocess.run` with a list")
    edits = [tree.replace(unwrap(written[0]), listed)]
    for index, argument in enumerate(written):
        key = argument.child_by_field_name("name") if argument.type == "keyword_argument" else None
        if key is not None and tree.text(key) == "shell" and index:
            edits.append(tree.edit(written[index - 1].end_byte, argument.end_byte, ""))
    return edits


# -- JavaScript ------------------------------------------------------------------------------------

_TWINS = {"exec": "execFile", "execSync": "execFileSync"}


def _script(context: RepairContext, tree: Tree, node: Node, parts: list[str]) -> list[Edit]:
    callee, arguments = called(node)
    member = tree.text(callee).rpartition(".")[2]
    written = [n for n in arguments.named_children if n.type != "comment"]
    listed = f"{parts[0]}, [{', '.join(parts[1:])}]"
    edits = [tree.replace(written[0], listed)]
    if callee.type == "member_expression" and member in _TWINS:
        name = callee.child_by_field_name("property")
        if name is None:
            raise RepairError("the call is not written in a form that can be edited")
        return [*edits, tree.replace(name, _TWINS[member])]
    if callee.type == "identifier" and member in _TWINS:
        return [*edits, tree.replace(callee, _TWINS[member]), *_renamed(tree, callee, member)]
    if callee.type == "identifier":
        return [*edits, *_promisified(tree, callee, arguments)]
    if member in ("spawn", "spawnSync"):
        return [*edits, *_without_shell(tree, written)]
    raise RepairError("this call always uses a shell; use `execFile` with a list")


def _renamed(tree: Tree, callee: Node, member: str) -> list[Edit]:
    """The import of `exec` becomes one of `execFile`, or gets it as well when `exec` is still used."""
    uses = [n for n in tree.walk() if n.type == "identifier" and tree.text(n) == member]
    for node in tree.walk():
        if node.type not in ("shorthand_property_identifier_pattern", "import_specifier"):
            continue
        if tree.text(node) != member:
            continue
        others = [
            n for n in uses if n.id != callee.id and not node.start_byte <= n.start_byte < node.end_byte
        ]
        if others:
            return [tree.insert(node.end_byte, f", {_TWINS[member]}")]
        return [tree.replace(node, _TWINS[member])]
    raise RepairError(f"where `{member}` comes from is not seen")


def _promisified(tree: Tree, callee: Node, arguments: Node) -> list[Edit]:
    """`const run = promisify(exec)`: all calls of `run` in the file must be plain words."""
    name = tree.text(callee)
    for node in tree.root.named_children:
        for declarator in node.named_children if node.type == "lexical_declaration" else ():
            left, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
            if left is None or value is None or tree.text(left) != name:
                continue
            match = re.fullmatch(r"(?:util\.)?promisify\(\s*(?:\w+\.)?exec\s*\)", tree.text(value))
            if match is None:
                break
            inner = next(
                n
                for n in tree.walk(value)
                if n.type in ("identifier", "property_identifier") and tree.text(n) == "exec"
            )
            edits = [tree.replace(inner, "execFile")]
            if inner.type == "identifier":
                edits += _renamed(tree, inner, "exec")
            return edits + _other_calls(tree, name, arguments)
    raise RepairError("where the function comes from is not seen")


def _other_calls(tree: Tree, name: str, arguments: Node) -> list[Edit]:
    """The same change for the other calls of a promisified `exec`."""
    edits: list[Edit] = []
    for node in tree.walk():
        if node.type != "call_expression":
            continue
        callee, other = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or other is None or tree.text(callee) != name or other.id == arguments.id:
            continue
        first = other.named_children[0]
        words = _words(read_text(tree, first).atoms)
        parts = [composed(tree, word) for word in words]
        edits.append(tree.replace(first, f"{parts[0]}, [{', '.join(parts[1:])}]"))
    return edits


def _without_shell(tree: Tree, written: list[Node]) -> list[Edit]:
    for argument in written[1:]:
        if argument.type in FUNCTIONS or argument.type != "object":
            continue
        pairs = [n for n in argument.named_children if n.type == "pair"]
        for pair in pairs:
            key = pair.child_by_field_name("key")
            if key is None or tree.text(key) != "shell":
                continue
            if len(pairs) == 1:
                previous = argument.prev_named_sibling
                start = previous.end_byte if previous is not None else argument.start_byte
                return [tree.edit(start, argument.end_byte, "")]
            following = pair.next_named_sibling
            if following is not None:
                return [tree.edit(pair.start_byte, following.start_byte, "")]
            previous = pair.prev_named_sibling
            return [tree.edit(previous.end_byte if previous else pair.start_byte, pair.end_byte, "")]
    return []
