"""Positive evidence about what others say of a person: that it is signed, and was said for this login."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis.settings import Use, branch_conditions, entry, option_of
from rearguard.analysis.settings.options import Given, Option
from rearguard.assurance.code import SHOWN, Code, Evidence, steps
from rearguard.assurance.evidence_tokens import identities
from rearguard.models.concepts import Exit, TokenDecode
from rearguard.models.issuer_concepts import AssertionRule, NonceCheck, OpenIdClient
from rearguard.models.measure_concepts import TiedLogin
from rearguard.program import Op, Span, Step

__all__ = ["BROKEN", "MET"]

_IDENTITY = re.compile(r"id_?token|assertion", re.IGNORECASE)
_NONCE = re.compile(r"\bnonce\b", re.IGNORECASE)
_ASKED_WITH = ("client_id", "clientId", "response_type", "responseType", "redirect_uri", "redirectUri")
_NOTHING = ("None", "undefined", "null")
_SIGNED = ("assertions", "responses", "either")


# -- signatures ---------------------------------------------------------------------------------------------


def _saml(code: Code) -> Iterator[tuple[Span, Mapping[str, Option], bool]]:
    """Every set-up of SAML: its place, what it says, and whether unsigned answers may pass."""
    found: dict[tuple[str, int], tuple[Span, dict[str, Option], bool]] = {}
    for use in code.uses.of(AssertionRule):
        if not use.values:
            continue
        option = Option(Given.YES, use.selected[-1])
        for key in use.row.keys:
            option = entry(option, key)
        place = found.setdefault((use.fid, use.instr.start), (use.span, {}, use.concept.lenient))
        place[1][use.concept.what] = option
    yield from found.values()


def _is_on(option: Option | None) -> bool:
    return option is not None and option.is_const(True)


def assertions_are_signed(code: Code) -> tuple[Step, ...]:
    """6.8.2: what tells who somebody is counts only if its signature was verified."""
    found: list[Step] = []
    for span, told, _ in _saml(code):
        strict = told.get("strict")
        signed = [told[what] for what in _SIGNED if _is_on(told.get(what))]
        if not signed or (strict is not None and not _is_on(strict)):
            return ()
        shown = next((one.value.span for one in signed if one.value is not None), span)
        found.append(Step(shown, "takes no answer of a provider that is not signed", "note"))
    if any(_IDENTITY.search(use.result.source_text) for use in code.uses.of(TokenDecode)):
        return ()
    read = list(identities(code))
    return (*found, *steps(read, "verifies the signature of the identity"))[:SHOWN]


def assertions_are_unsigned(code: Code) -> tuple[Step, ...]:
    """6.8.2, the contrary: it is said that nothing of the answer need be signed."""
    found: list[Step] = []
    for span, told, lenient in _saml(code):
        responses = told.get("responses")
        off = responses is not None and responses.is_const(False)
        rest = [told[what] for what in _SIGNED if what != "responses" and what in told]
        if lenient and off and all(one.is_absent or one.is_const(False) for one in rest):
            shown = responses.value.span if responses is not None and responses.value is not None else span
            found.append(Step(shown, "takes answers of which nothing is signed", "note"))
    return tuple(found)[:SHOWN]


# -- for this login alone -----------------------------------------------------------------------------------


def _nonces(code: Code) -> Iterator[tuple[Use[NonceCheck], bool | None]]:
    """Calls of libraries that compare the nonce: whether they are told it, or `None`: unknown."""
    for use in code.uses.of(NonceCheck):
        concept = use.concept
        if not concept.nonce:
            yield use, True
            continue
        given = option_of(use, concept.nonce)
        value = given.value
        nothing = value is not None and value.source_text in _NOTHING
        if (
            nothing
            or given.is_const(None)
            or (value is not None and any(n in concept.off for n in value.names))
        ):
            yield use, False
        else:
            yield use, True if given.given is Given.YES else None


def _compares_nonce(code: Code, fid: str) -> bool:
    """Whether a function refuses what has another nonce."""
    view = code.context.view
    ends = {(use.fid, use.instr.start) for use in code.uses.of(Exit)}
    return any(
        any(_NONCE.search(text) for text, _ in branch_conditions(view, fid, instr.start))
        for instr in view.linker.code(fid)
        if instr.op in (Op.RAISE, Op.RETURN) or (fid, instr.start) in ends
    )


def _is_sent(code: Code) -> bool:
    """Whether a nonce is part of what the provider is asked."""
    view = code.context.view
    return any(
        "nonce" in instr.keys and any(key in _ASKED_WITH for key in instr.keys)
        for fid in view.linker.functions
        for instr in view.linker.code(fid)
        if instr.keys
    )


def identities_are_for_this_login(code: Code) -> tuple[Step, ...]:
    """10.5.1: the nonce of an identity is compared with the one that was sent for it."""
    told = list(_nonces(code))
    read = list(identities(code))
    if not all(given for _, given in told) or not all(_compares_nonce(code, use.fid) for use in read):
        return ()
    clients = code.uses.of(OpenIdClient)
    tied: tuple[Step, ...] = ()
    if clients and all("openid" in (_scope(use) or "").split() for use in clients):
        tied = steps(code.uses.of(TiedLogin), "the library keeps a nonce, and compares it")
    return (
        *steps((use for use, _ in told), "compares the nonce"),
        *steps(read, "refuses an identity of another nonce"),
        *tied,
    )[:SHOWN]


def _scope(use: Use[OpenIdClient]) -> str | None:
    return use.value.text if use.value is not None else None


def identities_are_for_any_login(code: Code) -> tuple[Step, ...]:
    """10.5.1, the contrary: it is said that no nonce is wanted, or one is sent that nobody asks for again."""
    off = steps((use for use, given in _nonces(code) if given is False), "looks at no nonce")
    if not _is_sent(code) or code.uses.of(NonceCheck):
        return off
    lost = [use for use in identities(code) if not _mentions_nonce(code, use.fid)]
    return (*off, *steps(lost, "a nonce was sent, and the one that comes back is not looked at"))[:SHOWN]


def _mentions_nonce(code: Code, fid: str) -> bool:
    function = code.context.view.function(fid)
    span = code.context.view.span(fid, function.start, function.end)
    source = code.context.sources.get(span.path)
    return source is None or _NONCE.search(source.slice(span.start, span.end)) is not None


MET: Mapping[str, Evidence] = {
    "6.8.2": assertions_are_signed,
    "10.5.1": identities_are_for_this_login,
}
BROKEN: Mapping[str, Evidence] = {
    "6.8.2": assertions_are_unsigned,
    "10.5.1": identities_are_for_any_login,
}
