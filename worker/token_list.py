"""Tokens that the environment gives: `scope:secret`, with commas between them."""

import hashlib
import re
from dataclasses import dataclass

from core.access import SCOPES, Scope, digest_of

SHORTEST_SECRET, LONGEST_SECRET = 24, 512
_SECRET = re.compile(rf"[A-Za-z0-9._~+/=-]{{{SHORTEST_SECRET},{LONGEST_SECRET}}}")
_ADVICE = (
    f"must be scope:secret with commas between them, scope one of {', '.join(SCOPES)}, secret "
    f"{SHORTEST_SECRET} to {LONGEST_SECRET} of A-Z a-z 0-9 . _ ~ + / = -, as `openssl rand -hex 24` makes it"
)


@dataclass(frozen=True, slots=True)
class EnvironmentToken:
    """One of them; its secret is forgotten at once. `id` is the same wherever the secret is the same."""

    id: str
    scope: Scope
    digest: str


def parse_tokens(text: str) -> tuple[EnvironmentToken, ...]:
    """The tokens of a list, none of an empty one. Raises ValueError, which never shows what was given."""
    entries = [entry for entry in map(str.strip, text.split(",")) if entry]
    found = tuple(_token(entry, place) for place, entry in enumerate(entries, start=1))
    if len({token.digest for token in found}) < len(found):
        raise ValueError("a secret is in the list twice")
    return found


def _token(entry: str, place: int) -> EnvironmentToken:
    scope, _, secret = entry.partition(":")
    known = next((one for one in SCOPES if one == scope), None)
    if known is None or not _SECRET.fullmatch(secret):
        fault = "the scope" if known is None else "the secret"
        raise ValueError(f"{_ADVICE}. {fault} of entry {place} is not")
    # A hash of its own, so that whoever sees an id learns nothing of the digest.
    number = hashlib.sha256(f"groklab token id\n{secret}".encode()).hexdigest()
    return EnvironmentToken(f"env_{number[:26]}", known, digest_of(secret))
