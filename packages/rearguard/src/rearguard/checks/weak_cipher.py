"""Ciphers, modes and protocols that are broken must not be used."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context, Draft
from rearguard.checks.ciphers import cipher, named
from rearguard.checks.own_ciphers import own_ciphers
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import Encryption, TlsVersion
from rearguard.program import Op, Span

_MODE = re.compile(r"(?:^|[ _\-.])ecb(?:$|[ _\-])")
_CIPHER = re.compile(
    r"(?:^|[ _\-])(?:des(?:-?ede3?)?|des3|3des|tripledes|rc2|rc4|arc4|arc2|bf|blowfish|cast5?|idea|seed|xor|rabbit|null)"
    r"(?:$|[ _\-])"
)
_OLD_TLS = re.compile(
    r"(?:^|_)(?:ssl_?v?[23]|ssl_?v?23_unused|tls_?v?1(?:[._]?[01])?)(?:_method|_client_method|_server_method)?$",
    re.I,
)
_ALLOWED = re.compile(r"^OP_NO_(SSLv[23]|TLSv1(?:_1)?|COMPRESSION)$")
_NO_PADDING = re.compile(r"rsa_no_padding")
_PADDING = re.compile(r"PKCS1v15\s*\(")
_ECB = (
    "Equal blocks of text become equal blocks of ciphertext, so patterns stay visible, and blocks can be swapped and "
    "repeated unnoticed."
)
_PASSPHRASE = (
    "The library's function that takes a passphrase derives the key so fast that whoever has the ciphertext tries "
    "billions of passphrases a second, and nothing detects changes."
)
_WORKS = re.compile(r"crypt|cipher", re.IGNORECASE)
_READS = re.compile(r"decrypt|decipher", re.IGNORECASE)
MAX_STEPS = 40
"""Values looked at on the way from a cipher to what is done with it."""
_VERIFY = (Request("Encrypt the same text twice and compare.", "", "The two differ in every block."),)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    found = [(use, problem) for use in context.uses.of(Encryption) if (problem := _problem(context, use))]
    readers = {id(use) for use, _ in found if _only_reads(context, use)}
    written = {(use.span.path, problem[2]) for use, problem in found if id(use) not in readers}
    for use, problem in found:
        # What reads back what the same file writes changes with that, and only after it.
        if id(use) not in readers or (use.span.path, problem[2]) not in written:
            yield told(
                rule,
                use.span,
                problem[0],
                why=problem[1],
                advice="Use AES-256-GCM or ChaCha20-Poly1305 with a random key from a secret store and a fresh nonce for "
                "every message.",
                step="the cipher is chosen here",
                certain=True,
                reason="the call names it",
                subject=problem[2],
                verification=_VERIFY,
                endpoint=context.first_endpoint(use.fid),
            )
    for fid, span, kind in own_ciphers(context):
        yield _own(context, rule, fid, span, kind)
    told_in: set[tuple[str, str]] = set()
    for setting in context.uses.of(TlsVersion):
        # The options of one context are mended together, by leaving its defaults alone.
        drafts = list(_versions(context, rule, setting))
        receiver = context.text(setting.span).partition(".options")[0]
        place = (setting.fid, receiver)
        if place not in told_in:
            yield from drafts
        if ".options" in context.text(setting.span):
            told_in.update(place for _ in drafts)


def _own(context: Context, rule: Rule, fid: str, place: Span, kind: str) -> Draft:
    name = context.view.function(fid).name.rpartition(".")[2]
    return told(
        rule,
        place,
        f"`{name}` is a cipher of the program's own: {_OWN[kind][0]}.",
        why=_OWN[kind][1],
        advice="Use a library's authenticated encryption: Fernet or AES-GCM (`cryptography`), `secretbox` (NaCl), "
        "`aes-256-gcm` of Node, with a random key from a secret store.",
        step=_OWN[kind][0],
        certain=False,
        reason="the function's name says that it encrypts, and it calls nothing that does",
        subject="own cipher",
        verification=_VERIFY,
        endpoint=context.first_endpoint(fid),
    )


_OWN = {
    "xor": (
        "letters are combined with those of a key by XOR",
        "The key repeats, or serves for the next text too: from two texts, or one that is known in part, the key follows.",
    ),
    "letters": (
        "letters are moved on in the alphabet",
        "There are as many keys as letters; they are tried in no time.",
    ),
    "encoding": (
        "what it is given is written in another way, with no key",
        "Whoever sees the result undoes it by one call, and it looks protected to whoever reads the code.",
    ),
}


def _only_reads(context: Context, use: Use[Encryption]) -> bool:
    """Whether the cipher that a call makes does nothing but decrypt, as far as its function shows."""
    definitions, users = context.view.definitions(use.fid), context.destinations.users(use.fid)
    callee = definitions.get(use.instr.args[0]) if use.instr.args else None
    named = {callee.name} if callee is not None else set[str]()
    pending, seen = [use.instr.dst], set[int]()
    while pending and len(seen) < MAX_STEPS:
        value = pending.pop()
        if value in seen:
            continue
        seen.add(value)
        for user in users.get(value, ()):
            if user.op == Op.ATTR:
                named.add(user.name)
            elif user.op == Op.STORE:
                loads = (one for one in definitions.values() if one.op == Op.LOAD and one.name == user.name)
                pending.extend(load.dst for load in loads)
            elif user.op in (Op.CALL, Op.NEW) and value in user.args[1:]:
                # The mode is handed to what makes the cipher.
                pending.append(user.dst)
    jobs = {"decrypt" if _READS.search(name) else "encrypt" for name in named if _WORKS.search(name)}
    return jobs == {"decrypt"}


def _problem(context: Context, use: Use[Encryption]) -> tuple[str, str, str] | None:
    name = cipher(context, use)
    if _MODE.search(name):
        return (
            "Data is encrypted in ECB mode.",
            _ECB,
            "ecb",
        )
    if _NO_PADDING.search(name):
        return (
            "Data is encrypted with RSA and no padding.",
            "Equal texts become equal ciphertexts, and whoever has one makes others that decrypt to what they choose.",
            "padding",
        )
    if (name.startswith("rsa-pkcs1") and not _signs(context, use)) or "rsa_pkcs1_padding" in name:
        return (
            "Data is encrypted with RSA and PKCS #1 v1.5 padding.",
            "Whoever can ask whether the padding was right decrypts messages with some ten thousand questions.",
            "pkcs1",
        )
    if _CIPHER.search(name):
        return (
            f"Data is encrypted with {name.strip().split(' ')[0].upper()}, a cipher that is no longer safe.",
            "Its key or block is too small for the computers of today, or its output gives away what went in.",
            "cipher",
        )
    passphrase = use.concept.passphrase
    if passphrase:
        given = option_of(use, passphrase).value
        if given is not None and (not use.concept.algorithm or _is_text(context, given)):
            return (
                "The encryption key is derived from a passphrase by one round of MD5.",
                _PASSPHRASE,
                "passphrase",
            )
    return None


def _signs(context: Context, use: Use[Encryption]) -> bool:
    """Whether the padding is made for a signature, which this one is fit for."""
    if context.text(use.span).endswith(".new") or not _PADDING.search(context.text(use.span)):
        return False
    definitions = context.view.definitions(use.fid)
    takers = [
        definitions.get(user.args[0])
        for user in context.destinations.users(use.fid).get(use.instr.dst, ())
        if user.op == Op.CALL
    ]
    return not any(callee is not None and _WORKS.search(callee.name) for callee in takers)


def _is_text(context: Context, value: ValueView) -> bool:
    """Whether a key is given as text, not as bytes that were parsed."""
    found = context.matrix.origins.resolved(value.fid, value.value)
    if found is None:
        return False
    instr = found[1]
    if instr.op in (Op.CONST, Op.JOIN):
        return True
    if instr.op in (Op.ATTR, Op.ITEM):
        base = context.text(context.view.span(found[0], instr.start, instr.end))
        return base.startswith(("process.env", "config.", "process.env["))
    return instr.op == Op.LOGIC and "process.env" in context.text(
        context.view.span(found[0], instr.start, instr.end)
    )


def _versions(context: Context, rule: Rule, use: Use[TlsVersion]) -> Iterator[Draft]:
    values = list(use.selected)
    for key in use.row.keys:
        values = [inner for value in values if (inner := value.key(key)) is not None]
    for value in values:
        old = [name for name in _allowed(context, value) or [named(value)] if _is_old(name)]
        if old:
            yield told(
                rule,
                use.span,
                f"{_version(old[0])} is allowed for connections.",
                why="Its weaknesses are known and tools exploit them: whoever stands between can read or change what is "
                "sent.",
                advice="Allow TLS 1.2 and 1.3 only, which is what the defaults of current versions do.",
                step="the version is set here",
                certain=True,
                reason="the setting names it",
                subject="tls",
                verification=(
                    Request(
                        "Connect with `openssl s_client -tls1`.", "", "The server refuses the handshake."
                    ),
                ),
            )


def _is_old(name: str) -> bool:
    spelled = name.removeprefix("PROTOCOL_").removeprefix("OP_NO_")
    return _OLD_TLS.search(spelled) is not None or spelled == "COMPRESSION"


def _version(name: str) -> str:
    spelled = name.removeprefix("PROTOCOL_").removeprefix("OP_NO_").replace("_method", "")
    return (
        "Compression of TLS"
        if spelled == "COMPRESSION"
        else spelled.replace("v1_1", " 1.1").replace("v1", " 1.0")
    )


def _allowed(context: Context, value: ValueView) -> list[str]:
    """Versions that `options &= ~OP_NO_...` allows again."""
    instr = value.instr
    if instr is None or instr.op != Op.BINARY or not instr.name.startswith("&"):
        return []
    found: list[str] = []
    for number in instr.args:
        inner = ValueView(context.view, value.fid, number).instr
        if inner is not None and inner.op == Op.UNARY and inner.name == "~":
            name = named(ValueView(context.view, value.fid, inner.args[0]))
            if _ALLOWED.match(name):
                found.append(name)
    return found


WEAK_CIPHER = PlainCheck(
    id="weak-cipher",
    title="A broken cipher, mode or protocol is used",
    cwe=327,
    severity=Severity.HIGH,
    asvs=("v5.0.0-11.3.1", "v5.0.0-11.3.2"),
    find=_find,
    related=(326, 757, 780),
)
