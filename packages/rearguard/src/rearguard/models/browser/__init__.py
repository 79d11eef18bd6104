"""What scripts in pages meet besides `javascript.browser`. Their `fetch` asks the server: it is not the server's."""

from rearguard.models.browser.answers import ANSWERS
from rearguard.models.browser.cleaning import CLEANING
from rearguard.models.javascript.browser import BROWSER

__all__ = ["LIBRARIES", "OWN"]

OWN = (ANSWERS, CLEANING)
LIBRARIES = (BROWSER, *OWN)
