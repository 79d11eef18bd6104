"""Bodies and uploads have a limit."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.settings import evaluate, is_development_name, option_of
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.concepts import RequestInput
from rearguard.models.settings_concepts import Application, BodyLimit, UploadParser
from rearguard.program import Op
from rearguard.repair.targets import Target

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_BOUNDED = re.compile(
    rb"content.length|max_?(?:content|file|upload|body|request)?_?(?:size|bytes|length)|client_max_body_size|too.large|\b413\b|"
    rb"maxFileSize|fileSize|upload_limit|size_limit|LimitUpload|max_memory_size",
    re.IGNORECASE,
)
MAX_BODY = 50 << 20
"""Bytes from which on a limit of bodies is none."""
_WHY = "One client can fill memory or disk with a few requests, and the service stops for everyone."


class MissingSizeLimit:
    """See missing_size_limit.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-size-limit",
            title="Bodies or uploads of any size are taken in",
            cwe=770,
            severity=Severity.LOW,
            asvs=("v5.0.0-5.2.1",),
            api_top10=("API4:2023",),
            related=(400, 789),
            absence=True,
            page=page("missing-size-limit"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield parsers without a limit, limits that are none, and an application that takes uploads of any size."""
        for use in context.uses.of(UploadParser):
            limit = option_of(use, use.concept.limit)
            if limit.is_absent:
                yield spot(
                    self.rule,
                    use.span,
                    "Uploads of any size are taken in: the parser has no limit.",
                    _WHY,
                    "Give the largest file that is of use as the limit, and the number of files too.",
                    "the options are written out here, without a limit",
                    step="no limit",
                    subject="upload",
                    target=Target("limit-uploads", use.fid, use.instr.dst, concept=use.concept),
                    verification=(
                        Request("Upload a file of a gigabyte.", "", "413, long before all of it was sent."),
                    ),
                )
        yield from self._void(context)
        yield from self._application(context)

    def _void(self, context: Context) -> Iterator[Draft]:
        for use in context.uses.of(BodyLimit):
            value = use.value
            if value is None or is_development_name(use.span.path):
                continue
            setting = evaluate(value)
            if not setting.known or setting.from_environment:
                continue
            size = _bytes(setting.value)
            if setting.value is None or size in (0, float("inf")) or (size is not None and size >= MAX_BODY):
                yield spot(
                    self.rule,
                    use.span,
                    "The limit for the size of bodies is switched off, or so high that it is none.",
                    _WHY,
                    "Set the largest size that is of use; raise it for single routes that need more.",
                    "the limit is written out here",
                    part=value.span,
                    subject="body",
                )

    def _application(self, context: Context) -> Iterator[Draft]:
        apps = [use for use in context.uses.of(Application) if context.view.family(use.fid) == "python"]
        if not apps or context.uses.of(BodyLimit):
            return
        taker = next((fid for fid in context.reach if _takes_uploads(context, fid)), None)
        if taker is None or any(_BOUNDED.search(source.text) for source in context.sources.values()):
            return
        endpoint = context.first_endpoint(taker)
        named = endpoint.name if endpoint is not None else "a handler"
        # A server in front often bounds them, and none of it stands in the program.
        yield spot(
            self.rule.for_audit(),
            apps[0].span,
            f"Uploads of any size are taken in, for instance by {named}: nothing in the program bounds them.",
            _WHY,
            "Set a limit for bodies in the framework, and in the proxy in front.",
            "no setting, check or message about sizes stands in the program; a proxy in front may have a limit",
            step="the application is made here",
            confidence=Confidence.LIKELY,
            subject="upload",
        )


def _takes_uploads(context: Context, fid: str) -> bool:
    function = context.view.function(fid)
    if any("UploadFile" in param.annotation_text for param in function.params):
        return True
    for each in context.view.linker.code(fid):
        if each.op == Op.ATTR and each.name in ("files", "FILES"):
            names = ValueView(context.view, fid, each.dst).names
            rows = context.view.models.value_rows(context.view.family(fid), names, RequestInput)
            if any(concept.channel == "files" for concept, _ in rows):
                # Django bounds what it takes by its own setting.
                return each.name == "files"
    return False


def _bytes(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    match = _SIZE.fullmatch(str(value)[:30])
    return float(match[1]) * _UNITS[match[2].lower()] if match is not None else None
