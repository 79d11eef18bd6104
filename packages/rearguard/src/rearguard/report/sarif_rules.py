"""The static half of a SARIF run: rules, and the taxonomies that they and the results refer to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rearguard.findings import Audience, Confidence, Finding, Rule, Severity
from rearguard.standards import EDITIONS, api_risk, category, requirement, weakness

__all__ = ["LEVELS", "Taxa", "rule_json", "taxa"]

Json = dict[str, Any]

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}

_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
"""`security-severity`: the middle of GitHub's range for each word (over 9.0, 7.0, 4.0, 0.1)."""

_PRECISION = {Confidence.CERTAIN: "high", Confidence.LIKELY: "medium", Confidence.QUESTION: "low"}

_COMPONENTS = {
    "CWE": ("MITRE", "Common Weakness Enumeration", "https://cwe.mitre.org"),
    "OWASP Top 10 2021": ("OWASP", "OWASP Top 10, edition 2021", "https://owasp.org/Top10/2021/"),
    "OWASP Top 10 2025": ("OWASP", "OWASP Top 10, edition 2025", "https://owasp.org/Top10/2025/"),
    "OWASP ASVS": (
        "OWASP",
        "OWASP Application Security Verification Standard 5.0.0",
        "https://github.com/OWASP/ASVS/tree/v5.0.0",
    ),
    "OWASP API Security Top 10 2023": (
        "OWASP",
        "OWASP API Security Top 10, edition 2023",
        "https://owasp.org/API-Security/editions/2023/en/",
    ),
}


@dataclass(frozen=True, slots=True)
class Taxon:
    """A member of a taxonomy."""

    component: str
    id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Taxa:
    """The taxonomies of a run, with the taxa that its rules use."""

    members: tuple[tuple[str, tuple[Taxon, ...]], ...]

    def taxonomies(self) -> list[Json]:
        """`run.taxonomies`."""
        return [_taxonomy(name, taxa) for name, taxa in self.members]

    def components(self) -> list[Json]:
        """`toolComponent.supportedTaxonomies`."""
        return [{"name": name, "index": index} for index, (name, _) in enumerate(self.members)]

    def reference(self, taxon: Taxon) -> Json:
        """A `reportingDescriptorReference` to one taxon."""
        for index, (name, taxa) in enumerate(self.members):
            if name == taxon.component:
                target = {"name": name, "index": index}
                return {"id": taxon.id, "index": taxa.index(taxon), "toolComponent": target}
        raise KeyError(taxon.component)

    def references(self, rule: Rule) -> list[Json]:
        """The taxa of a result of `rule`: the primary CWE first, without the related ones."""
        return [self.reference(taxon) for taxon in _taxa_of(rule)]


def taxa(rules: Iterable[Rule]) -> Taxa:
    """The taxonomies that these rules need."""
    used: dict[str, dict[str, Taxon]] = {name: {} for name in _COMPONENTS}
    for rule in rules:
        for taxon in (*_taxa_of(rule), *(_cwe(number) for number in rule.related)):
            used[taxon.component][taxon.id] = taxon
    return Taxa(
        tuple((name, tuple(sorted(found.values(), key=_natural))) for name, found in used.items() if found)
    )


def rule_json(rule: Rule, findings: Sequence[Finding], known: Taxa) -> Json:
    """A `reportingDescriptor`. Its precision is that of the surest of its findings in this run."""
    primary = weakness(rule.cwe)
    numbers = (rule.cwe, *rule.related)
    confidence = min((one.confidence for one in findings), key=lambda c: c.rank, default=Confidence.LIKELY)
    page = rule.page or f"{rule.title}. See {primary.title}, {primary.url}."
    relations = [
        {"target": known.reference(taxon), "kinds": ["superset" if taxon.component == "CWE" else "relevant"]}
        for taxon in _taxa_of(rule)
    ]
    relations += [{"target": known.reference(_cwe(number)), "kinds": ["relevant"]} for number in rule.related]
    tags = ["security", *(f"external/cwe/cwe-{number}" for number in numbers)]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": _first_paragraph(page) or rule.title},
        "help": {"text": page, "markdown": page},
        "helpUri": primary.url,
        "defaultConfiguration": {
            "level": LEVELS[rule.severity],
            "enabled": rule.audience is Audience.DEFAULT,
        },
        "relationships": relations,
        "properties": {
            "tags": [*tags, *(["audit"] if rule.audience is Audience.AUDIT else [])],
            "cwe": [f"CWE-{number}" for number in numbers],
            "security-severity": _SCORES[rule.severity],
            "precision": _PRECISION[confidence],
            "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[
                LEVELS[rule.severity]
            ],
        },
    }


def _taxa_of(rule: Rule) -> list[Taxon]:
    found = [_cwe(rule.cwe)]
    for edition in EDITIONS:
        entry = category(rule.cwe, edition)
        if entry:
            found.append(Taxon(f"OWASP Top 10 {edition}", entry.id, entry.name, entry.url))
    for id in rule.asvs:
        asked = requirement(id)
        found.append(Taxon("OWASP ASVS", asked.id, asked.label or asked.chapter.name, asked.url))
    for id in rule.api_top10:
        risk = api_risk(id)
        found.append(Taxon("OWASP API Security Top 10 2023", risk.id, risk.name, risk.url))
    return found


def _cwe(number: int) -> Taxon:
    entry = weakness(number)
    return Taxon("CWE", str(number), entry.name or entry.id, entry.url)


def _natural(taxon: Taxon) -> tuple[int, str]:
    return (int(taxon.id) if taxon.id.isdigit() else 0, taxon.id)


def _taxonomy(name: str, members: tuple[Taxon, ...]) -> Json:
    organization, description, url = _COMPONENTS[name]
    return {
        "name": name,
        "organization": organization,
        "shortDescription": {"text": description},
        "informationUri": url,
        "isComprehensive": False,
        "taxa": [
            {"id": taxon.id, "shortDescription": {"text": taxon.name}, "helpUri": taxon.url}
            for taxon in members
        ],
    }


def _first_paragraph(page: str) -> str:
    """The first paragraph of a page that is neither heading nor fence."""
    for block in page.split("\n\n"):
        text = " ".join(block.split())
        if text and not text.startswith(("#", "```", "|")):
            return text
    return ""
