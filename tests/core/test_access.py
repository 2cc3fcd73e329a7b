"""Scopes hold each other, and a secret is known by its hash."""

import hashlib

from core.access import SCOPES, allows, digest_of


def test_each_scope_may_do_what_those_before_it_may() -> None:
    for place, held in enumerate(SCOPES):
        assert [allows(held, needed) for needed in SCOPES] == [place >= other for other in range(3)]
    assert SCOPES == ("read", "write", "admin")


def test_a_digest_is_that_of_sha_256() -> None:
    assert digest_of("größer") == hashlib.sha256("größer".encode()).hexdigest()
