"""What shows that a requirement is violated of which nothing could show that it is met, and no check speaks.

Each rule answers with places where something was written that the requirement forbids. A place that no
endpoint reaches, or that something beside it makes good, is none.
"""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.analysis.settings import Use, entry, option_of
from rearguard.analysis.settings.options import Given, Option
from rearguard.assurance.code import SHOWN, Code, Evidence, is_one_of, steps
from rearguard.models.concepts import (
    AccountCreation,
    Encryption,
    Mac,
    PasswordHash,
    PasswordVerify,
    TokenDecode,
    TokenIssue,
)
from rearguard.models.issuer_concepts import AssertionRule
from rearguard.models.slip_concepts import CodeTime, KeyAddress, MixedSources, PixelLimit, Unpacking
from rearguard.program import Instr, Op, Step

__all__ = ["SEEN"]

_BOUNDS = re.compile(rb"size|limit|max_|max[A-Z]|quota|budget|len\(|length", re.IGNORECASE)
_CHANGES = {
    "lower": "its case is thrown away",
    "upper": "its case is thrown away",
    "casefold": "its case is thrown away",
    "toLowerCase": "its case is thrown away",
    "toUpperCase": "its case is thrown away",
    "toLocaleLowerCase": "its case is thrown away",
    "slice": "it is cut off",
    "substring": "it is cut off",
    "substr": "it is cut off",
    "strip": "spaces around it are thrown away",
    "trim": "spaces around it are thrown away",
}
_HANDS_ON = ("encode", "toString", "normalize", "get", "String")
_EXPIRES = re.compile(r"^(?:password|pwd|credentials?)_expir\w*$")
_KEYS = ("jku", "x5u", "jwk")
_REASSIGNED = re.compile(r"^(?:e_?mail|preferred_username|upn|nickname|name|username|user_name)$")
_LOOSE = re.compile(r"(?<![a-z])(?:cbc|ctr|cfb|ofb)(?![a-z])")
_TIGHT = re.compile(r"gcm|ccm|poly1305|fernet|secretbox|siv|aead")
_LEFT = {
    "pycrypto": "nobody has maintained it since 2013",
    "crypto-js": "its authors have discontinued it",
    "bcrypt-nodejs": "its author has given it up for other packages",
}
"""Packages of cryptography that nobody mends, and why that is known."""
_STEPS = 6


def _reached(code: Code, fid: str) -> bool:
    """Whether an endpoint may run a function."""
    return bool(code.context.reach.get(fid))


def archives_are_unbounded(code: Code) -> tuple[Step, ...]:
    """5.2.3: an endpoint unpacks an archive, and asks for no size."""
    bad: list[Use[Unpacking]] = []
    for use in code.uses.of(Unpacking):
        function = use.view.function(use.fid)
        span = use.view.span(use.fid, function.start, function.end)
        source = code.context.sources.get(span.path)
        text = source.slice(span.start, span.end).encode() if source is not None else b"size"
        if _reached(code, use.fid) and not _BOUNDS.search(text):
            bad.append(use)
    return steps(bad, "unpacked before anybody has asked how much it is")


def pixels_are_unbounded(code: Code) -> tuple[Step, ...]:
    """5.2.6: the bound that the library has is taken away."""
    bad = [use for use in code.uses.of(PixelLimit) if is_one_of(use.value, None, False, 0)]
    return steps(bad, "images may have any number of pixels")


def passwords_are_changed(code: Code) -> tuple[Step, ...]:
    """6.2.8: a password is hashed or compared as something else than was typed."""
    found: dict[Step, None] = {}
    view = code.context.view
    for fid, instr in _taking(code):
        for number in instr.args[1:]:
            changed = _changed(code, ValueView(view, fid, number))
            if changed is not None:
                callee = view.definitions(changed[0])[changed[1].args[0]]
                span = view.span(changed[0], changed[1].start, changed[1].end)
                found[Step(span, f"of what was typed, {_CHANGES[callee.name]}", "note")] = None
    return tuple(found)[:SHOWN]


def _taking(code: Code) -> Iterator[tuple[str, Instr]]:
    """Calls that hash passwords, compare them, or make accounts with them."""
    yield from ((use.fid, use.instr) for use in code.uses.of(PasswordHash))
    yield from ((use.fid, use.instr) for use in code.uses.of(PasswordVerify))
    yield from ((use.fid, use.instr) for use in code.uses.of(AccountCreation))


def _changed(code: Code, value: ValueView) -> tuple[str, Instr] | None:
    """The call that changes a password on its way, if its name says that it is one."""
    origins = code.context.matrix.origins
    found = origins.resolved(value.fid, value.value)
    for _ in range(_STEPS):
        if found is None or found[1].op != Op.CALL:
            return None
        fid, instr = found
        callee = value.view.definitions(fid).get(instr.args[0])
        if callee is None or callee.op != Op.ATTR:
            return None
        held = ValueView(value.view, fid, callee.args[0])
        if callee.name in _CHANGES and re.search(r"passw|pwd", held.source_text, re.IGNORECASE):
            return fid, instr
        if callee.name not in (*_HANDS_ON, *_CHANGES):
            return None
        found = origins.resolved(fid, callee.args[0])
    return None


def passwords_expire(code: Code) -> tuple[Step, ...]:
    """6.2.10: somebody is refused because a password has grown old."""
    found: dict[Step, None] = {}
    for row in code.rows():
        for fact in row.surface.facts if row.surface is not None else ():
            atoms = [a for condition in fact.conditions for a in condition.atoms]
            old = any(
                a.kind in ("stored", "principal") and a.path and _EXPIRES.match(words(a.path[-1]))
                for a in atoms
            )
            if fact.kind == "denial" and old:
                found[Step(fact.span, "refuses a password for its age alone", "note")] = None
    return tuple(found)[:SHOWN]


def clients_choose_the_time(code: Code) -> tuple[Step, ...]:
    """6.5.8: the time of a one-time code is what the client says."""
    origins = code.context.matrix.origins
    bad = [
        use
        for use in code.uses.of(CodeTime)
        if (value := use.value) is not None
        and any(atom.kind == "input" for atom in origins.of(value.fid, value.value))
    ]
    return steps(bad, "the client says for which time the code must be right")


def answers_come_again(code: Code) -> tuple[Step, ...]:
    """6.8.3: it is said that answers are taken that nobody asked for, so that one may come again."""
    found: list[Step] = []
    for use in code.uses.of(AssertionRule):
        if use.concept.what not in ("unsolicited", "asked") or not use.values:
            continue
        option = Option(Given.YES, use.selected[-1])
        for key in use.row.keys:
            option = entry(option, key)
        value = option.value
        if value is None:
            continue
        bad = (
            option.is_const(True)
            if use.concept.what == "unsolicited"
            else option.is_const(False, "never") or value.source_text.endswith(".never")
        )
        if bad:
            found.append(Step(value.span, "an answer that was sent before is taken again", "note"))
    return tuple(found)[:SHOWN]


def tokens_name_their_keys(code: Code) -> tuple[Step, ...]:
    """9.1.3: the address of a key, or the key, is taken from the token that it is to verify."""
    view, origins = code.context.view, code.context.matrix.origins
    read = {(use.fid, use.instr.dst) for kind in (KeyAddress, TokenDecode) for use in code.uses.of(kind)}
    found: list[Step] = []
    for fid in sorted({fid for fid, _ in read}):
        instrs = list(view.linker.code(fid))
        for instr in instrs:
            name = instr.name if instr.op == Op.ATTR else instr.value
            if instr.op not in (Op.ATTR, Op.ITEM) or name not in _KEYS:
                continue
            base = origins.resolved(fid, instr.args[0])
            if base is not None and base[1].op == Op.ATTR and base[1].name == "header":
                base = origins.resolved(base[0], base[1].args[0])
            compared = any(i.op == Op.COMPARE and instr.dst in i.args for i in instrs)
            if (
                base is not None
                and (base[0], base[1].dst) in read
                and not compared
                and not _is_asked(code, fid, instr)
            ):
                span = view.span(fid, instr.start, instr.end)
                found.append(Step(span, "the token says itself where its key is", "note"))
    return tuple(found)[:SHOWN]


def _is_asked(code: Code, fid: str, instr: Instr) -> bool:
    """Whether what is read is compared with something, as it is or under the name that it is kept under."""
    instrs = list(code.context.view.linker.code(fid))
    names = {i.name for i in instrs if i.op == Op.STORE and instr.dst in i.args}
    loads = {instr.dst, *(i.dst for i in instrs if i.op == Op.LOAD and i.name in names)}
    listed = ("includes", "has")
    called = {i.dst for i in instrs if i.op == Op.ATTR and i.name in listed}
    return any(
        (i.op == Op.COMPARE or (i.op == Op.CALL and i.args[0] in called)) and not loads.isdisjoint(i.args)
        for i in instrs
    )


def people_are_known_by_their_address(code: Code) -> tuple[Step, ...]:
    """10.3.3: of a provider's token, what may be given to somebody else says who it is."""
    if code.uses.of(TokenIssue):
        return ()
    found: dict[Step, None] = {}
    for row in code.rows():
        for fact in row.surface.facts if row.surface is not None else ():
            touch = fact.touch
            if touch is None or touch.operation != "read" or not touch.span.path:
                continue
            told = [a for _, atoms in touch.keys for a in atoms if a.kind == "verified" and a.path]
            if told and all(_REASSIGNED.match(words(a.path[-1])) for a in told):
                found[
                    Step(touch.span, "finds the account by what may belong to somebody else later", "note")
                ] = None
    return tuple(found)[:SHOWN]


def cryptography_is_abandoned(code: Code) -> tuple[Step, ...]:
    """11.2.1: a package of cryptography that nobody mends any more."""
    found: list[Step] = []
    for file in code.context.settings.values():
        named = [e for e in file.entries if file.kind == "requirements" and len(e.keys) == 1]
        if file.path.rpartition("/")[2] == "package.json":
            named = [e for e in file.under("dependencies") if len(e.keys) == 2]
        for one in named:
            why = _LEFT.get(one.keys[-1].lower())
            if why is not None:
                found.append(Step(file.span(one), f"`{one.keys[-1]}`: {why}", "note"))
    return tuple(found)[:SHOWN]


def ciphers_are_loose(code: Code) -> tuple[Step, ...]:
    """11.3.3: what is encrypted may be changed by whoever gets hold of it: nothing authenticates it."""
    sealed = {use.view.linker.module_of[use.fid] for use in code.uses.of(Mac)}
    bad: list[Use[Encryption]] = []
    for use in code.uses.of(Encryption):
        chosen = option_of(use, use.concept.chosen).value if use.concept.chosen else None
        said = f"{use.result.source_text} {chosen.text if chosen is not None else ''}".lower()
        alone = use.view.linker.module_of[use.fid] not in sealed
        if alone and _LOOSE.search(said) and not _TIGHT.search(said):
            bad.append(use)
    return steps(bad, "hides the text, and shows nobody that it was changed")


def sources_are_mixed(code: Code) -> tuple[Step, ...]:
    """15.3.7: a parameter is taken from wherever it comes, address or body."""
    view = code.context.view
    bad = [use.span for use in code.uses.of(MixedSources) if _reached(code, use.fid)]
    paths = {path for path, _, _ in view.models.all_values(MixedSources) if not path.endswith("()")}
    for fid in view.linker.functions:
        if _reached(code, fid):
            bad += [
                view.span(fid, instr.start, instr.end)
                for instr in view.linker.code(fid)
                if instr.op == Op.ATTR
                and any(name in paths for ref in view.linker.refs[fid][instr.dst] for name in ref.names)
            ]
    text = "taken from the address or the body, whichever has it"
    return tuple(Step(span, text, "note") for span in dict.fromkeys(bad))[:SHOWN]


SEEN: Mapping[str, Evidence] = {
    "5.2.3": archives_are_unbounded,
    "5.2.6": pixels_are_unbounded,
    "6.2.8": passwords_are_changed,
    "6.2.10": passwords_expire,
    "6.5.8": clients_choose_the_time,
    "6.8.3": answers_come_again,
    "9.1.3": tokens_name_their_keys,
    "10.3.3": people_are_known_by_their_address,
    "11.2.1": cryptography_is_abandoned,
    "11.3.3": ciphers_are_loose,
    "15.3.7": sources_are_mixed,
}
"""Requirement -> what shows that it is violated. Nothing shows that one of these is met."""
