"""The signature of what is sent: who knows the secret can tell that it came from here, and when."""

import hashlib
import hmac


def sign(secret: str, at: int, body: bytes) -> str:
    """The header `Groklab-Signature` of a body sent at this time, in seconds since 1970.

    `t=<at>,v1=<hex>`: HMAC-SHA256 under the secret of the time in digits, a full stop and the body.
    """
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"
