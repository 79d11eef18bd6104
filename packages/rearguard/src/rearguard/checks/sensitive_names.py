"""Names that say what a value holds: credentials, cards, numbers of persons."""

import re

__all__ = ["is_personal_field", "is_sensitive"]

_SENSITIVE = re.compile(
    r"passw(?:or)?d|passphrase|(?:^|_)pwd(?:$|_)|(?:^|_)pass(?:$|_)|(?:^|_)secret(?:$|_key|_access)|client_secret|private_key|"
    r"api_?key|access_key|secret_key|(?:^|_)token$|(?:access|refresh|id|auth|session|reset|bearer|csrf|api|login)_token|"
    r"(?:^|_)jwt(?:$|_token)|credit_?card|card_(?:number|no|num)$|(?:^|_)cvv2?(?:$|_)|(?:^|_)cvc(?:$|_)|(?:^|_)ssn(?:$|_)|"
    r"social_security|(?:^|_)pin_?code|(?:^|_)(?:reset|recovery|login|activation|verification|one_time|magic)_code$|(?:^|_)otp(?:$|_code)|totp_(?:code|secret)|mfa_(?:code|secret)|^authorization$|"
    r"^credentials$|connection_string"
)
_SAFE = re.compile(
    r"hash|_id$|_ids$|_type$|_name$|count|len(?:gth)?$|_url$|_uri$|endpoint|expir|_ttl|policy|_field|label|_path$|_file$|"
    r"exist|(?:^|_)(?:is|has|no|needs|require[sd]?|use|uses|with|show|hide|check|verify|validate|change|changed|forgot)_|valid|"
    r"required|reset$|changed|hint|prefix|index|error|status|strength|attempt|mask|redact|hidden|public|"
    r"(?:^|_)(?:max|min|num|n|total|usage|limit|input|output|prompt|completion)_|_limit|header|schema|class|manager|service|"
    r"provider|module|method|algorithm|version|key_id|arn$|_at$|date|enabled|disabled|_length|_rules?$|template|subject|"
    r"message|event|csrf|_re$|regex|pattern|config|settings|options|next_|page_|sync_|device_|push_|fcm|continuation|cancel"
)
_PERSONAL = re.compile(
    r"(?:^|_)ssn(?:$|_)|social_security(?:_number|_no)?|credit_card(?:_number|_no|_num)?$|card_number|cc_number|"
    r"(?:^|_)cvv2?$|(?:^|_)cvc$|card_cvv|passport_(?:number|no)|national_id(?:_number)?$|bank_account(?:_number|_no)?$|"
    r"(?:^|_)iban$|driver_?licen[sc]e(?:_number|_no)?$|medical_record(?:_number)?$|(?:^|_)diagnos[ie]s$"
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.-]+")


def _snake(name: str) -> str:
    return _WORDS.sub("_", name).lower()


def is_sensitive(name: str) -> bool:
    """Whether a value of this name must not be written where many read."""
    if len(name) > 60:
        return False
    snake = _snake(name)
    return _SENSITIVE.search(snake) is not None and _SAFE.search(snake) is None


def is_personal_field(name: str) -> bool:
    """Whether a stored field of this name holds a number that harms a person when it is stolen."""
    snake = _snake(name)
    return (
        len(name) <= 60
        and _PERSONAL.search(snake) is not None
        and not re.search(r"last_?(?:4|four)|hash|encrypt|mask|token", snake)
    )
