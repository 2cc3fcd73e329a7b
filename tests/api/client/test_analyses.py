"""Analyses of sweeps through both clients."""

import asyncio

import pytest

from api.client import AsyncClient, Client, Refused
from tests.api.played import PlayedWorker, submit, sweep
from tests.api.served import Service


def test_both_clients_ask_for_medians_laws_and_phases(
    service: Service, asking: Client, url: str, worker: PlayedWorker
) -> None:
    made = submit(service.client, sweep(seeds=2, l1=[1e-4, 1e-3]))
    worker.finish_everything()
    handle = asking.handle(made["id"])
    matrix, fit, phase = handle.matrix("delay", x="/regularization/l1"), handle.fit("beta"), handle.phase()
    assert matrix["values"] == [[50.0, 50.0]]
    assert (fit["exponent"], fit["n"]) == (pytest.approx(0, abs=1e-9), 4)
    assert phase["labels"] == [["grokked", "grokked"]]
    with pytest.raises(Refused, match="/query/x"):
        handle.matrix(x="/steps")

    async def again() -> list[object]:
        async with AsyncClient(url) as client:
            other = client.handle(made["id"])
            return [
                await other.matrix("delay", x="/regularization/l1"),
                await other.fit("beta"),
                await other.phase(),
            ]

    assert asyncio.run(again()) == [matrix, fit, phase]


def test_both_clients_refine_a_boundary(
    service: Service, asking: Client, url: str, worker: PlayedWorker
) -> None:
    made = submit(service.client, sweep(seeds=2, l1=[1e-5, 1e-3]))
    for claimed in worker.claim().runs:
        weak = service.client.get(f"/v1/runs/{claimed.run_id}").json()["axes"]["/regularization/l1"] < 1e-4
        worker.finish(claimed, 10, None if weak else 60, "memorised_only" if weak else "grokked")
    finer = asking.handle(made["id"]).refine("/regularization/l1", tolerance=0.5)
    assert finer.progress().counts["queued"] == 2

    async def again() -> str:
        async with AsyncClient(url) as client:
            return (await client.handle(made["id"]).refine("/regularization/l1")).id

    with pytest.raises(Refused, match="have not ended"):
        asyncio.run(again())
    worker.finish_everything()
    assert asyncio.run(again()) != finer.id
