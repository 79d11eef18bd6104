"""Requests that our application sends: to named places, over checked addresses, with every resource
bounded.
"""

from strongback.outbound.addresses import is_public
from strongback.outbound.policy import OutboundBlockedError, OutboundPolicy, Pin

__all__ = ["OutboundBlockedError", "OutboundPolicy", "Pin", "is_public"]
