"""Positive evidence about servers that give out codes and tokens: what they are told of either.

Such a server is a library, and decided is what it is told. Where it is told nothing, its own rule holds; that
may be good enough, but shows nothing by itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.identity import words
from rearguard.analysis.settings import Option, Use, entry, evaluate
from rearguard.analysis.settings.options import Given
from rearguard.assurance.code import SHOWN, Code, Evidence
from rearguard.checks.durations import seconds
from rearguard.link import Kind
from rearguard.models.issuer_concepts import (
    AddressJudge,
    ExactAddresses,
    GrantOffered,
    GrantRegistration,
    IssuerRule,
)
from rearguard.program import Const, Op, Span, Step

__all__ = ["BROKEN", "MET"]

_CODE_LIFE = 600
_RETIRED = ("implicit", "password")
_RETIRED_TYPE = re.compile(r"\btoken\b")
"""`id_token` is one word, so that this is the access token alone."""
_UNKNOWN: Const = "?"
_JUDGES = re.compile(r"^(?:check|validate)_redirect_uri$")
"""What Authlib, OAuthLib and the server of Node call the method that a program may write itself."""
_ADDRESS = re.compile(r"^redirect_?ur[il]$")
_EXACT = ("==", "===", "!=", "!==", "in", "not in")
_HOLDS = ("includes", "has", "indexOf", "compare_digest")
_PARTS = re.compile(r"match|search|test|parse|startswith|endswith|URL|prefix|domain|host", re.IGNORECASE)

Told = tuple[Use[IssuerRule], Option]


def _told(code: Code, *what: str) -> Iterator[Told]:
    """Where a server is made or set up, and what it is told of something."""
    for use in code.uses.of(IssuerRule):
        concept = use.concept
        if concept.what not in what:
            continue
        found = Option(Given.YES, use.selected[-1]) if use.values else Option(Given.NO)
        for key in (*use.row.keys, *((concept.key,) if concept.key else ())):
            found = entry(found, key)
        yield use, found


def _always(told: Told) -> Const:
    """The constant that holds, given or by default; a function that returns one alone stands for it."""
    use, option = told
    if option.given is Given.NO:
        return use.concept.default
    value = option.value
    if value is None:
        return _UNKNOWN
    setting = evaluate(value)
    if setting.known:
        return _UNKNOWN if setting.from_environment else setting.value
    return _returned(value)


def _returned(value: ValueView) -> Const:
    view = value.view
    found: set[tuple[type, Const]] = set()
    for fid in value.functions:
        for instr in view.linker.code(fid):
            if instr.op == Op.RETURN:
                given = list(view.linker.refs[fid][instr.args[0]]) if instr.args else []
                constant = given[0].step if len(given) == 1 and given[0].kind is Kind.CONST else _UNKNOWN
                held = _UNKNOWN if isinstance(constant, tuple) else constant
                found.add((type(held), held))
    return next(iter(found))[1] if len(found) == 1 else _UNKNOWN


def _shown(told: list[Told], text: str) -> tuple[Step, ...]:
    """The places where something was said."""
    spans = dict.fromkeys(option.value.span for _, option in told if option.value is not None)
    return tuple(Step(span, text, "note") for span in spans)[:SHOWN]


def _broken(text: str, bad: Callable[[Told], bool], *what: str) -> Evidence:
    def rule(code: Code) -> tuple[Step, ...]:
        return _shown([one for one in _told(code, *what) if one[1].value is not None and bad(one)], text)

    return rule


# -- how long a code lives ----------------------------------------------------------------------------------


def _life(code: Code, told: Told) -> float | None:
    value = told[1].value
    if value is not None:
        return seconds(code.context, value, 1)
    held = _always(told)
    return float(held) if isinstance(held, int) and not isinstance(held, bool) else None


def codes_end_soon(code: Code) -> tuple[Step, ...]:
    """10.4.3: an authorization code ends within ten minutes."""
    told = list(_told(code, "code-life"))
    good = all(0 < (_life(code, one) or 0) <= _CODE_LIFE for one in told)
    return _shown(told, "codes end within ten minutes") if good else ()


def codes_end_late(code: Code) -> tuple[Step, ...]:
    """10.4.3, the contrary."""
    late = [one for one in _told(code, "code-life") if (_life(code, one) or 0) > _CODE_LIFE]
    return _shown(late, "codes are good for longer than ten minutes")


# -- in which ways tokens are given out ---------------------------------------------------------------------


def _kind(
    use: Use[GrantRegistration], offered: Mapping[tuple[str, int], str], names: Mapping[str, str]
) -> str:
    """Which way is registered, by its class or the call that makes it; "" where it is not known."""
    value = use.value
    if value is None:
        return ""
    made = offered.get((value.fid, value.value))
    if made is not None:
        return made
    held = {name for ref in value.refs for name in ref.names}
    for cid in value.classes:
        for ancestor in use.view.linker.lineage(cid):
            held |= {name for ref in use.view.linker.bases.get(ancestor, ()) for name in ref.names}
    return next((names[name] for name in sorted(held) if name in names), "")


def _grants(code: Code) -> Iterator[tuple[Use[GrantRegistration], str]]:
    offered = {(use.fid, use.instr.dst): use.concept.kind for use in code.uses.of(GrantOffered)}
    names = {path: concept.kind for path, concept, _ in code.context.view.models.all_values(GrantOffered)}
    for use in code.uses.of(GrantRegistration):
        yield use, _kind(use, offered, names)


def retired_grants_are_off(code: Code) -> tuple[Step, ...]:
    """10.4.4: every way in which tokens are given out is known, and none sends them through addresses or for
    a password."""
    found: list[Step] = []
    for use, kind in _grants(code):
        if kind in ("", *_RETIRED):
            return ()
        found.append(Step(use.span, "gives out tokens in a way that is still meant to be used", "note"))
    told = list(_told(code, "response-types"))
    for _, option in told:
        types = [one.text for one in option.value.elements()] if option.value is not None else []
        if not types or any(one not in ("code", "none") for one in types):
            return ()
    switches = list(_told(code, "no-implicit", "no-password"))
    if any(_always(one) is not True for one in switches):
        return ()
    found += _shown(told, "answers with codes alone")
    found += _shown(switches, "refuses the grant")
    return tuple(found[:SHOWN])


def retired_grants_are_on(code: Code) -> tuple[Step, ...]:
    """10.4.4, the contrary."""
    found = [
        Step(use.span, f"offers the {kind} grant", "note") for use, kind in _grants(code) if kind in _RETIRED
    ]
    for _, option in _told(code, "response-types"):
        found += [
            Step(one.span, "sends access tokens in addresses", "note")
            for one in (option.value.elements() if option.value is not None else ())
            if one.text is not None and _RETIRED_TYPE.search(one.text)
        ]
    return tuple(found[:SHOWN])


# -- refresh tokens -----------------------------------------------------------------------------------------


def _is(*wanted: Const) -> Callable[[Told], bool]:
    def holds(told: Told) -> bool:
        held = _always(told)
        return any(type(held) is type(one) and held == one for one in wanted)

    return holds


def refresh_tokens_are_replaced(code: Code) -> tuple[Step, ...]:
    """10.4.5: each use replaces a refresh token, and one that comes again ends all that came of it."""
    rotation, family = list(_told(code, "rotation")), list(_told(code, "family"))
    if not rotation or not family or not all(map(_is(True), (*rotation, *family))):
        return ()
    if not all(map(_is(0), _told(code, "grace"))):
        return ()
    return _shown([*rotation, *family], "a used refresh token is worth nothing, and tells of a thief")


def refresh_tokens_stay(code: Code) -> tuple[Step, ...]:
    """10.4.5, the contrary: they are used again and again, and not tied to a key of the client."""
    if any(option.given is not Given.NO for _, option in _told(code, "bound")):
        return ()
    return _broken("a refresh token stays good after its use", _is(False), "rotation")(code)


def refresh_tokens_end(code: Code) -> tuple[Step, ...]:
    """10.4.8: refresh tokens have an end, and no use puts it off."""
    lives, renewed = list(_told(code, "refresh-life")), list(_told(code, "renewed"))
    if not lives or not renewed or list(_told(code, "refresh-slides")) or not all(map(_is(False), renewed)):
        return ()
    if not all((_life(code, one) or 0) > 0 for one in lives):
        return ()
    kept = _shown(renewed, "no use gives a new one, so that the end stays where it was")
    return (*_shown(lives, "refresh tokens end"), *kept)[:SHOWN]


def refresh_tokens_go_on(code: Code) -> tuple[Step, ...]:
    """10.4.8, the contrary: a use begins their life anew, or it has no end at all."""
    never = _broken("refresh tokens never end", _is(None), "refresh-slides", "refresh-life")(code)
    lives = list(_told(code, "refresh-life"))
    if never or not all((_life(code, one) or 0) > 0 for one in lives):
        return never
    return _broken("each use gives a new one that lives as long again", _is(True), "renewed")(code)


# -- codes that only who asked for them can use -------------------------------------------------------------


def codes_are_proved(code: Code) -> tuple[Step, ...]:
    """10.4.6: a code is given and taken against a proof, which is never sent in the clear."""
    required = list(_told(code, "pkce"))
    strict = list(_told(code, "pkce-strict"))
    methods = list(_told(code, "pkce-methods"))
    if not required or list(_told(code, "pkce-public")) or list(_told(code, "pkce-plain")):
        return ()
    if not all(map(_is(True), (*required, *strict))):
        return ()
    for _, option in methods:
        listed = [one.text for one in option.value.elements()] if option.value is not None else []
        if option.given is Given.UNKNOWN or (option.given is Given.YES and listed != ["S256"]):
            return ()
    return (
        *_shown(required, "requires a proof for every code"),
        *_shown([*strict, *methods], "takes none in the clear"),
    )[:SHOWN]


def codes_are_not_proved(code: Code) -> tuple[Step, ...]:
    """10.4.6, the contrary."""
    open_codes = _broken("codes are given without a proof", _is(False), "pkce", "pkce-public")(code)
    plain = _broken("takes a proof in the clear", _is(True), "pkce-plain")(code)
    listed = [
        Step(one.span, "takes a proof in the clear", "note")
        for _, option in _told(code, "pkce-methods")
        for one in (option.value.elements() if option.value is not None else ())
        if one.text == "plain"
    ]
    return (*open_codes, *plain, *listed)[:SHOWN]


# -- where codes are sent -----------------------------------------------------------------------------------


def _judges(code: Code) -> Iterator[tuple[str, str]]:
    """Functions that judge an address to come back to, by a library's convention, and their parameter."""
    view = code.context.view
    named = {fid for use in code.uses.of(AddressJudge) for value in use.selected for fid in value.functions}
    for fid, function in view.linker.functions.items():
        own = _JUDGES.match(words(function.name.rpartition(".")[2])) is not None
        given = next((p.name for p in function.params if _ADDRESS.match(words(p.name))), None)
        if given is not None and (own or fid in named):
            yield fid, given


def _compared(code: Code, fid: str, name: str) -> Iterator[tuple[Span, bool]]:
    """Where the address is compared: the place, and whether it is as a whole."""
    view = code.context.view
    for inner in view.linker.functions:
        if inner != fid and not inner.startswith(f"{fid}."):
            continue
        held = {i.dst for i in view.linker.code(inner) if i.op == Op.LOAD and i.name == name}
        for instr in view.linker.code(inner):
            if held.isdisjoint(instr.args):
                continue
            place = view.span(inner, instr.start, instr.end)
            if instr.op == Op.COMPARE:
                yield place, instr.name in _EXACT
            elif instr.op == Op.ATTR:
                yield place, False
            elif instr.op in (Op.CALL, Op.NEW) and instr.args[0] not in held:
                callee = view.definitions(inner).get(instr.args[0])
                called = callee.name if callee is not None else ""
                if called in _HOLDS or _PARTS.search(called):
                    yield place, called in _HOLDS


def addresses_are_exact(code: Code) -> tuple[Step, ...]:
    """10.4.1: whatever judges where a client is sent back compares whole addresses."""
    found: list[Step] = []
    for fid, name in _judges(code):
        places = list(_compared(code, fid, name))
        if not places or not all(exact for _, exact in places):
            return ()
        found += [
            Step(span, "compares the whole address with those registered", "guard") for span, _ in places
        ]
    if any(_always(told) is not False for told in _told(code, "wildcards")):
        return ()
    return (*found, *_by_library(code))[:SHOWN]


def _by_library(code: Code) -> Iterator[Step]:
    """Clients that leave the judging to a library's class, which compares whole addresses."""
    view = code.context.view
    exact = {path for path, _, _ in view.models.all_values(ExactAddresses)}
    own = {fid for fid, _ in _judges(code)}
    for cid, bases in view.linker.bases.items():
        path, _, name = cid.rpartition("::")
        if exact.isdisjoint(n for ref in bases for n in ref.names) or any(
            fid.startswith(f"{cid}.") for fid in own
        ):
            continue
        cls = view.linker.modules[path].classes[name]
        yield Step(Span(path, cls.start, cls.end), "the library compares whole addresses", "note")


def addresses_are_loose(code: Code) -> tuple[Step, ...]:
    """10.4.1, the contrary: the beginning, a part or a pattern decides."""
    found: list[Step] = []
    for fid, name in _judges(code):
        places = list(_compared(code, fid, name))
        if not any(exact for _, exact in places):
            found += [Step(span, "compares a part of the address alone", "note") for span, _ in places]
    wild = _broken("sends codes to any host below the one registered", _is(True), "wildcards")(code)
    return (*found, *wild)[:SHOWN]


MET: Mapping[str, Evidence] = {
    "10.4.1": addresses_are_exact,
    "10.4.3": codes_end_soon,
    "10.4.4": retired_grants_are_off,
    "10.4.5": refresh_tokens_are_replaced,
    "10.4.6": codes_are_proved,
    "10.4.8": refresh_tokens_end,
}
BROKEN: Mapping[str, Evidence] = {
    "10.4.1": addresses_are_loose,
    "10.4.3": codes_end_late,
    "10.4.4": retired_grants_are_on,
    "10.4.5": refresh_tokens_stay,
    "10.4.6": codes_are_not_proved,
    "10.4.8": refresh_tokens_go_on,
}
