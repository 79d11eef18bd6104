"""Servers of OAuth in Python, what they let clients do; challenges of passkeys; what
providers of identities say.

References: https://django-oauth-toolkit.readthedocs.io/en/stable/settings.html,
https://docs.authlib.org/en/stable/oauth2/authorization-server/, https://django-rest-framework-simplejwt.readthedocs.io/en/stable/settings.html,
https://duo-labs.github.io/py_webauthn/, https://developers.yubico.com/python-fido2/,
https://pysaml2.readthedocs.io/en/latest/howto/config.html, https://github.com/SAML-Toolkits/python3-saml
"""

from rearguard.models.dsl import Library
from rearguard.models.issuer_concepts import (
    AssertionRule,
    ChallengeMade,
    ExactAddresses,
    GrantOffered,
    GrantRegistration,
    IssuerRule,
    NonceCheck,
    OpenIdClient,
)

__all__ = ["AUTHORIZATION_SERVERS"]

_TOOLKIT = "@settings.OAUTH2_PROVIDER"
_GRANTS = "{authlib.oauth2.rfc6749.grants,authlib.oauth2.rfc6749}"

AUTHORIZATION_SERVERS = Library(
    name="authorization_servers",
    language="python",
    packages=(
        *("oauth2_provider", "authlib", "rest_framework_simplejwt", "webauthn", "fido2", "onelogin", "saml2"),
    ),
    types={
        "Server": (
            "authlib.integrations.{flask_oauth2,django_oauth2}.AuthorizationServer()",
            "authlib.oauth2.AuthorizationServer()",
        ),
        "Saml": ("onelogin.saml2.auth.OneLogin_Saml2_Auth",),
        "Party": ("saml2.config.{Config,SPConfig}()",),
        "Clients": ("authlib.integrations.{flask_client,starlette_client,django_client}.OAuth()",),
        "Passkeys": ("fido2.server.Fido2Server()",),
    },
    concepts=(
        IssuerRule(_TOOLKIT, what="code-life", key="AUTHORIZATION_CODE_EXPIRE_SECONDS", default=60),
        IssuerRule(_TOOLKIT, what="rotation", key="ROTATE_REFRESH_TOKEN", default=True),
        IssuerRule(_TOOLKIT, what="family", key="REFRESH_TOKEN_REUSE_PROTECTION", default=False),
        IssuerRule(_TOOLKIT, what="grace", key="REFRESH_TOKEN_GRACE_PERIOD_SECONDS", default=0),
        IssuerRule(_TOOLKIT, what="pkce", key="PKCE_REQUIRED"),
        IssuerRule(_TOOLKIT, what="pkce-strict", key="COMPLIANT_BCP_RFC9700_PKCE_METHOD", default=False),
        IssuerRule(_TOOLKIT, what="no-implicit", key="COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT", default=False),
        IssuerRule(_TOOLKIT, what="no-password", key="COMPLIANT_BCP_RFC9700_PASSWORD_GRANT", default=False),
        IssuerRule(_TOOLKIT, what="wildcards", key="ALLOW_URI_WILDCARDS", default=False),
        # The end moves with each access token, so that a number here is none for all uses together.
        IssuerRule(_TOOLKIT, what="refresh-slides", key="REFRESH_TOKEN_EXPIRE_SECONDS"),
        IssuerRule("@settings.SIMPLE_JWT", what="refresh-life", key="REFRESH_TOKEN_LIFETIME"),
        IssuerRule("@settings.SIMPLE_JWT", what="renewed", key="ROTATE_REFRESH_TOKENS", default=False),
        IssuerRule("authlib.oauth2.rfc7636.CodeChallenge(0|required)", what="pkce-public", default=True),
        ExactAddresses("authlib.integrations.sqla_oauth2.OAuth2ClientMixin"),
        GrantRegistration("Server.register_grant(0)"),
        GrantOffered(f"{_GRANTS}.AuthorizationCodeGrant", kind="code"),
        GrantOffered(f"{_GRANTS}.ImplicitGrant", kind="implicit"),
        GrantOffered(f"{_GRANTS}.ResourceOwnerPasswordCredentialsGrant", kind="password"),
        GrantOffered(f"{_GRANTS}.ClientCredentialsGrant", kind="client"),
        GrantOffered(f"{_GRANTS}.RefreshTokenGrant", kind="refresh"),
        AssertionRule("Saml(1|old_settings).strict", what="strict"),
        AssertionRule("Saml(1|old_settings).security.wantAssertionsSigned", what="assertions"),
        AssertionRule("Saml(1|old_settings).security.wantMessagesSigned", what="responses"),
        AssertionRule("Party.load(0).service.sp.want_assertions_signed", what="assertions", lenient=True),
        AssertionRule("Party.load(0).service.sp.want_response_signed", what="responses", lenient=True),
        AssertionRule(
            "Party.load(0).service.sp.want_assertions_or_response_signed", what="either", lenient=True
        ),
        AssertionRule("Party.load(0).service.sp.allow_unsolicited", what="unsolicited"),
        NonceCheck("Clients.*.parse_id_token()", nonce="(1|nonce)"),
        OpenIdClient("Clients.register(client_kwargs).scope"),
        ChallengeMade(
            "webauthn.{generate_authentication_options,generate_registration_options}()",
            given="(challenge)",
            size=64,
        ),
        ChallengeMade("Passkeys.{authenticate_begin,register_begin}()", given="(challenge)", size=32),
    ),
)
