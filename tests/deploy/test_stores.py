"""PostgreSQL and Redis run as the compose file says, ask for their password, and are told healthy truly."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from api.commands.children import free_port
from tests.deploy.compose import SECRETS, resolved

SERVICES = resolved(SECRETS)["services"]
POSTGRES, REDIS = SERVICES["postgres"], SERVICES["redis"]


@pytest.fixture
def folder() -> Iterator[Path]:
    # PostgreSQL's user must be able to enter it, which it cannot where pytest puts its folders.
    made = Path(tempfile.mkdtemp(prefix="groklab-deploy-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@contextmanager
def running(
    command: list[str], env: dict[str, str], user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, user=user, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def healthy(test: list[str], env: dict[str, str]) -> bool:
    kind, *command = test
    command = ["sh", "-c", *command] if kind == "CMD-SHELL" else command
    return subprocess.run(command, env=env, check=False, capture_output=True, timeout=10).returncode == 0


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_redis_keeps_what_it_was_told_behind_a_password(folder: Path) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server here")
    port = free_port()
    password = REDIS["environment"]["REDISCLI_AUTH"]
    shell, option, script = REDIS["command"]
    # Container and test differ in the folder and in the port alone.
    script = script.replace("dir /data", f"dir {folder}\nport {port}\nbind 127.0.0.1")
    # redis-cli learns of another port by an option alone.
    kind, line = REDIS["healthcheck"]["test"]
    check = [kind, line.replace("redis-cli", f"redis-cli -p {port}")]
    env = {"PATH": os.environ["PATH"], "REDISCLI_AUTH": password}
    assert not healthy(check, env)
    for expected in (None, b"kept"):
        with running([shell, option, script], env) as server:
            until(lambda: healthy(check, env))
            assert not healthy(check, {**env, "REDISCLI_AUTH": "wrong"})
            assert password not in Path(f"/proc/{server.pid}/cmdline").read_text()
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(port=port).ping()
            with redis.Redis(port=port, password=password) as client:
                assert client.get("told") == expected
                client.set("told", "kept")
                assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert not healthy(check, env)


def test_postgresql_starts_with_its_settings_and_is_healthy_when_it_takes_connections(folder: Path) -> None:
    user = "postgres" if os.geteuid() == 0 else None
    if shutil.which("initdb") is None or (user and user not in {entry.pw_name for entry in pwd.getpwall()}):
        pytest.skip("no PostgreSQL server can be made here")
    data = folder / "data"
    data.mkdir(mode=0o700)
    shutil.chown(data, user or os.geteuid())
    asked = POSTGRES["environment"]
    (folder / "password").write_text(asked["POSTGRES_PASSWORD"])
    make = ["initdb", f"--pgdata={data}", f"--username={asked['POSTGRES_USER']}", "--no-sync"]
    make += ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
    subprocess.run(make, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n")
    port = str(free_port())
    env = {"PATH": os.environ["PATH"], "PGDATA": str(data), "PGPORT": port}
    check = POSTGRES["healthcheck"]["test"]
    address = f"host=127.0.0.1 port={port} user={asked['POSTGRES_USER']} dbname=postgres"
    assert not healthy(check, env)
    with running(POSTGRES["command"], env, user):
        until(lambda: healthy(check, env))
        with psycopg.connect(address, password=asked["POSTGRES_PASSWORD"]) as conn:
            query = "SELECT current_setting('max_connections'), current_setting('shared_buffers')"
            assert conn.execute(query).fetchone() == ("200", "512MB")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address, password="guessed")
    assert not healthy(check, env)
