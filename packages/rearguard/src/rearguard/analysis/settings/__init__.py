"""What options say: where concepts are used, and what the options given there are."""

from rearguard.analysis.settings.browser import browser_modules
from rearguard.analysis.settings.environment import (
    Setting,
    branch_conditions,
    evaluate,
    is_development_branch,
    is_development_name,
    is_on,
)
from rearguard.analysis.settings.folders import Folder, Folders
from rearguard.analysis.settings.kept_elsewhere import kept_elsewhere
from rearguard.analysis.settings.literals import HeaderWritten, Literals, TextPlace, text_parts
from rearguard.analysis.settings.options import Option, entry, option, option_of
from rearguard.analysis.settings.uses import Use, Uses

__all__ = [
    "Folder",
    "Folders",
    "HeaderWritten",
    "Literals",
    "TextPlace",
    "text_parts",
    "Option",
    "Setting",
    "Use",
    "Uses",
    "branch_conditions",
    "browser_modules",
    "entry",
    "evaluate",
    "is_development_branch",
    "kept_elsewhere",
    "is_development_name",
    "is_on",
    "option",
    "option_of",
]
