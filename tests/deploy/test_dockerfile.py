"""The Dockerfile builds two images as they are described, read without a Docker daemon."""

import fnmatch
import json
import re
import tomllib

from tests.deploy.compose import ROOT
from tests.deploy.dockerfile import FILE, lineage, stages

STAGES = stages()
KNOWN = {"FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "USER", "CMD"}
TARGETS = ("api", "worker")


def copied_from(target: str) -> set[str]:
    return {match[1] for copy in STAGES[target].all("COPY") if (match := re.match(r"--from=(\S+)", copy))}


def installs(target: str) -> list[str]:
    """Every pip command whose effect is in the image."""
    (source,) = copied_from(target)
    return [run for stage in lineage(source) for run in stage.all("RUN") if "pip install" in run]


def test_every_instruction_is_known_and_none_fetches_a_url() -> None:
    assert {name for stage in STAGES.values() for name, _ in stage.instructions} | {"FROM"} == KNOWN
    assert "curl" not in FILE.read_text()


def test_there_are_two_targets_and_they_end_as_a_numbered_user() -> None:
    assert list(STAGES)[-2:] == ["api", "worker"]
    for target in TARGETS:
        assert STAGES[target].all("USER") == ["10001:10001"]
        names = [name for name, _ in STAGES[target].instructions]
        assert names.index("USER") > max(at for at, name in enumerate(names) if name == "COPY")
    assert "--uid 10001" in STAGES["base"].last("RUN")


def test_the_base_is_an_exact_version_of_the_python_that_is_asked_for() -> None:
    outside = {stage.base for stage in STAGES.values()} - STAGES.keys()
    (image,) = outside
    match = re.fullmatch(r"python:(3\.\d+)\.\d+-slim-bookworm", image)
    assert match
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert wanted == f">={match[1]}"


def test_every_copied_file_exists_and_reaches_the_build() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in ("", "#")]
    assert rules[0] == "*"
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    sources = [
        source
        for stage in STAGES.values()
        for copy in stage.all("COPY")
        if not copy.startswith("--from")
        for source in copy.split()[:-1]
    ]
    assert sorted(sources) == sorted(kept)
    assert all((ROOT / source).exists() for source in sources)
    assert not [
        secret for secret in (".env", ".git", "tests") if any(fnmatch.fnmatch(secret, k) for k in kept)
    ]


def test_every_package_of_the_project_is_copied() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    assert {pattern.rstrip("*") for pattern in found["include"]} <= set(
        " ".join(STAGES["build-api"].all("COPY")).split()
    )


def test_the_api_is_installed_without_what_trains() -> None:
    (command,) = installs("api")
    assert command.endswith(" .")
    assert ".[" not in command
    assert copied_from("api") == {"build-api"}
    assert "torch" not in "".join(run for stage in lineage("build-api") for run in stage.all("RUN"))


def test_the_worker_is_installed_with_what_trains() -> None:
    assert copied_from("worker") == {"build-worker"}
    assert any("'.[train,fast]'" in command for command in installs("worker"))


def test_everything_is_installed_by_the_lock() -> None:
    for target in TARGETS:
        for command in installs(target):
            locked = "--constraint requirements.lock" in command
            from_lock = "grep '^torch==' requirements.lock > torch.txt" in command
            assert locked or (from_lock and "--requirement torch.txt" in command and "--no-deps" in command)


def test_the_lock_names_a_release_of_torch_that_any_build_satisfies() -> None:
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if "torch==" in line]
    assert len(lines) == 1
    assert re.fullmatch(r"torch==\d+\.\d+\.\d+", lines[0])
    assert "TORCH_INDEX=" in STAGES["build-worker"].last("ARG")
    assert '--index-url "$TORCH_INDEX"' in STAGES["build-worker"].all("RUN")[0]


def test_steps_are_compiled_at_the_build_into_a_folder_that_the_user_owns() -> None:
    folder = STAGES["worker"].environment["NUMBA_CACHE_DIR"]
    assert STAGES["build-worker"].environment["NUMBA_CACHE_DIR"] == folder
    assert "warm_up('cpu')" in STAGES["build-worker"].all("RUN")[-1]
    assert f"--from=build-worker --chown=10001:10001 {folder} {folder}" in STAGES["worker"].all("COPY")


def test_what_is_written_lies_in_the_folder_for_temporary_files() -> None:
    environment = STAGES["base"].environment
    assert environment["HOME"] == "/tmp"
    assert environment["GROKLAB_STATE_DIR"].startswith("/tmp/")


def test_the_commands_are_those_of_the_command_line() -> None:
    assert json.loads(STAGES["api"].last("CMD")) == ["groklab", "api"]
    assert json.loads(STAGES["worker"].last("CMD")) == ["groklab", "worker", "--queue", "cpu"]
