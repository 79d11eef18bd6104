"""What is sensitive travels encrypted."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.settings import TextPlace, Use, is_development_branch, is_development_name, option_of
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.sensitive_names import is_sensitive
from rearguard.checks.spots import in_file, spot
from rearguard.findings import Confidence, Rule, Severity
from rearguard.models.concepts import OutboundRequest
from rearguard.models.settings_concepts import Connection
from rearguard.program import Op, SettingsFile, Step

_ADDRESS = re.compile(
    r"(?P<scheme>http|ftp|ldap|redis|amqp|mqtt|smtp|ws|mongodb|postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?)://"
    r"(?P<login>[^\s/@:'\"]*:[^\s/@'\"]+@)?(?P<host>[\w.-]+)(?P<rest>[^\s'\"]*)"
)
_NEAR = re.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|host\.docker\.internal|::1)|"
    r"\.(?:local|localhost|internal|lan|svc|test|example|invalid|cluster\.local|svc\.cluster\.local)$|"
    r"(?:^|\.)example\.(?:com|org|net)$|(?:^|\.)(?:w3|xmlsoap|openxmlformats|purl|schemas\.\w+)\.(?:org|com)$",
    re.IGNORECASE,
)
_PLAIN_SCHEMES = frozenset(("http", "ftp", "ldap", "redis", "amqp", "mqtt", "smtp", "ws"))
_UNENCRYPTED = re.compile(
    r"[?&](?:sslmode=disable|ssl=false|tls=false|useSSL=false|ssl-mode=DISABLED)\b", re.IGNORECASE
)
_CREDENTIAL = re.compile(
    r"authorization|bearer|api_?key|x-api-key|\bauth\s*=|password|secret|access_?token", re.IGNORECASE
)
_ANY_ADDRESS = re.compile(
    r"(?:base_?)?(?:ur[il]|href|link|address|host|endpoint|site|website|homepage|src|origin|domain)",
    re.IGNORECASE,
)
"""Names that say that there is an address, and not of what."""
_NEARBY = 400
"""Characters before a text in which the name of the object stands that it is a member of."""
_WHY = "Whoever is on the way reads it, passwords and tokens included, and can change what comes back."


class CleartextTransmission:
    """See cleartext_transmission.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="cleartext-transmission",
            title="Sensitive data travels in clear",
            cwe=319,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-12.3.1", "v5.0.0-12.2.1"),
            related=(311, 523),
            page=page("cleartext-transmission"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per connection that is not encrypted and carries what should be."""
        for use in context.uses.of(Connection):
            if is_development_branch(context.view, use.fid, use.instr.start):
                continue
            found = self._connection(context, use)
            if found is not None:
                yield found
        requests = {use.values[-1]: use for use in context.uses.of(OutboundRequest) if use.values}
        for place in context.literals.texts():
            reason = _clear_login(place.text)
            if reason and not is_development_name(place.span.path):
                yield self._told(place, reason)
            elif place.instr.dst in requests and requests[place.instr.dst].fid == place.fid:
                yield from self._request(context, requests[place.instr.dst], place)
        yield from self._configured(context)
        for file in context.settings.values():
            yield from self._file(file)

    def _configured(self, context: Context) -> Iterator[Draft]:
        """Addresses that a setting holds, or has where none is set, and that calls with a credential go to."""
        asked: dict[str, list[Use[OutboundRequest]]] = {}
        for use in context.uses.of(OutboundRequest):
            value = use.value
            named = value.instr if value is not None else None
            if named is None or named.op not in (Op.ATTR, Op.LOAD, Op.ITEM):
                continue
            call = context.sources[use.span.path].slice(use.span.start, use.span.end)[:2000]
            if _CREDENTIAL.search(call):
                asked.setdefault(named.name or str(named.value or ""), []).append(use)
        for place in context.literals.texts() if asked else ():
            address = _ADDRESS.match(place.text)
            # A name that stands for any is what a setting is copied from.
            far = address is not None and (_is_far(address["host"]) or address["host"].endswith(".example"))
            if address is None or address["scheme"] != "http" or not far:
                continue
            name = _setting(context, place)
            uses = (use for use in asked.get(name, ()) if _is_setting_of(context, use, name, place))
            use_of = next(uses, None)
            if use_of is None or is_development_name(place.span.path):
                continue
            yield spot(
                self.rule,
                place.span,
                f"Calls with a credential go to {address['host']} over plain HTTP, unless `{name}` says otherwise.",
                _WHY,
                "Use https, also where nothing is set; refuse to send credentials to an address that is not.",
                "the address starts with http:// and a call to it carries a credential",
                step="not encrypted",
                confidence=Confidence.LIKELY,
                subject="address",
                after=[Step(use_of.span, "sent here", "note")],
            )

    def _connection(self, context: Context, use: Use[Connection]) -> Draft | None:
        concept = use.concept
        value = use.value
        host = value.text if value is not None else None
        address = _ADDRESS.match(host or "")
        plain = address["host"] if address is not None else (host or "").partition(":")[0]
        if plain and ("." not in plain or _NEAR.search(plain)):
            return None
        if concept.secure_when and not option_of(use, concept.secure_when).is_absent:
            return None
        function = context.view.linker.code(use.fid)
        called = {each.name for each in function if each.op == Op.ATTR}
        if set(concept.upgrade) & called:
            return None
        if concept.always_clear:
            logs_in = (
                bool({"login", "sendmail", "send_message", "auth"} & called) or concept.what == "terminal"
            )
            if concept.what == "mail server" and "login" not in called:
                return None
            if not logs_in and concept.what != "file server":
                return None
        elif not (host and host.startswith(concept.clear or ("\0",))):
            return None
        return spot(
            self.rule,
            use.span,
            f"The connection to the {concept.what} is not encrypted.",
            _WHY,
            "Use the encrypted form of the protocol, or upgrade the connection before anything is sent.",
            "nothing in this function turns encryption on",
            step="opened in clear",
            confidence=Confidence.LIKELY,
            subject=concept.what,
        )

    def _told(self, place: TextPlace, reason: str) -> Draft:
        return spot(
            self.rule,
            place.span,
            reason,
            _WHY,
            "Use the encrypted form of the address (https, rediss, amqps, sslmode=verify-full).",
            "the address is written out here",
            step="not encrypted",
            subject="address",
        )

    def _request(self, context: Context, use: Use[OutboundRequest], place: TextPlace) -> Iterator[Draft]:
        address = _ADDRESS.match(place.text)
        if address is None or address["scheme"] != "http" or not _is_far(address["host"]):
            return
        call = context.sources[use.span.path].slice(use.span.start, use.span.end)[:2000]
        names = [ValueView(context.view, use.fid, number).source_text for number in use.instr.args[1:]]
        if not _CREDENTIAL.search(call) and not any(is_sensitive(name.rpartition(".")[2]) for name in names):
            return
        yield spot(
            self.rule,
            use.span,
            f"A credential is sent to {address['host']} over plain HTTP.",
            _WHY,
            "Use https; refuse to send credentials to an address that is not.",
            "the address starts with http:// and the call carries a credential",
            step="sent in clear",
            part=place.span,
            confidence=Confidence.LIKELY,
            subject="request",
        )

    def _file(self, file: SettingsFile) -> Iterator[Draft]:
        if is_development_name(file.path) or file.kind == "requirements":
            return
        for entry in file.entries:
            if isinstance(entry.value, str) and "://" in entry.value[:4000]:
                reason = _clear_login(entry.value[:4000])
                if reason:
                    yield in_file(
                        self.rule,
                        file,
                        entry,
                        reason,
                        _WHY,
                        "Use the encrypted form of the address (https, rediss, amqps, sslmode=verify-full).",
                        confidence=Confidence.LIKELY,
                        subject="address",
                    )


def _is_setting_of(context: Context, use: Use[OutboundRequest], name: str, place: TextPlace) -> bool:
    """Whether a name at a call and one at a text are of the same thing, as far as names tell."""
    named = use.value.instr if use.value is not None else None
    code = context.view.linker.code(use.fid)
    if named is not None and named.op == Op.LOAD:
        params = context.view.function(use.fid).params
        if any(each.name == name for each in params) or any(
            i.op == Op.STORE and i.name == name for i in code
        ):
            # A variable of the function: what another one calls so has nothing to do with it.
            return place.fid == use.fid
    if place.span.path == use.span.path or _ANY_ADDRESS.fullmatch(name) is None:
        return True
    holder = (
        context.view.definitions(use.fid).get(named.args[0]) if named is not None and named.args else None
    )
    if holder is None or not holder.name:
        return False
    # `gateway: { url: "http://..." }`, or `url: "http://..."` in `gateway.js`.
    source = context.sources[place.span.path]
    before = source.slice(max(0, place.span.start - _NEARBY), place.span.start)
    return re.search(rf"\b{re.escape(holder.name)}\b", f"{place.span.path} {before}") is not None


def _setting(context: Context, place: TextPlace) -> str:
    """What the setting is called that a text stands for: `SMS_URL: z.string().default("http://...")`."""
    source = context.sources.get(place.span.path)
    if source is None:
        return ""
    begins = source.text.rfind(b"\n", 0, place.span.start) + 1
    line = source.slice(begins, place.span.start)
    named = re.findall(r"([A-Za-z_]\w*)[\"']?\s*(?::(?!:)|=(?!=))", line)
    return named[-1] if named else ""


def _clear_login(text: str) -> str:
    """What is wrong with an address in a text; "" when nothing is."""
    for address in _ADDRESS.finditer(text):
        if not _is_far(address["host"]):
            continue
        if _UNENCRYPTED.search(address["rest"]):
            return f"The connection to {address['host']} has encryption switched off."
        if address["login"] and address["scheme"] in _PLAIN_SCHEMES:
            return f"A login goes to {address['host']} in clear ({address['scheme']}://)."
    return ""


def _is_far(host: str) -> bool:
    """Whether a host is reached over networks of others."""
    return "." in host and not _NEAR.search(host)
