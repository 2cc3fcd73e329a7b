"""Everything that can be set from outside, read from the environment when `Settings()` is built."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from worker.logs import LogFormat
from worker.token_list import EnvironmentToken, parse_tokens

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _listed(value: object) -> object:
    """The environment has a text with commas."""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            allowed = "an origin, scheme://host or scheme://host:port without a path, or *"
            raise ValueError(f"must be {allowed}. Got {origin!r} instead.")
    return origins


def _tokens(value: object) -> object:
    return parse_tokens(value) if isinstance(value, str) else value


def _physical_memory() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # A container sees the memory of its host here and its own limit there.
    limit = _CGROUP_LIMIT.read_text().strip() if _CGROUP_LIMIT.exists() else "max"
    return total if limit == "max" else min(total, int(limit))


def _database_in(data: dict[str, Path]) -> str:
    # Validation of a faulty state_dir goes on with the other fields.
    return f"sqlite:///{data['state_dir']}/groklab.db" if "state_dir" in data else ""


Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_origins)]
Tokens = Annotated[tuple[EnvironmentToken, ...], NoDecode, BeforeValidator(_tokens)]
SECRET = frozenset({"broker_url", "database_url", "tokens"})
"""What may hold a secret: no message shows it."""


def _quota(what: str) -> Any:
    return Field(default=0, ge=0, le=2**62, description=f"{what}, of a new token and those of TOKENS; 0: any")


class Settings(BaseSettings):
    """Settings of every process of the service; the environment names them with the prefix GROKLAB_."""

    model_config = SettingsConfigDict(
        env_prefix="GROKLAB_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    state_dir: Annotated[Path, AfterValidator(_absolute)] = Field(
        default=Path("~/.groklab"), validate_default=True, description="folder of the embedded service"
    )
    database_url: str = Field(
        default_factory=_database_in, description="sqlite:////path/file.db or postgresql://host/name"
    )
    database_connections: int = Field(
        default=20, ge=2, le=1000, description="most connections that one API process opens to the database"
    )
    broker_url: str = Field(
        default="filesystem://",
        pattern=r"^(filesystem|rediss?)://",
        description="redis://host:port/db; filesystem:// is a folder of the state folder",
    )
    broker_prefix: str = Field(
        default="groklab:", max_length=64, description="of every key in Redis, so that services can share one"
    )
    lease_seconds: float = Field(
        default=60,
        ge=1,
        le=3600,
        description="within so long the runs of a worker that falls silent are taken from it",
    )
    checkpoint_seconds: float = Field(
        default=60, ge=0.1, le=86400, description="wall time between checkpoints"
    )
    max_losses: int = Field(
        default=10, ge=1, description="lost leases without progress after which a run fails as lost_worker"
    )
    max_body_bytes: int = Field(default=4 * 2**20, ge=1024, description="largest body of a request")
    max_upload_bytes: int = Field(
        default=64 * 2**20,
        ge=1024,
        description="largest file of a dataset, and most bytes of its numbers as float64",
    )
    request_read_seconds: float = Field(
        default=30,
        ge=0.01,
        le=3600,
        description="longest that the head of a request may take to arrive, and longest pause of its body",
    )
    max_streams: int = Field(
        default=1000, ge=1, le=100_000, description="most streams of events open at once in one API process"
    )
    webhook_allow_private: bool = Field(
        default=False, description="let webhooks reach addresses that are not public, such as 127.0.0.1"
    )
    webhook_attempts: int = Field(
        default=10, ge=1, le=100, description="how often a delivery is sent before it is given up"
    )
    webhook_retry_seconds: float = Field(
        default=10,
        ge=0.01,
        le=3600,
        description="pause after the first attempt; it doubles with each, to 1 h",
    )
    memory_bytes: int = Field(
        default_factory=lambda: _physical_memory() // 2,
        ge=2**20,
        description="largest batch that is accepted, by its estimated peak; half of the memory by default",
    )
    host: str = Field(default="127.0.0.1", description="address the API listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="port the API listens on")
    tokens: Tokens = Field(
        default=(),
        repr=False,
        description="scope:secret, commas between them: who may call the API besides tokens of the database",
    )
    rate_limit: int = Field(
        default=60_000,
        ge=0,
        le=10**9,
        description="calls a minute of each token, or of each address without; of one API process; 0: any",
    )
    quota_running_runs: int = _quota("runs in training at once")
    quota_queued_runs: int = _quota("runs that wait")
    quota_steps_a_day: int = _quota("steps asked for on a day of UTC")
    quota_bytes: int = _quota("bytes stored")
    audit_days: float = Field(default=365, gt=0, le=36_500, description="so long it is told who did what")
    cors_origins: Origins = Field(
        default=(),
        description="pages of these origins may use the API, such as https://lab.example, or * for all; "
        "commas between them; none by default",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO")
    log_format: LogFormat = Field(default="json", description="a JSON object a line, or lines for people")

    @property
    def granted_seconds(self) -> float:
        """For how long runs are leased: shorter than `lease_seconds` by two looks of the reaper."""
        return self.lease_seconds - min(self.lease_seconds / 8, 2.0)

    @property
    def broker_folder(self) -> Path:
        """Where the embedded broker keeps its messages."""
        return self.state_dir / "broker"

    @property
    def upload_folder(self) -> Path:
        """Where uploaded files lie, nameless, while they are read."""
        return self.state_dir / "uploads"
