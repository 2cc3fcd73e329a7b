"""Webhooks with the client that waits and with the one that does not."""

import asyncio

import pytest

from api.client import AsyncClient, Client, Refused
from tests.api.played import spec

HERE = "https://lab.example.org/groklab"


def test_a_webhook_from_its_beginning_to_its_end(asking: Client) -> None:
    experiment = asking.submit(spec())
    all_events = asking.create_webhook(HERE)
    assert len(all_events["events"]) == 4
    assert all_events["secret"].startswith("whsec_")
    made = asking.create_webhook(
        HERE, events=["run.t2"], experiment=experiment.id, tag="demo", secret="a-key-of-my-own-"
    )
    assert made["secret"] == "a-key-of-my-own-"
    told = {name: value for name, value in made.items() if name != "secret"}
    assert asking.webhook(made["id"]) == told
    assert (told["events"], told["experiment"], told["tag"]) == (["run.t2"], experiment.id, "demo")
    assert [one["id"] for one in asking.webhooks()] == [made["id"], all_events["id"]]
    assert asking.delete_webhook(made["id"]) == 0
    assert [one["id"] for one in asking.webhooks()] == [all_events["id"]]
    assert asking.deliveries(all_events["id"], "failed") == []


def test_what_cannot_be_is_refused_by_its_field(asking: Client) -> None:
    for wrong, pointer in (({"secret": ""}, "/secret"), ({"events": []}, "/events"), ({"tag": ""}, "/tag")):
        with pytest.raises(Refused) as refused:
            asking.create_webhook(HERE, **wrong)
        assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_deliveries_are_told_by_their_state(url: str, asking: Client) -> None:
    """Nobody listens there, and nothing has been told yet."""

    async def work() -> None:
        async with AsyncClient(url) as client:
            made = await client.create_webhook(HERE, tag="demo")
            assert await client.webhook(made["id"]) == (await client.webhooks())[0]
            assert await client.deliveries(made["id"]) == []
            with pytest.raises(Refused) as refused:
                await client.deliveries(made["id"], "lost")  # type: ignore[arg-type]
            assert refused.value.faults[0].pointer == "/query/state"
            assert await client.delete_webhook(made["id"]) == 0
            with pytest.raises(Refused, match="no such webhook"):
                await client.webhook(made["id"])

    asyncio.run(work())
    assert asking.webhooks() == []
