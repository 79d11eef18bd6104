"""What scripts in pages meet beside `javascript.browser`: their world is not that of a server."""

from rearguard.models.browser.answers import ANSWERS
from rearguard.models.browser.cleaning import CLEANING
from rearguard.models.javascript.browser import BROWSER

__all__ = ["LIBRARIES", "OWN"]

OWN = (ANSWERS, CLEANING)
LIBRARIES = (BROWSER, *OWN)
