"""Django's settings: middleware in its order, and settings that are assigned once."""

import re
from dataclasses import dataclass

from tree_sitter import Node

from rearguard.implement.draft import Draft
from rearguard.implement.plan import RefusedError

__all__ = ["Setting", "middleware", "require", "settings"]


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


def settings(draft: Draft, comment: str, wanted: tuple[Setting, ...]) -> None:
    """Assign settings that are not assigned yet, at the end of the file; one that is stays, and is told."""
    text = draft.app.tree.source.text.decode("utf-8", "replace")
    missing: list[Setting] = []
    for setting in wanted:
        match = re.search(rf"^{setting.name}\s*(?::[^=\n]+)?=\s*(.+)$", text, re.M)
        if match is None:
            missing.append(setting)
        elif match[1].strip() != setting.value.replace("_", ""):
            line = text.count("\n", 0, match.start()) + 1
            draft.saw(f"{setting.name} is set already ({draft.app.path}:{line}) and stays as it is.")
    if not missing:
        return
    lines = "\n".join(f"{each.name} = {each.value}" for each in missing)
    end = len(draft.app.tree.source.text)
    gap = "" if text.endswith("\n") else "\n"
    draft.edit(draft.app.tree.insert(end, f"{gap}\n# {comment}\n{lines}\n"), "sets them")
