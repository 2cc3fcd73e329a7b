"""Shell completion: the scripts, and what they are given, in the protocol of each shell."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.played import run_ids, submit
from tests.api.served import Service, service_in
from tests.cli.straw import groklab

BIN = Path(sys.executable).parent


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    with service_in(tmp_path) as service:
        yield service


def suggested(line: str, url: str = "http://127.0.0.1:1", shell: str = "fish") -> list[str]:
    """What a shell is given for the end of a line."""
    told = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    words = line.split(" ")
    bash = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [BIN / "groklab"],
        env={**os.environ, "GROKLAB_URL": url, "_GROKLAB_COMPLETE": f"complete_{shell}", **told, **bash},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def test_each_shell_is_given_commands_and_values_of_options() -> None:
    assert suggested("groklab worker --queue ", shell="bash") == ["cpu", "gpu"]
    assert suggested("groklab webhook create x --event experiment", shell="bash") == ["experiment.ended"]
    assert suggested("groklab worker --queue g") == ["gpu"]
    assert suggested("groklab worker --queue g", shell="zsh") == ["_arguments '*: :((\"gpu\"))'"]
    assert suggested("groklab extend exp_1 --cens", shell="bash") == ["--censored-only"]


def test_ids_are_those_of_the_service(lab: Service) -> None:
    url = str(lab.client.base_url)
    made = submit(lab.client)
    (run,) = run_ids(lab.client, made)
    id = made["id"]
    assert suggested("groklab results ", url) == [f"{id}\tqueued"]
    assert suggested(f"groklab retry --url {url} exp_") == [f"{id}\tqueued"]
    assert suggested("groklab verify run_", url) == [f"{run}\tqueued"]
    assert suggested("groklab cancel run_", url, shell="bash") == [run]
    assert suggested("groklab show run_", url, shell="bash") == [run]
    assert suggested("groklab delete ", url, shell="bash") == [id]
    assert suggested("groklab results exp_none", url) == []


def test_without_a_service_nothing_is_suggested_or_said() -> None:
    assert suggested("groklab results ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_shown(shell: str) -> None:
    script = subprocess.run(
        [BIN / "groklab"],
        env={**os.environ, "_GROKLAB_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert f"_GROKLAB_COMPLETE=complete_{shell}" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_once_it_is_installed(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "PATH": f"{BIN}:{os.environ['PATH']}"}
    script = """
        groklab --install-completion >&2; status=$?
        source "$HOME/.bash_completions/groklab.sh"
        COMP_WORDS=(groklab worker --queue ""); COMP_CWORD=3
        _groklab_completion groklab; echo "$status ${COMPREPLY[@]}"
        groklab --show-completion | tail -1
    """
    done = subprocess.run(
        ["bash", "-c", script], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[0] == "0 cpu gpu"
    assert done.stdout.splitlines()[-1].endswith("_groklab_completion groklab")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("submit", "File with the spec as JSON; - for standard input."),
        ("results", "Id of the experiment, exp_..."),
        ("verify", "Id of a run that succeeded, run_..."),
    ],
)
def test_help_says_what_an_argument_is(command: str, told: str) -> None:
    shown = groklab(command, "--help", COLUMNS="200", TERMINAL_WIDTH="200").stdout
    assert told in shown
    assert "TEXT  [required]" not in shown
