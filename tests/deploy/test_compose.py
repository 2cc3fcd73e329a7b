"""docker-compose.yml holds what an operator relies on, read without a Docker daemon."""

import re
import tomllib
from typing import Any

import pytest

from tests.deploy.compose import FILE, ROOT, SECRETS, Missing, interpolate, raw, resolved
from tests.deploy.dockerfile import stages

RAW = raw()
SERVICES: dict[str, dict[str, Any]] = resolved(SECRETS)["services"]
LONG_LIVED = sorted(SERVICES.keys() - {"migrate"})
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
# Longer than what a process takes to end when it is told to: tests/api and tests/faults hold them to that.
LEAST_GRACE = {"postgres": 60, "redis": 10, "migrate": 60, "api": 10, "worker-cpu": 20, "worker-gpu": 20}


def seconds(duration: str) -> int:
    number, unit = int(duration[:-1]), duration[-1]
    return number * {"s": 1, "m": 60}[unit]


def test_the_services_are_those_that_are_documented() -> None:
    assert sorted(SERVICES) == ["api", "migrate", "postgres", "redis", "worker-cpu", "worker-gpu"]
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]
    assert not [name for name in SERVICES if name != "worker-gpu" and "profiles" in SERVICES[name]]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_an_exact_version(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].partition(":")
    assert re.match(r"\d+\.\d+", tag), f"{image} has no exact version"
    if name in OURS:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        assert tag.startswith(version)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & service.keys()
    limits = service["deploy"]["resources"]["limits"]
    assert {"memory", "pids"} <= limits.keys()


@pytest.mark.parametrize("name", LONG_LIVED)
def test_every_long_lived_service_is_watched_and_started_again(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    check = service["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries", "start_period"} <= check.keys()
    assert seconds(check["timeout"]) <= seconds(check["interval"])


def test_the_migration_runs_once_and_everybody_waits_for_it() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("api", "worker-cpu", "worker-gpu"):
        assert SERVICES[name]["depends_on"] == {
            "postgres": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
        }


@pytest.mark.parametrize("name", SERVICES)
def test_there_is_time_to_end_well(name: str) -> None:
    assert seconds(SERVICES[name]["stop_grace_period"]) >= LEAST_GRACE[name]


def test_data_lies_in_declared_volumes_and_nothing_else_is_mounted() -> None:
    used = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert sorted(used) == sorted(RAW["volumes"])
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
    assert "appendonly yes" in SERVICES["redis"]["command"][-1]


@pytest.mark.parametrize("name", SECRETS)
def test_without_a_secret_nothing_starts(name: str) -> None:
    with pytest.raises(Missing, match=f"^{name}: "):
        resolved({other: value for other, value in SECRETS.items() if other != name})


def test_no_secret_is_written_in_the_file() -> None:
    secret = re.compile(r"^ *\w*(?:PASSWORD|REDISCLI_AUTH)\w*: *(.*)$", re.MULTILINE)
    values = secret.findall(FILE.read_text())
    assert len(values) >= 3
    assert all(re.fullmatch(r"\$\{\w+:\?[^{}]+\}", value) for value in values)
    for address in re.findall(r"\w+://\S+", FILE.read_text()):
        assert not re.search(r"//[^/@$]*:[^/@$]+@", address), address


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_on_a_command_line(name: str) -> None:
    words = [*SERVICES[name]["command"], *SERVICES[name].get("healthcheck", {}).get("test", [])]
    assert not [word for word in words for secret in SECRETS.values() if secret in word]


def test_ports_are_open_on_loopback_alone_unless_somebody_says_otherwise() -> None:
    for name in ("postgres", "redis"):
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])
    assert not [name for name in OURS if "ports" in SERVICES[name]]
    assert SERVICES["api"]["environment"]["GROKLAB_HOST"] == "127.0.0.1"
    assert SERVICES["api"]["network_mode"] == "host"
    assert not [name for name in SERVICES if name != "api" and "network_mode" in SERVICES[name]]


@pytest.mark.parametrize("name", OURS)
def test_images_are_built_from_targets_of_the_dockerfile(name: str) -> None:
    build = SERVICES[name]["build"]
    assert build["context"] == "."
    assert build["target"] == ("worker" if name.startswith("worker") else "api")
    stage = stages()[build["target"]]
    assert SERVICES[name]["user"] == stage.last("USER")
    assert set(build.get("args", {})) <= {"TORCH_INDEX"}


def test_compiled_steps_are_kept_where_the_image_looks_for_them() -> None:
    where = stages()["worker"].environment["NUMBA_CACHE_DIR"]
    for name in ("worker-cpu", "worker-gpu"):
        (mount,) = SERVICES[name]["volumes"]
        assert mount.split(":")[1] == where


def test_the_gpu_worker_reserves_every_gpu() -> None:
    (device,) = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert "--concurrency" not in SERVICES["worker-gpu"]["command"]
    assert "reservations" not in SERVICES["worker-cpu"]["deploy"]["resources"]


def test_a_worker_of_another_host_reaches_the_stores_by_their_addresses() -> None:
    elsewhere = {
        **SECRETS,
        "GROKLAB_DATABASE_URL": "postgresql://groklab@10.0.0.5/groklab",
        "GROKLAB_BROKER_URL": "redis://:secret@10.0.0.5:6379/0",
    }
    for name in ("api", "worker-cpu", "worker-gpu", "migrate"):
        environment = resolved(elsewhere)["services"][name]["environment"]
        assert environment["GROKLAB_DATABASE_URL"] == elsewhere["GROKLAB_DATABASE_URL"]
        assert environment["GROKLAB_BROKER_URL"] == elsewhere["GROKLAB_BROKER_URL"]


def test_every_variable_is_described() -> None:
    described = (ROOT / "docs" / "scaling.md").read_text()
    for name in set(re.findall(r"\$\{(\w+)", FILE.read_text())):
        assert f"`{name}`" in described, name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${SET}", "1"),
        ("${UNSET:-two}", "two"),
        ("${SET:-two}", "1"),
        ("a ${UNSET:-b ${SET:?why} c} d", "a b 1 c d"),
        ("${SET:-${UNSET:-x}}", "1"),
        ("$$SET", "$SET"),
    ],
)
def test_variables_are_filled_in_as_compose_does(text: str, expected: str) -> None:
    assert interpolate(text, {"SET": "1"}) == expected
