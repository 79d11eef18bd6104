"""The other side of a connection must be who it says."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.settings import (
    Use,
    branch_conditions,
    evaluate,
    is_development_branch,
    is_development_name,
)
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import in_file, spot
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.settings_concepts import TlsSwitch
from rearguard.program import Entry, Op, SettingsFile, Span, Step
from rearguard.repair.targets import Target

_LAST_NAME = re.compile(r"(\w+)(?:\(\s*\))?\s*$")
_COMMAND = re.compile(
    r"\bcurl\b(?:(?![|;&\n]).)*?\s(?:-\w*k\w*|--insecure)(?=\s|$)|\bwget\b(?:(?![|;&\n]).)*?--no-check-certificate"
)
_CHOICE = re.compile(
    r"self_?signed|insecure|skip|ignore|allow|verif|trust|unauthorized|unsafe|disable|invalid_?cert",
    re.IGNORECASE,
)
_VARIABLES = {
    "NODE_TLS_REJECT_UNAUTHORIZED": ("0", "false"),
    "PYTHONHTTPSVERIFY": ("0",),
    "GIT_SSL_NO_VERIFY": ("1", "true"),
    "strict-ssl": ("false",),
}
_ASSIGNED = re.compile(r"\bNODE_TLS_REJECT_UNAUTHORIZED=['\"]?0")
_ASSIGNED_TO = re.compile(r"([\w$.]+)\s*(?::[^=\n]*)?=(?![=>])")
_CALLED_SO = re.compile(
    r"insecure|unverified|un_?trusted|no_?verif|self_?signed|ignor\w*_?(?:tls|ssl|cert)", re.IGNORECASE
)
_BEFORE = 160
"""Characters before the switch in which the name stands of what is made with it."""
_WHY = (
    "Whoever is on the way can answer in the other side's name, read what is sent, passwords and tokens included, and "
    "change what comes back."
)


class TlsVerificationDisabled:
    """See tls_verification_disabled.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="tls-verification-disabled",
            title="The other side's certificate is not verified",
            cwe=295,
            severity=Severity.HIGH,
            asvs=("v5.0.0-12.3.2",),
            api_top10=("API10:2023",),
            related=(297, 322),
            page=page("tls-verification-disabled"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per connection, client or process that verifies nobody."""
        groups: dict[tuple[str, str], list[tuple[Use[TlsSwitch], Span]]] = {}
        seen: set[tuple[str, int, int]] = set()
        for use in context.uses.of(TlsSwitch):
            part = _switched_off(use)
            if part is None or is_development_branch(context.view, use.fid, use.instr.start):
                continue
            key = (part.path, part.start, part.end)
            if key not in seen:
                seen.add(key)
                groups.setdefault((use.fid, _object(context, use)), []).append((use, part))
        for many in groups.values():
            yield self._draft(context, many)
        yield from self._commands(context)
        for file in context.settings.values():
            yield from self._variables(file)

    def _draft(self, context: Context, many: list[tuple[Use[TlsSwitch], Span]]) -> Draft:
        (use, part), *others = many
        chosen = any(
            taken and _CHOICE.search(text)
            for text, taken in branch_conditions(context.view, use.fid, part.start)
        ) or _is_one_of_two(context, part)
        return spot(
            self.rule,
            part if use.instr.op == Op.COLLECT else use.span,
            f"The {use.concept.what} of the other side is not verified.",
            _WHY,
            "Leave verification on. For a private authority, give its certificate to the client (a CA bundle).",
            "an option decides it: whether operators may choose that is for you to say"
            if chosen
            else "verification is switched off by a constant",
            step="switched off",
            part=part,
            confidence=Confidence.QUESTION if chosen else Confidence.CERTAIN,
            severity=Severity.MEDIUM if chosen else None,
            subject=use.concept.what,
            target=Target(
                "verify-tls", use.fid, use.instr.dst, use.values[-1] if use.values else -1, use.concept
            ),
            verification=(
                Request(
                    "Connect to a server with a certificate that it signed itself.",
                    "",
                    "The connection is refused.",
                ),
            ),
            after=tuple(Step(other.span, "and here", "note") for other, _ in others[:2]),
        )

    def _commands(self, context: Context) -> Iterator[Draft]:
        for place in context.literals.texts():
            if _COMMAND.search(place.text):
                yield spot(
                    self.rule,
                    place.span,
                    "A command fetches over TLS and is told not to verify the other side.",
                    _WHY,
                    "Take the option out; give the command the authority's certificate where it needs one.",
                    "the option stands in the command",
                    subject="command",
                )

    def _variables(self, file: SettingsFile) -> Iterator[Draft]:
        if is_development_name(file.path):
            return
        for entry in file.entries:
            if _is_off(file, entry):
                yield in_file(
                    self.rule,
                    file,
                    entry,
                    "TLS connections verify nobody where this is set.",
                    _WHY,
                    "Take it out. For a private authority, install its certificate (NODE_EXTRA_CA_CERTS, SSL_CERT_FILE).",
                    confidence=Confidence.LIKELY,
                    subject="variable",
                )


def _is_off(file: SettingsFile, entry: Entry) -> bool:
    off = _VARIABLES.get(entry.key)
    if off is not None:
        return entry.text.lower() in off
    if file.kind == "dockerfile":
        return entry.keys[0] == "RUN" and _COMMAND.search(entry.text[:4000]) is not None
    return _ASSIGNED.search(entry.text[:4000]) is not None


def _switched_off(use: Use[TlsSwitch]) -> Span | None:
    """What switches verification off, or `None`."""
    value = use.value
    if value is None:
        return None
    setting = evaluate(value)
    if setting.known and not setting.from_environment and str(setting.value) in use.concept.off:
        return value.span
    last = _LAST_NAME.search(value.source_text)
    return value.span if last is not None and last[1] in use.concept.off else None


def _is_one_of_two(context: Context, part: Span) -> bool:
    """Whether what is made is called insecure, for those who ask for it: `this.insecureAgent = new Agent({...})`."""
    source = context.sources.get(part.path)
    before = source.slice(max(0, part.start - _BEFORE), part.start) if source is not None else ""
    names = _ASSIGNED_TO.findall(before)
    return bool(names) and _CALLED_SO.search(names[-1]) is not None


def _object(context: Context, use: Use[TlsSwitch]) -> str:
    """What is switched: members of one object in one function are one decision."""
    if use.instr.op in (Op.SETATTR, Op.SETITEM):
        first = context.view.definitions(use.fid).get(use.instr.args[0])
        if first is not None:
            return context.text(context.view.span(use.fid, first.start, first.end))
    return f"{use.span.start}:{use.values[-1] if use.values else 0}"
