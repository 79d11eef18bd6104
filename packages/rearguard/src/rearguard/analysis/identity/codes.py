"""What one-time codes are called, and what says of a code that it gives access."""

import re

__all__ = ["BARE_CODE", "CODE", "PROVES", "UNTIL"]

CODE = re.compile(
    r"(?:^|_)(?:otp|totp|mfa|2fa|pin|(?:one_time|verification|confirmation|reset|sms|login|auth)_?(?:code|pin|password))(?:_|$)"
)
"""Names that only such codes have."""
BARE_CODE = re.compile(r"^(?:code|pin|otp|digits|pass_?code)$")
"""Names that other codes have too."""
PROVES = re.compile(
    r"otp|verif|invit|reset|recover|forgot|confirm|activat|2fa|mfa|login|log_in|sign_?in|sms|pin\b"
)
"""What says of a bare `code` that it gives access, and is no country's or currency's."""
UNTIL = re.compile(r"(?:^|_)(?:until|expir\w*|valid_(?:to|until))(?:_|$)")
"""Fields that say when something ends."""
