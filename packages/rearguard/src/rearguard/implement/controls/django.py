"""Django's settings: middleware in its order, and settings that are assigned once."""

import re
from dataclasses import dataclass

from tree_sitter import Node

from rearguard.implement.draft import Draft
from rearguard.implement.plan import RefusedError
from rearguard.repair import Tree
from rearguard.repair.imports import import_python

__all__ = ["Setting", "imports", "installed", "middleware", "require", "settings"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting and the Python expression that it gets."""

    name: str
    value: str


def require(draft: Draft) -> int:
    """The version of Django that a manifest names, 0 when none does. Raises RefusedError below 4.2."""
    text = "\n".join(each.decode("utf-8", "replace") for each in draft.app.manifests.values())
    match = re.search(
        r"^[\s\"']*django[\"']?\s*[=~><^\" ]+(\d+)(?:\.(\d+))?", text, re.IGNORECASE | re.MULTILINE
    )
    if match is None:
        return 0
    if (int(match[1]), int(match[2] or 0)) < (4, 2):
        raise RefusedError(
            f"the project asks for Django {match[1]}.{match[2] or 0}, which gets no security updates "
            f"any more: "
            "this control is for 4.2 and later"
        )
    return int(match[1])


def middleware(draft: Draft, path: str, *, first: bool = False, after: str = "") -> bool:
    """Put a middleware into the list: first, after another, or last. False when it is there."""
    tree = draft.app.tree
    listed = _list(draft)
    names = {tree.text(node).strip("\"'"): node for node in listed.named_children if node.type == "string"}
    if path in names:
        return False
    quote = tree.quote
    if first and names:
        node = next(iter(names.values()))
        draft.edit(tree.insert(node.start_byte, f"{quote}{path}{quote},{_gap(draft, node)}"), "runs it")
        return True
    anchor = names.get(after) or (list(names.values())[-1] if names else None)
    if anchor is None:
        raise RefusedError(
            f"{draft.app.path}: MIDDLEWARE names no middleware as text, so its order cannot be told"
        )
    draft.edit(tree.insert(anchor.end_byte, f",{_gap(draft, anchor)}{quote}{path}{quote}"), "runs it")
    return True


def _list(draft: Draft) -> Node:
    app = draft.app
    return app.tree.at(app.creation.start, app.creation.end)


def _gap(draft: Draft, node: Node) -> str:
    """What stands between two entries: the line break and indentation of this one."""
    tree = draft.app.tree
    start = tree.line_start(node.start_byte)
    return (
        "\n" + tree.indent(node.start_byte) if not tree.source.text[start : node.start_byte].strip() else " "
    )


def installed(draft: Draft, name: str) -> None:
    """List an application in INSTALLED_APPS, first. Raises RefusedError where the list is not written out."""
    tree = draft.app.tree
    text = tree.source.text.decode("utf-8", "replace")
    match = re.search(r"^INSTALLED_APPS\s*=\s*[\[(]", text, re.M)
    if match is None:
        raise RefusedError(
            f"{draft.app.path} does not write out INSTALLED_APPS: the application cannot be listed"
        )
    at = len(text[: match.end()].encode())
    draft.edit(tree.insert(at, f"\n    {tree.quote}{name}{tree.quote},"), "lists it")


def imports(draft: Draft, tree: Tree, module: str, *names: str) -> None:
    """Import names of a module into a file, those that it has not yet."""
    text = tree.source.text.decode("utf-8", "replace")
    listed = re.findall(rf"^from {re.escape(module)} import \(?([\w\s,]+)", text, re.M)
    there = set(re.findall(r"\w+", " ".join(listed)))
    missing = [name for name in names if name not in there]
    if not missing:
        return
    # One joins what is there; several, where nothing is, come in one line.
    statements = (
        [f"from {module} import {name}" for name in missing]
        if there
        else [f"from {module} import {', '.join(missing)}"]
    )
    for statement in statements:
        for each in import_python(tree, statement):
            draft.edit(each, "")


def settings(draft: Draft, comment: str, wanted: tuple[Setting, ...]) -> None:
    """Assign settings that are not assigned yet, after all others and before what a local file replaces; one
    that is stays, and is told.
    """
    tree = draft.app.tree
    text = tree.source.text.decode("utf-8", "replace")
    missing: list[Setting] = []
    for setting in wanted:
        match = re.search(rf"^[ \t]*{setting.name}\s*(?::[^=\n]+)?=\s*(.+)$", text, re.M)
        if match is None:
            missing.append(setting)
        elif match[1].strip() != setting.value.replace("_", ""):
            line = text.count("\n", 0, match.start()) + 1
            draft.saw(f"{setting.name} is set already ({draft.app.path}:{line}) and stays as it is.")
    if not missing:
        return
    lines = "\n".join(f"{each.name} = {_styled(each.value, tree.quote)}" for each in missing)
    local = _local(tree)
    if local is not None:
        at = tree.line_start(local.start_byte)
        draft.edit(tree.insert(at, f"# {comment}\n{lines}\n\n"), "sets them")
        return
    end = len(tree.source.text)
    gap = "" if text.endswith("\n") else "\n"
    draft.edit(tree.insert(end, f"{gap}\n# {comment}\n{lines}\n"), "sets them")


def _styled(value: str, quote: str) -> str:
    """A value in the quotes of the file."""
    return value.replace('"', quote) if "'" not in value else value


def _local(tree: Tree) -> Node | None:
    """The statement at the end that reads another file of settings, with the comment above it."""
    last: Node | None = None
    for node in reversed(tree.root.named_children):
        if node.type == "comment":
            if last is not None and node.end_point[0] == last.start_point[0] - 1:
                last = node
            continue
        if last is not None or not re.search(r"import \*", tree.text(node)):
            break
        last = node
    return last
