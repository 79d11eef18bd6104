"""Keys must be long enough, and derived slowly from passwords."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Rule, Severity
from rearguard.models.concepts import KeyDerivation, KeyGeneration, PasswordHash

_SIZE = re.compile(r"(?:sec[pt]|prime|brainpool\w?|wtls|p-?)(\d{3})", re.IGNORECASE)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for made in context.uses.of(KeyGeneration):
        for value in made.selected:
            for key in made.row.keys:
                value = value.key(key) or value
            bits = curve_bits(value) if made.concept.curve else value.const
            if isinstance(bits, int) and 0 < bits < made.concept.least:
                yield told(
                    rule,
                    made.span,
                    f"A key of {bits} bits is made; {made.concept.least} are the least that is safe.",
                    why="Keys of this length can be computed with the means of today.",
                    advice="Make RSA keys of 3072 bits, use the curve P-256, or Ed25519.",
                    step=f"{bits} bits",
                    certain=True,
                    reason="the size is a constant",
                    subject="size",
                )
    yield from _costs(context, rule)


def curve_bits(curve: ValueView) -> int | None:
    """The size of a curve, which its name says: `secp192r1`, `ec.SECP192R1()`, `P-192`."""
    found = _SIZE.search(curve.text or curve.source_text)
    return int(found[1]) if found is not None else None


def _costs(context: Context, rule: Rule) -> Iterator[Draft]:
    stretched: list[Use[KeyDerivation] | Use[PasswordHash]] = [
        *context.uses.of(KeyDerivation),
        *context.uses.of(PasswordHash),
    ]
    seen: set[tuple[str, int]] = set()
    for use in stretched:
        concept = use.concept
        if not concept.cost:
            continue
        given = option_of(use, concept.cost)
        cost = given.const
        if given.is_absent and isinstance(concept, KeyDerivation):
            cost = concept.fallback
        if isinstance(cost, bool) or not isinstance(cost, int) or not 0 < cost < concept.least:
            continue
        if (use.span.path, cost) in seen:
            # What stretches and what compares use the same cost: it is raised for both.
            continue
        seen.add((use.span.path, cost))
        yield told(
            rule,
            use.span,
            f"A password is stretched with a cost of {cost}; {concept.least} is the least that is adequate.",
            why="The cost is what makes every guess expensive for whoever has the hashes. With this one, guessing is "
            "cheap.",
            advice="Raise the cost to what your server can bear at a login: bcrypt 12, PBKDF2 600,000 rounds of SHA-256, "
            "scrypt N=2^17, or use Argon2id with the library's defaults.",
            step=f"the cost is {cost}",
            certain=True,
            reason="the cost is a constant"
            if given.const is not None
            else "the library's default is that low",
            subject="cost",
            endpoint=context.first_endpoint(use.fid),
        )


WEAK_KEY = PlainCheck(
    id="weak-key",
    title="A key is too short or derived too fast",
    cwe=326,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-11.2.3", "v5.0.0-11.4.4"),
    find=_find,
    related=(916, 521),
)
