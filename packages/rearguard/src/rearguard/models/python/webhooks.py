"""Signatures of what other services report: Stripe, Svix, Standard Webhooks.

API references: https://docs.stripe.com/webhooks/signature, https://docs.svix.com/receiving/verifying-payloads/how,
https://github.com/standard-webhooks/standard-webhooks
"""

from rearguard.models.concepts import TokenVerify
from rearguard.models.dsl import Library

__all__ = ["WEBHOOKS"]

WEBHOOKS = Library(
    name="webhooks",
    language="python",
    packages=("stripe", "svix", "standardwebhooks"),
    concepts=(
        TokenVerify("stripe.Webhook.construct_event()"),
        TokenVerify("stripe.WebhookSignature.verify_header()"),
        TokenVerify("stripe.StripeClient().construct_event()"),
        TokenVerify("{svix.webhooks.Webhook,standardwebhooks.webhooks.Webhook}().verify()"),
    ),
)
