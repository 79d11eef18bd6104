"""Options of a call are given, or given another value, in the form in which the call writes its options."""

import re
from collections.abc import Mapping
from dataclasses import replace

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.settings_concepts import CookieWrite, TimedCall, TlsSwitch, UploadParser
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.syntax import RepairError, Tree, called, unwrap

__all__ = ["add_timeout", "cookie_flags", "flag_on", "limit_uploads", "verify_tls"]

_SELECTOR = re.compile(r"\((?P<argument>[^()]*)\)(?P<keys>(?:\.\w+)*)")
_CERTAIN = {"CERT_NONE": "CERT_REQUIRED", "AutoAddPolicy": "RejectPolicy", "WarningPolicy": "RejectPolicy"}


def cookie_flags(context: RepairContext) -> Fix:
    """Give a cookie the flags that it lacks, at each place where it is set."""
    edits: list[Edit] = []
    for target in (context.target, *context.target.also):
        edits += _cookie_flags(replace(context, target=target))
    return proposed("Set the cookie's flags", Disposition.REVIEW, *edits)


def _cookie_flags(context: RepairContext) -> list[Edit]:
    concept = context.target.concept
    if not isinstance(concept, CookieWrite):
        raise RepairError("the cookie's options are not known")
    true = "True" if context.is_python else "true"
    wanted: dict[str, str] = {}
    if concept.secure:
        wanted[concept.secure] = true
    if concept.http_only and not (concept.http_only_default and not _is_given(context, concept.http_only)):
        wanted[concept.http_only] = true
    if concept.same_site and not _is_given(context, concept.same_site):
        quote = context.here.quote
        wanted[concept.same_site] = f"{quote}{'Lax' if context.is_python else 'lax'}{quote}"
    return _given(context, wanted)


def add_timeout(context: RepairContext) -> Fix:
    """Give an outbound call a time limit."""
    concept = context.target.concept
    if not isinstance(concept, TimedCall):
        raise RepairError("the call's options are not known")
    if concept.limit.endswith(".signal"):
        value = "AbortSignal.timeout(10_000)"
    else:
        value = "10" if context.is_python else "10_000"
    return proposed("Wait ten seconds at most", Disposition.REVIEW, *_given(context, {concept.limit: value}))


def limit_uploads(context: RepairContext) -> Fix:
    """Give a parser of uploads a largest size."""
    concept = context.target.concept
    if not isinstance(concept, UploadParser):
        raise RepairError("the parser's options are not known")
    edits = _given(context, {concept.limit: "10 * 1024 * 1024"})
    return proposed("Take files of ten megabytes at most", Disposition.REVIEW, *edits)


def flag_on(context: RepairContext) -> Fix:
    """Put the constant true in place of false."""
    node = _literal(context)
    if context.here.text(node) not in ("False", "false"):
        raise RepairError("the setting is not written as a constant here")
    tree = context.here
    edits = [tree.replace(node, "True" if context.is_python else "true")]
    statement = tree.statement(node)
    everywhere = b"".join(source.text for source in context.sources.values())
    if (
        tree.text(statement).startswith("SESSION_COOKIE_HTTPONLY")
        and b"SESSION_COOKIE_SECURE" not in everywhere
    ):
        # The other flag of the same cookie, which is off when nothing is said.
        edits.append(tree.after(statement, "SESSION_COOKIE_SECURE = True"))
    return proposed("Switch the flag on", Disposition.REVIEW, *edits)


def verify_tls(context: RepairContext) -> Fix:
    """Verify the other side: the constant is turned round, or the strict one of the library is named."""
    tree, node = context.here, _literal(context)
    text = tree.text(node)
    turned = {"False": "True", "false": "true", "True": "False", "true": "false"}
    title = "Verify the other side"
    if not isinstance(context.target.concept, TlsSwitch):
        raise RepairError("the option is not known")
    if text in turned:
        return proposed(title, Disposition.REVIEW, tree.replace(node, turned[text]))
    for loose, strict in _CERTAIN.items():
        if re.search(rf"\b{loose}\b", text):
            return proposed(title, Disposition.REVIEW, tree.replace(node, text.replace(loose, strict)))
    raise RepairError("what verifies here is for a person to choose")


def _literal(context: RepairContext) -> Node:
    number = context.target.argument
    if number < 0:
        raise RepairError("the option is set somewhere else")
    return context.node(context.target.fid, number)


def _is_given(context: RepairContext, selector: str) -> bool:
    try:
        holder, key = _holder(context, selector)
    except RepairError:
        return False
    return holder is not None and _entry(context.here, holder, key) is not None


def _given(context: RepairContext, wanted: Mapping[str, str]) -> list[Edit]:
    """Edits that give each option its value; options that go to the same place are inserted together."""
    tree = context.here
    _, arguments = called(context.node(context.target.fid, context.target.value))
    edits: list[Edit] = []
    added: dict[int, tuple[Node, list[str]]] = {}
    missing: dict[int, dict[str, str]] = {}
    for selector, value in wanted.items():
        position, keys = _read(selector)
        if not keys:
            found = _entry(tree, arguments, position)
            if found is not None:
                if tree.text(found) != value:
                    edits.append(tree.replace(found, value))
            else:
                added.setdefault(arguments.id, (arguments, []))[1].append(f"{_keyword(position)}={value}")
            continue
        index = int(position.partition("|")[0])
        written = [n for n in arguments.named_children if n.type != "comment"]
        if index < 0:
            index = len(written) if not written or unwrap(written[-1]).type != "object" else len(written) - 1
        if index >= len(written):
            if index > len(written):
                raise RepairError("arguments before the options are missing")
            missing.setdefault(index, {})[".".join(keys)] = value
            continue
        holder = unwrap(written[index])
        rest = list(keys)
        while True:
            if holder.type != "object":
                raise RepairError("the options are not written out here")
            found = _entry(tree, holder, rest[0])
            if found is None:
                text = f"{rest[0]}: {_nested(rest[1:], value)}"
                _merge(added.setdefault(holder.id, (holder, []))[1], text)
                break
            if len(rest) == 1:
                if tree.text(found) != value:
                    edits.append(tree.replace(found, value))
                break
            holder, rest = unwrap(found), rest[1:]
    edits.extend(_inserted(tree, holder, texts) for holder, texts in added.values())
    edits.extend(_new_argument(tree, arguments, _object(options)) for options in missing.values())
    return edits


def _read(selector: str) -> tuple[str, tuple[str, ...]]:
    match = _SELECTOR.fullmatch(selector)
    if match is None:
        raise RepairError("the option's place is not known")
    return match["argument"], tuple(key for key in match["keys"].split(".") if key)


def _keyword(argument: str) -> str:
    name = argument.rpartition("|")[2]
    if not name.isidentifier():
        raise RepairError("the option has no name")
    return name


def _holder(context: RepairContext, selector: str) -> tuple[Node | None, str]:
    """The argument list or object that an option belongs to, and its name there."""
    _, arguments = called(context.node(context.target.fid, context.target.value))
    position, keys = _read(selector)
    if not keys:
        return arguments, position
    written = [n for n in arguments.named_children if n.type != "comment"]
    index = int(position.partition("|")[0])
    holder: Node | None = unwrap(written[index]) if -len(written) <= index < len(written) else None
    for key in keys[:-1]:
        inner = _entry(context.here, holder, key) if holder is not None else None
        holder = unwrap(inner) if inner is not None else None
    return holder, keys[-1]


def _entry(tree: Tree, holder: Node, key: str) -> Node | None:
    """The value given under a name, as keyword or as property."""
    names = key.split("|")
    for child in holder.named_children:
        if child.type == "keyword_argument":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
        elif child.type == "pair":
            name, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        else:
            continue
        if name is not None and value is not None and tree.text(name).strip("'\"") in names:
            return value
    return None


def _nested(keys: list[str], value: str) -> str:
    for key in reversed(keys):
        value = f"{{ {key}: {value} }}"
    return value


def _object(options: Mapping[str, str]) -> str:
    """An object of dotted keys, at most two deep."""
    plain: dict[str, str] = {}
    inner: dict[str, list[str]] = {}
    for key, value in options.items():
        first, _, rest = key.partition(".")
        if rest:
            inner.setdefault(first, []).append(f"{rest}: {value}")
        else:
            plain[first] = value
    plain.update({key: f"{{ {', '.join(values)} }}" for key, values in inner.items()})
    return "{ " + ", ".join(f"{key}: {value}" for key, value in plain.items()) + " }"


def _merge(texts: list[str], text: str) -> None:
    """Add an entry; two that go under the same new key become one."""
    key, _, value = text.partition(": ")
    for index, held in enumerate(texts):
        if held.startswith(f"{key}: {{ ") and value.startswith("{ "):
            texts[index] = f"{held.removesuffix(' }')}, {value.removeprefix('{ ')}"
            return
    texts.append(text)


def _inserted(tree: Tree, holder: Node, texts: list[str]) -> Edit:
    joined = ", ".join(texts)
    written = [n for n in holder.named_children if n.type != "comment"]
    if written and tree.begins_line(written[-1]) and holder.start_point[0] != written[-1].start_point[0]:
        indent = tree.indent(written[-1].start_byte)
        end = tree.line_end(max(written[-1].end_byte - 1, 0))
        rest = tree.slice(written[-1].end_byte, end).rstrip()
        if re.match(r"\s*,?\s*(?:#|//)", rest):
            # What is remarked about the last entry stays beside it.
            comma = rest.lstrip().startswith(",")
            lines = ",".join(f"\n{indent}{text}" for text in texts) + ("," if comma else "")
            return tree.edit(written[-1].end_byte, end, f"{rest if comma else ',' + rest}{lines}\n")
        return tree.insert(written[-1].end_byte, "".join(f",\n{indent}{text}" for text in texts))
    if written:
        return tree.insert(written[-1].end_byte, f", {joined}")
    if holder.type == "object":
        return tree.replace(holder, f"{{ {joined} }}")
    return tree.insert(holder.start_byte + 1, joined)


def _new_argument(tree: Tree, arguments: Node, text: str) -> Edit:
    written = [n for n in arguments.named_children if n.type != "comment"]
    if written:
        return tree.insert(written[-1].end_byte, f", {text}")
    return tree.insert(arguments.start_byte + 1, text)
