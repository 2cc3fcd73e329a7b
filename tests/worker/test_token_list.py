"""GROKLAB_TOKENS: a list of scopes and secrets, none of which is ever shown."""

import pytest
from pydantic import ValidationError

from core.access import digest_of
from worker.settings import Settings
from worker.token_list import parse_tokens

SECRET = "0123456789abcdef01234567"


def test_every_entry_is_a_scope_and_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKLAB_TOKENS", f" read:{SECRET}r , admin:{SECRET}a==, ")
    first, second = Settings().tokens
    assert (first.scope, first.digest) == ("read", digest_of(f"{SECRET}r"))
    assert (second.scope, second.digest) == ("admin", digest_of(f"{SECRET}a=="))
    assert first.id.startswith("env_")
    assert first.id != second.id
    assert parse_tokens(f"write:{SECRET}r")[0].id == first.id
    assert SECRET not in repr(Settings())


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_nothing_is_no_token(text: str) -> None:
    assert parse_tokens(text) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SECRET, "the scope of entry 1"),
        (f"owner:{SECRET}", "the scope of entry 1"),
        (f"READ:{SECRET}", "the scope of entry 1"),
        (f"read:{SECRET[1:]}", "the secret of entry 1"),
        (f"read:{SECRET},write:{'x' * 513}", "the secret of entry 2"),
        (f"read:{SECRET} {SECRET}", "the secret of entry 1"),
        (f"read:{SECRET}é", "the secret of entry 1"),
        (f"read:{SECRET},admin:{SECRET}", "twice"),
    ],
)
def test_a_fault_is_told_and_no_secret_shown(monkeypatch: pytest.MonkeyPatch, text: str, told: str) -> None:
    monkeypatch.setenv("GROKLAB_TOKENS", text)
    with pytest.raises(ValidationError) as fault:
        Settings()
    assert told in str(fault.value)
    assert SECRET[1:] not in str(fault.value)
