"""Other sites must not be able to change data in the name of whoever visits them."""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import groupby

from rearguard.analysis.access import Row
from rearguard.analysis.access.forgery import OWN_LIFTED, TOKEN_LEFT_OUT, cookies_of, unused_guards
from rearguard.analysis.access.guards import INLINE, Check
from rearguard.analysis.settings import is_development_name, option_of
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.endpoints import by_handler, contrast, endpoint_of, first_line, location
from rearguard.checks.requests import curl, filled_path
from rearguard.checks.skipped_checks import passed_by_names, skipped_by_address
from rearguard.checks.twin_cookies import Twin, both_missing
from rearguard.findings import Confidence, Endpoint, Finding, Request, Rule, Severity
from rearguard.models.concepts import SecretUse
from rearguard.models.settings_concepts import Application, CookieWrite
from rearguard.program import Evidence, Span, Step

_ADVICE = {
    "flask": "Register Flask-WTF's `CSRFProtect(app)` and send its token with every form and script request.",
    "django": "Take `csrf_exempt` away and send `{% csrf_token %}` with the form.",
    "express": "Put a token check such as `csrf-csrf` behind the session, and send the token with every form.",
}
MAX_NAMED = 6
_SENT = "The cookie of the sessions goes along with other sites' requests, as is said here"
_GENERAL = (
    "Ask for a token that only the own pages know, or refuse requests whose `Sec-Fetch-Site` or `Origin` is "
    "another site."
)
_ON_GET = "Change data on POST alone, and ask there for a token that only the own pages know."


class MissingCsrfProtection:
    """See missing_csrf_protection.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-csrf-protection",
            title="Another site can change data in its visitors' name",
            cwe=352,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-3.5.1",),
            related=(1275, 650),
            absence=True,
            page=page("missing-csrf-protection"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per handler that a cookie alone authorises to change something."""
        if context.is_fragment:
            return
        rows = tuple(context.matrix)
        for fid in unused_guards(context.matrix):
            yield self._unused(context, fid, rows)
        for place, loose, saved in passed_by_names(context, rows):
            yield self._by_name(context, place, loose, saved)
        for twin in both_missing(context):
            yield self._both_missing(context, twin)
        for fid in skipped_by_address(context, rows):
            yield self._skipped(context, fid, rows)
        missing = list(by_handler(row for row in rows if row.csrf.state == "missing" and not row.public))
        by_itself = told_of_gets(rows)
        # What a GET request changes has another repair than what one place says for all.
        missing = [row for row in missing if not _is_get(row) or row in by_itself]
        lifted = [row for row in missing if row.csrf.reason == OWN_LIFTED]
        for place, several in groupby(sorted(lifted, key=_cause), _cause):
            yield self._everywhere(
                context, place, list(several), "The framework's check is switched off here"
            )
        missing = [row for row in missing if row not in lifted]
        exempt = [row for row in missing if _exempted(row) is not None]
        for place, several in groupby(sorted(exempt, key=_exempted_at), _exempted_at):
            yield self._everywhere(
                context, place, list(several), "All routes of a router are taken out of the check here"
            )
        missing = [row for row in missing if row not in exempt]
        left_out = [row for row in missing if row.csrf.reason == TOKEN_LEFT_OUT]
        for span, several in groupby(sorted(left_out, key=_token_asked), _token_asked):
            yield self._left_out(span, context, list(several))
        missing = [row for row in missing if row not in left_out]
        if any(row.csrf.state == "protected" and _checked(row) for row in rows):
            yield from self._beside(context, missing, rows)
            return
        together = [row for row in missing if not _is_lifted(row) and not _is_get(row)]
        begun = _sessions_begin(context, together)
        if begun is not None:
            place, sent = begun
            yield self._everywhere(context, place, together, _SENT if sent else "Sessions begin here")
            missing = [row for row in missing if row not in together]
        # Where nothing checks any request, one repair mends all that stand in a file.
        files: dict[str, list[Row]] = {}
        for row in missing:
            files.setdefault("" if _is_lifted(row) else location(context, row).path, []).append(row)
        for path, many in files.items():
            for row in many if not path else many[:1]:
                yield self._draft(context, row, rows, many[1:] if path else [])

    def _beside(self, context: Context, missing: list[Row], rows: tuple[Row, ...]) -> Iterator[Draft]:
        """Handlers without what others have: where that stands before the routers of those, one finding for the
        routers of a file that it does not stand before."""
        open_mounts: dict[Span, list[Row]] = {}
        files, some = _guarded_mounts(rows)
        for row in missing:
            mount = row.endpoint.mounts[-1] if row.endpoint.mounts else None
            if mount is None or mount in some or mount.path not in files or _is_lifted(row) or _is_get(row):
                yield self._draft(context, row, rows)
            else:
                open_mounts.setdefault(mount, []).append(row)
        # One line before them all mends those of a file.
        for _, mounts in groupby(sorted(open_mounts), lambda mount: mount.path):
            first, *others = mounts
            several = [row for mount in (first, *others) for row in open_mounts[mount]]
            more = f", nor before {len(others)} more" if others else ""
            yield self._everywhere(
                context,
                first_line(context, first),
                several,
                f"What others are guarded by stands not before this router{more}",
            )

    def _draft(self, context: Context, row: Row, rows: tuple[Row, ...], others: Iterable[Row] = ()) -> Draft:
        endpoint = endpoint_of(context, row)
        place = location(context, row)
        on_get = endpoint.method in ("GET", "HEAD")
        kept = [other for other in rows if other.csrf.state == "protected"]
        lifted = _is_lifted(row)
        sure = lifted or row.authentication.state == "required"
        steps = (
            Step(place, f"a cookie says who calls, and {row.csrf.reason}", "note"),
            *row.csrf.evidence,
            *(Step(location(context, other), "so does this", "note") for other in others),
        )
        also = ", ".join(f"{other.endpoint.method} {other.endpoint.path}" for other in others)
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"{endpoint.name} changes data for whoever the session cookie names, and {row.csrf.reason}."
            + (f" The same holds for {also}." if also else ""),
            why="Browsers send the cookie with requests that any other page causes, so a page that a user merely "
            "visits can do this in the user's name.",
            severity=self.rule.severity,
            confidence=Confidence.CERTAIN if sure else Confidence.LIKELY,
            confidence_reason=_confidence(lifted, on_get),
            evidence=Evidence(steps, contrast(kept, "is protected")),
            advice=_ON_GET if on_get else _ADVICE.get(endpoint.framework, _GENERAL),
            endpoint=endpoint,
            verification=(_request(endpoint),),
            subject=endpoint.name,
        )
        return Draft(finding)

    def _everywhere(
        self, context: Context, place: Span, rows: list[Row], what: str = "Sessions begin here"
    ) -> Draft:
        """What one place says for several handlers, as that which sets their session up."""
        names = [f"{row.endpoint.method} {row.endpoint.path}" for row in rows]
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        first = endpoint_of(context, rows[0])
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"{what}, and no request that changes data is checked: {', '.join(names[:MAX_NAMED])}"
            f"{more}.",
            why="Browsers send the session's cookie with requests that any other page causes, so a page that a user "
            "merely visits can do all this in the user's name.",
            severity=self.rule.severity,
            confidence=Confidence.CERTAIN
            if any(row.authentication.state == "required" for row in rows)
            else Confidence.LIKELY,
            confidence_reason=_confidence(False, False),
            evidence=Evidence(
                (
                    Step(place, "a cookie says who calls from here on", "note"),
                    *(
                        Step(location(context, row), f"and {row.csrf.reason} here", "sink")
                        for row in rows[:12]
                    ),
                )
            ),
            advice=_ADVICE.get(first.framework, _GENERAL),
            endpoint=first,
            verification=(_request(first),),
            subject="sessions",
        )
        return Draft(finding)

    def _left_out(self, place: Span, context: Context, rows: list[Row]) -> Draft:
        """A token that is compared only where one is sent: whoever forges a request sends none."""
        names = [f"{row.endpoint.method} {row.endpoint.path}" for row in rows]
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        first = endpoint_of(context, rows[0])
        finding = Finding(
            rule=self.rule,
            location=place,
            message="A form's token is compared here only where one was sent, and a request without any is taken: "
            f"{', '.join(names[:MAX_NAMED])}{more}.",
            why="Another site's page leaves the field out, and its visitors' cookies do the rest.",
            severity=self.rule.severity,
            confidence=Confidence.CERTAIN,
            confidence_reason="the refusal stands under a test that a token is there",
            evidence=Evidence(
                (
                    Step(place, "refused only with a wrong token, not without one", "guard"),
                    *(
                        Step(location(context, row), "a change that this is to protect", "sink")
                        for row in rows[:6]
                    ),
                )
            ),
            advice="Refuse where the token is absent too: compare what was sent, with an empty text for nothing.",
            endpoint=first,
            verification=(_request(first),),
            subject="token left out",
        )
        return Draft(finding)

    def _by_name(self, context: Context, place: Span, loose: str, saved: Row) -> Draft:
        """A test of the origin that other names pass too."""
        first = endpoint_of(context, saved)
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"What is to refuse other sites' requests {loose}.",
            why="Whoever registers such a name sends requests from it with the cookies of this service's users.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason="the test of the origin stands here, and it stands before changes that a cookie authorises",
            evidence=Evidence((Step(place, "the origin is compared in part", "guard"),)),
            advice="Compare the whole origin, scheme and port included, with a list of those that are allowed, and refuse where "
            "none is sent.",
            endpoint=first,
            verification=(_request(first),),
            subject="origin",
        )
        return Draft(finding)

    def _both_missing(self, context: Context, twin: Twin) -> Draft:
        """A cookie and a header that are compared, and may both be missing."""
        first = endpoint_of(context, twin.row)
        finding = Finding(
            rule=self.rule,
            location=twin.place,
            message=f'A request with neither the header "{twin.header}" nor the cookie "{twin.cookie}" passes this test: nothing '
            "is the same as nothing.",
            why="Another site's form sends no such header, and whoever has not opened a page that sets the cookie has none: the "
            "form is taken for one of the own pages'.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason="the two are compared as they come, and no refusal asks if one of them is there",
            evidence=Evidence((Step(twin.place, "both may be missing", "guard"),)),
            advice="Refuse first where the cookie or the header is missing or empty, and then where they differ.",
            endpoint=first,
            verification=(_request(first),),
            subject=twin.cookie,
        )
        return Draft(finding)

    def _skipped(self, context: Context, fid: str, rows: tuple[Row, ...]) -> Draft:
        """A framework's check that a project passes by where the address says so."""
        function = context.view.linker.functions[fid]
        place = context.view.span(fid, function.start, function.name_end)
        saved = [row for row in rows if row.csrf.state == "protected"]
        first = endpoint_of(context, saved[0])
        finding = Finding(
            rule=self.rule,
            location=place,
            message="The check against forged requests is passed by where the address says so, and whoever forges a request writes "
            "its address.",
            why="Another page's form adds the parameter, and is taken for one of the own pages'.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason="what is returned before the framework's check depends on a query parameter",
            evidence=Evidence((Step(place, "returns before the check where a parameter is there", "guard"),)),
            advice="Leave the check on for all, and let pages that are shown in frames send the token in a header or field.",
            endpoint=first,
            verification=(_request(first),),
            subject="passed by",
        )
        return Draft(finding)

    def _unused(self, context: Context, fid: str, rows: tuple[Row, ...]) -> Draft:
        """A check against forgery that the project has and runs nowhere."""
        function = context.view.linker.functions[fid]
        defined = Span(context.view.linker.module_of[fid], function.name_start, function.name_end)
        beside = next(
            (link.span for row in rows for link in row.endpoint.chain if link.how != "decorator"), None
        )
        place = first_line(context, beside or defined)
        name = function.name.rpartition(".")[2]
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"`{name}` refuses requests without the session's token, and the application runs it for no route.",
            why="Browsers send the session's cookie with requests that any other page causes, and nothing tells these "
            "from the own pages' requests.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason="the check is written, and it is in the chain of no route",
            evidence=Evidence(
                (
                    Step(defined, f"`{name}` asks for the token", "note"),
                    Step(place, "the application's middleware, without it", "sink"),
                )
            ),
            advice=f"Add `{name}` to the application's middleware, behind the session's.",
            verification=(Request("Send a form without its token.", "", "403, and nothing changed."),),
            subject=name,
        )
        return Draft(finding)


def told_of_gets(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The changes on GET that are told as what can be forged, each by itself. Where one place says for others that
    nothing is asked of them, a change on GET is told as what it is, and mended at its handler."""
    rows = tuple(rows)
    missing = [row for row in rows if row.csrf.state == "missing" and not row.public]
    gets = tuple(row for row in missing if _is_get(row))
    if len(gets) == len(missing):
        return gets
    if not any(row.csrf.state == "protected" and _checked(row) for row in rows):
        return ()
    return tuple(row for row in gets if row.csrf.reason != OWN_LIFTED and _exempted(row) is None)


def _is_get(row: Row) -> bool:
    return row.endpoint.method in ("GET", "HEAD")


def _token_asked(row: Row) -> Span:
    return row.csrf.evidence[0].span


def _sessions_begin(context: Context, rows: list[Row]) -> tuple[Span, bool] | None:
    """Where the application sets its sessions up, if several handlers rest on them, and whether it is said there that
    other sites send the cookie; `None` where one handler, one file or a cookie of the project's own is all there is."""
    if len(rows) < 2 or any(row.surface is None for row in rows):
        return None
    names = {name for row in rows if row.surface is not None for name in cookies_of(row.surface)}
    if names:
        sent = _cookie_sent(context, names)
        return None if sent is None else (sent, True)
    kept = sorted(
        (use for use in context.uses.of(CookieWrite) if use.concept.session), key=lambda use: use.span
    )
    if kept:
        said = option_of(kept[0], kept[0].concept.same_site).value if kept[0].concept.same_site else None
        if said is not None and _is_sent(said.const):
            return said.span, True
        return first_line(context, kept[0].span), False
    made = sorted(use.span for use in context.uses.of(Application) if not is_development_name(use.span.path))
    if not made or len({location(context, row).path for row in rows}) < 2:
        return None
    keys = (use.span for use in context.uses.of(SecretUse) if use.concept.what == "signing key")
    return first_line(context, min((key for key in keys if key.path == made[0].path), default=made[0])), False


def _cookie_sent(context: Context, names: Collection[str]) -> Span | None:
    """Where a cookie of the project's own, by which callers are known, is set for other sites' requests too."""
    for use in context.uses.of(CookieWrite):
        concept = use.concept
        if not concept.name or not concept.same_site or option_of(use, concept.name).const not in names:
            continue
        said = option_of(use, concept.same_site)
        if _is_sent(said.const):
            # The options may stand in one place for several cookies.
            return first_line(context, said.value.span if said.value is not None else use.span)
    return None


def _is_sent(setting: object) -> bool:
    """Whether a setting says that a cookie goes along with what other sites send."""
    return setting is False or (isinstance(setting, str) and setting.lower() == "none")


def _guarded_mounts(rows: Iterable[Row]) -> tuple[frozenset[str], frozenset[Span]]:
    """Files where routers are mounted behind a check against forgery, and mounts under which something has one."""
    rows = tuple(rows)
    names = {check.name for row in rows if _checked(row) for check in _against_forgery(row)}
    under: dict[Span, list[bool]] = {}
    for row in rows:
        for mount in row.endpoint.mounts:
            has = any(link.label in names for link in row.endpoint.chain)
            under.setdefault(mount, []).append(has)
    files = {mount.path for mount, held in under.items() if all(held)}
    return frozenset(files), frozenset(mount for mount, held in under.items() if any(held))


def _against_forgery(row: Row) -> Iterator[Check]:
    checks = row.surface.checks if row.surface is not None else ()
    return (check for check in checks if check.kind == "csrf" and check.name != INLINE)


def _cause(row: Row) -> Span:
    return row.csrf.evidence[0].span


def _exempted(row: Row) -> Span | None:
    """Where the whole router of a handler is taken out of a check that the application has."""
    links = row.endpoint.chain if _is_lifted(row) else ()
    return next((link.span for link in links if link.how == "exemption"), None)


def _exempted_at(row: Row) -> Span:
    return _exempted(row) or row.endpoint.span


def _is_lifted(row: Row) -> bool:
    return "csrf" in (row.surface.exempt if row.surface else ())


def _checked(row: Row) -> bool:
    """Whether something of the program refuses what other sites send, which may be missing elsewhere; a test that one
    handler makes for itself is no such thing."""
    return any(True for _ in _against_forgery(row))


def _confidence(lifted: bool, on_get: bool) -> str:
    if lifted:
        return "the check that guards the rest of the application is switched off for this handler"
    if on_get:
        return "the caller is known by a cookie, and links and images send it with a GET request"
    return "the caller is known by a cookie, and no token, header, cookie setting or content type guards the change"


def _request(endpoint: Endpoint) -> Request:
    options = ["-H", "'Origin: https://other.example'", "-b", '"$SESSION_COOKIE"']
    return Request(
        "Send the request with a session's cookie and another site's origin, without a token.",
        curl(endpoint, filled_path(endpoint.path, {}), options),
        "403, and nothing changed.",
    )
