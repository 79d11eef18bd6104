"""Numbers that harm a person when stolen are stored encrypted, or not at all."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.sensitive_names import is_personal_field, is_seed
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Rule, Severity
from rearguard.program import Class, Field, Span, Step

_COLUMN = re.compile(r"(?:^|[.\s@])(?:\w*Column|\w*Field|mapped_column|Prop|Property)\s*\(", re.IGNORECASE)
_TYPE = re.compile(
    r"^\s*(?:\{\s*type:\s*)?(?:(?:String|Number)(?!\s*\()|(?:DataTypes|Sequelize|Schema\.Types|mongoose)\.\w+)\b|\.(?:string|text|varchar)\("
)
_SHOWN = re.compile(r"iban|bank_?account|medical_?record|diagnos[ie]s", re.IGNORECASE)
"""What a service is there to show and pay with: its database keeps that apart, not a cipher."""
_ENCRYPTED = re.compile(
    r"encrypt|cipher|fernet|vault|token|hash|transformer|pgp_sym|masked|fld_?enc", re.IGNORECASE
)


class SensitiveDataInClear:
    """See sensitive_data_in_clear.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="sensitive-data-in-clear",
            title="Sensitive fields are stored in clear",
            cwe=312,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-14.2.4",),
            related=(311, 359),
            page=page("sensitive-data-in-clear"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per stored class or schema."""
        for path, module in context.view.linker.modules.items():
            for cls in module.classes.values():
                places = [
                    (field.name, Span(path, field.start, field.end))
                    for field in cls.fields
                    if _is_kept_apart(field.name) and _is_column(context, path, cls, field)
                ]
                owner = cls.name.rpartition(".")[2]
                if places:
                    yield self._draft(owner, places)
                for field in cls.fields:
                    if (
                        is_seed(field.name)
                        and _is_column(context, path, cls, field)
                        and not _is_sealed(context, field.name)
                    ):
                        yield self._seed(owner, field.name, Span(path, field.start, field.end))
        yield from self._schemas(context)

    def _schemas(self, context: Context) -> Iterator[Draft]:
        """Maps of field names to types: `new Schema({ ssn: String })`, `define("User", { ssn: DataTypes.STRING })`."""
        for fid, instr in context.literals.maps():
            places: list[tuple[str, Span]] = []
            for key, number in zip(instr.keys, instr.args, strict=False):
                if key and _is_kept_apart(key):
                    value = ValueView(context.view, fid, number)
                    text = value.source_text
                    if _TYPE.search(text) and not _ENCRYPTED.search(text):
                        places.append((key, value.span))
                elif key and is_seed(key) and not _is_sealed(context, key):
                    value = ValueView(context.view, fid, number)
                    if _TYPE.search(value.source_text) and not _ENCRYPTED.search(value.source_text):
                        yield self._seed("the schema", key, value.span)
            if places:
                yield self._draft("the schema", places)

    def _seed(self, owner: str, name: str, place: Span) -> Draft:
        return spot(
            self.rule,
            place,
            f"{name} is stored in clear in {owner}.",
            "Whoever reads the database or a backup computes the codes of every account from it, and the second factor is "
            "none any more. Unlike a password it cannot be kept as a hash.",
            "Encrypt it with a key that the database does not hold (AES-GCM, Fernet, a key service), and decrypt it where a "
            "code is verified.",
            "the column's type is plain, its name says what it holds, and nothing encrypts it",
            step="a plain column",
            confidence=Confidence.LIKELY,
            severity=Severity.LOW,
            subject=name,
        )

    def _draft(self, owner: str, places: list[tuple[str, Span]]) -> Draft:
        names = [name for name, _ in places]
        listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
        card = any(re.search(r"cv[vc]", name, re.IGNORECASE) for name in names)
        advice = "Encrypt the field with a key that the database does not hold, or keep a provider's token in its place."
        if card:
            advice = (
                "Never store a card's security code; have the payment provider keep the card, and store its token. "
                + advice
            )
        return spot(
            self.rule,
            places[0][1],
            f"{listed} {'are' if len(names) > 1 else 'is'} stored in clear in {owner}.",
            "Whoever reads the database, a backup or a replica has them; they cannot be changed as a password can.",
            advice,
            "the column's type is plain and its name says what it holds",
            step="a plain column",
            confidence=Confidence.LIKELY,
            subject=names[0],
            after=[Step(place, "and here", "note") for _, place in places[1:4]],
        )


def _is_sealed(context: Context, name: str) -> bool:
    """Whether what a field holds is encrypted before it is stored, or decrypted when it is read, somewhere."""
    spelled = re.escape(name)
    sealed = re.compile(
        rf"(?:crypt|cipher|seal|protect|fernet|vault)\w*[(<][^\n;]{{0,120}}\b{spelled}\b|"
        rf"\b{spelled}\b[\"']?\s*[:=][^\n;]{{0,80}}(?:crypt|cipher|seal|protect|fernet|vault)",
        re.IGNORECASE,
    )
    key = f"sealed {name}"
    if key not in context.notes:
        context.notes[key] = any(
            sealed.search(source.text.decode("utf-8", "replace"))
            for source in context.sources.values()
            if name.encode() in source.text
        )
    return bool(context.notes[key])


def _is_column(context: Context, path: str, cls: Class, field: Field) -> bool:
    source = context.sources.get(path)
    if source is None:
        return False
    text = source.slice(field.start, field.end)
    decorators = [
        context.view.text(ValueView(context.view, f"{path}::{cls.name}", number).span)
        for number in field.decorators
    ]
    text = " ".join((text, *decorators))
    if _ENCRYPTED.search(text):
        return False
    body = source.slice(cls.start, cls.end)
    is_form = re.search(
        r"\((?:[\w.]*\.)?(?:Form|ModelForm|FlaskForm|Serializer|ModelSerializer|Schema|BaseModel)\)",
        body[:200],
    )
    return _COLUMN.search(text) is not None and is_form is None


def _is_kept_apart(name: str) -> bool:
    """Whether a field holds what is to be encrypted, or not to be kept at all."""
    return is_personal_field(name) and _SHOWN.search(name) is None
