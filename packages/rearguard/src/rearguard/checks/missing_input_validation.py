"""What clients send must be limited before it is stored."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.access import InputUse, Row
from rearguard.analysis.identity import words
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import by_handler, endpoint_of, handler_id, location, request
from rearguard.checks.mass_assignment import cases
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Op, Step, instructions
from rearguard.repair.targets import Target

MAX_NAMED = 6
_STORED = ("body", "form", "json", "query")
_COUNTS = re.compile(
    r"(?:^|_|\.)(?:amount|price|quantity|qty|total|balance|discount|rate|rating|stock|score|points|credits?|age|limit|"
    r"percent(?:age)?|weight|cost|fee|tax|salary|units?)s?(?:$|_(?:id|in|to|cents)$)",
    re.IGNORECASE,
)
"""Fields whose wrong value costs somebody something: less than nothing, or too much."""
_LIBRARIES = (
    ("python", ("pydantic", "fastapi"), "a pydantic model with `Field(max_length=...)`, `ge` and `le`"),
    ("python", ("marshmallow",), "a marshmallow schema with `validate.Length` and `validate.Range`"),
    ("python", ("cerberus",), "a Cerberus schema with `maxlength`, `min` and `max`"),
    ("python", ("flask_wtf", "wtforms"), "a form with `Length` and `NumberRange` validators"),
    ("javascript", ("joi", "@hapi/joi"), "a Joi schema with `.max()` and `.required()`"),
    ("javascript", ("zod",), "a zod schema with `.max()`, applied with `safeParse`"),
    (
        "javascript",
        ("express-validator",),
        "express-validator chains with `isLength`, and `validationResult`",
    ),
    ("javascript", ("yup",), "a yup schema with `.max()`"),
    ("javascript", ("class-validator",), "a class with class-validator's `@MaxLength` and `@IsInt`"),
    ("javascript", ("ajv",), "a JSON schema with `maxLength`, compiled by Ajv"),
)
_DEFAULT = {
    "python": "a pydantic model with `Field(max_length=...)`, `ge` and `le`",
    "javascript": "a Joi schema with `.max()` and `.required()`",
}


class MissingInputValidation:
    """See missing_input_validation.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-input-validation",
            title="Input is stored without limits",
            cwe=20,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-2.2.1",),
            related=(1284, 915),
            page=page("missing-input-validation"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per handler that stores what it did not check."""
        for row in by_handler(context.matrix):
            stored = [
                u
                for u in row.used
                if u.used_as == "stored" and u.validation == "none" and u.channel in _STORED
            ]
            if (
                stored
                and all(use.name in ("", "*") for use in stored)
                and any(True for _ in cases(context, row))
            ):
                # A body that is stored whole is told as what it lets clients write.
                continue
            if stored:
                names = [u for u in row.used if u.used_as == "identifier" and u.validation == "none"]
                # A text of any length is for an audit; a price of less than nothing is not.
                rule = self.rule
                if not context.is_fragment and not any(_COUNTS.search(words(use.name)) for use in stored):
                    rule = rule.for_audit()
                yield self._draft(context, rule, row, stored, names)

    def _draft(
        self, context: Context, rule: Rule, row: Row, stored: list[InputUse], names: list[InputUse]
    ) -> Draft:
        endpoint = endpoint_of(context, row)
        shown = [_shown(use) for use in stored]
        listed = ", ".join(shown[:MAX_NAMED]) + (
            f" and {len(shown) - MAX_NAMED} more" if len(shown) > MAX_NAMED else ""
        )
        also = (
            f" {', '.join(_shown(u) for u in names[:2])} is used as an identifier in any form."
            if names
            else ""
        )
        steps = [Step(use.span, f"{_shown(use)} is stored as it comes", "source") for use in stored]
        steps.extend(
            Step(use.span, f"{_shown(use)} names a stored object, in any form", "source") for use in names
        )
        finding = Finding(
            rule=rule,
            location=location(context, row),
            message=f"{endpoint.name} stores {listed} without any check of type, length or form.{also}",
            why="Values of the wrong type or size fill the store, break whoever reads them, and carry attacks on to "
            "places that trust stored data.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY if context.is_fragment else Confidence.CERTAIN,
            confidence_reason="no schema, cast, length or pattern limits the value between the request and the store",
            evidence=Evidence(tuple(dict.fromkeys(steps))),
            advice=f"Describe the input with {_library(context, row)}, and answer 400 or 422 before anything else "
            "happens.",
            endpoint=endpoint,
            verification=(
                Request(
                    "Send a value of the wrong type and one that is far too long.",
                    request(endpoint, body=_body(stored)),
                    "400 or 422, and nothing stored.",
                ),
            ),
            subject=endpoint.name,
        )
        return Draft(finding, Target("validate-input", handler_id(row)))


def _shown(use: InputUse) -> str:
    kind = {"body": "body field", "form": "form field", "query": "query parameter", "path": "path parameter"}
    if not use.name or use.name == "*":
        return (
            "the request body" if use.channel in ("body", "json", "form") else f"the request's {use.channel}"
        )
    return f"{kind.get(use.channel, use.channel)} `{use.name}`"


def _body(stored: list[InputUse]) -> str:
    name = next((use.name.partition(".")[0] for use in stored if use.name not in ("", "*")), "value")
    return f'{{"{name}": ["not a text"]}}'


def _library(context: Context, row: Row) -> str:
    """The idiom of the validation library that the project imports, else of the most used one."""
    fid = handler_id(row)
    family = context.view.family(fid) if fid else "python"
    imported = _imports(context)
    for language, names, text in _LIBRARIES:
        if language == family and imported.intersection(names):
            return text
    return _DEFAULT.get(family, _DEFAULT["javascript"])


def _imports(context: Context) -> frozenset[str]:
    """What the project imports, read once for all findings."""
    held = context.notes.get("imports")
    if isinstance(held, frozenset):
        return held
    found: set[str] = set()
    for function in context.view.linker.functions.values():
        for instr in instructions(function.body) if function.kind == "module" else ():
            if instr.op == Op.IMPORT:
                found.add(instr.name.partition(".")[0] if not instr.name.startswith("@") else instr.name)
    context.notes["imports"] = frozenset(found)
    return frozenset(found)
