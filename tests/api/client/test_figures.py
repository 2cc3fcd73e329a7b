"""Figures through the clients that wait and that do not."""

import asyncio

from api.client import AsyncClient, Client
from tests.api.played import PlayedWorker


def test_a_figure_is_tried_and_judged(asking: Client, worker: PlayedWorker) -> None:
    assert [one["id"] for one in asking.figures()][:3] == ["1", "2", "3"]
    assert asking.figure("3")["panels"]
    experiment = asking.try_figure("3", key="mine")
    assert asking.try_figure("3", key="mine").id == experiment.id
    worker.finish_everything()
    verdict = asking.verdict("3", experiment.id)
    assert (verdict["figure"], verdict["scale"], verdict["passed"]) == ("3", "smoke", False)
    assert asking.verdict("3", experiment.id, "paper")["scale"] == "paper"


def test_the_same_with_asyncio(url: str) -> None:
    async def ask() -> None:
        async with AsyncClient(url) as client:
            assert len(await client.figures()) == 34
            assert (await client.figure("7"))["id"] == "7"
            experiment = await client.try_figure("7", "paper")
            verdict = await client.verdict("7", experiment.id)
            assert (verdict["scale"], verdict["passed"]) == ("paper", False)

    asyncio.run(ask())
