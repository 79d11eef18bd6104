"""What the world requires: CWE, OWASP Top 10 and API Top 10, ASVS, SSDF. Facts and links only."""

from rearguard.standards.api_top10 import API_TOP_10, ApiRisk, api_risk
from rearguard.standards.asvs import Chapter, Requirement, chapter, chapters, requirement, requirements
from rearguard.standards.cwe import Weakness, top_25, weakness
from rearguard.standards.owasp import EDITIONS, Category, Edition, Placement, categories, category, placement
from rearguard.standards.ssdf import PRACTICES, Practice, practice

__all__ = [
    "API_TOP_10",
    "ApiRisk",
    "api_risk",
    "Chapter",
    "Requirement",
    "chapter",
    "chapters",
    "requirement",
    "requirements",
    "Weakness",
    "top_25",
    "weakness",
    "EDITIONS",
    "Category",
    "Edition",
    "Placement",
    "categories",
    "category",
    "placement",
    "PRACTICES",
    "Practice",
    "practice",
]
