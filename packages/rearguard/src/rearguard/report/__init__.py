"""How to tell people: terminal, Markdown at three levels, HTML, SARIF, JSON. Decides nothing itself."""

from rearguard.report.assurance import assurance_csv, assurance_json, assurance_markdown, print_assurance
from rearguard.report.formats import FORMATS
from rearguard.report.html import render_html
from rearguard.report.json_report import render_json
from rearguard.report.markdown import render_markdown
from rearguard.report.matrix import print_matrix
from rearguard.report.repairs import print_repair, print_repairs, repairs_json, repairs_patch
from rearguard.report.sarif import Provenance, render_sarif
from rearguard.report.terminal import print_review, print_routes
from rearguard.report.write import (
    REPORT_FOLDER,
    ReportPathError,
    write_engagement,
    write_file,
    write_files,
    write_report,
)

__all__ = [
    "FORMATS",
    "assurance_csv",
    "assurance_json",
    "assurance_markdown",
    "print_assurance",
    "render_html",
    "render_json",
    "render_markdown",
    "Provenance",
    "render_sarif",
    "print_matrix",
    "print_repair",
    "print_repairs",
    "print_review",
    "print_routes",
    "repairs_json",
    "repairs_patch",
    "REPORT_FOLDER",
    "ReportPathError",
    "write_engagement",
    "write_file",
    "write_files",
    "write_report",
]
