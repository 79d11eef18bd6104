"""What is wrong: one check a file, its page beside it. The tuple is the registry, in the order of reports."""

from rearguard.checks.api_key_in_clear import API_KEY_IN_CLEAR
from rearguard.checks.archive_extraction import ArchiveExtractionCheck
from rearguard.checks.authentication_bypass import AUTHENTICATION_BYPASS
from rearguard.checks.base import Check, Context, Draft
from rearguard.checks.cache_poisoning import CACHE_POISONING
from rearguard.checks.cleartext_transmission import CleartextTransmission
from rearguard.checks.client_controlled_identity import ClientControlledIdentity
from rearguard.checks.code_injection import CODE_INJECTION
from rearguard.checks.command_injection import COMMAND_INJECTION
from rearguard.checks.container_hygiene import ContainerHygiene
from rearguard.checks.cookies import COOKIE_SAMESITE, COOKIE_WITHOUT_HTTPONLY, INSECURE_COOKIE
from rearguard.checks.cors_misconfiguration import CorsMisconfiguration
from rearguard.checks.cross_site_scripting import CROSS_SITE_SCRIPTING
from rearguard.checks.csv_injection import CSV_INJECTION
from rearguard.checks.database_hygiene import DatabaseHygiene
from rearguard.checks.debug_mode import DebugMode
from rearguard.checks.default_credentials import DEFAULT_CREDENTIALS
from rearguard.checks.directory_listing import DirectoryListed
from rearguard.checks.error_exposure import ErrorExposure
from rearguard.checks.excessive_data_exposure import ExcessiveDataExposure
from rearguard.checks.exposed_console import ExposedConsole
from rearguard.checks.format_string import FORMAT_STRING
from rearguard.checks.graphql_introspection import GraphqlIntrospection
from rearguard.checks.hardcoded_key import HARDCODED_KEY
from rearguard.checks.hardcoded_secret import HARDCODED_SECRET
from rearguard.checks.header_injection import HEADER_INJECTION
from rearguard.checks.incorrect_authorization import IncorrectAuthorization
from rearguard.checks.insecure_direct_object_reference import InsecureDirectObjectReference
from rearguard.checks.jwt_missing_claims import JWT_MISSING_CLAIMS
from rearguard.checks.jwt_unverified import JWT_UNVERIFIED
from rearguard.checks.ldap_injection import LDAP_INJECTION
from rearguard.checks.log_injection import LOG_INJECTION
from rearguard.checks.mail_injection import MAIL_INJECTION
from rearguard.checks.mass_assignment import MassAssignment
from rearguard.checks.mfa_misuse import MFA_MISUSE
from rearguard.checks.missing_authentication import MissingAuthentication
from rearguard.checks.missing_authorization import MissingAuthorization
from rearguard.checks.missing_csrf_protection import MissingCsrfProtection
from rearguard.checks.missing_input_validation import MissingInputValidation
from rearguard.checks.missing_pagination import MissingPagination
from rearguard.checks.missing_rate_limit import MISSING_RATE_LIMIT
from rearguard.checks.missing_security_logging import MissingSecurityLogging
from rearguard.checks.missing_size_limit import MissingSizeLimit
from rearguard.checks.missing_timeout import MissingTimeout
from rearguard.checks.nosql_injection import NOSQL_INJECTION
from rearguard.checks.oauth_misuse import OAUTH_MISUSE
from rearguard.checks.open_redirect import OPEN_REDIRECT
from rearguard.checks.path_traversal import PATH_TRAVERSAL
from rearguard.checks.plaintext_password import PLAINTEXT_PASSWORD
from rearguard.checks.predictable_random import PREDICTABLE_RANDOM
from rearguard.checks.protective_headers import ContentSecurityPolicy, SecurityHeaders
from rearguard.checks.prototype_pollution import PROTOTYPE_POLLUTION
from rearguard.checks.regex_denial_of_service import REGEX_DENIAL_OF_SERVICE
from rearguard.checks.regex_injection import REGEX_INJECTION
from rearguard.checks.reversible_password import REVERSIBLE_PASSWORD
from rearguard.checks.sensitive_data_in_clear import SensitiveDataInClear
from rearguard.checks.sensitive_data_in_log import SensitiveDataInLog
from rearguard.checks.server_side_request_forgery import SERVER_SIDE_REQUEST_FORGERY
from rearguard.checks.session_expiration import SESSION_EXPIRATION
from rearguard.checks.session_fixation import SESSION_FIXATION
from rearguard.checks.sql_injection import SQL_INJECTION
from rearguard.checks.state_change_on_get import StateChangeOnGet
from rearguard.checks.static_iv_or_salt import STATIC_IV_OR_SALT
from rearguard.checks.swallowed_error import SwallowedError
from rearguard.checks.template_injection import TEMPLATE_INJECTION
from rearguard.checks.timing_unsafe_comparison import TIMING_UNSAFE_COMPARISON
from rearguard.checks.tls_verification_disabled import TlsVerificationDisabled
from rearguard.checks.token_in_url import TOKEN_IN_URL
from rearguard.checks.trust_boundary_violation import TRUST_BOUNDARY_VIOLATION
from rearguard.checks.unpinned_dependency import UnpinnedDependency
from rearguard.checks.unrestricted_upload import UNRESTRICTED_UPLOAD
from rearguard.checks.unsafe_deserialisation import UNSAFE_DESERIALISATION
from rearguard.checks.unsafe_reflection import UNSAFE_REFLECTION
from rearguard.checks.user_enumeration import USER_ENUMERATION
from rearguard.checks.weak_cipher import WEAK_CIPHER
from rearguard.checks.weak_hash import WEAK_HASH
from rearguard.checks.weak_key import WEAK_KEY
from rearguard.checks.weak_password_hash import WEAK_PASSWORD_HASH
from rearguard.checks.weak_password_policy import WEAK_PASSWORD_POLICY
from rearguard.checks.weak_recovery import WEAK_RECOVERY
from rearguard.checks.websocket_without_origin_check import WebsocketWithoutOriginCheck
from rearguard.checks.workflow_hygiene import WorkflowHygiene
from rearguard.checks.xml_external_entity import XmlExternalEntity
from rearguard.checks.xpath_injection import XPATH_INJECTION

__all__ = ["CHECKS", "Check", "Context", "Draft"]

CHECKS: tuple[Check, ...] = (
    SQL_INJECTION,
    COMMAND_INJECTION,
    CODE_INJECTION,
    PATH_TRAVERSAL,
    CROSS_SITE_SCRIPTING,
    TEMPLATE_INJECTION,
    SERVER_SIDE_REQUEST_FORGERY,
    OPEN_REDIRECT,
    UNSAFE_DESERIALISATION,
    NOSQL_INJECTION,
    LDAP_INJECTION,
    XPATH_INJECTION,
    XmlExternalEntity(),
    ArchiveExtractionCheck(),
    UNRESTRICTED_UPLOAD,
    UNSAFE_REFLECTION,
    PROTOTYPE_POLLUTION,
    FORMAT_STRING,
    HEADER_INJECTION,
    MAIL_INJECTION,
    LOG_INJECTION,
    CSV_INJECTION,
    REGEX_INJECTION,
    REGEX_DENIAL_OF_SERVICE,
    TRUST_BOUNDARY_VIOLATION,
    CACHE_POISONING,
    MissingAuthentication(),
    MissingAuthorization(),
    IncorrectAuthorization(),
    InsecureDirectObjectReference(),
    ClientControlledIdentity(),
    MassAssignment(),
    ExcessiveDataExposure(),
    MissingCsrfProtection(),
    StateChangeOnGet(),
    WebsocketWithoutOriginCheck(),
    MissingInputValidation(),
    ErrorExposure(),
    SwallowedError(),
    PLAINTEXT_PASSWORD,
    MISSING_RATE_LIMIT,
    JWT_UNVERIFIED,
    JWT_MISSING_CLAIMS,
    SESSION_FIXATION,
    WEAK_PASSWORD_POLICY,
    TIMING_UNSAFE_COMPARISON,
    REVERSIBLE_PASSWORD,
    WEAK_RECOVERY,
    USER_ENUMERATION,
    AUTHENTICATION_BYPASS,
    SESSION_EXPIRATION,
    TOKEN_IN_URL,
    OAUTH_MISUSE,
    MFA_MISUSE,
    API_KEY_IN_CLEAR,
    HARDCODED_SECRET,
    HARDCODED_KEY,
    DEFAULT_CREDENTIALS,
    WEAK_PASSWORD_HASH,
    WEAK_HASH,
    WEAK_CIPHER,
    WEAK_KEY,
    STATIC_IV_OR_SALT,
    PREDICTABLE_RANDOM,
    DebugMode(),
    TlsVerificationDisabled(),
    CleartextTransmission(),
    ExposedConsole(),
    DirectoryListed(),
    CorsMisconfiguration(),
    INSECURE_COOKIE,
    COOKIE_WITHOUT_HTTPONLY,
    COOKIE_SAMESITE,
    SecurityHeaders(),
    ContentSecurityPolicy(),
    SensitiveDataInLog(),
    SensitiveDataInClear(),
    MissingSizeLimit(),
    MissingSecurityLogging(),
    GraphqlIntrospection(),
    MissingTimeout(),
    MissingPagination(),
    DatabaseHygiene(),
    UnpinnedDependency(),
    ContainerHygiene(),
    WorkflowHygiene(),
)
