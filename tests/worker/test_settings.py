"""Settings from the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from worker.settings import Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("GROKLAB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_database_and_broker_live_in_the_state_folder(tmp_path: Path) -> None:
    settings = Settings()
    assert settings.state_dir == tmp_path / ".groklab"
    assert settings.database_url == f"sqlite:///{tmp_path}/.groklab/groklab.db"
    assert settings.broker_folder == tmp_path / ".groklab" / "broker"


def test_environment_is_read_when_settings_are_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKLAB_STATE_DIR", "/var/lib/groklab")
    monkeypatch.setenv("GROKLAB_LEASE_SECONDS", "2.5")
    settings = Settings()
    assert settings.database_url == "sqlite:////var/lib/groklab/groklab.db"
    assert settings.lease_seconds == 2.5


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEASE_SECONDS", "0"), ("BROKER_URL", "amqp://host"), ("PORT", "70000"), ("LOG_LEVEL", "LOUD")],
)
def test_faulty_settings_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"GROKLAB_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_a_batch_may_take_half_of_the_memory() -> None:
    assert 2**20 <= Settings().memory_bytes < 2**50
