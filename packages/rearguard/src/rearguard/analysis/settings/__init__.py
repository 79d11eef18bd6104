"""What options say: where concepts are used, and what the options given there are."""

from rearguard.analysis.settings.options import Option, entry, option, option_of
from rearguard.analysis.settings.uses import Use, Uses

__all__ = ["Option", "Use", "Uses", "entry", "option", "option_of"]
