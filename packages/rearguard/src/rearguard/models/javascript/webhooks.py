"""Signatures of what other services report: Stripe, Svix, Standard Webhooks, GitHub.

API references: https://docs.stripe.com/webhooks/signature, https://docs.svix.com/receiving/verifying-payloads/how,
https://github.com/standard-webhooks/standard-webhooks, https://github.com/octokit/webhooks.js#webhooksverify
"""

from rearguard.models.concepts import TokenVerify
from rearguard.models.dsl import Library

__all__ = ["WEBHOOKS"]

WEBHOOKS = Library(
    name="webhooks",
    language="javascript",
    packages=("stripe", "svix", "standardwebhooks", "@octokit/webhooks"),
    types={"Stripe": ("{stripe,stripe.default,stripe.Stripe}()", "stripe")},
    concepts=(
        TokenVerify("Stripe.webhooks.{constructEvent,constructEventAsync}()"),
        TokenVerify("{svix.Webhook,standardwebhooks.Webhook,@octokit/webhooks.Webhooks}().verify()"),
        TokenVerify("@octokit/webhooks.Webhooks().verifyAndReceive()"),
    ),
)
