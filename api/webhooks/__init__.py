"""Telling others: which addresses may be told, what they are told, how it is signed and sent."""

from api.webhooks.addresses import forbidden_host, resolve
from api.webhooks.sending import Sender
from api.webhooks.signing import sign
from api.webhooks.telling import body_of

__all__ = ["Sender", "body_of", "forbidden_host", "resolve", "sign"]
