"""Writing text again from atoms: literals, f-strings and template literals in the file's own quotes."""

from collections.abc import Sequence

from rearguard.repair.recipes.built_text import Atom
from rearguard.repair.syntax import RepairError, Tree, quoted, unwrap

__all__ = ["composed"]


def composed(tree: Tree, atoms: Sequence[Atom]) -> str:
    """An expression that gives the text of `atoms`: the value itself when it is one hole and nothing else."""
    if len(atoms) == 1 and atoms[0].hole is not None and not atoms[0].hole.form:
        return tree.text(unwrap(atoms[0].hole.node))
    if all(atom.hole is None for atom in atoms):
        return quoted("".join(atom.text for atom in atoms), tree.quote)
    return _python(tree, atoms) if tree.is_python else _script(tree, atoms)


def _python(tree: Tree, atoms: Sequence[Atom]) -> str:
    code = "".join(tree.text(atom.hole.node) for atom in atoms if atom.hole is not None)
    quote = tree.quote
    if quote in code:
        quote = "'" if quote == '"' else '"'
    if quote in code or "\\" in code or "\n" in code:
        raise RepairError("the value is too intricate to be written anew")
    body = ""
    for atom in atoms:
        if atom.hole is not None:
            body += "{" + tree.text(atom.hole.node) + atom.hole.form + "}"
        else:
            body += quoted(atom.text.replace("{", "{{").replace("}", "}}"), quote)[1:-1]
    return f"f{quote}{body}{quote}"


def _script(tree: Tree, atoms: Sequence[Atom]) -> str:
    body = ""
    for atom in atoms:
        if atom.hole is not None:
            body += "${" + tree.text(atom.hole.node) + "}"
        else:
            body += atom.text.replace("\\", "\\\\").replace("`", "\\`").replace("$", "\\$")
    return f"`{body}`"
