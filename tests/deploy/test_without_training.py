"""An API that is installed without what trains: it takes, plans and answers all the same."""

from pathlib import Path

from tests.deploy.compose import ROOT
from tests.faults.lab import Lab

EXTRAS = ("torch", "scipy", "numba", "matplotlib")


def test_the_api_works_where_no_extra_is_installed(tmp_path: Path) -> None:
    straw = tmp_path / "straw"
    straw.mkdir()
    for name in EXTRAS:
        (straw / f"{name}.py").write_text(f"raise ModuleNotFoundError('{name} is not installed here')")
    lab = Lab(tmp_path, {"PYTHONPATH": f"{straw}:{ROOT}"})
    try:
        asked = lab.submit(sweep={"seeds": {"start": 0, "count": 3}})
        assert [run["state"] for run in lab.runs(asked)] == ["queued"] * 3
        assert len(lab.get(f"/v1/experiments/{asked}/results")["items"]) == 3
        assert lab.get("/v1/problems")["items"]
        assert lab.get("/readyz")
        assert "is not installed here" not in (tmp_path / "api.log").read_text()
    finally:
        lab.close()
