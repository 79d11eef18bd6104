"""OWASP API Security Top 10, edition 2023. Source: https://owasp.org/API-Security/editions/2023/en/."""

from dataclasses import dataclass

__all__ = ["ApiRisk", "API_TOP_10", "api_risk"]


@dataclass(frozen=True, slots=True)
class ApiRisk:
    """One of the ten risks."""

    id: str
    """`API1:2023`."""
    name: str
    page: str
    """Last part of the risk's address."""

    @property
    def title(self) -> str:
        """`API1:2023 Broken Object Level Authorization`."""
        return f"{self.id} {self.name}"

    @property
    def url(self) -> str:
        """OWASP's page for the risk."""
        return f"https://owasp.org/API-Security/editions/2023/en/{self.page}/"


API_TOP_10: tuple[ApiRisk, ...] = (
    ApiRisk("API1:2023", "Broken Object Level Authorization", "0xa1-broken-object-level-authorization"),
    ApiRisk("API2:2023", "Broken Authentication", "0xa2-broken-authentication"),
    ApiRisk(
        "API3:2023",
        "Broken Object Property Level Authorization",
        "0xa3-broken-object-property-level-authorization",
    ),
    ApiRisk("API4:2023", "Unrestricted Resource Consumption", "0xa4-unrestricted-resource-consumption"),
    ApiRisk("API5:2023", "Broken Function Level Authorization", "0xa5-broken-function-level-authorization"),
    ApiRisk(
        "API6:2023",
        "Unrestricted Access to Sensitive Business Flows",
        "0xa6-unrestricted-access-to-sensitive-business-flows",
    ),
    ApiRisk("API7:2023", "Server Side Request Forgery", "0xa7-server-side-request-forgery"),
    ApiRisk("API8:2023", "Security Misconfiguration", "0xa8-security-misconfiguration"),
    ApiRisk("API9:2023", "Improper Inventory Management", "0xa9-improper-inventory-management"),
    ApiRisk("API10:2023", "Unsafe Consumption of APIs", "0xaa-unsafe-consumption-of-apis"),
)


def api_risk(id: str) -> ApiRisk:
    """The risk with this id. Raises `KeyError` for an id that the edition does not have."""
    for risk in API_TOP_10:
        if risk.id == id:
            return risk
    raise KeyError(id)
