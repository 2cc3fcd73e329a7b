"""Scopes of tokens, and how a secret is known again without being kept."""

import hashlib
from typing import Literal, get_args

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Each one may do what those before it may."""


def allows(held: Scope, needed: Scope) -> bool:
    """Whether a token of scope `held` may do what needs `needed`."""
    return SCOPES.index(held) >= SCOPES.index(needed)


def digest_of(secret: str) -> str:
    """SHA-256 of a secret, in hexadecimal.

    Slow hashes with a salt are for passwords, which can be guessed. A secret of a token has 256 random bits:
    nobody finds it by trying, and one fast hash a call is what there is time for.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
