"""Names that say what a value holds: credentials, cards, numbers of persons."""

import re

__all__ = ["is_personal_field", "is_private_matter", "is_private_number", "is_seed", "is_sensitive"]

_SENSITIVE = re.compile(
    r"passw(?:or)?d|passphrase|(?:^|_)pwd(?:$|_)|(?:^|_)pass(?:$|_)|(?:^|_)secret(?:$|_key|_access)|client_secret|private_key|"
    r"api_?key|access_key|secret_key|(?:^|_)token$|(?:access|refresh|id|auth|session|reset|bearer|csrf|api|login)_token|"
    r"(?:^|_)jwt(?:$|_token)|credit_?card|card_(?:number|no|num)$|(?:^|_)cvv2?(?:$|_)|(?:^|_)cvc(?:$|_)|(?:^|_)ssn(?:$|_)|"
    r"social_security|(?:^|_)pin_?code|(?:^|_)(?:reset|recovery|login|activation|verification|one_time|magic)_code$|(?:^|_)otp(?:$|_code)|totp_(?:code|secret)|mfa_(?:code|secret)|^authorization$|"
    r"^credentials$|connection_string"
)
_SAFE = re.compile(
    r"hash|_id$|_ids$|_type$|_name$|count|len(?:gth)?$|_url$|_uri$|endpoint|expir|_ttl|policy|_field|label|_path$|_file$|"
    r"exist|(?:^|_)(?:is|has|no|needs|require[sd]?|use|uses|with|show|hide|check|verify|validate|change|changed|forgot|"
    r"should|can|did|does|returns?)_|valid|"
    r"required|reset$|changed|hint|prefix|index|error|status|strength|attempt|mask|redact|hidden|public|"
    r"(?:^|_)(?:max|min|num|n|total|usage|limit|input|output|prompt|completion)_|_limit|header|schema|class|manager|service|"
    r"provider|module|method|algorithm|version|key_id|arn$|_at$|date|enabled|disabled|_length|_rules?$|template|subject|"
    r"message|event|csrf|_re$|regex|pattern|config|settings|options|next_|page_|sync_|device_|push_|fcm|continuation|cancel|"
    r"_env$|_(?:env_)?var(?:iable)?$|(?:first|single|multi|one|two|per|each)_pass(?:$|_)|(?:^|_)pass_(?:rate|through|thru|chars|number)"
)
_PERSONAL = re.compile(
    r"(?:^|_)ssn(?:$|_)|social_security(?:_number|_no)?|credit_card(?:_number|_no|_num)?$|card_number|cc_number|"
    r"(?:^|_)cvv2?$|(?:^|_)cvc$|card_cvv|passport_(?:number|no)|national_id(?:_number)?$|bank_account(?:_number|_no)?$|"
    r"(?:^|_)iban$|driver_?licen[sc]e(?:_number|_no)?$|medical_record(?:_number)?$|(?:^|_)diagnos[ie]s$"
)
_PRIVATE = re.compile(
    r"(?:^|_)(?:salary|salaries|wage|wages|pay_?(?:rate|grade)|hourly_rate|base_pay|net_pay|gross_pay|bonus_amount|net_worth|"
    r"annual_income|monthly_income|income|credit_score)$|"
    r"(?:^|_)(?:bank_?(?:account|details|no|number)(?:_(?:number|no))?|iban|account_(?:number|no)|sort_code|routing_number)$|"
    r"(?:^|_)(?:tax_?(?:id|no|number|code)|national_?(?:id|number|no|insurance\w*)|social_?(?:insurance|security)\w*|ssn|personal_?number|"
    r"passport\w*|id_?card(?:_(?:no|number))?|driv\w*_?licen[sc]e\w*|insurance_?(?:no|number|id))$|"
    r"(?:^|_)(?:birth_?(?:date|day)|date_of_birth|dob|born(?:_on)?|birth)$|"
    r"(?:^|_)(?:home|private|residential|street)_?address$|(?:^|_)(?:private|personal|home)_?(?:phone|mobile|email|mail)$|"
    r"(?:^|_)(?:health|medical|allerg\w*|diagnos[ie]s|medication\w*|disabilit\w*|welfare|religion|ethnicity|blood_type)"
    r"(?:_?(?:notes?|info|details|record|history|remarks?|conditions?))?$|"
    r"(?:^|_)(?:last_?|login_?|client_?|remote_?|signup_?)+ip(?:_?addr\w*)?$|"
    r"(?:^|_)(?:emergency_contact\w*|next_of_kin|disciplinary\w*)$"
)
"""What of a person others of the same service have no business with: pay, accounts, numbers, birth, home, health."""
_NUMBERS = re.compile(
    r"insurance|tax_|national_?i|social_|ssn|passport|licen[sc]e|iban|bank_|account_n|health|medical|allerg|diagnos|medicat|"
    r"salary|wage|income$|blood_type"
)
_OF_A_MACHINE = re.compile(
    r"(?:^|_)(?:min|max|cluster|index|shard|node|replica|server|service|system|container|pod|host|db|database|disk|api|"
    r"app|worker|queue|pool|battery|device|target|backend|upstream|stream|connection|job)_?health"
)
"""Machines have a health too."""
_CODES = re.compile(
    r"(?:^|_)(?:gate|door|alarm|key_?box|lock_?box|locker|safe|wifi|wi_fi|entry|access|pickup|join)_?(?:code|pin|password|key)$"
)
"""What opens a place."""
_SEEDS = re.compile(
    r"(?:^|_)(?:totp|otp|hotp|mfa|2fa|tfa|two_?factor|two_?fa|second_?factor|authenticator)_?(?:auth\w*_)?(?:secret|seed|shared_secret)$"
)
"""What codes of a second factor are computed from."""
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


def is_seed(name: str) -> bool:
    """Whether a stored field of this name holds what the codes of a second factor are computed from."""
    return _SEEDS.search(_snake(name)) is not None


def is_private_number(name: str) -> bool:
    """Whether a value of this name is a number or a finding about a person that no log should keep."""
    return is_personal_field(name) or (is_private_matter(name) and _NUMBERS.search(_snake(name)) is not None)


def is_private_matter(name: str) -> bool:
    """Whether a stored field of this name says of a person what is nobody else's business, or opens a place."""
    snake = _snake(name)
    if len(name) > 40 or re.search(r"hash|encrypt|mask|last_?(?:4|four)|visib|public", snake):
        return False
    if _OF_A_MACHINE.search(snake) is not None:
        return False
    return _PRIVATE.search(snake) is not None or _CODES.search(snake) is not None or is_personal_field(name)
