"""Servers of OAuth in Node, what they let clients do; challenges of passkeys; what providers
of identities say.

References: https://github.com/panva/node-oidc-provider/blob/main/docs/README.md,
https://node-oauthoauth2-server.readthedocs.io/en/master/api/oauth2-server.html, https://github.com/jaredhanson/oauth2orize,
https://simplewebauthn.dev/docs/packages/server, https://github.com/node-saml/node-saml,
https://github.com/panva/openid-client, https://github.com/panva/oauth4webapi
"""

from rearguard.models.dsl import Library
from rearguard.models.issuer_concepts import (
    AddressJudge,
    AssertionRule,
    ChallengeMade,
    GrantOffered,
    GrantRegistration,
    IssuerRule,
    NonceCheck,
)

__all__ = ["AUTHORIZATION_SERVERS"]

_PROVIDER = "{oidc-provider,oidc-provider.Provider}"
_SAML = "{@node-saml/node-saml.SAML,@node-saml/passport-saml.Strategy,passport-saml.Strategy}"
_SERVER = "{@node-oauth/oauth2-server,oauth2-server}"

AUTHORIZATION_SERVERS = Library(
    name="node-authorization-servers",
    language="javascript",
    packages=(
        "oidc-provider",
        "@node-oauth/oauth2-server",
        "oauth2-server",
        "oauth2orize",
        "@simplewebauthn/server",
        "@node-saml/node-saml",
        "openid-client",
    ),
    types={
        "Party": ("openid-client.{Issuer.discover(),Issuer()}.Client()",),
        "Server": ("oauth2orize.createServer()",),
        "Given": (f"{_SERVER}()",),
    },
    concepts=(
        IssuerRule(f"{_PROVIDER}(1).ttl.AuthorizationCode", what="code-life", default=60),
        IssuerRule(f"{_PROVIDER}(1).ttl.RefreshToken", what="refresh-life"),
        IssuerRule(f"{_PROVIDER}(1).rotateRefreshToken", what="rotation"),
        IssuerRule(f"{_PROVIDER}(1).rotateRefreshToken", what="renewed"),
        IssuerRule(f"{_PROVIDER}(1).rotateRefreshToken", what="family", default=True),
        IssuerRule(f"{_PROVIDER}(1).pkce.required", what="pkce"),
        IssuerRule(f"{_PROVIDER}(1).pkce.methods", what="pkce-methods"),
        IssuerRule(f"{_PROVIDER}(1).responseTypes", what="response-types"),
        IssuerRule(f"{_PROVIDER}(1).features.{{dPoP,mTLS}}", what="bound"),
        IssuerRule(f"{_SERVER}(0).authorizationCodeLifetime", what="code-life", default=300),
        IssuerRule(f"{_SERVER}(0).refreshTokenLifetime", what="refresh-life", default=1_209_600),
        IssuerRule(f"{_SERVER}(0).alwaysIssueNewRefreshToken", what="renewed", default=True),
        IssuerRule(f"{_SERVER}(0).enablePlainPKCE", what="pkce-plain", default=False),
        IssuerRule("Given.authorize(2).authorizationCodeLifetime", what="code-life", default=300),
        IssuerRule("Given.token(2).alwaysIssueNewRefreshToken", what="renewed", default=True),
        AddressJudge("Server.{authorize,authorization}(0:)"),
        GrantRegistration("Server.{grant,exchange}(-1)"),
        GrantOffered("oauth2orize.{grant,exchange}.{code,authorizationCode}()", kind="code"),
        GrantOffered("oauth2orize.grant.{token,implicit}()", kind="implicit"),
        GrantOffered("oauth2orize.exchange.password()", kind="password"),
        GrantOffered("oauth2orize.exchange.clientCredentials()", kind="client"),
        GrantOffered("oauth2orize.exchange.refreshToken()", kind="refresh"),
        AssertionRule(f"{_SAML}(0).wantAssertionsSigned", what="assertions"),
        AssertionRule(f"{_SAML}(0).wantAuthnResponseSigned", what="responses"),
        AssertionRule(f"{_SAML}(0).validateInResponseTo", what="asked"),
        NonceCheck("openid-client.authorizationCodeGrant()", nonce="(2).expectedNonce"),
        NonceCheck("Party.{callback,oauthCallback}()", nonce="(2).nonce"),
        NonceCheck(
            "oauth4webapi.processAuthorizationCodeResponse()",
            nonce="(3).expectedNonce",
            off=("oauth4webapi.expectNoNonce",),
        ),
        NonceCheck("express-openid-connect.auth()"),
        ChallengeMade(
            "@simplewebauthn/server.{generateAuthenticationOptions,generateRegistrationOptions}()",
            given="(0).challenge",
            size=32,
        ),
    ),
)
