"""`groklab token`, and what the other commands do with a token."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client import BadToken, Client, Refused
from core.store import open_database, upgrade, valid_tokens
from tests.api.served import served
from tests.cli.straw import groklab
from worker.settings import Settings

SECRET = "0123456789abcdef01234567"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with a migrated database."""
    upgrade(f"sqlite:///{tmp_path}/groklab.db")
    return tmp_path


def test_a_token_is_made_listed_and_revoked(state: Path) -> None:
    where = ("--state-dir", str(state))
    made = groklab("token", "create", "--scope", "write", "--name", "Ada's", *where)
    assert made.returncode == 0
    assert made.stdout.startswith("groklab_")
    assert made.stdout.count("\n") == 1
    assert "shown this once" in made.stderr
    shown = groklab("token", "list", *where).stdout
    assert made.stdout.strip() not in shown
    (told,) = json.loads(groklab("token", "list", "--json", *where).stdout)
    assert (told["name"], told["scope"], told["revoked_at"]) == ("Ada's", "write", None)
    assert told["id"] in shown
    done = groklab("token", "revoke", told["id"], "--json", *where)
    assert json.loads(done.stdout)["revoked_at"] is not None
    db = open_database(f"sqlite:///{state}/groklab.db")
    with db.read() as conn:
        assert valid_tokens(conn) == {}
    db.dispose()


def test_quotas_are_those_of_the_options_or_of_the_environment(state: Path) -> None:
    create = ("token", "create", "--scope", "write", "--name", "x", "--json", "--state-dir", str(state))
    told = json.loads(
        groklab(*create, "--max-queued-runs", "7", "--max-bytes", "0", GROKLAB_QUOTA_BYTES="9").stdout
    )
    quotas = ("max_running_runs", "max_queued_runs", "max_steps_a_day", "max_bytes")
    assert [told[name] for name in quotas] == [None, 7, None, None]
    environment = {"GROKLAB_QUOTA_RUNNING_RUNS": "1", "GROKLAB_QUOTA_STEPS_A_DAY": "3"}
    told = json.loads(groklab(*create, **environment).stdout)
    assert [told[name] for name in quotas] == [1, None, 3, None]


def test_a_token_as_json_has_its_secret(state: Path) -> None:
    done = groklab("token", "create", "--scope", "read", "--name", "x", "--json", "--state-dir", str(state))
    assert json.loads(done.stdout)["secret"].startswith("groklab_")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["create", "--scope", "all", "--name", "x"], 2, "'all' is not one of 'read', 'write', 'admin'"),
        (["create", "--scope", "read"], 2, "'--name'"),
        (["create", "--scope", "read", "--name", "a\nb"], 2, "printable"),
        (["create", "--scope", "read", "--name", "x" * 101], 2, "1 to 100"),
        (["create", "--scope", "read", "--name", "x", "--max-bytes", "-1"], 2, "'--max-bytes'"),
        (["revoke", "tok_none"], 1, "no such token: tok_none"),
    ],
)
def test_misuse_is_one_line(state: Path, arguments: list[str], code: int, message: str) -> None:
    done = groklab("token", *arguments, "--state-dir", str(state))
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_not_migrated_is_one_line(tmp_path: Path) -> None:
    done = groklab("token", "list", "--state-dir", str(tmp_path))
    assert done.returncode == 1
    assert "groklab migrate" in done.stderr


@pytest.mark.parametrize("command", ["up", "api", "worker", "migrate"])
def test_a_bad_list_of_tokens_starts_nothing_and_is_not_shown(tmp_path: Path, command: str) -> None:
    done = groklab(command, GROKLAB_STATE_DIR=str(tmp_path), GROKLAB_TOKENS=f"wirte:{SECRET}")
    assert done.returncode == 2
    assert done.stderr.startswith("groklab: GROKLAB_TOKENS: ")
    assert "the scope of entry 1" in done.stderr
    assert SECRET not in done.stderr


@pytest.mark.parametrize("command", ["up", "api"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_off_loopback_needs_tokens(state: Path, command: str, host: str) -> None:
    done = groklab(command, "--host", host, "--port", "0", "--state-dir", str(state))
    assert (done.returncode, done.stdout) == (2, "")
    assert "groklab token create" in done.stderr
    assert "GROKLAB_TOKENS" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture
def closed(state: Path) -> Iterator[str]:
    """The address of a service that takes calls with a token only."""
    settings = Settings(state_dir=state, broker_url="filesystem://", tokens=f"read:{SECRET}")
    with served(settings) as client:
        yield str(client.base_url)


def test_the_client_sends_its_token_with_every_call(closed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client(closed) as client, pytest.raises(Refused) as refused:
        client.experiment("exp_none")
    assert refused.value.status == 401
    with Client(closed, token=SECRET) as client, pytest.raises(Refused) as refused:
        client.experiment("exp_none")
    assert refused.value.status == 404
    monkeypatch.setenv("GROKLAB_TOKEN", SECRET)
    with Client(closed) as client:
        with pytest.raises(Refused) as refused:
            client.submit({})
        assert refused.value.status == 403
        assert SECRET not in f"{refused.value!r} {client!r} {vars(client)!r}"


def test_commands_use_the_token_of_the_environment(closed: str) -> None:
    without = groklab("watch", "exp_none", url=closed)
    assert without.returncode == 1
    assert without.stderr.splitlines()[-1] == "groklab: give the secret of a token in GROKLAB_TOKEN"
    given = groklab("watch", "exp_none", url=closed, GROKLAB_TOKEN=SECRET)
    assert given.stderr == "groklab: no such experiment: exp_none\n"
    refused = groklab("submit", "-", url=closed, stdin="{}", GROKLAB_TOKEN=SECRET)
    assert "scope write" in refused.stderr


@pytest.mark.parametrize("secret", ["secrét-secret", "secret secret", "secret\nsecret", "x" * 600])
def test_what_cannot_be_a_token_is_not_sent_and_not_shown(secret: str) -> None:
    with pytest.raises(BadToken) as fault:
        Client("http://127.0.0.1:1", token=secret)
    assert secret not in str(fault.value)
    done = groklab("watch", "exp_1", GROKLAB_TOKEN=secret)
    assert done.returncode == 2
    assert "GROKLAB_TOKEN" in done.stderr
    assert secret not in done.stderr


def test_the_real_process_off_loopback_lets_tokens_in_alone(state: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GROKLAB_")},
        "GROKLAB_STATE_DIR": str(state),
        "GROKLAB_TOKENS": f"read:{SECRET}",
    }
    from api.commands.children import free_port

    port = free_port()
    command = [sys.executable, "-m", "api.cli", "api", "--host", "0.0.0.0", "--port", str(port)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with Client(f"http://127.0.0.1:{port}", token=SECRET) as client:
            while not client.ready():
                assert running.poll() is None, running.communicate()[1]
            with pytest.raises(Refused) as refused:
                client.experiment("exp_none")
            assert refused.value.status == 404
        with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(Refused) as refused:
            client.experiment("exp_none")
        assert refused.value.status == 401
    finally:
        running.terminate()
        said = running.communicate(timeout=20)[1]
    assert SECRET not in said
