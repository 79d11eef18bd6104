"""Initialisation vectors, nonces and salts must be new every time."""

from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.ciphers import cipher, fixed
from rearguard.checks.derived_nonces import filled_later, named_by
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import Encryption, KeyDerivation, PasswordHash
from rearguard.program import Op, Step


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    seen: set[object] = set()
    for use in context.uses.of(Encryption):
        if not use.concept.iv or "ecb" in cipher(context, use):
            continue
        given = option_of(use, use.concept.iv).value
        filled = given is not None and bool(filled_later(context, given.fid, given.value))
        written = fixed(context, given) if not filled else None
        if written is None and given is not None and not _only_decrypts(context, use):
            named = named_by(context, given.fid, given.value)
            if named and not _is_of_a_new_key(context, use):
                yield _derived(context, rule, use, named)
            continue
        if written is None or written.span in seen or _only_decrypts(context, use):
            continue
        if not _is_of_a_new_key(context, use):
            seen.add(written.span)
            yield _draft(context, rule, use, written, "initialisation vector")
    salted: list[Use[KeyDerivation] | Use[PasswordHash]] = [
        *context.uses.of(KeyDerivation),
        *context.uses.of(PasswordHash),
    ]
    for other in salted:
        if not other.concept.salt:
            continue
        written = fixed(context, option_of(other, other.concept.salt).value)
        if written is not None and written.span not in seen:
            seen.add(written.span)
            yield _draft(context, rule, other, written, "salt")


def _derived(context: Context, rule: Rule, use: Use[Encryption], named: str) -> Draft:
    return told(
        rule,
        use.span,
        f"The nonce is made of `{named}` alone, and is the same for every message of that one.",
        why="With the same key and nonce, two messages give away their difference, and in GCM the key that detects changes, so "
        "that messages can be forged.",
        advice="Make a random nonce for every message (12 bytes for GCM, 16 for CBC) and keep it before the ciphertext.",
        step="nothing that is new goes into it",
        certain=False,
        reason="all that the nonce is made of stays the same from message to message",
        subject="nonce",
        verification=(Request("Encrypt the same text for the same one twice.", "", "The results differ."),),
        endpoint=context.first_endpoint(use.fid),
    )


def _only_decrypts(context: Context, use: Use[Encryption]) -> bool:
    """Whether the function only reads what was encrypted elsewhere: whoever did chose the vector."""
    named = {instr.name for instr in context.view.linker.code(use.fid) if instr.op in (Op.ATTR, Op.LOAD)}
    return not _DECRYPTS.isdisjoint(named) and _ENCRYPTS.isdisjoint(named)


_DECRYPTS = frozenset(("decryptor", "decrypt", "decrypt_and_verify", "createDecipheriv"))
_ENCRYPTS = frozenset(("encryptor", "encrypt", "encrypt_and_digest", "createCipheriv"))


def _is_of_a_new_key(context: Context, use: Use[Encryption]) -> bool:
    """Whether the key is derived right before, with a salt that is given: no two texts share key and vector."""
    key = option_of(use, use.concept.key).value if use.concept.key else None
    load = key.instr if key is not None else None
    if load is None or load.op != Op.LOAD or not context.matrix.origins.stores(use.fid, load):
        return False
    for other in context.uses.of(KeyDerivation):
        salt = option_of(other, other.concept.salt).value if other.concept.salt else None
        if salt is not None and fixed(context, salt) is None and use.fid in _around(context, other.fid):
            return True
    return False


def _around(context: Context, fid: str) -> Iterator[str]:
    """A function, and those that it stands in: the callback of a promise stands where it is waited for."""
    module, separator, _ = fid.rpartition("::")
    while fid in context.view.linker.functions:
        yield fid
        fid = module + separator + context.view.linker.functions[fid].parent


def _draft(
    context: Context,
    rule: Rule,
    use: Use[Encryption] | Use[KeyDerivation] | Use[PasswordHash],
    written: ValueView,
    what: str,
) -> Draft:
    if what == "salt":
        why = "With one salt for all, equal passwords have equal hashes, and one table of guesses serves for everybody."
        advice = "Make a random salt of 16 bytes for every password and keep it beside the hash; password libraries do."
    else:
        why = (
            "With the same key and vector, equal texts become equal ciphertexts; in GCM and CTR two messages give away "
            "their difference, and the key that detects changes."
        )
        advice = "Make a random vector for every message (12 bytes for GCM, 16 for CBC) and send it before the ciphertext."
    return told(
        rule,
        use.span,
        f"The {what} is always the same.",
        why=why,
        advice=advice,
        step=f"used as {what}",
        before=(Step(written.span, "a constant", "source"),),
        certain=True,
        reason="it is made of constants alone",
        subject=what,
        verification=(Request("Process the same value twice.", "", "The results differ."),),
        endpoint=context.first_endpoint(use.fid),
    )


STATIC_IV_OR_SALT = PlainCheck(
    id="static-iv-or-salt",
    title="A nonce, vector or salt repeats",
    cwe=329,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-11.3.4",),
    find=_find,
    related=(323, 759, 760, 1204),
)
