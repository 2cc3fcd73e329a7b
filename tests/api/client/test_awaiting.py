"""The same with asyncio, on the same talks."""

import asyncio
import inspect
import threading

import numpy as np
import pytest

from api.client import AsyncClient, AsyncExperiment, Client, Experiment, Refused
from tests.api.archives import GOOD
from tests.api.client.flaky import LOSE, flaky
from tests.api.played import PlayedWorker, spec


def test_from_specs_to_rows_side_by_side(url: str, worker: PlayedWorker) -> None:
    async def work() -> None:
        async with AsyncClient(url) as asking:
            made = await asyncio.gather(*(asking.submit(spec(seed=seed)) for seed in (1, 2)))
            playing = threading.Timer(0.3, worker.finish_everything)
            playing.start()
            await asyncio.gather(*(one.wait(timeout=60) for one in made))
            playing.join()
            for one in made:
                (row,) = await one.results()
                assert row["outcome"] == "grokked"
                (curve,) = await one.series("train_error")
                np.testing.assert_array_equal(curve.values, [1, 0.5, 0.2, 0.1, 0.05])

    asyncio.run(work())


def test_it_asks_again_and_is_refused_as_the_other_is(url: str) -> None:
    async def work(weak: str) -> None:
        async with AsyncClient(weak) as asking:
            assert await asking.ready()
            made.faults = [LOSE, (503, "0")]
            dataset = await asking.upload_dataset(GOOD)
            assert await asking.datasets() == [dataset]
            with pytest.raises(Refused) as refused:
                await asking.submit({})
            assert refused.value.status == 422

    with flaky(url) as made:
        asyncio.run(work(made.url))


@pytest.mark.parametrize(("one", "other"), [(Client, AsyncClient), (Experiment, AsyncExperiment)])
def test_both_have_the_same_methods(one: type, other: type) -> None:
    def told(of: type) -> dict[str, list[str]]:
        methods = inspect.getmembers(of, inspect.isfunction)
        return {n: list(inspect.signature(m).parameters) for n, m in methods if not n.startswith("_")}

    assert told(one) == told(other)
